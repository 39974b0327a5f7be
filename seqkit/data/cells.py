"""What the cells of a column are like: prose, a few kinds of things, or numbers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

_MOSTLY = 0.9
_MOST_KINDS = 100
_LONGEST_KIND = 100
_FEWEST_WORDS = 8
_LETTERS = 0.6


def prose_score(values: Sequence[Any]) -> float:
    """Returns the mean number of characters where the values are texts, and 0 elsewhere."""
    texts = [value.strip() for value in values if isinstance(value, str) and value.strip()]
    if len(texts) * 2 < len(values) or not any(map(_has_words, texts)) or holds_numbers(texts):
        return 0.0
    return sum(map(len, texts)) / len(texts)


def _has_words(text: str) -> bool:
    """Tells whether a text has words: parted by spaces, or in a writing that has none."""
    return " " in text or (len(text) > 3 and any(c >= "\u0e00" and c.isalpha() for c in text))


def words_score(values: Sequence[Any]) -> float:
    """Returns the mean number of characters where the values are words, most of them different.

    Such are names, and sequences of letters as of a protein; codes of digits are not.
    """
    words = [value.strip() for value in values if isinstance(value, str) and value.strip()]
    different = len(set(words))
    if len(words) * 2 < len(values) or different < _FEWEST_WORDS or different * 2 < len(words):
        return 0.0
    characters = "".join(words)
    if sum(map(str.isalpha, characters)) < _LETTERS * len(characters):
        return 0.0
    return len(characters) / len(words)


def kinds_score(values: Sequence[Any]) -> float:
    """Returns 1 / the number of different values, and 0 where these are one or very many."""
    most = max(2, min(len(values) // 2, max(_MOST_KINDS, min(10 * _MOST_KINDS, len(values) // 20))))
    kinds: set[str] = set()
    for value in values:
        if is_given(value):
            kinds.add(str(value))
            if len(kinds) > most:
                return 0.0
    if len(kinds) < 2 or max(map(len, kinds)) > _LONGEST_KIND:
        return 0.0
    return 1 / len(kinds)


def is_given(value: Any) -> bool:
    """Tells whether a cell holds something."""
    return value is not None and bool(str(value).strip())


def mostly_given(values: Sequence[Any]) -> bool:
    """Tells whether half of the cells or more hold something."""
    return 2 * sum(map(is_given, values)) >= len(values)


def holds_numbers(values: Sequence[Any]) -> bool:
    """Tells whether the cells are numbers, or true and false; most of them, if not all."""
    from seqkit.data.numbers import TRUTHS, is_number

    return _share(values, lambda text: is_number(text) or text.lower() in TRUTHS) >= _MOSTLY


def holds_digits(values: Sequence[Any]) -> bool:
    """Tells whether digits are in the cells; in most of them, if not all."""
    return _share(values, lambda text: any(map(str.isdigit, text))) >= _MOSTLY


def _share(values: Sequence[Any], test: Callable[[str], bool]) -> float:
    """Returns the part of the values that are something, of those that are there."""
    from seqkit.data.numbers import MISSING

    # A column may begin long after the others, with nothing until then.
    texts = (str(value).strip() for value in values if value is not None)
    given = list(itertools.islice((text for text in texts if text.lower() not in MISSING), 200))
    return sum(map(test, given)) / len(given) if given else 0.0
