"""Which of several readings of the same dates makes sense of the rows, and in which century."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from seqkit.data.times.frequency import MONTH_END, infer_frequency

_USUAL_HUNDRED = 1930
"""Where years of two digits begin in spreadsheets: 30 is 1930, and 29 is 2029."""
_IRREGULAR_SHARE = 0.1
_MOST_COMPARED = 100_000
_AHEAD = 2
_LEAST_ROWS = 8
"""Rows that each series has at least, of those that follow each other in order."""

Key = TypeVar("Key", bound=Hashable)


class _Sense(NamedTuple):
    """How much sense a reading makes.

    Attributes:
        share: Part of the rows that are there, of all on the calendar they follow.
        falls: How often rows go against their usual direction.
        odd: Whether months are told on a day that is neither the first nor the last.
        ordered: Whether no row goes against it.
        jumping: Whether more rows do so than series that follow each other would have.
    """

    share: float
    falls: int
    odd: bool
    ordered: bool = True
    jumping: bool = False

    def beats(self, other: _Sense) -> bool:
        if (self.ordered and other.jumping) or (other.ordered and self.jumping):
            return self.ordered
        if self.share >= 2 * other.share or other.share >= 2 * self.share:
            return self.share > other.share
        if min(self.falls, other.falls) * 2 < max(self.falls, other.falls):
            return self.falls < other.falls
        return other.odd and not self.odd


def chosen(readings: Mapping[Key, NDArray[Any]]) -> list[Key]:
    """Returns the reading that makes more sense than all others, or those that make as much.

    A reading makes sense when its rows follow a calendar without gaps, in order. Of readings that
    are the same times the first stands for all.
    """
    different: dict[Key, NDArray[Any]] = {}
    for key, times in readings.items():
        if not any(np.array_equal(times, other) for other in different.values()):
            different[key] = times
    if len(different) == 1:
        return list(different)
    sense = {key: _sense(times) for key, times in different.items()}
    best = [
        key
        for key, own in sense.items()
        if not any(other.beats(own) for name, other in sense.items() if name != key)
    ]
    return best or list(different)


def _sense(times: NDArray[Any]) -> _Sense:
    moments = np.unique(times)
    steps = np.diff(times).astype(np.int64)
    falls = int(min((steps < 0).sum(), (steps > 0).sum()))
    if len(moments) < 2:
        return _Sense(1.0, falls, False, falls == 0)
    frequency = infer_frequency(moments)
    share = _IRREGULAR_SHARE
    if frequency.regular:
        share = len(moments) / (int(frequency.steps(moments)[-1]) + 1)
    odd = frequency.unit == "months" and not _at_an_edge(moments, frequency.anchor)
    jumping = falls * _LEAST_ROWS > len(times)
    return _Sense(share, falls, odd and len(moments) > 2, falls == 0, jumping)


def _at_an_edge(moments: NDArray[Any], anchor: int) -> bool:
    if anchor in (1, MONTH_END):
        return True
    days = moments.astype("datetime64[D]")
    return bool(((days + 1).astype("datetime64[M]") != days.astype("datetime64[M]")).all())


def first_of_hundred(years: NDArray[np.int64]) -> tuple[int, bool]:
    """Returns the hundred years that years of two digits belong to, by its first.

    It is the one in which the rows rise, or else lie most closely together, and do not lie far
    ahead; of several the one nearest to that of spreadsheets.

    Args:
        years: Of the rows, in their order.

    Returns:
        The year, and whether it is the hundred that everybody takes, of years not ahead.
    """
    kinds = np.unique(years)
    rows = years[np.concatenate([[True], np.diff(years) != 0])][:_MOST_COMPARED]
    now = datetime.now(UTC).year
    found = {}
    for first in range(1900, 2001):
        whole = first + (kinds - first) % 100
        steps = np.diff(first + (rows - first) % 100)
        falls = int(min((steps < 0).sum(), (steps > 0).sum()))
        span = int(whole.max() - whole.min())
        ahead = int(whole.max()) > now + _AHEAD
        found[first] = (falls > 0, ahead, span, falls, abs(first - _USUAL_HUNDRED))
    best = min(found, key=lambda first: found[first])
    whole = best + (kinds - best) % 100
    usual = _USUAL_HUNDRED + (kinds - _USUAL_HUNDRED) % 100
    return best, bool((whole == usual).all() and whole.max() <= now)
