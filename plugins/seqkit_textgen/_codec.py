"""Language modelling fitted to a training text: texts to streams of ids, ids back to texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from seqkit.api import Arrays, Batch, Codec, NextTokens, Notify, Record, Say, Shape, Tokens, ignore
from seqkit.data.ragged import pad_ragged
from seqkit.errors import DataError
from seqkit.text import (
    UNKNOWN_ID,
    BytePairTokenizer,
    Document,
    PluginTokenizer,
    Tokenizer,
    Vocabulary,
    build_tokenizer,
    damaged,
    fit_and_encode,
    load_text,
    read_document,
)
from seqkit.tokenizer_names import TokenizerIn
from seqkit_textgen._pieces import Bytes, counted_characters, joined_to_another, spelt_bytes
from seqkit_textgen._prompts import Prompt, longest_known, prompt_from, read_prompt
from seqkit_textgen._reading import Reading, parse, read_texts
from seqkit_textgen._streams import block_plan, cut_windows, stream_plan, training_plan
from seqkit_textgen._words import WordTokenizer

if TYPE_CHECKING:
    from torch import Tensor, nn

_FILE = "language-modeling.json"
_TRAIN = "the train split"
FEWEST_TOKENS = 100
BLOCK = 256
"""Tokens of a block that is read without what came before it."""

EVALUATION_WINDOW = 1024
"""Tokens read at once where no gradient is kept; no result depends on it."""

MOST_LOGITS = 2**24
"""Numbers that a batch may put out where none has to be kept: 64 MiB."""


class _Saved(Document):
    tokens: Annotated[str, TokenizerIn("characters", "words", "bpe")]
    lowercase: bool
    separator: str
    window: Annotated[int, Field(ge=1, lt=2**31)]


def fit(
    splits: Mapping[str, Iterable[Record]],
    *,
    reading: Reading,
    minimum_count: int,
    maximum_size: int | None,
    bpe_size: int,
    before: LanguageModelingCodec | None = None,
) -> tuple[LanguageModelingCodec, dict[str, Arrays]]:
    """Fits tokenizer and vocabulary on the training text alone and encodes every split.

    Beside each other split stands the same text in cold blocks: `validation-blocks`. With a codec
    of `before` the tokenizer is its own, and tokens that are new come behind those that it knows.

    Raises:
        DataError: A split has no text, or too little.
    """
    if "train" not in splits:
        raise DataError(
            f"there is no train split, in the dataset. It has: {', '.join(splits) or 'none'}"
        )
    texts: Iterable[str] = read_texts(splits["train"], reading, _TRAIN)
    if before is None and reading.tokens == "bpe":
        # Byte pairs are learnt from all texts before the first can be encoded.
        texts = list(texts)
    cutter = _cutter(reading.tokens, texts, bpe_size) if before is None else before.tokenizer
    if isinstance(cutter, BytePairTokenizer):
        vocabulary = Vocabulary.of(cutter.tokens)
        values, _ = vocabulary.encode_many(cutter.tokenize_many(texts))
    else:
        vocabulary, values, _ = fit_and_encode(
            texts,
            cutter,
            minimum_count=minimum_count,
            maximum_size=maximum_size,
            before=None if before is None else before.vocabulary,
        )
    _require_enough(values, FEWEST_TOKENS, _TRAIN, reading)
    if not np.any(values != UNKNOWN_ID):
        raise DataError(
            f"no token occurs {minimum_count} times, in {_TRAIN}. "
            "Write task.minimum_count=1, or give more text"
        )
    codec = LanguageModelingCodec(cutter, vocabulary, reading)
    encoded: dict[str, Arrays] = {"train": _stream(values, reading.window)}
    for split, records in splits.items():
        if split != "train":
            values = codec.encode_texts(records, f"the {split} split")
            encoded[split] = _stream(values, EVALUATION_WINDOW)
            cold = {"cold": np.ones(1, dtype=bool)}
            encoded[f"{split}-blocks"] = dict(_stream(values, BLOCK)) | cold
    return codec, encoded


def _cutter(tokens: str, texts: Iterable[str], bpe_size: int) -> Tokenizer:
    """Returns what cuts texts into the tokens of a setting."""
    if tokens == "words":
        return WordTokenizer()
    return build_tokenizer(tokens, texts=texts, vocabulary_size=bpe_size)


class LanguageModelingCodec(Codec):
    """A tokenizer and the vocabulary of the training text.

    Arrays of a split: `values` int32 `(tokens,)`, the whole stream; `window` int64 `(1,)`, how much
    of it is read at once; and `cold`, where each window is read on its own. Arrays of prompts:
    `values` and `offsets`.
    """

    def __init__(self, tokenizer: Tokenizer, vocabulary: Vocabulary, reading: Reading) -> None:
        self.tokenizer = tokenizer
        self.vocabulary = vocabulary
        self.reading = reading

    @cached_property
    def spelt(self) -> Bytes:
        """What each token spells, by id."""
        tokens = self.vocabulary.tokens
        if isinstance(self.tokenizer, PluginTokenizer):
            tokens = joined_to_another(tokens, self.tokenizer.detokenize)
        return spelt_bytes(tokens, byte_level=self.reading.tokens == "bpe")

    @cached_property
    def characters(self) -> list[int]:
        """How many characters each token spells, by id."""
        return counted_characters(self.spelt)

    @property
    def shape(self) -> Shape:
        size = len(self.vocabulary)
        return Shape(
            "language-modeling",
            Tokens(size, unknown=UNKNOWN_ID),
            NextTokens(size, unknown=UNKNOWN_ID),
            {"characters": self.characters},
        )

    @property
    def tokens(self) -> Sequence[str]:
        """The tokens as a file of word vectors has them: without the space before a word."""
        return [token.strip() or token for token in self.vocabulary.tokens]

    def save(self, folder: Path) -> None:
        self.tokenizer.save(folder)
        self.vocabulary.save(folder)
        text = json.dumps(asdict(self.reading), indent=1) + "\n"
        (folder / _FILE).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> LanguageModelingCodec:
        """Reads back what `save` wrote. Raises CheckpointError where it is damaged."""
        path = folder / _FILE
        saved = read_document(path, "language-modeling", _Saved)
        reading = Reading(**dict(saved))
        words = WordTokenizer() if reading.tokens == "words" else None
        tokenizer, vocabulary = load_text(folder, tokenizer=words)
        if tokenizer.name != reading.tokens:
            reason = f"its tokens are {reading.tokens}, and the tokenizer is {tokenizer.name}"
            raise damaged(path, "language-modeling", reason)
        return cls(tokenizer, vocabulary, reading)

    def encode(self, records: Iterable[Record], notify: Notify) -> Arrays:
        """Encodes texts as one stream, or prompts, as `parse` gives them, each on its own."""
        waiting = iter(records)
        first = next(waiting, None)
        every = chain([] if first is None else [first], waiting)
        if first is not None and "prompt" not in first:
            # They may be a training split, whose window matters; in evaluation none does.
            return _stream(self.encode_texts(every, "the texts"), self.reading.window)
        prompts = [self.prompt(record).ids for record in every]
        offsets = np.concatenate([[0], np.cumsum([len(ids) for ids in prompts])])
        values = np.concatenate([np.zeros(0, np.int32), *prompts])
        return {"values": values, "offsets": offsets.astype(np.int64)}

    def encode_texts(self, records: Iterable[Record], place: str) -> NDArray[np.int32]:
        """Encodes texts that come from `place` as one stream. Raises DataError without any."""
        texts = read_texts(records, self.reading, place)
        values, _ = self.vocabulary.encode_many(self.tokenizer.tokenize_many(texts))
        _require_enough(values, 2, place, self.reading)
        return values

    def prompt(self, record: Record) -> Prompt:
        """Returns the prompt of a record as the model reads it."""
        return read_prompt(str(record["prompt"]), self.tokenizer, self.vocabulary, self.reading)

    def parse(self, inputs: Iterable[str | Record]) -> list[Record]:
        """Takes texts, or records with a `text` or `prompt`.

        Raises:
            ConfigurationError: An input is something else; names its position, from 1.
        """
        return [parse(item, position) for position, item in enumerate(inputs, start=1)]

    def sizes(self, arrays: Arrays) -> NDArray[Any]:
        if "offsets" in arrays:
            return super().sizes(arrays)
        # Each position begins a window; one number stands for them all.
        return np.broadcast_to(np.asarray(arrays["window"]), len(arrays["values"]))

    def plan(
        self, arrays: Arrays, batch_size: int, generator: np.random.Generator | None
    ) -> Sequence[NDArray[Any]] | None:
        if "offsets" in arrays:
            return None
        tokens, window = len(arrays["values"]), int(arrays["window"][0])
        if "cold" in arrays:
            at_once = max(1, MOST_LOGITS // (window * len(self.vocabulary)))
            return block_plan(tokens, window, min(batch_size, at_once))
        if generator is None:
            return stream_plan(tokens, window)
        return training_plan(tokens, window, batch_size, generator)

    def batch(self, arrays: Arrays, indices: NDArray[Any]) -> dict[str, NDArray[Any]]:
        if "offsets" in arrays:
            inputs, lengths = pad_ragged(arrays["values"], arrays["offsets"], indices)
            return {"inputs": inputs, "lengths": lengths}
        cut = cut_windows(arrays, indices)
        if "cold" in arrays:
            cut["cold"] = np.ones(1, dtype=bool)
        return cut

    def forward(self, model: nn.Module, batch: Batch, state: Any = None) -> tuple[Tensor, Any]:
        """Reads on from a state, and from none where the batch is `cold`."""
        cold = "cold" in batch
        logits, after = model(batch["inputs"], batch["lengths"], None if cold else state)
        return logits, None if cold else after

    def predict(
        self,
        model: nn.Module,
        batch: Batch,
        records: Sequence[Record],
        options: Any,
        say: Say = ignore,
    ) -> list[dict[str, Any]]:
        """Writes on from the prompts of the records; what the batch holds of them is not needed."""
        from seqkit_textgen._writing import write_on

        prompts = [self.prompt(record) for record in records]
        return write_on(model, batch["inputs"].device, prompts, self.spelt, options, say)

    def records(self, arrays: Arrays, indices: Sequence[int]) -> list[Record]:
        """Returns prompts: a few words of the text behind each position."""
        found: list[Record] = []
        for index in indices:
            known = longest_known(arrays["values"][index : index + 2 * BLOCK])
            tokens = self.vocabulary.decode(known)
            found.append({"prompt": prompt_from(self.tokenizer.detokenize(tokens))})
        return found

    def baselines(self, splits: Mapping[str, Arrays], split: str) -> dict[str, dict[str, float]]:
        from seqkit_textgen._baselines import score_baselines

        return score_baselines(splits["train"], splits[split], np.array(self.characters))


def _stream(values: NDArray[np.int32], window: int) -> Arrays:
    return {"values": values, "window": np.array([window], dtype=np.int64)}


def _require_enough(values: NDArray[Any], fewest: int, place: str, reading: Reading) -> None:
    if len(values) >= fewest:
        return
    kinds = {"characters": "characters", "words": "words and marks", "bpe": "byte pairs"}
    what = kinds.get(reading.tokens, "tokens")
    count = f"only {len(values)}" if len(values) else "none"
    raise DataError(
        f"{place} has {count} of the {fewest} {what} that language modelling needs at least. "
        f"Give more text, or hold out {'less' if place == _TRAIN else 'more'} of it"
    )
