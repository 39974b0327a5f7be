"""Pairs of sequences fitted to training texts: texts to ids, decoded ids to texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from seqkit.api import Arrays, Batch, Codec, Notify, Record, Say, Shape, Tokens, ignore
from seqkit.data.ragged import pad_ragged
from seqkit.errors import ConfigurationError, DataError
from seqkit.text import LEGEND, UNKNOWN_ID, Document, read_document, text_records
from seqkit.text.packing import packed_texts, unpacked_text
from seqkit_seq2seq._pairs import read_pairs
from seqkit_seq2seq._side import BEGIN, END, Side, fit_side

if TYPE_CHECKING:
    from torch import Tensor, nn

    from seqkit.nn import Hypothesis

_FILE = "seq2seq.json"
_TRAIN = "the train split"
_LEAST_SLACK = 10
# Batches' worth of shuffled pairs that are sorted together: their lengths nearly agree, and yet a
# batch has other pairs in each epoch.
_POOL = 100


class _Saved(Document):
    joint: bool
    lowercase: bool
    # What is written is at most so much longer than what is read, and written token by token.
    slack: Annotated[int, Field(ge=0, le=10**7)]
    maximum_length: Annotated[int, Field(ge=1)] | None


def fit(
    splits: Mapping[str, Iterable[Record]],
    notify: Notify,
    *,
    tokenizer: str,
    joint: bool,
    lowercase: bool,
    minimum_count: int,
    maximum_size: int | None,
    bpe_size: int,
    maximum_length: int | None,
    before: Seq2SeqCodec | None = None,
) -> tuple[Seq2SeqCodec, dict[str, Arrays]]:
    """Fits tokenizers and vocabularies on the training split and encodes every split.

    With a codec of `before` the tokenizers are its own, and tokens that are new come behind those
    that it knows.

    Raises:
        DataError: A split is empty, or a record lacks its source or target.
    """
    if "train" not in splits:
        raise DataError(
            f"there is no train split, in the dataset. It has: {', '.join(splits) or 'none'}"
        )
    sources, targets = read_pairs(splits["train"], _TRAIN, paired=True)
    assert targets is not None
    options: dict[str, Any] = {
        "tokenizer": tokenizer,
        "lowercase": lowercase,
        "minimum_count": minimum_count,
        "maximum_size": maximum_size,
        "bpe_size": bpe_size,
    }
    if before is not None:
        limits: dict[str, Any] = {"minimum_count": minimum_count, "maximum_size": maximum_size}
        both = [*sources, *targets]
        target_side = before.target.extended(both if joint else targets, **limits)
        source_side = target_side if joint else before.source.extended(sources, **limits)
    elif joint:
        source_side = target_side = fit_side([*sources, *targets], **options)
    else:
        source_side, target_side = fit_side(sources, **options), fit_side(targets, **options)
    for name, side in (("source", source_side), ("target", target_side)):
        if len(side.vocabulary) == 4:
            raise DataError(
                f"no token of a {name} occurs {minimum_count} times, in {_TRAIN}. "
                "Write task.minimum_count=1, or give more pairs"
            )
    codec = Seq2SeqCodec(source_side, target_side, joint, _LEAST_SLACK, maximum_length)
    train = codec.encode_pairs(sources, targets)
    kept = _short_enough(train, maximum_length)
    if not kept.any():
        raise DataError(
            f"every pair has more than {maximum_length} tokens, in {_TRAIN}. "
            "Raise task.maximum_length, or choose another task.tokenizer"
        )
    if not kept.all():
        notify(
            f"{int((~kept).sum()):,} of {len(kept):,} training pairs have more than "
            f"{maximum_length} tokens on a side, and were left out of training (the first is "
            f"record {int(np.flatnonzero(~kept)[0]) + 1})"
        )
        train = codec.encode_pairs(
            [text for text, keep in zip(sources, kept, strict=True) if keep],
            [text for text, keep in zip(targets, kept, strict=True) if keep],
        )
    needed = np.diff(train["target_offsets"]) - 2 * np.diff(train["source_offsets"])
    least = _LEAST_SLACK if before is None else before.slack
    codec.slack = max(least, int(needed.max()))
    encoded: dict[str, Arrays] = {"train": train}
    for split, records in splits.items():
        if split != "train":
            paired = split in ("validation", "test")
            encoded[split] = codec.encode_from(records, f"the {split} split", paired=paired)
    return codec, encoded


class Seq2SeqCodec(Codec):
    """The tokenizers and vocabularies of both sides.

    Arrays of a split: the ids `source_values` int32 and `source_offsets` int64, the texts
    `source_bytes` uint8 and `source_bounds` int64, and the same of the target where the records
    have one, whose ids end with the id that ends a target.

    Attributes:
        slack: Most tokens by which a training target was longer than two sources, at least 10.
    """

    def __init__(
        self, source: Side, target: Side, joint: bool, slack: int, maximum_length: int | None
    ) -> None:
        self.source = source
        self.target = target
        self.joint = joint
        self.slack = slack
        self.maximum_length = maximum_length
        self.begin = target.vocabulary.special_id(BEGIN)
        self.end = target.vocabulary.special_id(END)

    @property
    def shape(self) -> Shape:
        return Shape(
            "seq2seq",
            Tokens(len(self.source.vocabulary), unknown=UNKNOWN_ID),
            Tokens(len(self.target.vocabulary), unknown=UNKNOWN_ID),
            extras={"begin": self.begin, "end": self.end, "joint": self.joint},
        )

    @property
    def tokens(self) -> Sequence[str]:
        return self.source.vocabulary.tokens

    def save(self, folder: Path) -> None:
        self.target.save(folder / "target")
        if not self.joint:
            self.source.save(folder / "source")
        document = {
            "joint": self.joint,
            "lowercase": self.source.lowercase,
            "slack": self.slack,
            "maximum_length": self.maximum_length,
        }
        (folder / _FILE).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Seq2SeqCodec:
        """Reads back what `save` wrote. Raises CheckpointError where it is damaged."""
        saved = read_document(folder / _FILE, "seq2seq", _Saved)
        target = Side.load(folder / "target", saved.lowercase)
        source = target if saved.joint else Side.load(folder / "source", saved.lowercase)
        return cls(source, target, saved.joint, saved.slack, saved.maximum_length)

    def encode(self, records: Iterable[Record], notify: Notify) -> Arrays:
        """Encodes records; without targets where one of them has none."""
        return self.encode_from(records, "the inputs", paired=False)

    def encode_from(self, records: Iterable[Record], place: str, *, paired: bool) -> Arrays:
        """Encodes records that come from `place`, which all must have targets if `paired`."""
        return self.encode_pairs(*read_pairs(records, place, paired=paired), cut=not paired)

    def encode_pairs(
        self, sources: Sequence[str], targets: Sequence[str] | None, *, cut: bool = False
    ) -> dict[str, NDArray[Any]]:
        """Encodes texts; `cut` shortens sources to the longest that training may have."""
        longest = self.maximum_length if cut else None
        # A source without a token is read as one that is not known.
        tokens = [found[:longest] or [""] for found in self.source.tokens(sources)]
        values, offsets = self.source.vocabulary.encode_many(tokens)
        text, bounds = packed_texts(sources)
        arrays: dict[str, NDArray[Any]] = {
            "source_values": values,
            "source_offsets": offsets,
            "source_bytes": text,
            "source_bounds": bounds,
        }
        if targets is not None:
            values, offsets = self.target.vocabulary.encode_many(self.target.tokens(targets))
            text, bounds = packed_texts(targets)
            arrays |= {
                "target_values": np.insert(values, offsets[1:], self.end),
                "target_offsets": offsets + np.arange(len(offsets)),
                "target_bytes": text,
                "target_bounds": bounds,
            }
        return arrays

    def parse(self, inputs: Iterable[str | Record]) -> list[Record]:
        """Takes texts, or records with a `source`."""
        return [*text_records(inputs, "source")]

    def sizes(self, arrays: Arrays) -> NDArray[Any]:
        """Returns the tokens of each pair, both sides together."""
        sizes: NDArray[Any] = np.diff(arrays["source_offsets"])
        return sizes + np.diff(arrays["target_offsets"]) if "target_offsets" in arrays else sizes

    def plan(
        self, arrays: Arrays, batch_size: int, generator: np.random.Generator | None
    ) -> Sequence[NDArray[Any]] | None:
        """Groups pairs whose targets are of one length, and their sources as far as they can be.

        Most of a step goes into the output layer, which works on the padding of targets too.
        """
        sources = np.diff(arrays["source_offsets"])
        targets = np.diff(arrays["target_offsets"]) if "target_offsets" in arrays else sources
        if generator is None:
            return _cut(np.lexsort((targets, sources)), batch_size)
        batches: list[NDArray[Any]] = []
        for pool in _cut(generator.permutation(len(sources)), _POOL * batch_size):
            batches += _cut(pool[np.lexsort((sources[pool], targets[pool]))], batch_size)
        return [batches[number] for number in generator.permutation(len(batches))]

    def batch(self, arrays: Arrays, indices: NDArray[Any]) -> dict[str, NDArray[Any]]:
        inputs, lengths = pad_ragged(arrays["source_values"], arrays["source_offsets"], indices)
        batch: dict[str, NDArray[Any]] = {"inputs": inputs, "lengths": lengths}
        if "target_values" in arrays:
            targets, _ = pad_ragged(arrays["target_values"], arrays["target_offsets"], indices)
            shifted = np.full_like(targets, self.begin)
            shifted[:, 1:] = np.where(targets[:, 1:] == 0, 0, targets[:, :-1])
            batch |= {"decoder_inputs": shifted, "targets": targets}
        return batch

    def forward(self, model: nn.Module, batch: Batch, state: Any = None) -> tuple[Tensor, Any]:
        return model(batch["inputs"], batch["lengths"], batch["decoder_inputs"]), None

    def predict(
        self,
        model: nn.Module,
        batch: Batch,
        records: Sequence[Record],
        options: Any,
        say: Say = ignore,
    ) -> list[dict[str, Any]]:
        from seqkit.nn import Decoding, decode

        if not isinstance(model, Decoding):
            raise ConfigurationError(
                f"the model {type(model).__name__} cannot be decoded, as it lacks begin() or "
                "step(). Give it both, as seqkit.nn.Decoding says"
            )
        lengths = batch["lengths"]
        longest = 2 * lengths + self.slack
        if options.maximum_length:
            longest = longest.new_full(longest.shape, options.maximum_length)
        found = decode(
            model,
            batch["inputs"],
            lengths,
            begin=self.begin,
            end=self.end,
            maximum_lengths=longest,
            beam=options.beam,
            n_best=options.n_best,
            length_penalty=options.length_penalty,
        )
        return [
            self._answer(record, hypotheses, length, options)
            for record, hypotheses, length in zip(records, found, lengths.tolist(), strict=True)
        ]

    def _answer(
        self, record: Record, hypotheses: Sequence[Hypothesis], length: int, options: Any
    ) -> dict[str, Any]:
        best = hypotheses[0]
        if (options.attention or options.copy_unknown) and best.attention is None:
            asked = "attention" if options.attention else "copy_unknown"
            raise ConfigurationError(
                f"{asked} needs a model with attention, and this one has none. "
                f"Leave {asked} out, or train a model with model.attention=general"
            )
        if "target" not in record and not record["source"].strip():
            return _empty_answer(record["source"], len(hypotheses), options)
        source_tokens = []
        if options.attention or options.copy_unknown:
            source_tokens = (self.source.tokens([record["source"]])[0] or [""])[:length]
        written = [self._tokens(one, source_tokens, options.copy_unknown) for one in hypotheses]
        texts = [self.target.text(tokens) for tokens in written]
        answer: dict[str, Any] = {
            "view": "pair",
            "source": record["source"],
            "prediction": texts[0],
            "score": best.score,
        }
        if "target" in record:
            answer |= {"target": record["target"], "correct": record["target"] == texts[0]}
        if options.n_best > 1:
            answer["n_best"] = [
                {"prediction": text, "score": one.score}
                for text, one in zip(texts, hypotheses, strict=True)
            ]
        if options.attention and best.attention is not None:
            answer |= {
                "source_tokens": self.source.shown(source_tokens),
                "prediction_tokens": self.target.shown(written[0]),
                "attention": [row[:length] for row in best.attention.tolist()],
            }
        return answer

    def _tokens(
        self, hypothesis: Hypothesis, source_tokens: Sequence[str], copy: bool
    ) -> list[str]:
        """Returns the tokens of a hypothesis, those that are not known copied from the source."""
        tokens = self.target.decode(hypothesis.tokens)
        if not copy or hypothesis.attention is None or UNKNOWN_ID not in hypothesis.tokens:
            return tokens
        attended = hypothesis.attention[:, : len(source_tokens)].argmax(dim=1).tolist()
        return [
            source_tokens[place] if number == UNKNOWN_ID else token
            for token, number, place in zip(tokens, hypothesis.tokens, attended, strict=True)
        ]

    def records(self, arrays: Arrays, indices: Sequence[int]) -> list[Record]:
        """Returns the raw texts."""
        sides = [side for side in ("source", "target") if f"{side}_bytes" in arrays]
        return [
            {
                side: unpacked_text(arrays[f"{side}_bytes"], arrays[f"{side}_bounds"], index)
                for side in sides
            }
            for index in indices
        ]

    def legend(self) -> dict[str, str]:
        return dict(LEGEND)

    def baselines(self, splits: Mapping[str, Arrays], split: str) -> dict[str, dict[str, float]]:
        from seqkit_seq2seq._baselines import score_baselines

        count = len(splits["train"]["source_bounds"]) - 1
        train = self.records(splits["train"], range(count))
        asked = self.records(splits[split], range(len(splits[split]["source_bounds"]) - 1))
        return score_baselines(train, asked)


def _empty_answer(source: str, count: int, options: Any) -> dict[str, Any]:
    """Returns the answer to a blank source: whatever a network writes of it, it is none of it."""
    nothing = {"prediction": "", "score": 0.0}
    answer: dict[str, Any] = {"view": "pair", "source": source, **nothing}
    if options.n_best > 1:
        answer["n_best"] = [nothing] * count
    if options.attention:
        answer |= {"source_tokens": [], "prediction_tokens": [], "attention": []}
    return answer


def _cut(order: NDArray[Any], size: int) -> list[NDArray[Any]]:
    return [order[start : start + size] for start in range(0, len(order), size)]


def _short_enough(arrays: Arrays, maximum_length: int | None) -> NDArray[np.bool_]:
    """Tells which pairs have at most so many tokens on each side."""
    source, target = np.diff(arrays["source_offsets"]), np.diff(arrays["target_offsets"]) - 1
    if maximum_length is None:
        return np.ones(len(source), dtype=bool)
    return (source <= maximum_length) & (target <= maximum_length)
