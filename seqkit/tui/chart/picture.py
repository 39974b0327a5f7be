"""A whole chart as a grid of characters and styles, made by array operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from seqkit.tui.chart import raster
from seqkit.tui.chart.axis import fitting, log_ticks, stepped, stepped_end, ticks
from seqkit.tui.chart.canvas import CURSOR, SIGNS, Canvas, Picture
from seqkit.tui.chart.caption import Curve, write_caption
from seqkit.tui.chart.data import Glyphs, Mark, Plot, Range, Series

LABELS = 7
"""Columns of the labels of the y axis, the axis itself included."""

_LEAST_WIDTH = 12
_DASH = 3
"""Columns of a dash of a level, the gap behind it included, where there are dots."""

Columns = np.ndarray[Any, np.dtype[np.bool_]]


def compose(
    plot: Plot,
    width: int,
    height: int,
    glyphs: Glyphs = "braille",
    view: Range | None = None,
    cursor: float | None = None,
    before: Picture | None = None,
    focused: bool = False,
) -> Picture:
    """Draws a chart.

    Args:
        plot: What to show.
        width: Columns there are.
        height: Rows there are.
        glyphs: The characters curves are made of.
        view: The range of x to show; the whole domain when None.
        cursor: The x at which values are read.
        before: The last picture; its range of y is kept while the data fit it.
        focused: Whether the title stands out.
    """
    canvas = Canvas(width, height, glyphs != "ascii")
    signs = SIGNS[canvas.unicode]
    footer = 0 if height < 4 else (1 if height < 7 else 2)
    top, rows = (0, height) if height < 3 else (1, height - 1 - footer)
    left = LABELS if width >= 24 else 0
    columns = width - left
    view = view or domain(plot)
    curves = [_curve(series, plot.log, view, columns, glyphs) for series in plot.series]
    scale = _scale(plot, curves, view, rows, before)
    picture = Picture(canvas.codes, canvas.styles, canvas.looks, view, scale, left, columns)
    if rows < 1 or columns < _LEAST_WIDTH:
        return picture
    area = _Area(canvas, plot, glyphs, view, scale, (left, top, columns, rows), signs)
    named: set[str] = set()
    has_points = any(len(curve.x) or len(curve.bad_x) for curve in curves)
    if has_points or plot.bands:
        area.axes(footer)
        area.bands()
        area.marks(plot.marks, footer)
        area.curves(curves)
        named = area.level_names()
        area.broken(curves, footer)
    else:
        canvas.write(top + rows // 2, left + 1, plot.empty, canvas.look("chart-axis"))
    if cursor is not None and view[0] <= cursor <= view[1]:
        column = left + int(raster.columns_of(np.array([cursor]), *view, columns)[0])
        canvas.styles[top : top + rows, column] |= CURSOR
    if height >= 3:
        at = cursor if has_points else None
        write_caption(canvas, plot, curves, at, signs, focused, named)
    return picture


def domain(plot: Plot) -> Range:
    """Returns the range of x of a chart that is not zoomed."""
    if plot.domain is not None:
        start, end = plot.domain
    else:
        found = [curve.x for curve in plot.series] + [band.x for band in plot.bands]
        found = [x for x in found if len(x)]
        if not found:
            return 0.0, 1.0
        start, end = min(float(x[0]) for x in found), max(float(x[-1]) for x in found)
        if 0 < start < 0.2 * end:
            start = 0.0
    return start, stepped_end(start, end, plot.live)


def _curve(series: Series, log: bool, view: Range, columns: int, glyphs: Glyphs) -> Curve:
    # Only what is in view is looked at, and one point beyond each end for the lines to there.
    start, end = np.searchsorted(series.x, np.array(view, dtype=series.x.dtype))
    inside = slice(max(0, int(start) - 1), int(end) + 1)
    x, y, bad_x, bad_y = raster.separate(series.x[inside], series.y[inside], log)
    across, _ = raster.dots_per_cell(glyphs)
    at = raster.edges(*view, columns * across)
    low, high = raster.extents(x, y, at, series.line)
    if log:
        with np.errstate(invalid="ignore"):
            low, high = np.log10(low), np.log10(high)
    return Curve(series, x, y, bad_x, bad_y, low, high)


def _scale(
    plot: Plot, curves: Sequence[Curve], view: Range, rows: int, before: Picture | None
) -> Range:
    """Returns the range of y that holds everything in view."""
    ends = [extent for curve in curves for extent in (curve.low, curve.high)]
    for band in plot.bands:
        inside = (band.x >= view[0]) & (band.x <= view[1])
        ends += [band.low[inside], band.high[inside]]
    levels = np.array([level.value for level in plot.levels], dtype=np.float64)
    ends.append(np.log10(levels[levels > 0]) if plot.log else levels)
    values = np.concatenate([*ends, np.empty(0)])
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    kept = before.scale if before is not None else None
    return stepped(float(values.min()), float(values.max()), kept, rows, plot.live)


class _Area:
    """The plot between the axes, and the axes."""

    def __init__(
        self,
        canvas: Canvas,
        plot: Plot,
        glyphs: Glyphs,
        view: Range,
        scale: Range,
        place: tuple[int, int, int, int],
        signs: dict[str, str],
    ) -> None:
        self.canvas = canvas
        self.plot = plot
        self.glyphs = glyphs
        self.view = view
        self.scale = scale
        self.left, self.top, self.columns, self.rows = place
        self.signs = signs
        box = (
            slice(self.top, self.top + self.rows),
            slice(self.left, self.left + self.columns),
        )
        self.codes, self.styles = canvas.codes[box], canvas.styles[box]
        self._ticked: set[int] = set()
        self._dashed: Columns = np.arange(self.columns) % _DASH < _DASH - (glyphs == "braille")
        self._passed = np.zeros((self.rows, self.columns), dtype=np.bool_)

    def _row(self, value: float) -> int:
        """Returns the row of cells of a value; one outside of the plot for a value outside."""
        _, down = raster.dots_per_cell(self.glyphs)
        return self._dot(value) // down

    def _dot(self, value: float) -> int:
        """Returns the row of dots of a value."""
        bottom, top = self.scale
        _, down = raster.dots_per_cell(self.glyphs)
        return int(raster.rows_of(np.array([value]), bottom, top, self.rows * down)[0])

    def _across(self, value: float, sign: str, look: int, columns: Columns | None = None) -> None:
        """Draws a line of dots from side to side, at the very height at which curves are drawn.

        Args:
            value: Its height.
            sign: What it is made of where there are no dots.
            look: Its style.
            columns: Where a dashed one is drawn; None for a thin one all along.
        """
        row, code = self._row(value), ord(sign)
        if self.glyphs == "braille":
            code = ord(raster.in_row(self._dot(value) % 4, columns is not None))
        where = slice(None) if columns is None else columns
        self.codes[row, where] = code
        self.styles[row, where] = look

    # --- axes -------------------------------------------------------------------------------------

    def axes(self, footer: int) -> None:
        """Draws ticks, labels, grid and levels."""
        canvas, signs = self.canvas, self.signs
        axis = canvas.look("chart-axis")
        if self.left:
            canvas.codes[self.top : self.top + self.rows, self.left - 1] = ord(signs["up"])
            canvas.styles[self.top : self.top + self.rows, self.left - 1] = axis
            self._y_labels(axis)
        if footer:
            self._x_labels(axis, footer)
        rows = [self._row(self._height(level.value)) for level in self.plot.levels]
        for place, (level, row) in enumerate(zip(self.plot.levels, rows, strict=True)):
            if 0 <= row < self.rows:
                # Those in one row of cells take turns.
                turns = np.arange(self.columns) // _DASH % rows.count(row)
                dashes = (turns == rows[:place].count(row)) & self._dashed
                look = canvas.look(level.colour)
                self._across(self._height(level.value), signs["level"], look, dashes)

    def _height(self, value: float) -> float:
        return float(np.log10(value)) if self.plot.log and value > 0 else value

    def level_names(self) -> set[str]:
        """Names the levels at their lines, where no curve passes; returns those names."""
        written: set[str] = set()
        taken: dict[int, int] = {}
        for level in self.plot.levels:
            row, text = self._row(self._height(level.value)), f" {level.name} "
            end = taken.get(row, self.columns - 1)
            start = end - len(text)
            if not (level.name and 0 <= row < self.rows and start > self.columns // 3):
                continue
            if self._passed[row, start:end].any():
                continue
            self.canvas.write(
                self.top + row, self.left + start, text, self.canvas.look(level.colour)
            )
            taken[row] = start
            written.add(level.name)
        return written

    def _y_labels(self, look: int) -> None:
        low, high = self.scale
        most = max(3, self.rows // 3)
        values, step = (log_ticks if self.plot.log else ticks)(low, high, most)
        grid = self.canvas.look("chart-grid")
        taken = self._ticked
        for value in values:
            height = float(np.log10(value)) if self.plot.log else value
            row = self._row(height)
            if not 0 <= row < self.rows or row in taken:
                continue
            taken.add(row)
            label = fitting(value, step or abs(value), self.left - 1)
            self.canvas.write(self.top + row, self.left - 1 - len(label), label, look)
            self.canvas.write(self.top + row, self.left - 1, self.signs["side"], look)
            self._across(height, self.signs["grid"], grid)

    def _x_labels(self, look: int, footer: int) -> None:
        canvas, signs, (low, high) = self.canvas, self.signs, self.view
        row = self.top + self.rows
        if self.left:
            canvas.write(row, self.left - 1, signs["corner"], look)
        canvas.write(row, self.left, signs["across"] * self.columns, look)
        axis = self.plot.axis
        values, step = ticks(low, high, max(2, self.columns // 12), axis.kind)
        labels = row + 1 if footer > 1 else row
        name = f" {axis.name}" if axis.name else ""
        free = self.left - 1 if footer > 1 else self.left + 1
        end = canvas.width - len(name)
        for value in values:
            column = self.left + round((value - low) / (high - low) * (self.columns - 1))
            text = axis.write(value, step)
            start = max(free, min(column - len(text) // 2, end - len(text)))
            if start + len(text) > end or abs(start + len(text) // 2 - column) > len(text):
                continue
            if footer > 1:
                canvas.write(row, column, signs["tick"], look)
            free = canvas.write(labels, start, text, look) + 2
        if name and free - 2 <= end:
            canvas.write(labels, end, name, canvas.look("chart-axis", "italic"))

    # --- what is drawn ----------------------------------------------------------------------------

    def bands(self) -> None:
        """Fills the areas behind the curves with sparse dots."""
        across, down = raster.dots_per_cell(self.glyphs)
        at = raster.edges(*self.view, self.columns * across)
        for band in self.plot.bands:
            _, high = raster.extents(band.x, band.high, at)
            low, _ = raster.extents(band.x, band.low, at)
            dots = raster.fill(low, high, *self.scale, self.rows * down)
            self._draw(raster.pack(raster.sparse(dots), self.glyphs), band.colour)

    def curves(self, curves: Sequence[Curve]) -> None:
        """Draws curves; where several meet they take turns, each in its own colour.

        Where one that is not `behind` passes, the others leave the cell to it, so that it stays a
        line and does not melt into the noise around it.
        """
        _, down = raster.dots_per_cell(self.glyphs)
        for behind in (True, False):
            there = [curve for curve in curves if curve.series.behind is behind]
            packed = [
                raster.pack(
                    raster.fill(curve.low, curve.high, *self.scale, self.rows * down), self.glyphs
                )
                for curve in there
            ]
            meeting = np.zeros((self.rows, self.columns), dtype=np.int64)
            for cells in packed:
                meeting += cells > 0
            turn = np.arange(self.columns) % np.maximum(meeting, 1)
            seen = np.zeros_like(meeting)
            for curve, cells in zip(there, packed, strict=True):
                mine = (cells > 0) & (seen == turn)
                seen += cells > 0
                self.codes[mine] = raster.characters(cells, self.glyphs)[mine]
                self.styles[mine] = self.canvas.look(curve.series.colour)
            self._passed |= meeting > 0
        for curve in curves:
            self._markers(curve)

    def _draw(self, packed: np.ndarray[Any, np.dtype[np.uint8]], colour: str) -> None:
        drawn = packed > 0
        self.codes[drawn] = raster.characters(packed, self.glyphs)[drawn]
        self.styles[drawn] = self.canvas.look(colour)

    def _markers(self, curve: Curve) -> None:
        """Draws the points themselves, where they are few or lone."""
        sign = curve.series.marker
        if not sign or len(curve.x) > max(1, self.columns // 3):
            return
        inside = (curve.x >= self.view[0]) & (curve.x <= self.view[1])
        columns = raster.columns_of(curve.x[inside], *self.view, self.columns)
        values = curve.y[inside].astype(np.float64)
        values = np.log10(values) if self.plot.log else values
        _, down = raster.dots_per_cell(self.glyphs)
        rows = raster.rows_of(values, *self.scale, self.rows * down).astype(np.int64) // down
        kept = (rows >= 0) & (rows < self.rows)
        self.codes[rows[kept], columns[kept]] = ord(sign if self.canvas.unicode else "o")
        self.styles[rows[kept], columns[kept]] = self.canvas.look(curve.series.colour)
        self._passed[rows[kept], columns[kept]] = True

    def marks(self, marks: Sequence[Mark], footer: int) -> None:
        """Draws what happened: a thin line where nothing else is, and a sign on the axis."""
        for mark in marks:
            if not self.view[0] <= mark.x <= self.view[1]:
                continue
            column = int(raster.columns_of(np.array([mark.x]), *self.view, self.columns)[0])
            look = self.canvas.look(mark.colour)
            if mark.line:
                self.codes[:, column] = ord(self.signs["mark"])
                self.styles[:, column] = look
            sign = mark.sign if self.canvas.unicode or mark.sign.isascii() else "^"
            row = self.top + self.rows if footer else self.top + self.rows - 1
            below = chr(self.canvas.codes[row, self.left + column])
            if footer == 1 and below != self.signs["across"]:
                # The labels of the axis stand there.
                continue
            self.canvas.write(row, self.left + column, sign, look)

    def broken(self, curves: Sequence[Curve], footer: int) -> None:
        """Marks values that are not finite on the x axis, so that none is dropped silently."""
        row = self.top + self.rows if footer else self.top + self.rows - 1
        look = self.canvas.look("error", "bold")
        kinds = ((np.isnan, "nan"), (np.isinf, "infinite"))
        for curve in curves:
            for kind, sign in kinds:
                x = curve.bad_x[kind(curve.bad_y)]
                columns = np.unique(raster.columns_of(x, *self.view, self.columns))
                self.canvas.codes[row, self.left + columns] = ord(self.signs[sign])
                self.canvas.styles[row, self.left + columns] = look
