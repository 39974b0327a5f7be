"""Classification fitted to training texts: texts to ids, logits to labels."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from seqkit.api import (
    Arrays,
    Batch,
    Classes,
    Codec,
    Notify,
    Record,
    Say,
    Shape,
    Tokens,
    ignore,
)
from seqkit.data.ragged import pad_ragged
from seqkit.errors import DataError
from seqkit.text import (
    LEGEND,
    UNKNOWN_ID,
    BytePairTokenizer,
    Document,
    Tokenizer,
    Vocabulary,
    build_tokenizer,
    damaged,
    fit_and_encode,
    load_text,
    read_document,
    text_records,
    truncate,
)
from seqkit.text.packing import ShownTexts, packed_texts, unpacked_text
from seqkit_classification._labels import (
    Labels,
    further_names,
    in_order,
    label_name,
    mistakable,
    name_classes,
    united,
)
from seqkit_classification._reading import Reading, fill_empty, read_texts
from seqkit_classification._threshold import decided, threshold_of

if TYPE_CHECKING:
    from torch import Tensor, nn

    from seqkit_classification._baselines import Baselines
    from seqkit_classification._residual import Base

_FILE = "classification.json"
_TRAIN = "the train split"
# Baselines read every text as it stands, not the first ones alone.
_WHOLE = 2**62
_LONGEST_GRAM = 100
# Characters of a text up to which n-grams are counted again without each of its words.
_MOST_CHARACTERS = 5000


class _SavedGrams(Document):
    unit: Literal["words", "characters"]
    shortest: Annotated[int, Field(ge=1, le=_LONGEST_GRAM)]
    longest: Annotated[int, Field(ge=1, le=_LONGEST_GRAM)]


class _Saved(Document):
    labels: list[str]
    counts: list[Annotated[int, Field(ge=0)]]
    reading: Reading
    residual: Annotated[list[_SavedGrams], Field(default_factory=list)]


def fit(
    splits: Mapping[str, Iterable[Record]],
    notify: Notify,
    *,
    reading: Reading,
    tokenizer: str,
    minimum_count: int,
    maximum_size: int | None,
    bpe_size: int,
    residual: str = "none",
    before: ClassificationCodec | None = None,
    refit: bool = False,
) -> tuple[ClassificationCodec, dict[str, Arrays]]:
    """Fits tokenizer, vocabulary and labels on the training split and encodes every split.

    With a codec of `before` the tokenizer is its own, and words and labels that are new come behind
    those that it knows. What it begins from stays, unless that is to `refit`.

    Raises:
        DataError: A split is empty, a record lacks its text or label, there is one class only, or
            a label does not occur in the training split.
    """
    if "train" not in splits:
        raise DataError(
            f"there is no train split, in the dataset. It has: {', '.join(splits) or 'none'}"
        )
    labels: list[str | None] = []
    shown = ShownTexts(_WHOLE)
    texts: Iterable[str] = shown.passing(
        read_texts(splits["train"], reading, labels, _TRAIN, labelled=True)
    )
    if before is None and tokenizer == "bpe":
        # Byte pairs are learnt from all texts before the first can be encoded.
        texts = list(texts)
    cutter = (
        build_tokenizer(tokenizer, texts=texts, vocabulary_size=bpe_size)
        if before is None
        else before.tokenizer
    )
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
            before=None if before is None else before.vocabulary,
        )
    if not len(values):
        raise DataError(
            f"every text is empty, in {_TRAIN}. Check which field or column holds the texts"
        )
    if len(vocabulary) == len(Vocabulary.of([])):
        raise DataError(
            f"no token occurs {minimum_count} times, in {_TRAIN}. "
            "Write task.minimum_count=1, or give more texts"
        )
    names = name_classes(label for label in labels if label is not None)
    known = in_order(names.values())
    if before is not None:
        names, known = further_names(names, before.known)
    for sentence in (*united(names, _TRAIN), *mistakable(known)):
        notify(sentence)
    if len(known) == 1:
        raise DataError(
            f"there is only one class, {known[0]!r}, in {_TRAIN}. "
            "Give examples of at least two classes"
        )
    targets = _targets(labels, Labels(known))
    counts = tuple(np.bincount(targets, minlength=len(known)).tolist())
    codec = ClassificationCodec(cutter, vocabulary, known, counts, reading)
    values, offsets = fill_empty(values, offsets, notify, _TRAIN)
    encoded: dict[str, Arrays] = {
        "train": {"values": values, "offsets": offsets, "targets": targets, **shown.arrays()}
    }
    for split, records in splits.items():
        if split != "train":
            labelled = split in ("validation", "test")
            encoded[split] = codec.encode_from(
                records, notify, f"the {split} split", labelled=labelled, said=names
            )
    if residual == "nb-svm":
        from seqkit_classification._residual import begin

        kept = before.base if before is not None and not refit else None
        codec.base = begin(encoded, codec.counts, kept, notify)
    return codec, encoded


class ClassificationCodec(Codec):
    """A tokenizer, a vocabulary and the labels of the training split.

    Arrays of a split: `values` int32 `(tokens,)` and `offsets` int64 `(texts + 1,)`, and `targets`
    int64 `(texts,)` where the records have labels. No text is without a token: an empty one holds
    the unknown token. `shown_bytes` uint8 and `shown_bounds` int64 hold the texts themselves, to be
    shown. Where answers begin from those of NB-SVM, `base` float32 `(texts, classes)` holds these.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        vocabulary: Vocabulary,
        labels: tuple[str, ...],
        counts: tuple[int, ...],
        reading: Reading,
        base: Base | None = None,
    ) -> None:
        self.tokenizer = tokenizer
        self.vocabulary = vocabulary
        self.labels = labels
        self.known = Labels(labels)
        self.counts = counts
        self.reading = reading
        self.base = base
        self._baselines: tuple[Arrays, Baselines] | None = None

    @property
    def shape(self) -> Shape:
        return Shape(
            "classification",
            Tokens(len(self.vocabulary), unknown=UNKNOWN_ID),
            Classes(self.labels, self.counts, logits=len(self.labels)),
        )

    @property
    def tokens(self) -> Sequence[str]:
        return self.vocabulary.tokens

    def facts(self, train: Arrays) -> Mapping[str, Any]:
        """The classes, with the number of their training examples."""
        counts = np.bincount(train["targets"], minlength=len(self.labels)).tolist()
        return {"classes": dict(zip(self.labels, counts, strict=True))}

    def save(self, folder: Path) -> None:
        self.tokenizer.save(folder)
        self.vocabulary.save(folder)
        document = {"labels": self.labels, "counts": self.counts, "reading": asdict(self.reading)}
        if self.base is not None:
            self.base.save(folder)
            document["residual"] = [asdict(one) for one in self.base.grams]
        (folder / _FILE).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> ClassificationCodec:
        """Reads back what `save` wrote. Raises CheckpointError where it is damaged."""
        path = folder / _FILE
        saved = read_document(path, "classification", _Saved)
        labels, counts = tuple(saved.labels), tuple(saved.counts)
        if len(labels) != len(counts) or len(labels) < 2:
            reason = f"it has {len(labels)} labels and {len(counts)} counts"
            raise damaged(path, "classification", reason)
        if len(set(labels)) < len(labels):
            raise damaged(path, "classification", "it has a label twice")
        if saved.reading.maximum_length is not None and saved.reading.maximum_length < 1:
            reason = f"its maximum_length is {saved.reading.maximum_length}"
            raise damaged(path, "classification", reason)
        tokenizer, vocabulary = load_text(folder)
        base = None
        if saved.residual:
            from seqkit_classification._residual import load_base

            base = load_base(folder, [one.model_dump() for one in saved.residual], len(labels))
        return cls(tokenizer, vocabulary, labels, counts, saved.reading, base)

    def encode(self, records: Iterable[Record], notify: Notify) -> Arrays:
        """Encodes records; without `targets` where one of them has no label."""
        return self.encode_from(records, notify, "the inputs", labelled=False)

    def encode_from(
        self,
        records: Iterable[Record],
        notify: Notify,
        place: str,
        *,
        labelled: bool,
        said: Collection[str] = (),
    ) -> Arrays:
        """Encodes records that come from `place`, which all must have labels if `labelled`.

        Spellings of labels that were `said` already are not told again.
        """
        labels: list[str | None] = []
        texts = read_texts(
            records,
            self.reading,
            labels,
            place,
            labelled=labelled,
            known=self.known,
        )
        shown = ShownTexts(_WHOLE)
        cut = self.tokenizer.tokenize_many(shown.passing(texts))
        values, offsets = self.vocabulary.encode_many(cut)
        values, offsets = truncate(values, offsets, self.reading.maximum_length, self.reading.keep)
        values, offsets = fill_empty(values, offsets, notify, place)
        arrays: dict[str, NDArray[Any]] = {"values": values, "offsets": offsets}
        arrays |= shown.arrays()
        arrays |= self.begun(arrays)
        if labels and None not in labels:
            arrays["targets"] = _targets(labels, self.known)
            names = self._names(label for label in labels if label not in said)
            for sentence in united(names, place):
                notify(sentence)
        return arrays

    def begun(self, arrays: Arrays) -> dict[str, NDArray[Any]]:
        """Returns what the answers to encoded texts begin from; nothing where they do not."""
        if self.base is None:
            return {}
        from seqkit_classification._nb_svm import raw_texts

        return {"base": self.base.logits(*raw_texts(arrays))}

    def _names(self, labels: Iterable[str | None]) -> dict[str, str]:
        """Returns the name of the class of each spelling."""
        classes = {label: self.known.find(label) for label in dict.fromkeys(labels) if label}
        return {label: self.labels[n] for label, n in classes.items() if n is not None}

    def scorable(self, records: Sequence[Record], notify: Notify) -> list[Record]:
        """Leaves out records whose label is no class of the training data, and counts them."""
        labels = [label_name(record.get("label")) for record in records]
        others = Counter(label for label in labels if self.known.find(label) is None)
        if others:
            shown = ", ".join(f"{label!r} {count:,}" for label, count in others.most_common(5))
            more = f" and {len(others) - 5} more" if len(others) > 5 else ""
            count = sum(others.values())
            notify(
                f"{count:,} of {len(records):,} records are left out of the scores, as their label "
                f"is no class that the run learnt ({shown}{more}); none of them could be told right"
            )
        pairs = zip(records, labels, strict=True)
        return [record for record, label in pairs if label is None or label not in others]

    def parse(self, inputs: Iterable[str | Record]) -> list[Record]:
        """Takes texts, or records with a `text`.

        Raises:
            ConfigurationError: An input is something else; names its position, from 1.
        """
        return [*text_records(inputs, "text")]

    def answerable(self, records: Sequence[Record], options: Any, notify: Notify) -> list[Record]:
        if options.threshold:
            threshold_of(options.threshold, self.labels)
        return list(records)

    def batch(self, arrays: Arrays, indices: NDArray[Any]) -> dict[str, NDArray[Any]]:
        inputs, lengths = pad_ragged(arrays["values"], arrays["offsets"], indices)
        batch: dict[str, NDArray[Any]] = {"inputs": inputs, "lengths": lengths}
        if "targets" in arrays:
            batch["targets"] = arrays["targets"][indices]
        if self.base is not None:
            batch["base"] = arrays["base"][indices]
        return batch

    def forward(self, model: nn.Module, batch: Batch, state: Any = None) -> tuple[Tensor, Any]:
        """Runs the model on a batch, whose logits are added to those it begins from."""
        outputs, state = super().forward(model, batch, state)
        return outputs if self.base is None else _added(outputs, batch["base"]), state

    def metric_inputs(self, outputs: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Returns a logit for each class, `(batch, classes)`, and the targets."""
        return class_logits(outputs), batch["targets"]

    def answers(self, outputs: Tensor, records: Sequence[Record]) -> list[dict[str, Any]]:
        """Returns text, label, its probability and that of every class, for each example.

        A blank text that is to be told a label has none: there is nothing to judge.
        """
        logits = class_logits(outputs.detach().cpu().double())
        probabilities = logits.softmax(dim=-1)
        chosen = logits.argmax(dim=-1).tolist()
        answers = []
        for record, row, best in zip(records, probabilities.tolist(), chosen, strict=True):
            text = record.get("text", "")
            if "label" not in record and not text.strip():
                nothing: dict[str, Any] = {"probability": None, "probabilities": {}}
                answers.append({"view": "labels", "text": text, "label": "", **nothing})
                continue
            answer: dict[str, Any] = {
                "view": "labels",
                "text": text,
                "label": self.labels[best],
                "probability": row[best],
                "probabilities": dict(zip(self.labels, row, strict=True)),
            }
            target = self.known.find(record.get("label"))
            if target is not None:
                answer |= {"target": self.labels[target], "correct": target == best}
            answers.append(answer)
        return answers

    def predict(
        self,
        model: nn.Module,
        batch: Batch,
        records: Sequence[Record],
        options: Any,
        say: Say = ignore,
    ) -> list[dict[str, Any]]:
        """Answers a batch; with `options.words`, the answers hold the weight of each word."""
        answers = super().predict(model, batch, records, options, say)
        if options.threshold:
            place, value = threshold_of(options.threshold, self.labels)
            answers = [decided(answer, place, value, self.labels) for answer in answers]
        if options.words:
            from seqkit_classification._words import weights_of_words

            rows = zip(batch["inputs"], batch["lengths"].tolist(), answers, strict=True)
            for ids, length, answer in rows:
                if not answer["label"]:
                    answer["words"] = []
                    continue
                ids, label = ids[:length], self.labels.index(answer["label"])
                words = self._words(answer["text"], ids.tolist())
                base = self._base_without_each(answer["text"], words)
                weights = weights_of_words(model, ids, label, answer["probability"], base)
                answer["words"] = [list(pair) for pair in zip(words, weights, strict=True)]
        return answers

    def _base_without_each(self, text: str, words: Sequence[str]) -> Tensor | None:
        """Returns what the answer begins from without each word, `(words, classes)`."""
        if self.base is None:
            return None
        import torch

        from seqkit_classification._words import without_each

        if len(text) > _MOST_CHARACTERS:
            whole = torch.from_numpy(self.base.logits(*packed_texts([text])))
            return whole.expand(len(words), -1)
        shown = [self.tokenizer.detokenize([word]).strip() for word in words]
        texts = without_each(text, shown, from_end=self.reading.keep == "tail")
        return torch.from_numpy(self.base.logits(*packed_texts(texts)))

    def _words(self, text: str, ids: Sequence[int]) -> list[str]:
        """Returns the tokens behind some ids, as they stand in the text."""
        text = text.lower() if self.reading.lowercase else text
        tokens = self.tokenizer.tokenize(text)
        kept = self.reading.maximum_length
        if kept is not None and len(tokens) > kept:
            tokens = tokens[:kept] if self.reading.keep == "head" else tokens[-kept:]
        return tokens if len(tokens) == len(ids) else list(self.vocabulary.decode(ids))

    def records(self, arrays: Arrays, indices: Sequence[int]) -> list[Record]:
        """Returns the texts as far as the model reads them, rare words as they stand there."""
        values, offsets = arrays["values"], arrays["offsets"]
        found: list[Record] = []
        for index in indices:
            record = {
                "text": self._shown(arrays, index, values[offsets[index] : offsets[index + 1]])
            }
            if "targets" in arrays:
                record["label"] = self.labels[int(arrays["targets"][index])]
            found.append(record)
        return found

    def _shown(self, arrays: Arrays, index: int, ids: NDArray[Any]) -> str:
        if index < len(arrays.get("shown_bounds", ())) - 1:
            text = unpacked_text(arrays["shown_bytes"], arrays["shown_bounds"], index)
            if len(ids) != self.reading.maximum_length:
                return text
            return self.tokenizer.detokenize(self._words(text, ids.tolist()))
        return self.tokenizer.detokenize(self.vocabulary.decode(ids))

    def legend(self) -> dict[str, str]:
        return dict(LEGEND)

    def baselines(self, splits: Mapping[str, Arrays], split: str) -> dict[str, dict[str, float]]:
        fitted = self._fitted(splits, split)
        return fitted.scores(splits[split]) if fitted is not None else {}

    def baseline_outputs(
        self, splits: Mapping[str, Arrays], split: str
    ) -> dict[str, tuple[Tensor, Tensor]]:
        fitted = self._fitted(splits, split)
        return fitted.outputs(splits[split]) if fitted is not None else {}

    def _fitted(self, splits: Mapping[str, Arrays], split: str) -> Baselines | None:
        """Returns the baselines, fitted once for all splits; None where there are no targets."""
        if "targets" not in splits[split]:
            return None
        if self._baselines is None or self._baselines[0] is not splits["train"]:
            from seqkit_classification._baselines import fit_baselines

            self._baselines = splits["train"], fit_baselines(splits, self.shape)
        return self._baselines[1]


def class_logits(outputs: Tensor) -> Tensor:
    """Returns a logit for each class; a single one, `(batch, 1)`, is that of the second of two."""
    import torch

    if outputs.shape[-1] != 1:
        return outputs
    return torch.cat([torch.zeros_like(outputs), outputs], dim=-1)


def _added(outputs: Tensor, base: Tensor) -> Tensor:
    """Adds logits, `(batch, classes)`, to outputs of as many, or of one for the second of two."""
    if outputs.shape[-1] == 1:
        base = base[:, 1:] - base[:, :1]
    return outputs.float() + base


def _targets(labels: Sequence[str | None], known: Labels) -> NDArray[np.int64]:
    ids = {label: known.find(label) for label in dict.fromkeys(labels)}
    return np.array([ids[label] for label in labels if label is not None], dtype=np.int64)
