"""Byte-pair encoding by Hugging Face `tokenizers`, over bytes, so that no text is unknown to it.

Sennrich, Haddow and Birch 2016, "Neural Machine Translation of Rare Words with Subword Units";
over bytes as in Radford et al. 2019, "Language Models are Unsupervised Multitask Learners".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from seqkit.errors import ConfigurationError, suggestion
from seqkit.text.documents import damaged, read_json, write_json

if TYPE_CHECKING:
    import tokenizers

Split = Literal["byte-level", "whitespace"]

_FILE = "tokenizer.json"
_BYTES = 256
# Merges of one piece of text cost as much as its square while training, so that a megabyte without
# a space would take hours. Pieces are cut here; ordinary words never reach it.
_LONGEST_PIECE = 128
_LONGEST_TOKEN = 4 * _LONGEST_PIECE
_BATCH = 256
_SURROGATES = re.compile("[\ud800-\udfff]")


class BytePairTokenizer:
    """A trained byte-pair encoding; make one with `train_bpe` or `load_tokenizer`.

    The tokens are written in the byte-level alphabet of GPT-2 (a space shows as `Ġ`). With the
    `byte-level` split, `detokenize` restores a text exactly; with `whitespace`, all but its runs of
    white space, which come back as one space each. Lone surrogates are not text that UTF-8 can
    hold, and become U+FFFD.

    Attributes:
        name: `bpe`.
        tokens: Every token it can give, by its rank: the 256 bytes, then the merges in the order
            learnt. `Vocabulary.of(tokenizer.tokens)` therefore knows any text, seen or not.
    """

    name = "bpe"

    def __init__(self, backend: tokenizers.Tokenizer) -> None:
        self._backend = backend
        ranks = backend.get_vocab()
        self.tokens: tuple[str, ...] = tuple(sorted(ranks, key=ranks.__getitem__))
        self._adds_space = _pre_tokenizer_types(self._document())[:1] == ["WhitespaceSplit"]

    def tokenize(self, text: str) -> list[str]:
        """Returns the tokens of one text."""
        return next(self.tokenize_many([text]))

    def tokenize_many(self, texts: Iterable[str]) -> Iterator[list[str]]:
        """Yields the tokens of each text, encoding some hundreds at a time on all cores."""
        remaining = map(_encodable, texts)
        # The fast call gives ids without strings, and the strings here are made once, not per use.
        token = self.tokens.__getitem__
        while batch := list(islice(remaining, _BATCH)):
            for encoding in self._backend.encode_batch_fast(batch):
                yield list(map(token, encoding.ids))

    def detokenize(self, tokens: Iterable[str]) -> str:
        """Returns the text of some tokens; bytes that are not UTF-8 become U+FFFD."""
        text: str = self._backend.decoder.decode(list(tokens))
        return text.removeprefix(" ") if self._adds_space else text

    def save(self, folder: Path) -> None:
        """Writes `tokenizer.json`, in the format of Hugging Face, into `folder`."""
        write_json(folder / _FILE, self._document())

    def _document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self._backend.to_str())
        return document


def train_bpe(
    texts: Iterable[str],
    *,
    vocabulary_size: int = 8000,
    minimum_frequency: int = 2,
    split: Split = "byte-level",
) -> BytePairTokenizer:
    """Trains a byte-pair encoding; the same texts always give the same one.

    Args:
        texts: Training texts, read once; they need not fit in memory.
        vocabulary_size: Most tokens to learn, the 256 bytes among them, at least 256.
        minimum_frequency: How often a pair must occur to be merged, at least 1.
        split: Where no merge may cross: `byte-level`, at the words, numbers and punctuation of
            GPT-2's pattern, white space kept; or `whitespace`, at white space alone.

    Raises:
        ConfigurationError: A setting is out of its range.
    """
    if vocabulary_size < _BYTES:
        raise ConfigurationError(
            f"vocabulary_size is {vocabulary_size}, in the bpe tokenizer. "
            f"It must be at least {_BYTES}, one token for each byte."
        )
    if minimum_frequency < 1:
        raise ConfigurationError(
            f"minimum_frequency is {minimum_frequency}, in the bpe tokenizer. "
            "It must be at least 1."
        )
    if split not in get_args(Split):
        raise ConfigurationError(
            f"split is {split!r}, in the bpe tokenizer. {suggestion(split, get_args(Split))}"
        )
    from tokenizers import models, pre_tokenizers, trainers

    backend = _backend(models.BPE(), split)
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        min_frequency=minimum_frequency,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    backend.train_from_iterator(map(_encodable, texts), trainer=trainer)
    return BytePairTokenizer(backend)


def load_bpe(folder: Path) -> BytePairTokenizer:
    """Reads the encoding that `BytePairTokenizer.save` wrote into `folder`.

    The library is given the vocabulary and the merges alone, once they are checked: a file of its
    format may hold regular expressions without end, or padding that takes all memory.

    Raises:
        CheckpointError: The file is missing, damaged, or not what `save` writes.
    """
    from tokenizers.models import BPE

    path = folder / _FILE
    document = read_json(path, "tokenizer")
    split: Split = (
        "whitespace" if _pre_tokenizer_types(document)[:1] == ["WhitespaceSplit"] else "byte-level"
    )
    try:
        vocabulary, merges = _checked(document.get("model"))
        backend = _backend(BPE(vocab=vocabulary, merges=merges), split)
    except Exception as error:  # the library raises bare Exceptions
        raise damaged(path, "tokenizer", f"{error}"[:300]) from error
    written = json.loads(backend.to_str())
    for model in (document["model"], written["model"]):
        del model["vocab"], model["merges"]
    for part in written:
        if not _agrees(document.get(part), written[part]):
            reason = f"its {part} is not what seqkit writes for a byte-pair encoding"
            raise damaged(path, "tokenizer", reason)
    unknown = [name for name, value in document.items() if name not in written and value]
    if unknown:
        raise damaged(path, "tokenizer", f"it has a part {unknown[0]!r:.60}, which is not known")
    return BytePairTokenizer(backend)


def _backend(model: Any, split: Split) -> tokenizers.Tokenizer:
    from tokenizers import Tokenizer, decoders, pre_tokenizers

    words = (
        [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]
        if split == "byte-level"
        else [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=False),
        ]
    )
    backend = Tokenizer(model)
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [*words, pre_tokenizers.FixedLength(_LONGEST_PIECE)]
    )
    backend.decoder = decoders.ByteLevel()
    return backend


def _checked(model: Any) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Returns the vocabulary and the merges of a saved model. Raises ValueError for any other."""
    from tokenizers.pre_tokenizers import ByteLevel

    if not isinstance(model, dict):
        raise ValueError("it has no model")
    vocabulary, merges = model.get("vocab"), model.get("merges")
    if not isinstance(vocabulary, dict) or not isinstance(merges, list):
        raise ValueError("its model has no vocabulary or no merges")
    if not all(type(rank) is int for rank in vocabulary.values()):
        raise ValueError("an id of a token is no whole number")
    if sorted(vocabulary.values()) != list(range(len(vocabulary))):
        raise ValueError("the ids of its tokens do not run from 0")
    alphabet = set(ByteLevel.alphabet())
    if not vocabulary.keys() >= alphabet or not alphabet.issuperset("".join(vocabulary)):
        raise ValueError("its tokens are not made of the 256 bytes")
    if any(len(token) > _LONGEST_TOKEN for token in vocabulary):
        raise ValueError("a token is longer than any piece of text")
    # Older versions of the library wrote a pair as one string.
    pairs = [pair.split(" ") if isinstance(pair, str) else pair for pair in merges]
    if not all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair)
        for pair in pairs
    ):
        raise ValueError("a merge is not a pair of tokens")
    if any(
        first not in vocabulary or second not in vocabulary or first + second not in vocabulary
        for first, second in pairs
    ):
        raise ValueError("a merge is of a token that it does not have")
    return vocabulary, [(first, second) for first, second in pairs]


def _agrees(found: Any, written: Any) -> bool:
    """Tells whether a part of a file is what was written, by this version of the library or not.

    Versions differ in the keys they write; one that is not known may not ask for anything.
    """
    if isinstance(written, list):
        return (
            isinstance(found, list)
            and len(found) == len(written)
            and all(map(_agrees, found, written))
        )
    if not isinstance(written, dict):
        return bool(found == written and type(found) is type(written))
    if not isinstance(found, dict):
        return False
    named = all(_agrees(found[key], value) for key, value in written.items() if key in found)
    return named and not any(value for key, value in found.items() if key not in written)


def _encodable(text: str) -> str:
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def _pre_tokenizer_types(document: dict[str, Any]) -> list[str]:
    """Returns the types of the steps that split a text, in order; empty where there are none."""
    pre_tokenizer = document.get("pre_tokenizer")
    steps = pre_tokenizer.get("pretokenizers") if isinstance(pre_tokenizer, dict) else None
    if not isinstance(steps, list):
        return []
    return [str(step.get("type")) for step in steps if isinstance(step, dict)]
