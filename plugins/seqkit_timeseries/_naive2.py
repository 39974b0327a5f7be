"""Naive2, the benchmark that M4 measured all others by."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_NINETY_PERCENT = 1.645


def naive2(values: Floats, horizon: int, period: int) -> Floats:
    """Repeats the last value of the seasonally adjusted series, and puts the season back.

    The adjustment is classical multiplicative decomposition, made where the autocorrelation at the
    season is significant at 90% (Makridakis et al. 2020, and its code in R).

    Args:
        values: The whole past, without gaps, `(rows,)`.
        horizon: Rows to forecast.
        period: Rows of a season.

    Returns:
        `(horizon,)`.
    """
    steps = len(values) + np.arange(horizon)
    if not is_seasonal(values, period):
        return np.full(horizon, values[-1])
    indices = seasonal_indices(values, period)
    adjusted = values[-1] / indices[(len(values) - 1) % period]
    return np.asarray(adjusted * indices[steps % period])


def is_seasonal(values: Floats, period: int) -> bool:
    """Tells whether the autocorrelation at a lag of one season is significant at 90%.

    False for fewer than three seasons, and where a value is not above 0, which a multiplicative
    decomposition cannot divide by.
    """
    rows = len(values)
    if rows < 3 * period or values.min() <= 0:
        return False
    deviations = values - values.mean()
    variance = float(deviations @ deviations)
    if variance == 0:
        return False
    correlations = [
        float(deviations[lag:] @ deviations[:-lag]) / variance for lag in range(1, period + 1)
    ]
    spread = 1 + 2 * sum(value**2 for value in correlations[:-1])
    return abs(correlations[-1]) > _NINETY_PERCENT * math.sqrt(spread / rows)


def seasonal_indices(values: Floats, period: int) -> Floats:
    """Returns the multiplicative index of each phase, `(period,)`, with a mean of 1."""
    weights = np.ones(period)
    if period % 2 == 0:
        weights = np.concatenate([[0.5], np.ones(period - 1), [0.5]])
    trend = np.convolve(values, weights / period, mode="valid")
    half = len(weights) // 2
    ratios = values[half : half + len(trend)] / trend
    phases = (half + np.arange(len(trend))) % period
    indices = np.bincount(phases, ratios, period) / np.bincount(phases, minlength=period)
    return np.asarray(indices / indices.mean())
