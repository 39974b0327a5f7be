"""Finds the season of a series in its values, and not by the frequency of its rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LONGEST = 20_000
"""Rows at the end of a series that are looked at: more tell nothing new of its season."""

_CYCLES = 20
"""Seasons that are looked at, as one that is no whole number of rows wanders off over many."""

_LEAST = 0.3
"""Share of the variation that a season is of, at least."""

_FAR = 400
"""Rows of the longest season that is looked for beside those of the calendar."""


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
    rows = np.arange(len(values))
    filled = np.interp(rows, rows[known], values[known])
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


def found_periods(series: Sequence[Floats], usual: Sequence[int]) -> list[int]:
    """Returns the seasons that series have, the shortest first; empty for none.

    Seasons of the calendar are looked for first, as they are likelier than any other; where there
    is none of them, the strongest one of any length.

    Args:
        series: The values of each series, `(rows,)`.
        usual: Rows of the seasons of the calendar, such as a day and a week.
    """
    series = [values[-_LONGEST:] for values in series]
    found: list[int] = []
    explained = 0.0
    for period in sorted(usual):
        share = _typical(series, period)
        # A week repeats each day of it, too: it is one of its own where it tells more.
        if share >= _needed(series, period) and share > explained + 0.1 * (1 - explained):
            found.append(period)
            explained = share
    if found:
        return found
    rows = int(np.median([len(values) for values in series]))
    shares = {period: _typical(series, period) for period in range(2, min(rows // 6, _FAR) + 1)}
    enough = {p: share for p, share in shares.items() if share >= _needed(series, p) + 0.1}
    if not enough:
        return []
    best = max(enough.values())
    # Twice a season is one, as well.
    return [min(period for period, share in enough.items() if share >= 0.95 * best)]


def _needed(series: Sequence[Floats], period: int) -> float:
    """Returns the share that chance does not reach: few seasons look alike sooner than many."""
    rows = float(np.median([len(values) for values in series]))
    return _LEAST + min(0.4, period / max(1.0, rows))


def _typical(series: Sequence[Floats], period: int) -> float:
    shares = [share for values in series if not np.isnan(share := strength(values, period))]
    return float(np.median(shares)) if 2 * len(shares) >= len(series) else float("-inf")
