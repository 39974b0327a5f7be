"""Exponential moving averages of long curves, kept up to date point by point."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqkit.tui.chart.data import Floats

_NO_MEMORY = 1e-6
_LEAST_WEIGHT = 1e-9
"""Weight at which a block of the recurrence ends, so that its sums keep their precision."""


def moving_average(values: Floats, decay: float, before: float = 0.0) -> Floats:
    """Returns `s[i] = decay * s[i - 1] + (1 - decay) * values[i]`, with `s[-1]` given.

    The recurrence is solved a block of points at a time, each block by one cumulative sum; the
    blocks are chained by the same recurrence, so that nothing is done point by point.

    Args:
        values: `(points,)`, finite.
        decay: From 0, which changes nothing, to below 1.
        before: The average before the first point.
    """
    values = np.asarray(values, dtype=np.float64)
    if not len(values) or decay <= 0.0:
        return np.array(values)
    if decay < _NO_MEMORY:
        # Older points than the last weigh nothing at all.
        passed: Floats = np.concatenate(([before], values[:-1]))
        followed: Floats = values + decay * (passed - values)
        return followed
    block = int(np.clip(np.log(_LEAST_WEIGHT) / np.log(decay), 2, 4096))
    if len(values) <= block:
        alone: Floats = _one_block(values[None, :], decay, np.array([before]))[0]
        return alone
    whole = len(values) // block * block
    blocks = values[:whole].reshape(-1, block)
    ends = _one_block(blocks, decay, np.zeros(len(blocks)))[:, -1]
    # The end of each block is a recurrence of its own, with the decay of a whole block.
    carried = decay**block
    reached = moving_average(ends / (1.0 - carried), carried, before)
    starts = np.concatenate(([before], reached[:-1]))
    done = _one_block(blocks, decay, starts).ravel()
    rest = _one_block(values[None, whole:], decay, reached[-1:])[0] if whole < len(values) else []
    return np.concatenate((done, rest))


def _one_block(blocks: Floats, decay: float, before: Floats) -> Floats:
    """Solves the recurrence along the rows of `(blocks, points)`, each from its own start."""
    weights = decay ** np.arange(blocks.shape[1], dtype=np.float64)
    sums = np.cumsum(blocks / weights, axis=1) * (1.0 - decay)
    solved: Floats = weights * (sums + decay * before[:, None])
    return solved


class Smoothed:
    """A curve and its moving average, which follows as points are added.

    The average is that of the points so far, without the pull of a start at zero, and over more
    of them the longer the curve is: its window is a part of the curve, and doubles now and then.

    Args:
        part: Window, as a part of all points; 0 smooths nothing.
    """

    LEAST_WINDOW = 4.0

    def __init__(self, part: float) -> None:
        self.part = part
        self._decay = 0.0
        self._average = 0.0
        self._weight = 0.0
        self._last: tuple[float, float] = (np.nan, np.nan)
        self._values: np.ndarray[Any, np.dtype[np.float32]] = np.empty(0, np.float32)
        self._count = 0

    def follow(self, values: Floats) -> Floats:
        """Returns the average at each point; values seen before are not looked at again.

        Args:
            values: `(points,)`, finite: those of the last call, perhaps with more behind them.
        """
        count = len(values)
        decay = self.decay(count)
        if decay != self._decay or not self._continues(values):
            self._decay, self._average, self._weight, self._count = decay, 0.0, 0.0, 0
        if count > self._count:
            self._extend(values[self._count :])
            self._last = float(values[0]), float(values[-1])
        return self._values[: self._count]

    def decay(self, count: int) -> float:
        """Returns the decay for a curve of so many points; the same one until it has doubled."""
        if self.part <= 0 or count < 2:
            return 0.0
        window = max(self.LEAST_WINDOW, self.part * 2.0 ** np.floor(np.log2(count)))
        return float(1.0 - 1.0 / window)

    def _continues(self, values: Floats) -> bool:
        if self._count == 0 or len(values) < self._count:
            return False
        return (float(values[0]), float(values[self._count - 1])) == self._last

    def _extend(self, new: Floats) -> None:
        end = self._count + len(new)
        if end > len(self._values):
            grown = np.empty(max(end + end // 2, 256), np.float32)
            grown[: self._count] = self._values[: self._count]
            self._values = grown
        if self._decay == 0.0:
            self._values[self._count : end] = new
        else:
            averages = moving_average(new, self._decay, self._average)
            # The weight of what was seen so far: an average of ones by the same recurrence.
            gone = self._decay ** np.arange(1, len(new) + 1, dtype=np.float64)
            weights = 1.0 - (1.0 - self._weight) * gone
            self._values[self._count : end] = averages / weights
            self._average, self._weight = float(averages[-1]), float(weights[-1])
        self._count = end
