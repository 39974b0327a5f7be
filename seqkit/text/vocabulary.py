"""Vocabularies: which tokens a model knows, and by which ids."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqkit.errors import ConfigurationError, DataError, suggestion
from seqkit.text.documents import damaged, read_json, write_json

PADDING = "<pad>"
PADDING_ID = 0
UNKNOWN = "<unk>"
LEGEND = {UNKNOWN: "a word seen too rarely in training to be known"}
"""What a person should know of the signs in decoded text, for `Codec.legend`."""
UNKNOWN_ID = 1
"""The id of tokens that are not known."""

FILE = "vocabulary.json"


@dataclass(frozen=True)
class Vocabulary:
    """The tokens a model knows, each with the id of its place; make one with `fit`, `of` or `load`.

    No text can spell a special token: a word `<pad>` or `<eos>` in a text is encoded as unknown.

    Attributes:
        tokens: All tokens by id: `<pad>`, `<unk>`, the further specials, then the words.
        specials: The further specials, such as `("<bos>", "<eos>")`.
    """

    tokens: tuple[str, ...]
    specials: tuple[str, ...] = ()
    _ids: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        reserved = (PADDING, UNKNOWN, *self.specials)
        if self.tokens[: len(reserved)] != reserved:
            raise DataError(
                f"The vocabulary begins with {list(self.tokens[: len(reserved)])}, in its tokens. "
                f"It must begin with {list(reserved)}."
            )
        words = self.tokens[len(reserved) :]
        ids = dict(zip(words, range(len(reserved), len(self.tokens)), strict=True))
        if len(ids) < len(words) or len(set(reserved)) < len(reserved) or ids.keys() & {*reserved}:
            token, times = Counter(self.tokens).most_common(1)[0]
            raise DataError(
                f"The token {token!r} occurs {times} times, in the vocabulary. "
                "Each token must have one id."
            )
        object.__setattr__(self, "_ids", ids)

    @classmethod
    def fit(
        cls,
        counted: Mapping[str, int] | Iterable[Iterable[str]],
        *,
        minimum_count: int = 1,
        maximum_size: int | None = None,
        specials: Iterable[str] = (),
    ) -> Vocabulary:
        """Chooses the most frequent tokens; of equally frequent ones, the first by code points.

        Args:
            counted: How often each token occurs, such as a `Counter`, or lists of tokens: those of
                the training split and nothing else.
            minimum_count: How often a token must occur to be known, at least 1.
            maximum_size: Most entries of the vocabulary, specials included; None for no limit.
            specials: Further special tokens, after padding and unknown.

        Raises:
            ConfigurationError: A setting is out of its range.
        """
        specials = tuple(specials)
        reserved = (PADDING, UNKNOWN, *specials)
        if minimum_count < 1:
            raise ConfigurationError(
                f"minimum_count is {minimum_count}, in the vocabulary. It must be at least 1."
            )
        if maximum_size is not None and maximum_size <= len(reserved):
            raise ConfigurationError(
                f"maximum_size is {maximum_size}, in the vocabulary. It must be more than "
                f"{len(reserved)}, the number of special tokens."
            )
        counts = counted if isinstance(counted, Mapping) else _count(counted)
        frequent = [
            (-count, token)
            for token, count in counts.items()
            if count >= minimum_count and token not in reserved
        ]
        frequent.sort()
        room = None if maximum_size is None else maximum_size - len(reserved)
        return cls.of((token for _, token in frequent[:room]), specials=specials)

    def extended(
        self,
        counted: Mapping[str, int],
        *,
        minimum_count: int = 1,
        maximum_size: int | None = None,
    ) -> Vocabulary:
        """Returns a vocabulary with new tokens behind those there are, which all keep their ids.

        Args:
            counted: How often each token occurs in the new training split.
            minimum_count: How often a new token must occur to be known.
            maximum_size: Most entries, as for `fit`; what is there already stays in any case.
        """
        fresh = {token: count for token, count in counted.items() if token not in self}
        room = None if maximum_size is None else maximum_size - len(self)
        if room is not None and room <= 0:
            return self
        reserved = 2 + len(self.specials)
        limit = None if room is None else room + reserved
        new = Vocabulary.fit(
            fresh, minimum_count=minimum_count, maximum_size=limit, specials=self.specials
        )
        return Vocabulary((*self.tokens, *new.tokens[reserved:]), self.specials)

    @classmethod
    def of(cls, words: Iterable[str], *, specials: Iterable[str] = ()) -> Vocabulary:
        """Makes the vocabulary of the specials and then exactly `words`, in their order.

        Raises:
            DataError: A token occurs twice.
        """
        specials = tuple(specials)
        return cls((PADDING, UNKNOWN, *specials, *words), specials)

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self._ids

    def special_id(self, token: str) -> int:
        """Returns the id of a special token, such as `<bos>`.

        Raises:
            ConfigurationError: The vocabulary has no such special.
        """
        reserved = (PADDING, UNKNOWN, *self.specials)
        if token not in reserved:
            raise ConfigurationError(
                f"{token!r} is not a special token, in the vocabulary. "
                f"{suggestion(token, reserved)}"
            )
        return reserved.index(token)

    def encode(self, tokens: Iterable[str]) -> NDArray[np.int32]:
        """Returns the id of each token, int32 `(tokens,)`; 1 for those that are not known."""
        return np.fromiter(map(self._ids.get, tokens, repeat(UNKNOWN_ID)), dtype=np.int32)

    def encode_many(
        self, token_lists: Iterable[Iterable[str]]
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Encodes many token lists into one flat array.

        Returns:
            The ids of all lists one after another, int32 `(tokens,)`, and where each list begins
            with the end of the last, int64 `(lists + 1,)`.
        """
        get, unknown = self._ids.get, repeat(UNKNOWN_ID)
        values, offsets = array("i"), array("q", [0])
        for tokens in token_lists:
            values.extend(map(get, tokens, unknown))
            offsets.append(len(values))
        return np.asarray(values, dtype=np.int32), np.asarray(offsets, dtype=np.int64)

    def decode(self, ids: ArrayLike) -> list[str]:
        """Returns the token of each id of `(tokens,)`, specials among them.

        Raises:
            DataError: An id is outside the vocabulary.
        """
        numbers = np.asarray(ids)
        if numbers.size and (numbers.min() < 0 or numbers.max() >= len(self.tokens)):
            worst = numbers.min() if numbers.min() < 0 else numbers.max()
            raise DataError(
                f"Id {worst} has no token, in a vocabulary of {len(self.tokens)}. "
                f"Ids run from 0 to {len(self.tokens) - 1}."
            )
        return [self.tokens[number] for number in numbers.astype(np.int64).tolist()]

    def save(self, folder: Path) -> None:
        """Writes `vocabulary.json` into `folder`."""
        words = self.tokens[2 + len(self.specials) :]
        write_json(folder / FILE, {"specials": self.specials, "words": words, "size": len(self)})

    @classmethod
    def load(cls, folder: Path) -> Vocabulary:
        """Reads the vocabulary that `save` wrote into `folder`.

        Raises:
            CheckpointError: `vocabulary.json` is missing or damaged.
        """
        path = folder / FILE
        document = read_json(path, "vocabulary")
        specials = _strings(document, "specials", path)
        words = _strings(document, "words", path)
        try:
            vocabulary = cls.of(words, specials=specials)
        except DataError as error:
            raise damaged(path, "vocabulary", str(error).rstrip(".")) from error
        if len(vocabulary) != document.get("size"):
            reason = f"it holds {len(vocabulary)} tokens of {document.get('size')}"
            raise damaged(path, "vocabulary", reason)
        return vocabulary


def _count(token_lists: Iterable[Iterable[str]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for tokens in token_lists:
        if isinstance(tokens, str):
            raise TypeError("Vocabulary.fit takes lists of tokens; tokenize the texts first")
        counts.update(tokens)
    return counts


def _strings(document: dict[str, Any], key: str, path: Path) -> list[str]:
    values = document.get(key)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise damaged(path, "vocabulary", f"{key!r} is not a list of strings")
    return values
