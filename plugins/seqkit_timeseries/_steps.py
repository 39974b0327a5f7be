"""Rows brought to equal steps: `dataset.resample` and how the rows of a step become one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqkit.data.times import DAY
from seqkit_timeseries._columns import STEP

_SIZES = {"s": 1, "min": 60, "h": 3600, "d": DAY, "w": 7 * DAY}
# The weeks of a calendar begin on Mondays; 1970 began on a Thursday.
_MONDAY = 4 * DAY
_NICE = (1, 5, 10, 15, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, DAY, 7 * DAY)


def of_days(step: str) -> bool:
    """Tells whether a step is of days or more, which begin as a clock shows."""
    count, unit = _parts(step)
    return unit == "month" or count * _SIZES[unit] >= DAY


def near_step(seconds: float) -> str:
    """Returns a usual step that is about as long, no shorter than such rows are apart."""
    size = next((nice for nice in _NICE if nice >= 0.75 * seconds), 7 * DAY)
    unit = next(name for name in ("w", "d", "h", "min", "s") if size % _SIZES[name] == 0)
    return f"{size // _SIZES[unit]}{unit}"


def resampled(
    times: NDArray[Any],
    values: Mapping[str, NDArray[np.float64]],
    step: str,
    aggregate: str,
    kinds: Collection[str] = (),
) -> tuple[NDArray[Any], dict[str, NDArray[np.float64]]]:
    """Returns one row for each step that has any.

    Args:
        times: `datetime64`, rising, `(rows,)`.
        values: The columns.
        step: Such as `1h`.
        aggregate: What becomes of the rows of a step.
        kinds: Columns that tell kinds, of which the last one counts.
    """
    begins = _beginnings(times, step)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(begins.astype(np.int64))) + 1])
    found = {}
    for name, numbers in values.items():
        known = ~np.isnan(numbers)
        counts = np.add.reduceat(known.astype(np.int64), starts)
        if aggregate == "last" or name in kinds:
            rows = np.where(known, np.arange(len(numbers)), -1)
            last = np.maximum.reduceat(rows, starts)
            found[name] = np.where(counts > 0, numbers[last], np.nan)
            continue
        totals = np.add.reduceat(np.where(known, numbers, 0.0), starts)
        whole = totals / np.maximum(counts, 1) if aggregate == "mean" else totals
        found[name] = np.where(counts > 0, whole, np.nan)
    return begins[starts], found


def _beginnings(times: NDArray[Any], step: str) -> NDArray[Any]:
    """Returns when the step of each row begins."""
    count, unit = _parts(step)
    if unit == "month":
        months = times.astype("datetime64[M]").astype(np.int64)
        return (months // count * count).astype("datetime64[M]").astype("datetime64[s]")
    size, first = count * _SIZES[unit], _MONDAY if unit == "w" else 0
    seconds = times.astype("datetime64[s]").astype(np.int64)
    return np.asarray(((seconds - first) // size * size + first).astype("datetime64[s]"))


def _parts(step: str) -> tuple[int, str]:
    match = STEP.fullmatch(step.strip().lower())
    assert match is not None, step
    return int(match[1] or 1), match[2]
