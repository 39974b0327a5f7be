"""What the series of a split are before its first forecast, and forecasts that read all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Arrays
from seqkit_timeseries._seasons import find_period, seasonal_profile
from seqkit_timeseries._smoothing import States, by_length, choose_ways, smooth

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# Rows before a split by which smoothing is set up; those before them hardly matter.
_MOST_ROWS = 3000


@dataclass(frozen=True)
class Past:
    """The series of a split, and how much of each lies before its first forecast.

    Attributes:
        observed: Targets with the last known value where one is missing, `(rows, size)`.
        targets: The same with NaN where one is missing.
        offsets: Row at which each series begins, and the end of the last.
        known: Rows of each series before its first forecast.
    """

    observed: Floats
    targets: Floats
    offsets: Ints
    known: Ints

    @classmethod
    def of(cls, arrays: Arrays, observed: Floats, context: int | None) -> Past:
        """Reads a split; with a `context` of None, all rows are known, as in training."""
        offsets = np.asarray(arrays["offsets"])
        known = np.diff(offsets)
        if context is not None:
            first = np.full(len(known), np.iinfo(np.int64).max)
            np.minimum.at(first, np.asarray(arrays["owners"]), np.asarray(arrays["windows"]))
            known = np.minimum(known, first - offsets[:-1] + context)
        return cls(observed, np.asarray(arrays["targets"]), offsets, known)

    def parts(self) -> Iterator[Floats]:
        """Yields the known rows of each series, `(known, size)`."""
        for first, rows in zip(self.offsets[:-1].tolist(), self.known.tolist(), strict=True):
            yield self.observed[first : first + rows]

    def period(self) -> int:
        """Returns the season that is found in the known rows; 1 for none."""
        return find_period([column for part in self.parts() for column in part.T])

    def seasons(self, period: int) -> Floats:
        """Returns what its row of the season adds to each row, `(rows, size)`.

        It is 0 in series of which fewer than two seasons are known.
        """
        found = np.zeros_like(self.observed)
        for part, (first, last) in zip(self.parts(), pairwise(self.offsets.tolist()), strict=True):
            if len(part) >= 2 * period:
                profile = seasonal_profile(part, period)
                found[first:last] = profile[np.arange(last - first) % period]
        return found


def smoothing(
    past: Past, context: int, horizon: int, period: int
) -> Callable[[NDArray[Any]], Floats]:
    """Returns what forecasts by exponential smoothing from windows that begin at these rows."""
    offsets, size = past.offsets, past.targets.shape[1]
    begins = offsets[:-1] + np.maximum(0, past.known - _MOST_ROWS)
    lengths = offsets[1:] - begins
    group, place = np.empty_like(lengths), np.empty_like(lengths)
    states: list[States] = []
    for owners in map(np.array, by_length(lengths)):
        group[owners], place[owners] = len(states), np.arange(len(owners)) * size
        values = np.full((int(lengths[owners].max()), len(owners) * size), np.nan)
        for number, owner in enumerate(owners.tolist()):
            rows = past.targets[begins[owner] : offsets[owner + 1]]
            values[: len(rows), number * size : (number + 1) * size] = rows
        known = np.repeat(offsets[owners] + past.known[owners] - begins[owners], size)
        states.append(smooth(values, known, period, choose_ways(values, known, period, horizon)))

    def make(starts: NDArray[Any]) -> Floats:
        owners = np.searchsorted(offsets, starts, side="right") - 1
        origins = starts + context - begins[owners]
        forecasts = np.empty((len(starts), horizon, size))
        for number, state in enumerate(states):
            here = np.flatnonzero(group[owners] == number)
            for column in range(size):
                columns = place[owners[here]] + column
                forecasts[here, :, column] = state.forecasts(origins[here], columns, horizon)
        return forecasts

    return make
