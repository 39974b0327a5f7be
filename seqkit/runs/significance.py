"""Intervals and tests for comparing models: over seeds, over test examples, over both.

Over seeds, Student's t (Student 1908; Welch 1947 where seeds do not match). Over test examples, the
paired bootstrap (Efron 1979; for scores of language systems Koehn 2004, Berg-Kirkpatrick et al.
2012), in blocks where neighbouring examples depend on each other (Politis and Romano 1992). Several
comparisons at once are corrected after Holm 1979, as Dror et al. 2018 advise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
RESAMPLES = 10_000
_MOST_DRAWS = 1_000_000_000
_FEWEST_RESAMPLES = 1_000
_DRAWS_AT_ONCE = 1_000_000
_MOST_KINDS, _SPARED = 1000, 8
_AS_NORMAL = 1e6
"""Degrees of freedom from which on Student's t is the normal distribution to 6 digits."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """An estimated difference of two means.

    Attributes:
        estimate: The difference.
        low: Lower end of the 95% interval.
        high: Upper end.
        p: Two-sided p-value of there being no difference.
        error: Standard error.
        freedom: Degrees of freedom of the error; infinite for a bootstrap.
    """

    estimate: float
    low: float
    high: float
    p: float
    error: float
    freedom: float = math.inf


# --- Student's t ----------------------------------------------------------------------------------


def t_tail(t: float, freedom: float) -> float:
    """Returns how likely Student's t is at least as far from 0 as `t`, on either side.

    Args:
        t: The statistic.
        freedom: Degrees of freedom, above 0; need not be whole.
    """
    if math.isinf(t):
        return 0.0
    if freedom > _AS_NORMAL:
        return 2 * NormalDist().cdf(-abs(t))
    return _incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5)


def t_quantile(freedom: float, confidence: float = CONFIDENCE) -> float:
    """Returns the t that is exceeded, on either side, with probability `1 - confidence`."""
    tail = 1 - confidence
    if freedom > _AS_NORMAL:
        return NormalDist().inv_cdf(1 - tail / 2)
    low, high = 0.0, 1.0
    while t_tail(high, freedom) > tail:
        low, high = high, 2 * high
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if t_tail(middle, freedom) > tail else (low, middle)
    return (low + high) / 2


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """Returns the regularised incomplete beta function, by its continued fraction.

    Abramowitz and Stegun 1964, 26.5.8, evaluated from the front as Lentz 1976 does.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(1 - x, b, a)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(scale + a * math.log(x) + b * math.log1p(-x)) / a
    tiny = 1e-300
    numerator, denominator, value = 1.0, 0.0, 1.0
    for step in range(10_000):
        half = step // 2
        if step == 0:
            term = 1.0
        elif step % 2:
            term = -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))
        else:
            term = half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))
        denominator = 1 / ((1 + term * denominator) or tiny)
        numerator = (1 + term / numerator) or tiny
        value *= numerator * denominator
        if abs(numerator * denominator - 1) < 1e-14:
            break
    return front * (value - 1)


# --- over seeds -----------------------------------------------------------------------------------


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Returns the mean and the ends of its 95% interval by Student's t.

    The ends are NaN for fewer than two values.
    """
    mean = float(np.mean(values))
    if len(values) < 2:
        return mean, math.nan, math.nan
    half = t_quantile(len(values) - 1) * _error(values)
    return mean, mean - half, mean + half


def paired_difference(first: Sequence[float], second: Sequence[float]) -> Difference:
    """Returns `second - first` where both have a value for each seed, at least two of them."""
    gaps = np.subtract(second, first)
    return student(float(gaps.mean()), _error(gaps.tolist()), len(gaps) - 1)


def unpaired_difference(first: Sequence[float], second: Sequence[float]) -> Difference:
    """Returns `second - first` of independent runs, at least two of each, after Welch."""
    estimate = float(np.mean(second) - np.mean(first))
    variances = [(_error(values) ** 2, len(values) - 1) for values in (first, second)]
    whole = sum(variance for variance, _ in variances)
    spread = sum(variance**2 / freedom for variance, freedom in variances)
    return student(estimate, math.sqrt(whole), whole**2 / spread if spread else math.inf)


def student(estimate: float, error: float, freedom: float) -> Difference:
    """Returns a difference with the interval and p-value that Student's t gives it."""
    if not error:
        p = 1.0 if not estimate else 0.0
        return Difference(estimate, estimate, estimate, p, 0.0, freedom)
    half = t_quantile(freedom) * error
    p = t_tail(estimate / error, freedom)
    return Difference(estimate, estimate - half, estimate + half, p, error, freedom)


