"""Seasons that are found in the data: how long one is, and what each of its rows adds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_MOST_COLUMNS = 60
_MOST_ROWS = 4000
_LONGEST = 1500
_LEAST_SEASONS = 3
_LEAST_CORRELATION = 0.1
_CAUTION = 2.0
# A season of weeks has to correlate by so much better than one of days to be preferred.
_NEARLY = 0.95
# Around a peak this broad, noise makes peaks of its own; what is usual is preferred to those.
_BROAD = 0.05
_USUAL = np.array([7, 12, 24, 48, 52, 96, 144, 168, 288, 336, 365, 672, 1440])


def find_period(columns: Sequence[Floats]) -> int:
    """Returns the rows of the season that columns share; 1 where there is none.

    It is the lag of the highest peak of the mean autocorrelation, or the shortest lag whose peak
    is nearly as high. At least three seasons must be there, in half of the columns.

    Args:
        columns: Values without gaps, each of its own length.
    """
    step = max(1, len(columns) // _MOST_COLUMNS)
    chosen = [column[-_MOST_ROWS:] for column in columns[::step] if np.ptp(column) > 0]
    if not chosen:
        return 1
    rows = int(np.median([len(column) for column in chosen]))
    longest = min(rows // _LEAST_SEASONS, _LONGEST)
    if longest < 3:
        return 1
    chosen = [column for column in chosen if len(column) >= rows]
    # One lag more on either side tells what a peak is.
    mean = np.mean([_autocorrelation(column, longest + 2) for column in chosen], axis=0)
    lags = np.arange(2, longest + 1)
    peaks = lags[(mean[lags] > mean[lags - 1]) & (mean[lags] >= mean[lags + 1])]
    # Of some hundred lags, noise has one at which its autocorrelation is three times its error.
    least = max(_LEAST_CORRELATION, 4.5 / np.sqrt(rows))
    risen = mean[peaks] - np.minimum.accumulate(mean)[peaks]
    peaks = peaks[(mean[peaks] > least) & (risen > least)]
    if not len(peaks):
        return 1
    first = peaks[mean[peaks] >= _NEARLY * mean[peaks].max()][0]
    near = lags[np.abs(lags - first) <= _BROAD * first]
    usual = np.intersect1d(near, _USUAL)
    usual = usual[mean[usual] >= _NEARLY * mean[first]]
    return int(usual[-1] if len(usual) else near[np.argmax(mean[near])])


def _autocorrelation(values: Floats, count: int) -> Floats:
    """Returns the autocorrelation at lags 0 to `count - 1`, of values less a line."""
    steps = np.arange(len(values))
    values = values - np.polyval(np.polyfit(steps, values, 1), steps)
    size = 1 << (2 * len(values) - 1).bit_length()
    products = np.fft.irfft(np.abs(np.fft.rfft(values, size)) ** 2, size)[:count]
    # Sums over fewer pairs count as much, or long seasons would seem to be weak ones.
    products /= np.maximum(1, len(values) - np.arange(count))
    return np.asarray(products / products[0]) if products[0] > 0 else np.zeros(count)


def seasonal_profile(values: Floats, period: int) -> Floats:
    """Returns what each row of a season adds to the trend, `(period, columns)`, with a mean of 0.

    The trend is the mean over one season around each row (classical additive decomposition). Of the
    mean of each row of the season, the harmonics are shrunk by as much as they are likely to be
    noise (Wiener): a year that came twice has little to say of a single day.

    Args:
        values: Values without gaps, `(rows, columns)`, whose first row begins a season; at least
            two seasons.
        period: Rows of a season.
    """
    weights = np.full(period, 1 / period)
    if period % 2 == 0:
        weights = np.concatenate([[0.5], np.ones(period - 1), [0.5]]) / period
    sums = np.concatenate([np.zeros_like(values[:1]), np.cumsum(values, axis=0)])
    width = len(weights)
    trend = (sums[width:] - sums[:-width]) / width
    if period % 2 == 0:
        edges = (values[: len(trend)] + values[width - 1 :][: len(trend)]) / 2
        trend = (trend * width - edges) / period
    half = width // 2
    rest = values[half : half + len(trend)] - trend
    phases = (half + np.arange(len(trend))) % period
    counts = np.bincount(phases, minlength=period)[:, None]
    profile = np.zeros((period, values.shape[1]))
    np.add.at(profile, phases, rest)
    profile /= np.maximum(1, counts)
    left = rest - profile[phases]
    noise = (left**2).sum(axis=0) / max(1, len(rest) - period)
    waves = np.fft.rfft(profile, axis=0)
    power = np.maximum(np.abs(waves) ** 2, 1e-300)
    waves *= np.clip(1 - _CAUTION * period**2 * noise / len(rest) / power, 0, 1)
    waves[0] = 0
    return np.asarray(np.fft.irfft(waves, period, axis=0))
