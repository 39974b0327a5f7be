"""Classification fitted to training texts: texts to ids, logits to labels."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Arrays, Batch, Classes, Encoder, Notify, Record, Shape, Tokens
from seqkit.data.ragged import pad_ragged
from seqkit.errors import ConfigurationError, DataError
from seqkit.text import (
    UNKNOWN_ID,
    BytePairTokenizer,
    Tokenizer,
    Vocabulary,
    build_tokenizer,
    fit_and_encode,
    load_tokenizer,
    truncate,
)
from seqkit.text.truncation import Keep
from seqkit_text._labels import in_order, label_ids, label_name

if TYPE_CHECKING:
    from torch import Tensor

_FILE = "classification.json"
_SCORED = ("train", "validation", "test")


@dataclass(frozen=True)
class Reading:
    """How a text is read.

    Attributes:
        lowercase: Whether it is lowercased first.
        maximum_length: Most tokens that are kept; None keeps all.
        keep: Which end of a longer text is kept: `head` or `tail`.
    """

    lowercase: bool
    maximum_length: int | None
    keep: Keep


def fit(
    splits: Mapping[str, Iterable[Record]],
    notify: Notify,
    *,
    reading: Reading,
    tokenizer: str,
    minimum_count: int,
    maximum_size: int | None,
    bpe_size: int,
) -> tuple[ClassificationEncoder, dict[str, Arrays]]:
    """Fits tokenizer, vocabulary and labels on the training split and encodes every split.

    Raises:
        DataError: A split is empty, a record lacks its text or label, there is one class only, or
            a label does not occur in the training split.
    """
    if "train" not in splits:
        raise DataError(
            f"there is no train split, in the dataset. It has: {', '.join(splits) or 'none'}"
        )
    labels: list[str | None] = []
    texts: Iterable[str] = _texts(splits["train"], reading, labels, "train")
    if tokenizer == "bpe":
        # Byte pairs are learnt from all texts before the first can be encoded.
        texts = list(texts)
    cutter = build_tokenizer(tokenizer, texts=texts, vocabulary_size=bpe_size)
    if isinstance(cutter, BytePairTokenizer):
        vocabulary = Vocabulary.of(cutter.tokens)
        values, offsets = vocabulary.encode_many(cutter.tokenize_many(texts))
        values, offsets = truncate(values, offsets, reading.maximum_length, reading.keep)
    else:
        vocabulary, values, offsets = fit_and_encode(
            texts,
            cutter,
            minimum_count=minimum_count,
            maximum_size=maximum_size,
            maximum_length=reading.maximum_length,
            keep=reading.keep,
        )
    names = _required(labels, "train")
    if not len(values):
        raise DataError(
            "every text is empty, in the train split. Check which field or column holds the texts"
        )
    known = in_order(names)
    if len(known) == 1:
        raise DataError(
            f"there is only one class, {known[0]!r}, in the train split. "
            "Give examples of at least two classes"
        )
    targets = label_ids(names, known, "train")
    counts = tuple(np.bincount(targets, minlength=len(known)).tolist())
    encoder = ClassificationEncoder(cutter, vocabulary, known, counts, reading)
    values, offsets = _fill_empty(values, offsets, notify, "train")
    encoded: dict[str, Arrays] = {
        "train": {"values": values, "offsets": offsets, "targets": targets}
    }
    for split, records in splits.items():
        if split != "train":
            encoded[split] = encoder.encode_split(records, notify, split)
    return encoder, encoded


class ClassificationEncoder(Encoder):
    """A tokenizer, a vocabulary and the labels of the training split.

    Arrays of a split: `values` int32 `(tokens,)` and `offsets` int64 `(texts + 1,)`, and `targets`
    int64 `(texts,)` where the records have labels. No text is without a token: an empty one holds
    the unknown token.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        vocabulary: Vocabulary,
        labels: tuple[str, ...],
        counts: tuple[int, ...],
        reading: Reading,
    ) -> None:
        self.tokenizer = tokenizer
        self.vocabulary = vocabulary
        self.labels = labels
        self.counts = counts
        self.reading = reading

    @property
    def shape(self) -> Shape:
        return Shape(
            "classification",
            Tokens(len(self.vocabulary), unknown=UNKNOWN_ID),
            Classes(self.labels, self.counts, logits=len(self.labels)),
        )

    def save(self, folder: Path) -> None:
        self.tokenizer.save(folder)
        self.vocabulary.save(folder)
        document = {"labels": self.labels, "counts": self.counts, "reading": asdict(self.reading)}
        (folder / _FILE).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> ClassificationEncoder:
        """Reads back what `save` wrote. Raises DataError when a file is missing or damaged."""
        path = folder / _FILE
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            labels, counts = tuple(document["labels"]), tuple(document["counts"])
            reading = Reading(**document["reading"])
        except OSError as error:
            raise DataError(
                f"{path} cannot be read: {error.strerror}. Copy the whole run folder again"
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{path} is damaged: {error}. Copy the whole run folder again"
            ) from error
        return cls(load_tokenizer(folder), Vocabulary.load(folder), labels, counts, reading)

    def encode(self, records: Iterable[Record], notify: Notify) -> Arrays:
        """Encodes records; without `targets` where none of them has a label."""
        return self.encode_split(records, notify, "given")

    def encode_split(self, records: Iterable[Record], notify: Notify, split: str) -> Arrays:
        """Encodes the records of a split; those of validation and test must have labels."""
        labels: list[str | None] = []
        texts = _texts(records, self.reading, labels, split)
        values, offsets = self.vocabulary.encode_many(self.tokenizer.tokenize_many(texts))
        values, offsets = truncate(values, offsets, self.reading.maximum_length, self.reading.keep)
        values, offsets = _fill_empty(values, offsets, notify, split)
        arrays: dict[str, NDArray[Any]] = {"values": values, "offsets": offsets}
        if split in _SCORED or any(label is not None for label in labels):
            arrays["targets"] = label_ids(_required(labels, split), self.labels, split)
        return arrays

    def parse(self, inputs: Iterable[str | Record]) -> list[Record]:
        """Takes texts, or records with a `text`.

        Raises:
            ConfigurationError: An input is something else; names its position, from 1.
        """
        return [_parsed(item, position) for position, item in enumerate(inputs, start=1)]

    def batch(self, arrays: Arrays, indices: NDArray[Any]) -> dict[str, NDArray[Any]]:
        inputs, lengths = pad_ragged(arrays["values"], arrays["offsets"], indices)
        batch: dict[str, NDArray[Any]] = {"inputs": inputs, "lengths": lengths}
        if "targets" in arrays:
            batch["targets"] = arrays["targets"][indices]
        return batch

    def reported(self, outputs: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Returns a logit for each class, `(batch, classes)`, and the targets."""
        return class_logits(outputs), batch["targets"]

    def answers(self, outputs: Tensor, records: Sequence[Record]) -> list[dict[str, Any]]:
        """Returns text, label, its probability and that of every class, for each example."""
        logits = class_logits(outputs.detach().cpu().double())
        probabilities = logits.softmax(dim=-1)
        chosen = logits.argmax(dim=-1).tolist()
        answers = []
        for record, row, best in zip(records, probabilities.tolist(), chosen, strict=True):
            answer: dict[str, Any] = {
                "text": record.get("text", ""),
                "label": self.labels[best],
                "probability": row[best],
                "probabilities": dict(zip(self.labels, row, strict=True)),
            }
            target = label_name(record.get("label"))
            if target is not None:
                answer |= {"target": target, "correct": target == self.labels[best]}
            answers.append(answer)
        return answers

    def records(self, arrays: Arrays, indices: Sequence[int]) -> list[Record]:
        """Returns the texts as the model reads them: truncated, rare words as `<unk>`."""
        values, offsets = arrays["values"], arrays["offsets"]
        found: list[Record] = []
        for index in indices:
            tokens = self.vocabulary.decode(values[offsets[index] : offsets[index + 1]])
            record = {"text": self.tokenizer.detokenize(tokens)}
            if "targets" in arrays:
                record["label"] = self.labels[int(arrays["targets"][index])]
            found.append(record)
        return found

    def baselines(self, splits: Mapping[str, Arrays], split: str) -> dict[str, dict[str, float]]:
        from seqkit_text._baselines import score_baselines

        return score_baselines(splits["train"], splits[split], self.shape)


def class_logits(outputs: Tensor) -> Tensor:
    """Returns a logit for each class; a single one, `(batch, 1)`, is that of the second of two."""
    import torch

    if outputs.shape[-1] != 1:
        return outputs
    return torch.cat([torch.zeros_like(outputs), outputs], dim=-1)


def _texts(
    records: Iterable[Record], reading: Reading, labels: list[str | None], split: str
) -> Iterator[str]:
    """Yields the text of each record and appends its label, None where it has none."""
    for number, record in enumerate(records, start=1):
        text = record.get("text")
        if not isinstance(text, str):
            fields = ", ".join(map(repr, record)) or "none"
            wrong = (
                f"record {number} has no text, in the {split} split. Its fields are: {fields}"
                if text is None
                else f"the text of record {number} is {text!r:.60}, in the {split} split. "
                "It must be text"
            )
            raise DataError(wrong)
        try:
            labels.append(label_name(record.get("label")))
        except TypeError as error:
            raise DataError(
                f"the label of record {number} names no class: {error}, in the {split} split. "
                "Give a word or a number"
            ) from error
        yield text.lower() if reading.lowercase else text


def _required(labels: list[str | None], split: str) -> list[str]:
    if not labels:
        raise DataError(
            f"there is no record, in the {split} split. Check the dataset's files and settings"
        )
    if None in labels:
        raise DataError(
            f"record {labels.index(None) + 1} has no label, in the {split} split. "
            "Give it one, or leave the record out"
        )
    return [label for label in labels if label is not None]


def _fill_empty(
    values: NDArray[np.int32], offsets: NDArray[np.int64], notify: Notify, split: str
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Gives each text without a token the unknown one, so that every length is at least 1."""
    empty = np.flatnonzero(np.diff(offsets) == 0)
    if not len(empty):
        return values, offsets
    notify(
        f"{len(empty)} of {len(offsets) - 1} texts of the {split} split are empty and were kept "
        f"as one unknown token (the first is record {empty[0] + 1})"
    )
    filled = np.insert(values, offsets[empty], UNKNOWN_ID)
    moved = offsets.copy()
    moved[1:] += np.cumsum(np.diff(offsets) == 0)
    return filled, moved


def _parsed(item: Any, position: int) -> Record:
    text = item.get("text") if isinstance(item, Mapping) else item
    if isinstance(text, str):
        return {"text": text}
    if isinstance(item, Mapping) and text is None:
        fields = ", ".join(map(repr, item)) or "none"
        raise ConfigurationError(
            f"input {position} has no text; its fields are: {fields}. Name the text 'text'"
        )
    raise ConfigurationError(
        f"input {position} is {item!r:.60}, a {type(item).__name__}. "
        "Give a text, or a record with a 'text'"
    )
