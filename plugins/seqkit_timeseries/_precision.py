"""What double and single precision hold of the values: the rest is refused or said, never lost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Record
from seqkit.errors import DataError
from seqkit_timeseries._layout import named, row_text

Floats = NDArray[np.float64]

ROUNDING = 64 * float(np.finfo(np.float64).eps)
"""Relative; differences up to this are what some dozens of roundings in double precision leave."""

_LARGEST, _SMALLEST = 1e140, 1e-140
"""Squares of what lies within, and sums of very many such, are doubles."""

_LARGEST_SCALED = 1e15
"""Single precision holds squares of this, and sums of very many such."""

_COARSE = 100 * float(np.finfo(np.float32).eps)
"""Relative; a column that differs by less takes fewer than a hundred values in single precision."""


def is_constant(values: Floats) -> NDArray[np.bool_]:
    """Tells which columns of `(rows, columns)` are constant but for rounding, `(columns,)`.

    The bound is relative to the values themselves, so that small numbers are no constants. NaN
    counts nowhere; every column has a number.
    """
    return _range(values) <= ROUNDING * _size(values)


def check_values(values: Floats, record: Record, columns: Sequence[str], place: str) -> None:
    """Raises DataError where a value of `(rows, columns)` is too large to be squared."""
    beyond = np.argwhere(np.abs(values) > _LARGEST)
    if len(beyond):
        row, column = beyond[0]
        raise DataError(
            f"{named(record)} has {values[row, column]:g} in column {columns[column]!r}, "
            f"{row_text(record, int(row))} of {place}, and the square of more than {_LARGEST:g} is "
            "beyond double precision. Correct the value, or give the column in a larger unit"
        )


def check_training(values: Floats, record: Record, columns: Sequence[str], place: str) -> None:
    """Raises DataError where columns differ by too little for a square, or by too much for one."""
    check_values(values, record, columns, place)
    vanishing = (_range(values) < _SMALLEST) & ~is_constant(values)
    if vanishing.any():
        column = int(np.flatnonzero(vanishing)[0])
        raise DataError(
            f"the values of {named(record)} in column {columns[column]!r} differ by "
            f"{_range(values)[column]:g} at most, in {place}, and the square of less than "
            f"{_SMALLEST:g} vanishes in double precision. Give the column in a smaller unit"
        )


def check_scaled(
    scaled: Floats, values: Floats, record: Record, columns: Sequence[str], place: str
) -> None:
    """Raises DataError where a scaled value is more than a network can compute with.

    Args:
        scaled: `(rows, columns)`.
        values: The same in the units of the data.
        record: The series.
        columns: Names of the columns.
        place: Where the record comes from.
    """
    beyond = np.argwhere(np.abs(scaled) > _LARGEST_SCALED)
    if len(beyond):
        row, column = beyond[0]
        raise DataError(
            f"{named(record)} has {values[row, column]:g} in column {columns[column]!r}, "
            f"{row_text(record, int(row))} of {place}, which is {scaled[row, column]:g} when it is "
            "scaled as task.normalization has it, too large for single precision. Correct the "
            "value or leave the cell empty; task.normalization=none scales nothing"
        )


def coarse(values: Floats) -> NDArray[np.bool_]:
    """Tells which columns lose what they differ by when they are read in single precision."""
    return (_range(values) < _COARSE * _size(values)) & ~is_constant(values)


def _range(values: Floats) -> Floats:
    return np.asarray(np.nanmax(values, axis=0) - np.nanmin(values, axis=0))


def _size(values: Floats) -> Floats:
    return np.asarray(np.nanmax(np.abs(values), axis=0))
