"""The codec of `word-tags`: words to ids, and the class of each step to a tag."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import seqkit
from seqkit.data.ragged import pad_ragged
from seqkit.text import (
    LEGEND,
    UNKNOWN_ID,
    Document,
    Vocabulary,
    damaged,
    read_document,
    write_json,
)

if TYPE_CHECKING:
    from torch import Tensor

_FILE = "word-tags.json"


class _Saved(Document):
    tags: list[str]
    counts: list[int]


def fit(
    splits: Mapping[str, Iterable[seqkit.Record]], minimum_count: int, notify: seqkit.Notify
) -> tuple[TagCodec, dict[str, seqkit.Arrays]]:
    """Fits the vocabulary and the tags on the training split, and encodes every split.

    Raises:
        DataError: A record is not fit for it, or a tag does not occur in the training split.
    """
    records = {split: list(found) for split, found in splits.items()}
    for split, found in records.items():
        _check(found, f"the {split} split")
    counts = Counter(tag for record in records["train"] for tag in record["tags"])
    if len(counts) < 2:
        raise seqkit.DataError(
            f"the train split has {len(counts)} different tags. Give sentences with at least two"
        )
    tags = sorted(counts)
    words = (record["words"] for record in records["train"])
    vocabulary = Vocabulary.fit(words, minimum_count=minimum_count)
    codec = TagCodec(vocabulary, tags, [counts[tag] for tag in tags])
    return codec, {split: codec.encode(found, notify) for split, found in records.items()}


class TagCodec(seqkit.Codec):
    """The words and the tags of the training sentences.

    Arrays of a split: `values` int32 `(words,)`, `offsets` int64 `(sentences + 1,)`, and `tags`
    int64 `(words,)` where the records have tags.
    """

    def __init__(self, vocabulary: Vocabulary, tags: Sequence[str], counts: Sequence[int]) -> None:
        self.vocabulary = vocabulary
        self.tags = tuple(tags)
        self.counts = tuple(counts)

    @property
    def shape(self) -> seqkit.Shape:
        inputs = seqkit.Tokens(len(self.vocabulary), unknown=UNKNOWN_ID)
        return seqkit.Shape("word-tags", inputs, seqkit.StepClasses(self.tags, self.counts))

    @property
    def tokens(self) -> Sequence[str]:
        return self.vocabulary.tokens

    def facts(self, train: seqkit.Arrays) -> Mapping[str, Any]:
        counts = np.bincount(train["tags"], minlength=len(self.tags)).tolist()
        return {"tags": dict(zip(self.tags, counts, strict=True))}

    def save(self, folder: Path) -> None:
        self.vocabulary.save(folder)
        write_json(folder / _FILE, {"tags": self.tags, "counts": self.counts})

    @classmethod
    def load(cls, folder: Path) -> TagCodec:
        """Reads back what `save` wrote. Raises CheckpointError where it is damaged."""
        saved = read_document(folder / _FILE, "word-tags", _Saved)
        if len(saved.tags) != len(saved.counts) or len(set(saved.tags)) < 2:
            raise damaged(folder / _FILE, "word-tags", "its tags and counts do not match")
        return cls(Vocabulary.load(folder), saved.tags, saved.counts)

    def encode(
        self, records: Iterable[seqkit.Record], notify: seqkit.Notify
    ) -> dict[str, NDArray[Any]]:
        records = list(records)
        # A sentence without words is read as one word that is not known.
        words = (record["words"] or [""] for record in records)
        values, offsets = self.vocabulary.encode_many(words)
        arrays: dict[str, NDArray[Any]] = {"values": values, "offsets": offsets}
        if any("tags" in record for record in records):
            _check(records, "the data")
            known = {tag: number for number, tag in enumerate(self.tags)}
            tags = [tag for record in records for tag in record["tags"]]
            new = next((tag for tag in tags if tag not in known), None)
            if new is not None:
                raise seqkit.DataError(
                    f"the tag {new!r} does not occur in the train split. "
                    f"It has {', '.join(self.tags)[:200]}"
                )
            arrays["tags"] = np.array([known[tag] for tag in tags], dtype=np.int64)
        return arrays

    def parse(self, inputs: Iterable[str | seqkit.Record]) -> list[seqkit.Record]:
        records: list[seqkit.Record] = []
        for number, item in enumerate(inputs, start=1):
            # Words and marks, as a file of tagged sentences has them, each on a line of its own.
            record = {"words": re.findall(r"\w+|[^\w\s]", item)} if isinstance(item, str) else item
            if not _are_texts(record.get("words")):
                raise seqkit.ConfigurationError(
                    f"input {number} has no list of words. Give a sentence, or an object such as "
                    '{"words": ["Ada", "sang"]}'
                )
            records.append({"words": record["words"]})
        return records

    def batch(self, arrays: seqkit.Arrays, indices: NDArray[Any]) -> dict[str, NDArray[Any]]:
        inputs, lengths = pad_ragged(arrays["values"], arrays["offsets"], indices)
        batch = {"inputs": inputs, "lengths": lengths}
        if "tags" in arrays:
            # Padding is 0, and a target of -1 counts nothing.
            tags, _ = pad_ragged(arrays["tags"] + 1, arrays["offsets"], indices)
            batch["targets"] = tags - 1
        return batch

    def answers(self, outputs: Tensor, records: Sequence[seqkit.Record]) -> list[dict[str, Any]]:
        """Returns an answer in the view `words` for each sentence."""
        answers = []
        for record, best in zip(records, outputs.argmax(dim=-1).tolist(), strict=True):
            words = list(record["words"])
            tags = [self.tags[number] for number in best[: len(words)]]
            answer: dict[str, Any] = {"view": "words", "words": words, "tags": tags}
            if "tags" in record:
                answer |= {"target": list(record["tags"]), "correct": tags == list(record["tags"])}
            answers.append(answer)
        return answers

    def records(self, arrays: seqkit.Arrays, indices: Sequence[int]) -> list[seqkit.Record]:
        found: list[seqkit.Record] = []
        for index in indices:
            part = slice(arrays["offsets"][index], arrays["offsets"][index + 1])
            record = {"words": self.vocabulary.decode(arrays["values"][part])}
            if "tags" in arrays:
                record["tags"] = [self.tags[number] for number in arrays["tags"][part]]
            found.append(record)
        return found

    def legend(self) -> dict[str, str]:
        return dict(LEGEND)

    def baselines(
        self, splits: Mapping[str, seqkit.Arrays], split: str
    ) -> dict[str, dict[str, float]]:
        """Scores the tag that each word has most often in training."""
        train, asked = splits["train"], splits[split]
        if "tags" not in asked:
            return {}
        counts = np.zeros((len(self.vocabulary), len(self.tags)))
        np.add.at(counts, (train["values"], train["tags"]), 1)
        # Words that are not known, and ties, get what is most frequent of all.
        counts += np.array(self.counts) / (2 * sum(self.counts))
        right = counts.argmax(axis=1)[asked["values"]] == asked["tags"]
        return {"most-frequent-tag": {"accuracy": float(right.mean())}}


def _are_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)


def _check(records: Sequence[seqkit.Record], place: str) -> None:
    if not records:
        raise seqkit.DataError(f"{place} has no sentence")
    for number, record in enumerate(records, start=1):
        words, tags = record.get("words") or (), record.get("tags") or ()
        if not (words and _are_texts(words) and _are_texts(tags) and len(words) == len(tags)):
            raise seqkit.DataError(
                f"sentence {number} of {place} needs 'words' and as many 'tags', lists of texts"
            )
