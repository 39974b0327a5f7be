"""What exponential smoothing of the whole past makes of series, for a network to go on from.

A network reads what lies between the values and their smoothed level and season, and learns what
the smoothed forecast leaves: the hybrid of Smyl 2020, with smoothing that is fitted beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Arrays, Record
from seqkit_timeseries._smoothing import FIRST_ROWS, States, Ways, by_length, choose_ways, smooth

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


MOST_ORIGINS = 500
"""Forecasts by which it is told how far they are off."""

MOST_ROWS = 3000
"""Rows of the past that a run keeps beside the context, unless two seasons are more."""

MOSTLY = 0.6
"""Share of values that are those that a run kept, where somebody has changed some of them."""

LEAST = 1e-3
"""Share of the variation that is taken to be left where nothing is."""


def kept_rows(context: int, period: int) -> int:
    """Returns how many rows of the past tell where smoothing has got to."""
    return context + max(2 * period, min(32 * period, MOST_ROWS), 96)


def first_origin(period: int) -> int:
    """Returns the row from which on forecasts tell nothing of what they forecast.

    The first level, trend and season are taken from the rows before it.
    """
    return 2 * max(period, FIRST_ROWS)


@dataclass(frozen=True)
class Smoother:
    """How one series is smoothed.

    Attributes:
        ways: One way a target.
        spread: How far the forecasts are off in the rows it was fitted to, on average, `(size,)`:
            what is left is scaled by it.
    """

    ways: Ways
    spread: Floats


def fit_smoothers(
    series: Sequence[Floats], scales: Sequence[Floats], period: int, horizon: int
) -> list[Smoother]:
    """Returns how to smooth each series.

    Args:
        series: The targets of each, `(rows, size)`, NaN where one is missing.
        scales: How much each target of each varies, `(size,)`, above 0.
        period: Rows of a season.
        horizon: Rows that are forecast.
    """
    ways = _chosen_ways(series, period, horizon)
    arrays = smoothed(series, ways, period)
    found, begin = [], 0
    for owner, values in enumerate(series):
        first = max(1, min(first_origin(period), len(values) // 2))
        origins = np.unique(np.linspace(first, len(values) - 1, MOST_ORIGINS).astype(np.int64))
        owners = np.full(len(origins), owner)
        forecasts = expected(arrays, begin + origins, owners, horizon, period)
        rows = origins[:, None] + np.arange(horizon)
        actual = np.where((rows < len(values))[..., None], values[rows % len(values)], np.nan)
        errors = np.abs(actual - forecasts).reshape(-1, values.shape[1])
        known = ~np.isnan(errors)
        mean = np.where(known, errors, 0).sum(axis=0) / np.maximum(1, known.sum(axis=0))
        spread = np.where(known.any(axis=0), mean, scales[owner])
        found.append(Smoother(ways[owner], np.maximum(spread, LEAST * scales[owner])))
        begin += len(values)
    return found


def _chosen_ways(series: Sequence[Floats], period: int, horizon: int) -> list[Ways]:
    size = series[0].shape[1]
    chosen: dict[int, Ways] = {}
    for owners in by_length([len(values) for values in series]):
        values, known = _side_by_side([series[owner] for owner in owners])
        ways = choose_ways(values, known, period, horizon)
        for place, owner in enumerate(owners):
            chosen[owner] = ways.chosen(np.arange(place * size, (place + 1) * size))
    return [chosen[owner] for owner in range(len(series))]


def smoothed(series: Sequence[Floats], ways: Sequence[Ways], period: int) -> Arrays:
    """Returns what is known after each row of series that lie one after the other.

    - `smooth_level` and `smooth_trend` float64 `(rows, size)`.
    - `smooth_season` float64 `(rows + series * period, size)`: each series begins with the season
      before its first row.
    - `smooth_damping` float64 `(series, size)`: what is left of the trend after a row.

    No row after a row tells of it: training sees forecasts as good as those to come.
    """
    size = series[0].shape[1]
    found: dict[int, States] = {}
    for owners in by_length([len(values) for values in series]):
        values, known = _side_by_side([series[owner] for owner in owners])
        states = smooth(values, known, period, Ways.joined([ways[owner] for owner in owners]), True)
        for place, owner in enumerate(owners):
            columns = slice(place * size, (place + 1) * size)
            rows = len(series[owner])
            found[owner] = States(
                states.level[:rows, columns],
                states.trend[:rows, columns],
                states.season[: period + rows, columns],
                states.damping[columns],
            )
    order = [found[owner] for owner in range(len(series))]
    return {
        "smooth_level": np.concatenate([states.level for states in order]),
        "smooth_trend": np.concatenate([states.trend for states in order]),
        "smooth_season": np.concatenate([states.season for states in order]),
        "smooth_damping": np.stack([states.damping for states in order]),
    }


def _side_by_side(series: Sequence[Floats]) -> tuple[Floats, Ints]:
    """Returns columns of one length, NaN behind the end of the shorter, and the rows of each."""
    size = series[0].shape[1]
    values = np.full((max(map(len, series)), len(series) * size), np.nan)
    for place, one in enumerate(series):
        values[: len(one), place * size : (place + 1) * size] = one
    return values, np.repeat([len(one) for one in series], size)


def expected(arrays: Arrays, origins: Ints, owners: Ints, horizon: int, period: int) -> Floats:
    """Forecasts by smoothing the rows from each origin on, `(windows, horizon, size)`.

    Args:
        arrays: With those of `smoothed`.
        origins: The row that each forecast begins at.
        owners: The series of each.
        horizon: Rows that are forecast.
        period: Rows of a season.
    """
    steps = np.arange(horizon)
    rows = origins[:, None] + steps - period * (steps // period + 1)
    damping = arrays["smooth_damping"][owners]
    powers = np.cumsum(damping[:, None] ** (1 + steps)[:, None], axis=1)
    return np.asarray(
        arrays["smooth_level"][origins - 1][:, None]
        + arrays["smooth_trend"][origins - 1][:, None] * powers
        + arrays["smooth_season"][rows + ((owners + 1) * period)[:, None]]
    )


def baseline_of_context(
    arrays: Arrays, starts: Ints, owners: Ints, context: int, period: int
) -> Floats:
    """Returns level and season of the rows of windows, by what is known at the end of each.

    Returns:
        `(windows, context, size)`: the level at the end, and the season as it was seen last.
    """
    # The last row before the end that has the same place in the season.
    back = (context - 1 - np.arange(context)) % period + 1
    rows = starts[:, None] + context - back
    level = arrays["smooth_level"][starts + context - 1][:, None]
    return np.asarray(level + arrays["smooth_season"][rows + ((owners + 1) * period)[:, None]])


def with_past(record: Record, kept: Record | None, columns: Sequence[str]) -> Record:
    """Returns a record with the rows before it, where it is the end of rows that the run kept.

    A few of its values may be others: somebody tries out what would follow from them.

    Args:
        record: Without a `start`.
        kept: The last rows of its series; None where there are none.
        columns: The columns that are read.
    """
    times = record["time"]
    if kept is None or not len(times) or kept["time"].dtype.kind != times.dtype.kind:
        return record
    before = int(np.searchsorted(kept["time"], times[0]))
    same = len(kept["time"]) - before
    if not before or len(times) < same or not np.array_equal(kept["time"][before:], times[:same]):
        return record
    pairs = [(kept["values"][name][before:], record["values"][name][:same]) for name in columns]
    agree = [np.isclose(*pair, atol=0, equal_nan=True) for pair in pairs]
    if not same or np.mean(agree) < MOSTLY:
        return record
    values = {
        name: np.concatenate([kept["values"][name][:before], record["values"][name]])
        for name in columns
    }
    return {**record, "time": np.concatenate([kept["time"][:before], times]), "values": values}
