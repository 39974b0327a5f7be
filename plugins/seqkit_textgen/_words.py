"""Cuts texts into words that put together again are the very text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_PIECE = re.compile(r" ?\w+(?:['’]\w+)*| ?[^\w\s]|\s")


class WordTokenizer:
    """Words, punctuation marks and white space, each word with the space before it.

    As nothing is left out, `"".join(tokens)` is the text: what a model writes needs no guess where
    the spaces go, and its bits can be counted for each character.
    """

    name = "words"

    def tokenize(self, text: str) -> list[str]:
        """Returns the tokens of one text."""
        return _PIECE.findall(text)

    def tokenize_many(self, texts: Iterable[str]) -> Iterator[list[str]]:
        """Yields the tokens of each text, in order."""
        return map(_PIECE.findall, texts)

    def detokenize(self, tokens: Iterable[str]) -> str:
        """Returns the text of some tokens."""
        return "".join(tokens)

    def save(self, folder: Path) -> None:
        """Writes nothing: the task keeps its name, and it has nothing else."""
