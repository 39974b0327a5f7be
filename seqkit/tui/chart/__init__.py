"""Charts for terminals, on Textual and numpy alone: fast at any length, and drawn in dots.

    chart = Chart(Plot("loss", [Series("train", x, y)]))
    chart.show(Plot("loss", [Series("train", longer_x, longer_y)]))

Nothing in here knows of runs or models; the package can be lifted out as it is.
"""

from seqkit.tui.chart.axis import clock, number, whole
from seqkit.tui.chart.data import Axis, Band, Glyphs, Level, Mark, Plot, Range, Series
from seqkit.tui.chart.widget import Chart

__all__ = [
    "Axis",
    "Band",
    "Chart",
    "Glyphs",
    "Level",
    "Mark",
    "Plot",
    "Range",
    "Series",
    "clock",
    "number",
    "whole",
]
