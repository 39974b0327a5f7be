"""Whether series have a season, and how strong it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqkit_timeseries._seasons import Floats, find_period

_LONGEST = 20_000
"""Rows at the end of a series that are looked at: more tell nothing new of its season."""

_CYCLES = 20
"""Seasons that are looked at, as one that is no whole number of rows wanders off over many."""

_LEAST = 0.3
"""Share of the variation that a season is of, at least."""


def strength(values: Floats, period: int) -> float:
    """Returns the share of the variation that a season explains, about 0 where there is none.

    That of Wang, Smith and Hyndman 2006: a moving average of one season is taken away, and the
    means of each phase are compared with what they leave, by degrees of freedom. It is below 0 for
    much noise, and NaN where fewer than two seasons are known.

    Args:
        values: `(rows,)`, NaN where one is missing.
        period: Rows of the season, 2 or more.
    """
    values = values[-(_CYCLES + 1) * period :]
    known = ~np.isnan(values)
    if len(values) < 3 * period or known.mean() < 0.5:
        return float("nan")
    filled = _filled(values)
    weights = np.full(period + 1 - period % 2, 1 / period)
    if period % 2 == 0:
        weights[[0, -1]] /= 2
    middle = len(weights) // 2
    detrended = filled[middle : len(filled) - middle] - np.convolve(filled, weights, "valid")
    count = len(detrended)
    if count <= 1.5 * period or np.ptp(detrended) <= 1e-9 * np.abs(filled).max():
        return float("nan")
    phases = np.arange(count) % period
    sizes = np.bincount(phases, minlength=period)
    means = np.bincount(phases, detrended, minlength=period) / sizes
    left = float(np.square(detrended - means[phases]).sum()) / (count - period)
    whole = float(np.square(detrended - detrended.mean()).sum()) / (count - 1)
    return 1 - left / whole


def found_season(series: Sequence[Floats], usual: int) -> int:
    """Returns the rows of the season that series have; 1 for none.

    That of the calendar is looked for first, as it is likelier than any other length.

    Args:
        series: The values of each series, `(rows,)`, NaN where one is missing.
        usual: Rows of the season of the calendar, such as a day of hours; 1 where it has none.
    """
    series = [values[-_LONGEST:] for values in series if not np.isnan(values).all()]
    if not series:
        return 1
    if usual > 1 and _typical(series, usual) >= _needed(series, usual):
        return usual
    other = find_period([_filled(values) for values in series])
    if other <= 1:
        return 1
    near = range(max(2, other - other // 20), other + other // 20 + 1)
    other = max(near, key=lambda period: _typical(series, period))
    # A length that no calendar has is by far less likely.
    return other if _typical(series, other) >= _needed(series, other) + 0.1 else 1


def _needed(series: Sequence[Floats], period: int) -> float:
    """Returns the share that chance does not reach: few seasons look alike sooner than many."""
    rows = float(np.median([len(values) for values in series]))
    return _LEAST + min(0.4, period / max(1.0, rows))


def _typical(series: Sequence[Floats], period: int) -> float:
    shares = [share for values in series if not np.isnan(share := strength(values, period))]
    enough = shares and 2 * len(shares) >= len(series)
    return float(np.median(shares)) if enough else float("-inf")


def _filled(values: Floats) -> Floats:
    known, rows = ~np.isnan(values), np.arange(len(values))
    return np.interp(rows, rows[known], values[known])
