"""Exponential smoothing of many series at once: level, damped trend and additive season."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from seqkit_timeseries._seasons import seasonal_profile

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_LEVELS = (0.02, 0.1, 0.25, 0.5, 0.75, 0.95)
_TRENDS = ((0.0, 0.0), (0.1, 0.98), (0.1, 1.0), (0.05, 0.9), (0.3, 0.9))
_SEASONAL_TRENDS = _TRENDS[:3]
_SEASONS = (0.0, 0.05, 0.2, 0.5)
FIRST_ROWS = 4
"""Rows that the first level is the mean of, where there is no season of more."""

# What is compared: seconds on one core, at most.
_MOST_ORIGINS = 24
_MOST_ROWS = 3000
_MOST_COLUMNS = 500
_VALUES_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Ways:
    """Ways to smooth, one an entry.

    Attributes:
        level: How much of an error goes into the level (alpha).
        trend: How much of that goes into the trend (beta*).
        damping: What is left of the trend after a row (phi).
        season: How much of an error goes into the season (gamma).
        seasonal: 1 where there is a season, 0 where there is none.
    """

    level: Floats
    trend: Floats
    damping: Floats
    season: Floats
    seasonal: Floats

    def chosen(self, numbers: Ints) -> Ways:
        """Returns some of the ways, by their numbers."""
        return Ways(*(values[numbers] for values in vars(self).values()))

    @classmethod
    def joined(cls, parts: Sequence[Ways]) -> Ways:
        """Returns the ways of all parts, in their order."""
        every = np.concatenate([part.as_array() for part in parts])
        return cls(*every.T)

    def as_array(self) -> Floats:
        """Returns one row a way, `(ways, 5)`, in the order of the attributes."""
        return np.stack(list(vars(self).values()), axis=1)

    def __len__(self) -> int:
        return len(self.level)


def all_ways(seasonal: bool) -> Ways:
    """Returns the ways that are compared; those with a season only where there is one."""
    found = [(level, *trend, 0.0, 0.0) for level, trend in product(_LEVELS, _TRENDS)]
    if seasonal:
        found += [
            (level, *trend, season * (1 - level), 1.0)
            for level, trend, season in product(_LEVELS, _SEASONAL_TRENDS, _SEASONS)
        ]
    return Ways(*np.array(found).T)


@dataclass(frozen=True)
class States:
    """What is known after each row of some columns of the same length.

    Attributes:
        level: `(rows, columns)`.
        trend: `(rows, columns)`.
        season: `(period + rows, columns)`: what each row of the season before the first adds,
            then what each row adds, as last corrected.
        damping: `(columns,)`.
    """

    level: Floats
    trend: Floats
    season: Floats
    damping: Floats

    def forecasts(self, origins: Ints, columns: NDArray[np.int64], horizon: int) -> Floats:
        """Forecasts the rows from each origin, of each of these columns, `(origins, horizon)`."""
        period = len(self.season) - len(self.level)
        steps = np.arange(horizon)
        rows = origins[:, None] + steps - period * (steps // period + 1)
        powers = np.cumsum(self.damping[columns, None] ** (1 + steps), axis=1)
        return np.asarray(
            self.level[origins - 1, columns][:, None]
            + self.trend[origins - 1, columns][:, None] * powers
            + self.season[rows + period, columns[:, None]]
        )


def by_length(lengths: Sequence[int] | Ints) -> list[list[int]]:
    """Returns the places of series that are best smoothed together: those of about one length."""
    kinds = np.ceil(np.log2(lengths)).astype(np.int64)
    return [np.flatnonzero(kinds == kind).tolist() for kind in np.unique(kinds)]


def smooth(values: Floats, known: Ints, period: int, ways: Ways, settling: bool = False) -> States:
    """Smooths each column in its own way, in the form of error correction (Hyndman et al. 2008).

    Args:
        values: `(rows, columns)`; NaN where nothing is known, at which all goes on as forecast.
        known: First rows of each column, from which its season and its first level are taken.
        period: Rows of a season.
        ways: One way a column.
        settling: Whether no more than two seasons are taken as known from the start, and what each
            row of the season adds is the mean of what it added so far, until its way to smooth
            forgets sooner.
    """
    rows, columns = values.shape
    if settling:
        known = np.minimum(known, 2 * max(period, FIRST_ROWS))
    level, trend = np.empty((rows, columns)), np.empty((rows, columns))
    season = np.zeros((period + rows, columns))
    season[:period] = _first_seasons(values, known, period) * ways.seasonal
    height, slope = _first_states(values, season[:period], known, ways)
    correction = ways.season * ways.seasonal
    kept = (1 - ways.level) * ways.seasonal
    for row in range(rows):
        if settling and row % period == 0 and row >= 2 * period:
            correction = np.maximum(ways.season * ways.seasonal, kept / (row // period + 1))
        slope = slope * ways.damping
        height = height + slope
        errors = values[row] - height - season[row]
        errors[np.isnan(errors)] = 0
        height = height + ways.level * errors
        slope = slope + ways.level * ways.trend * errors
        level[row], trend[row] = height, slope
        season[period + row] = season[row] + correction * errors
    return States(level, trend, season, ways.damping)


def _first_seasons(values: Floats, known: Ints, period: int) -> Floats:
    """Returns the profile of each column's first rows; 0 for fewer than two seasons."""
    profiles = np.zeros((period, values.shape[1]))
    if period < 2:
        return profiles
    for rows in np.unique(known):
        if rows < 2 * period:
            continue
        same = np.flatnonzero(known == rows)
        part = values[:rows, same]
        profiles[:, same] = seasonal_profile(np.where(np.isnan(part), _means(part), part), period)
    return profiles


