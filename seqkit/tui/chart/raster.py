"""Curves as dots, and dots as characters: a few passes over numpy arrays, however long they are.

A cell holds several dots: 2 x 4 of braille, 2 x 2 of quarter blocks, or 1 x 2 of ASCII.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from seqkit.tui.chart.data import Floats, Glyphs

Dots = np.ndarray[Any, np.dtype[np.bool_]]
Cells = np.ndarray[Any, np.dtype[np.uint32]]

_QUARTERS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
_CHARACTERS: dict[Glyphs, tuple[int, int, list[str]]] = {
    "braille": (2, 4, [" ", *(chr(0x2800 + bits) for bits in range(1, 256))]),
    "blocks": (2, 2, list(_QUARTERS)),
    "ascii": (1, 2, [" ", "'", ".", ":"]),
}
_BITS: dict[Glyphs, tuple[tuple[int, ...], ...]] = {
    "braille": ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80)),
    "blocks": ((1, 2), (4, 8)),
    "ascii": ((1,), (2,)),
}


def dots_per_cell(glyphs: Glyphs) -> tuple[int, int]:
    """Returns how many dots a cell has across and down."""
    across, down, _ = _CHARACTERS[glyphs]
    return across, down


def in_row(dot: int, both: bool) -> str:
    """Returns the braille character with one dot, or both, in one of its four rows."""
    left, right = _BITS["braille"][dot]
    return chr(0x2800 + (left | right if both else left))


def separate(x: Floats, y: Floats, positive: bool = False) -> tuple[Floats, Floats, Floats, Floats]:
    """Parts what can be drawn from what cannot.

    Args:
        x: `(points,)`.
        y: `(points,)`.
        positive: Whether only values above zero can be drawn.

    Returns:
        x and y of what can be drawn, then x and y of what cannot.
    """
    drawable = np.isfinite(y)
    if positive:
        drawable &= y > 0
    if drawable.all():
        return x, y, x[:0], y[:0]
    return x[drawable], y[drawable], x[~drawable], y[~drawable]


def edges(left: float, right: float, columns: int) -> Floats:
    """Returns the limits of `columns` columns of dots, `(columns + 1,)`."""
    return np.linspace(left, right, columns + 1)


def extents(x: Floats, y: Floats, at: Floats, join: bool = True) -> tuple[Floats, Floats]:
    """Returns the least and the greatest value of a curve in each column of dots.

    The curve runs straight from point to point, so that a column without points has those of the
    line across it. Where there is no curve, both are NaN.

    Args:
        x: `(points,)`, never decreasing.
        y: `(points,)`, finite.
        at: The limits of the columns, `(columns + 1,)`.
        join: Whether there is a line between the points.
    """
    low: Floats = np.full(len(at) - 1, np.nan)
    high = low.copy()
    if not len(x):
        return low, high
    cuts = np.searchsorted(x, at.astype(x.dtype, copy=False), side="left")
    cuts[-1] = np.searchsorted(x, at[-1].astype(x.dtype), side="right")
    full = np.flatnonzero(cuts[1:] > cuts[:-1])
    if len(full):
        starts, end = cuts[full], cuts[full[-1] + 1]
        low[full] = np.minimum.reduceat(y[:end], starts)
        high[full] = np.maximum.reduceat(y[:end], starts)
    if join:
        inner = np.flatnonzero((cuts > 0) & (cuts < len(x)))
        right = cuts[inner]
        x0, x1 = x[right - 1].astype(np.float64), x[right].astype(np.float64)
        y0, y1 = y[right - 1].astype(np.float64), y[right].astype(np.float64)
        part = np.clip((at[inner] - x0) / np.where(x1 > x0, x1 - x0, 1.0), 0.0, 1.0)
        crossing = np.full(len(at), np.nan)
        crossing[inner] = y0 + part * (y1 - y0)
        low = np.fmin(low, np.fmin(crossing[:-1], crossing[1:]))
        high = np.fmax(high, np.fmax(crossing[:-1], crossing[1:]))
    return low, high


def rows_of(values: Floats, bottom: float, top: float, count: int) -> Floats:
    """Returns the row of `count` rows of dots of each value, from the top; NaN stays."""
    scale = (count - 1) / (top - bottom) if top > bottom else 0.0
    rows: Floats = np.rint((top - values) * scale)
    return rows


def fill(low: Floats, high: Floats, bottom: float, top: float, rows: int) -> Dots:
    """Returns the dots from the least to the greatest value of each column, `(rows, columns)`."""
    with np.errstate(invalid="ignore"):
        first = np.clip(np.nan_to_num(rows_of(high, bottom, top, rows), nan=rows), -1, rows)
        last = np.clip(np.nan_to_num(rows_of(low, bottom, top, rows), nan=-1), -1, rows)
    row = np.arange(rows, dtype=np.int32)[:, None]
    dots: Dots = (row >= first.astype(np.int32)) & (row <= last.astype(np.int32))
    return dots


def sparse(dots: Dots) -> Dots:
    """Returns every second dot, as on a chequerboard: an area that curves stand out from."""
    row, column = np.ogrid[: dots.shape[0], : dots.shape[1]]
    thinned: Dots = dots & ((row + column) % 2 == 0)
    return thinned


def pack(dots: Dots, glyphs: Glyphs) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Returns the dots of each cell as the bits of a number, `(rows, columns)` of cells.

    The dots of several curves are merged by `|` of their numbers.
    """
    across, down = dots_per_cell(glyphs)
    height, width = dots.shape[0] // down, dots.shape[1] // across
    cells = dots.reshape(height, down, width, across)
    packed = np.zeros((height, width), dtype=np.uint8)
    for row, bits in enumerate(_BITS[glyphs]):
        for column, bit in enumerate(bits):
            packed |= cells[:, row, :, column].astype(np.uint8) * np.uint8(bit)
    return packed


def characters(packed: np.ndarray[Any, np.dtype[np.uint8]], glyphs: Glyphs) -> Cells:
    """Returns the code points of packed cells; a cell without dots is a space."""
    table = np.array([ord(character) for character in _CHARACTERS[glyphs][2]], dtype=np.uint32)
    cells: Cells = table[packed]
    return cells


def columns_of(x: Floats, left: float, right: float, width: int) -> np.ndarray[Any, Any]:
    """Returns the column of cells of each `x` within the view, as whole numbers."""
    inside = x[(x >= left) & (x <= right)].astype(np.float64)
    scale = width / (right - left) if right > left else 0.0
    return np.minimum(((inside - left) * scale).astype(np.int64), width - 1)


def nearest(x: Floats, to: float, side: Literal["near", "before"] = "near") -> int:
    """Returns the index of the point nearest to `to`, or of the last one that is not after it."""
    place = int(np.searchsorted(x, np.asarray(to, dtype=x.dtype), side="right")) - 1
    if place < 0:
        return 0
    after = place + 1
    if side == "near" and after < len(x) and x[after] - to < to - x[place]:
        return after
    return place
