"""The line above a chart: its title, then the legend, or the values at the cursor."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from seqkit.tui.chart import raster
from seqkit.tui.chart.canvas import Canvas
from seqkit.tui.chart.data import Floats, Plot, Series

_GAP = "  "


@dataclass(frozen=True, eq=False)
class Curve:
    """A curve in view: what can be drawn of it, what cannot, and its extent by column of dots."""

    series: Series
    x: Floats
    y: Floats
    bad_x: Floats
    bad_y: Floats
    low: Floats
    high: Floats


def write_caption(
    canvas: Canvas,
    plot: Plot,
    curves: Sequence[Curve],
    cursor: float | None,
    signs: dict[str, str],
    focused: bool,
    named: Collection[str] = (),
) -> None:
    """Writes it; what is unusual has the right end, and the legend the room between.

    Levels that are `named` at their lines are left out.
    """
    focused = focused and bool(plot.title)
    title = f" {plot.title} " if focused else plot.title
    look = canvas.look("foreground", "bold reverse" if focused else "bold")
    column = canvas.write(0, 0, title, look) + (1 if focused else 2 * bool(title))
    warning, end = _unusual(curves, signs), canvas.width
    if warning and len(warning) + column < end:
        end -= len(warning)
        canvas.write(0, end, warning, canvas.look("error", "bold"))
    entries = _legend(plot, curves, cursor, canvas, signs, named)
    if sum(len(text) for entry, _ in entries for text, _ in entry) > end + len(_GAP) - column:
        # Curves that a smoothed one stands for are the first to be missed least.
        entries = [(entry, behind) for entry, behind in entries if not behind]
    for entry, _ in entries:
        if column + sum(len(text) for text, _ in entry) > end + len(_GAP):
            break
        for text, look in entry:
            column = canvas.write(0, column, text[: end - column], look)


def _unusual(curves: Sequence[Curve], signs: dict[str, str]) -> str:
    values = [curve.bad_y for curve in curves]
    counted: list[tuple[Literal["nan", "infinite"], int]] = [
        ("nan", sum(int(np.isnan(bad).sum()) for bad in values)),
        ("infinite", sum(int(np.isinf(bad).sum()) for bad in values)),
    ]
    below = sum(int(np.isfinite(bad).sum()) for bad in values)
    names = {"nan": "NaN", "infinite": "infinite"}
    parts = [f"{signs[kind]} {count:,} {names[kind]}" for kind, count in counted if count]
    if below:
        parts.append(f"{below:,} not above 0")
    return "  " + ", ".join(parts) if parts else ""


def _legend(
    plot: Plot,
    curves: Sequence[Curve],
    cursor: float | None,
    canvas: Canvas,
    signs: dict[str, str],
    named: Collection[str],
) -> list[tuple[list[tuple[str, int]], bool]]:
    """Returns the entries: their pieces, and whether they are of a curve behind others."""
    dim, bright = canvas.look("chart-axis"), canvas.look("foreground")
    entries: list[tuple[list[tuple[str, int]], bool]] = []
    if plot.log:
        entries.append(([(f"log{_GAP}", canvas.look("chart-axis", "italic"))], False))
    if cursor is not None:
        written = plot.axis.write(cursor, abs(cursor) / 100 if plot.axis.kind != "whole" else 1.0)
        entries.append(([(f"{plot.axis.name} {written}{_GAP}".lstrip(), bright)], False))
    for curve in curves:
        name, look = curve.series.name, canvas.look(curve.series.colour)
        if not name:
            continue
        sign = curve.series.marker if canvas.unicode and curve.series.marker else signs["line"]
        if cursor is None:
            entries.append(([(f"{sign} ", look), (f"{name}{_GAP}", dim)], curve.series.behind))
        elif len(curve.x):
            value = float(curve.y[raster.nearest(curve.x, cursor)])
            entry = [(f"{sign} ", look), (f"{name} ", dim), (f"{plot.write(value)}{_GAP}", bright)]
            entries.append((entry, curve.series.behind))
    areas = [(signs["area"], band.name, band.colour) for band in plot.bands]
    levels = [(signs["level"], level.name, level.colour) for level in plot.levels]
    for sign, name, colour in (*areas, *levels):
        if name and name not in named:
            entries.append(([(f"{sign} ", canvas.look(colour)), (f"{name}{_GAP}", dim)], False))
    return entries