def _first_states(
    values: Floats, profile: Floats, known: Ints, ways: Ways
) -> tuple[Floats, Floats]:
    """Returns the level and trend before the first row, from the first two seasons."""
    count = max(len(profile), FIRST_ROWS)
    repeated = profile[np.arange(2 * count) % len(profile)]
    first = values[: 2 * count] - repeated[: len(values)]
    early, late = _means(first[:count]), _means(first[count:])
    slope = np.where((ways.trend > 0) & (known >= 2 * count), (late - early) / count, 0.0)
    return early - slope * (count + 1) / 2, slope


def _means(values: Floats) -> Floats:
    """Returns the mean of what is known of each column; 0 where nothing is."""
    present = ~np.isnan(values)
    sums = np.where(present, values, 0).sum(axis=0)
    return np.asarray(sums / np.maximum(1, present.sum(axis=0)))


def choose_ways(values: Floats, known: Ints, period: int, horizon: int) -> Ways:
    """Returns a way for each column: the one that forecast its known rows best.

    Each way forecasts the second half of the known rows from several origins, having its season
    from the first half. How a way does on all columns counts as much as how it does on one, as
    one column tells little. Of very many columns some are compared, and all go the best way.

    Args:
        values: `(rows, columns)`.
        known: How many rows of each column are known.
        period: Rows of a season.
        horizon: Rows that are forecast.
    """
    ways = all_ways(period > 1)
    count = values.shape[1]
    compared = np.argsort(known, kind="stable")[:: -(-count // _MOST_COLUMNS)]
    rows = min(_MOST_ROWS, int(known.max()))
    at_once = max(1, _VALUES_AT_ONCE // (rows * len(ways)))
    errors = np.concatenate(
        [
            _errors(values, known, compared[first : first + at_once], period, horizon, ways)
            for first in range(0, len(compared), at_once)
        ]
    )
    best = errors.min(axis=1, keepdims=True)
    relative = errors / np.where(best > 0, best, 1)
    together = np.median(relative, axis=0)
    if len(compared) < count:
        return ways.chosen(np.full(count, int(np.argmin(together))))
    numbers = np.empty(count, dtype=np.int64)
    numbers[compared] = np.argmin(relative + together, axis=1)
    return ways.chosen(numbers)


def _errors(
    values: Floats, known: Ints, columns: Ints, period: int, horizon: int, ways: Ways
) -> Floats:
    """Returns the mean absolute error of each way on each column's second half."""
    ends = known[columns]
    firsts = np.maximum(0, ends - _MOST_ROWS)
    lengths = ends - firsts
    own = np.full((int(lengths.max()), len(columns)), np.nan)
    for place, column in enumerate(columns.tolist()):
        own[: lengths[place], place] = values[firsts[place] : ends[place], column]
    begins = np.clip(np.maximum(2 * period, lengths // 2), 1, np.maximum(1, lengths - 1))
    every = Ways(*(np.tile(each, len(columns)) for each in vars(ways).values()))
    repeated, halves = np.repeat(own, len(ways), axis=1), np.repeat(begins, len(ways))
    states = smooth(repeated, halves, period, every)
    errors = np.zeros((len(columns), len(ways)))
    steps = np.arange(horizon)
    for place, (begin, end) in enumerate(zip(begins.tolist(), lengths.tolist(), strict=True)):
        # As many steps as a forecast has, as far as the rows go.
        last = max(begin, end - horizon)
        origins = np.unique(np.linspace(begin, last, _MOST_ORIGINS).astype(np.int64))
        rows = origins[:, None] + steps
        actual = np.where(rows < end, own[np.minimum(rows, len(own) - 1), place], np.nan)
        numbers = np.tile(place * len(ways) + np.arange(len(ways)), len(origins))
        forecasts = states.forecasts(np.repeat(origins, len(ways)), numbers, horizon)
        missed = np.abs(forecasts.reshape(len(origins), len(ways), horizon) - actual[:, None])
        errors[place] = _means(missed.transpose(0, 2, 1).reshape(-1, len(ways)))
    return errors
