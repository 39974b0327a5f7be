"""Windows over rows that lie one after the other: where they begin, and cutting them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array = NDArray[Any]


def window_starts(rows: int, start: int, context: int, horizon: int, stride: int) -> Array:
    """Returns the row at which each window of a series begins, int64.

    Args:
        rows: Rows of the series up to the end of the split, which no horizon goes beyond.
        start: Row at which the split begins; no horizon begins before it, though a context may.
        context: Rows that are read.
        horizon: Rows that are forecast.
        stride: Rows from one window to the next.
    """
    first = max(0, start - context)
    return np.arange(first, rows - horizon - context + 1, stride, dtype=np.int64)


def gather(values: Array, starts: Array, rows: int) -> Array:
    """Cuts windows out of rows, `(windows, rows, columns)`, by one indexing of a strided view."""
    # As a plain array: indexing a memory map of numpy costs several times as much.
    view = sliding_window_view(np.asarray(values), rows, axis=0).transpose(0, 2, 1)
    return np.ascontiguousarray(view[starts])


def forward_filled(values: Array) -> Array:
    """Replaces each NaN of `(rows, columns)` by the last number above it; leading ones stay."""
    missing = np.isnan(values)
    if not missing.any():
        return values
    rows = np.where(missing, 0, np.arange(len(values))[:, None])
    filled: Array = np.take_along_axis(values, np.maximum.accumulate(rows, axis=0), axis=0)
    return filled


def interpolated(values: Array) -> Array:
    """Replaces each NaN of `(rows, columns)` by a line between its neighbours, or the last one."""
    filled = forward_filled(values).copy()
    rows = np.arange(len(values))
    for column in np.flatnonzero(np.isnan(values).any(axis=0)):
        known = ~np.isnan(values[:, column])
        if known.any():
            last = int(np.flatnonzero(known)[-1]) + 1
            filled[:last, column] = np.interp(
                rows[:last], rows[known], values[known, column], left=np.nan
            )
    return filled
