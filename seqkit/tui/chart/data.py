"""What a chart shows: curves, bands, levels and marks. Torch-free, and numpy-free to import."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from seqkit.tui.chart.axis import number, plain

if TYPE_CHECKING:
    import numpy as np

Floats: TypeAlias = "np.ndarray[Any, np.dtype[np.floating[Any]]]"
Glyphs = Literal["braille", "blocks", "ascii"]
Range = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Series:
    """A curve.

    Attributes:
        name: What the legend calls it; empty keeps it out of the legend.
        x: Where its points are, `(points,)`, never decreasing.
        y: Their values, `(points,)`. A value that is not finite is marked on the axis.
        colour: A theme variable such as `chart-1`, or a colour.
        marker: A character drawn at each point where there is room, or nothing.
        line: Whether the points are joined.
        behind: Whether it leaves the cells that other curves pass through to them.
    """

    name: str
    x: Floats
    y: Floats
    colour: str = "chart-1"
    marker: str = ""
    line: bool = True
    behind: bool = False


@dataclass(frozen=True, eq=False)
class Band:
    """The area between two curves over the same `x`, `(points,)` each."""

    name: str
    x: Floats
    low: Floats
    high: Floats
    colour: str = "chart-raw"


@dataclass(frozen=True)
class Level:
    """A value that the curves are held against, drawn from side to side."""

    name: str
    value: float
    colour: str = "chart-axis"


@dataclass(frozen=True)
class Mark:
    """Something that happened at an `x`: a thin vertical line below a sign of one cell."""

    x: float
    sign: str
    name: str = ""
    colour: str = "chart-axis"
    line: bool = True


@dataclass(frozen=True)
class Axis:
    """How the x axis is called, and how its values are written.

    Attributes:
        name: Such as `step`.
        write: Writes a value, told the distance between two ticks.
        kind: Which distances between ticks are round: of numbers, of whole numbers or of seconds.
    """

    name: str = ""
    write: Callable[[float, float], str] = number
    kind: Literal["number", "whole", "seconds"] = "number"


@dataclass(frozen=True)
class Plot:
    """All that one chart shows.

    Attributes:
        title: Above the chart.
        series: Curves, the last one in front.
        bands: Areas behind the curves.
        levels: Values the curves are held against; always in view.
        marks: What happened when.
        axis: The x axis.
        domain: The range of x when nothing is zoomed; None for that of the curves.
        live: Whether more points are coming: ranges then grow in steps.
        log: Whether the values are drawn on a logarithmic scale.
        empty: What is said while there is nothing to draw.
        write: Writes a value of a curve.
    """

    title: str = ""
    series: Sequence[Series] = ()
    bands: Sequence[Band] = ()
    levels: Sequence[Level] = ()
    marks: Sequence[Mark] = ()
    axis: Axis = field(default_factory=Axis)
    domain: Range | None = None
    live: bool = False
    log: bool = False
    empty: str = "nothing yet"
    write: Callable[[float], str] = plain


def usable_glyphs() -> Glyphs:
    """Returns the finest characters this terminal can be expected to draw."""
    encoding = getattr(sys.__stdout__, "encoding", None) or "ascii"
    try:
        "⣿▟─┤".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return "ascii"
    return "blocks" if os.environ.get("TERM", "") in ("linux", "vt220", "vt100") else "braille"
