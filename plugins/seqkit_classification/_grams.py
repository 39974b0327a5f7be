"""Word and character n-grams of raw texts as hashes, cut and counted by numpy alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Ints = NDArray[np.int64]

# What is worked on stays in the cache of a core.
_BYTES_AT_ONCE = 1 << 18
TEXTS_AT_ONCE = 1 << 10
_CODES = sys.maxunicode + 1
_MULTIPLIER = 0x9E3779B97F4A7C15
_INVERSE = pow(_MULTIPLIER, -1, 1 << 64)

_BETWEEN, _WORD, _ALONE = 0, 1, 2


@dataclass(frozen=True)
class Grams:
    """Which n-grams are taken.

    Attributes:
        unit: `words`, that is words, marks, and signs of scripts that know no spaces; or
            `characters`, with whatever lies between two words as one space.
        shortest: Units of the shortest.
        longest: Units of the longest.
    """

    unit: str
    shortest: int
    longest: int


def grams_of(
    text: NDArray[np.uint8], bounds: NDArray[np.int64], grams: Grams
) -> Iterator[tuple[Hashes, Ints, int]]:
    """Yields the n-grams of texts, at most `TEXTS_AT_ONCE` of them at a time.

    Args:
        text: Bytes of UTF-8, one text after another.
        bounds: Where each text begins, and the end of the last.
        grams: Which n-grams.

    Yields:
        Their hashes, the number of the text that each stands in, rising, and how many texts these
        were. A text with an n-gram twice has its hash twice.
    """
    first, count = 0, len(bounds) - 1
    while first < count:
        until = int(np.searchsorted(bounds, bounds[first] + _BYTES_AT_ONCE, side="right")) - 1
        last = min(count, first + TEXTS_AT_ONCE, max(first + 1, until))
        part = np.asarray(text[bounds[first] : bounds[last]])
        codes, owners = _decoded(part, np.asarray(bounds[first : last + 1]) - bounds[first])
        units, owners = (_words if grams.unit == "words" else _characters)(codes, owners)
        hashes, places = _joined(units, owners, grams)
        yield hashes, places, last - first
        first = last


def _decoded(part: NDArray[np.uint8], bounds: Ints) -> tuple[NDArray[np.uint32], Ints]:
    """Returns lower-case code points, and the text of each."""
    whole = part.tobytes().decode("utf-8", "surrogatepass")
    codes = np.frombuffer(whole.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    begins = np.concatenate([[0], np.cumsum((part & 0xC0) != 0x80)])
    owners = np.repeat(np.arange(len(bounds) - 1), np.diff(begins[bounds]))
    return _tables()[1][codes], owners


@cache
def _tables() -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    """Returns what each code point is, and its lower case where that is one code point."""
    kinds = np.zeros(_CODES, dtype=np.uint8)
    lower = np.arange(_CODES, dtype=np.uint32)
    for code in range(_CODES):
        sign = chr(code)
        if sign.isalnum():
            kinds[code] = _WORD
            below = sign.lower()
            if len(below) == 1:
                lower[code] = ord(below)
        elif not sign.isspace() and sign.isprintable():
            kinds[code] = _ALONE
    return kinds, lower


def _words(codes: NDArray[np.uint32], owners: Ints) -> tuple[Hashes, Ints]:
    """Returns the hash of each word, mark and sign, and its text."""
    kinds = _tables()[0][codes]
    word = kinds == _WORD
    joins = word[1:] & word[:-1] & (owners[1:] == owners[:-1])
    begins = kinds != _BETWEEN
    begins[1:] &= ~joins
    ends = kinds != _BETWEEN
    ends[:-1] &= ~joins
    first, last = np.flatnonzero(begins), np.flatnonzero(ends) + 1
    # The hash of a run is a difference of sums of powers, made independent of where it stands.
    sums = np.zeros(len(codes) + 1, dtype=np.uint64)
    np.cumsum(_mixed(codes.astype(np.uint64)) * _powers(_MULTIPLIER, len(codes)), out=sums[1:])
    hashes = (sums[last] - sums[first]) * _powers(_INVERSE, len(codes) + 1)[first]
    return _mixed(hashes), owners[first]


def _characters(codes: NDArray[np.uint32], owners: Ints) -> tuple[Hashes, Ints]:
    """Returns the hash of each character, with spaces around each text."""
    between = _tables()[0][codes] == _BETWEEN
    kept = np.ones(len(codes), dtype=bool)
    kept[1:] = ~(between[1:] & between[:-1] & (owners[1:] == owners[:-1]))
    codes, owners, between = codes[kept], owners[kept], between[kept]
    units = np.where(between, np.uint64(32), codes.astype(np.uint64))
    edges = np.flatnonzero(np.diff(owners)) + 1
    first, last = np.concatenate([[0], edges]), np.concatenate([edges, [len(owners)]])
    if not len(owners):
        return units, owners
    # Of two spaces at the same place, the one behind a text comes before the next one's.
    places = np.stack([first, last], axis=1).ravel()
    return (
        _mixed(np.insert(units, places, np.uint64(32))),
        np.insert(owners, places, np.repeat(owners[first], 2)),
    )


def _joined(units: Hashes, owners: Ints, grams: Grams) -> tuple[Hashes, Ints]:
    """Returns the hashes of runs of units within a text, in the order of the texts."""
    found, places = [units[:0]], [owners[:0]]
    run, there = units, owners
    for length in range(1, grams.longest + 1):
        if length > len(units):
            break
        if length > 1:
            inside = owners[length - 1 :] == owners[: len(owners) - length + 1]
            # Units are mixed well already; what joins them need only tell their order.
            run = run[: len(inside)] * np.uint64(_MULTIPLIER) + units[length - 1 :]
            there = np.where(inside, owners[: len(inside)], -1)
        if length >= grams.shortest:
            kept = there >= 0
            found.append(run[kept])
            places.append(there[kept])
    return np.concatenate(found), np.concatenate(places)


def _mixed(hashes: Hashes) -> Hashes:
    """Spreads every bit over all others (the finaliser of MurmurHash3)."""
    hashes = hashes ^ (hashes >> np.uint64(33))
    hashes = hashes * np.uint64(0xFF51AFD7ED558CCD)
    hashes = hashes ^ (hashes >> np.uint64(33))
    hashes = hashes * np.uint64(0xC4CEB9FE1A85EC53)
    return hashes ^ (hashes >> np.uint64(33))


_kept_powers: dict[int, Any] = {}


def _powers(base: int, count: int) -> Hashes:
    kept = _kept_powers.get(base)
    if kept is None or len(kept) < count:
        kept = np.full(max(count, 1024), base, dtype=np.uint64)
        kept[0] = 1
        kept = _kept_powers[base] = np.cumprod(kept, dtype=np.uint64)
    powers: Hashes = kept[:count]
    return powers