def over_both(seeds: Difference, examples: Difference) -> Difference:
    """Returns the difference with the uncertainty of other seeds and of other test examples.

    The variances add up, with the degrees of freedom of the seeds. What seeds and examples do
    together is counted in both, so that the interval is rather too wide than too narrow.

    Args:
        seeds: The difference over seeds, on the given test examples.
        examples: The same difference over test examples, of the given models.
    """
    return student(seeds.estimate, math.hypot(seeds.error, examples.error), seeds.freedom)


def _error(values: Sequence[float]) -> float:
    return float(np.std(values, ddof=1)) / math.sqrt(len(values))


# --- over test examples ---------------------------------------------------------------------------


def resampled_sums(
    columns: Floats, resamples: int = RESAMPLES, block: int = 1, seed: int = 0
) -> Floats:
    """Draws the examples of a test set with replacement, and adds up what was drawn.

    Every column is added up over the same draws: differences between columns are paired.

    Args:
        columns: Values of each example, `(examples, columns)`.
        resamples: How many test sets are drawn; fewer, but 1,000 at least, for more than 100,000
            examples.
        block: Neighbouring examples that are drawn together; they wrap around at the end.
        seed: Seed of the drawing.

    Returns:
        The sums, `(resamples, columns)`. In blocks, slightly more examples may be drawn than there
        are: only ratios of two columns are to be compared with those of the data themselves.
    """
    examples = len(columns)
    block = max(1, min(block, examples))
    if block > 1:
        columns = _block_sums(columns, block)
    draws = -(-examples // block)
    resamples = min(resamples, max(_FEWEST_RESAMPLES, _MOST_DRAWS // draws))
    generator = np.random.default_rng(seed)
    few = _kinds(columns)
    if few is not None:
        kinds, occurrences = few
        drawn = generator.multinomial(draws, occurrences / examples, size=resamples)
        return drawn.astype(np.float64) @ kinds
    at_once = max(1, _DRAWS_AT_ONCE // max(draws, examples))
    parts = []
    for start in range(0, resamples, at_once):
        rows = min(at_once, resamples - start)
        drawn = generator.integers(0, examples, size=(rows, draws))
        drawn += np.arange(rows)[:, None] * examples
        counts = np.bincount(drawn.ravel(), minlength=rows * examples).reshape(rows, examples)
        parts.append(counts.astype(np.float64) @ columns)
    return np.concatenate(parts)


def _kinds(columns: Floats) -> tuple[Floats, NDArray[np.int64]] | None:
    """Returns the kinds of examples and how often each occurs, where there are few.

    So it is with right and wrong answers; drawing kinds is the same as drawing examples, and fast.
    """
    first = columns[:_MOST_KINDS]
    if _SPARED * len(np.unique(first, axis=0)) > len(first):
        return None
    kinds, occurrences = np.unique(columns, axis=0, return_counts=True)
    few = len(kinds) <= min(_MOST_KINDS, len(columns) // _SPARED)
    return (kinds, occurrences) if few else None


def _block_sums(columns: Floats, block: int) -> Floats:
    """Returns for each example the sum over it and the next ones, `block` in all."""
    around = np.concatenate([columns, columns[: block - 1]])
    totals = np.concatenate([np.zeros((1, columns.shape[1])), np.cumsum(around, axis=0)])
    sums: Floats = totals[block:] - totals[:-block]
    return sums


def bootstrap_difference(estimate: float, resampled: NDArray[Any]) -> Difference:
    """Returns a difference with its percentile interval over resampled test sets.

    Args:
        estimate: The difference on the data themselves.
        resampled: The difference on each resampled test set, `(resamples,)`.
    """
    tail = (1 - CONFIDENCE) / 2
    low, high = (float(end) for end in np.quantile(resampled, [tail, 1 - tail]))
    beyond = min((resampled <= 0).sum(), (resampled >= 0).sum())
    p = min(1.0, 2 * (float(beyond) + 1) / (len(resampled) + 1))
    return Difference(estimate, low, high, p, float(resampled.std(ddof=1)))


# --- several comparisons --------------------------------------------------------------------------


def holm(p_values: Sequence[float]) -> list[float]:
    """Returns p-values corrected so that all of them together err as rarely as one (Holm 1979)."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    corrected, least = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = least
    return corrected
