"""The view `series` in lines of text: its curves drawn, and a short table below."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rich.cells import cell_len

from seqkit.terminal.answers.curves import Curves, Numbers, curves_of, interval_of, levels_of
from seqkit.terminal.cells import fit
from seqkit.terminal.figures import number
from seqkit.terminal.output import Piece
from seqkit.terminal.plot import block_character, dot_character, dots_between
from seqkit.terminal.safe_text import encodable, one_line
from seqkit.views import Answer

Line = list[Piece]

_HISTORY, _FORECAST, _TRUTH, _BAND = "", "bold cyan", "magenta", "blue"
_HEIGHT, _SMALL_HEIGHT = 10, 6
_MOST_PLOTS = 4
_MOST_ROWS = 6
_TIME = 35
"""Characters of the longest time, with nanoseconds and an offset."""
_GLYPHS = "⣿▀▄█░×┤└┴─…"


def series_lines(answer: Answer, width: int = 80, height: int = 0) -> list[Line]:
    """Draws history, forecast, interval and truth of an answer.

    Args:
        answer: Of the view `series`.
        width: Columns there are.
        height: Lines of each plot; by the number of plots where 0.

    Returns:
        The lines, as pieces with styles. Text from the data is made visible and kept on one line.
    """
    unicode = encodable(_GLYPHS)
    width = max(40, width)
    columns = curves_of(answer)
    drawn, left = columns[:_MOST_PLOTS], columns[_MOST_PLOTS:]
    height = height or (_HEIGHT if len(drawn) == 1 else _SMALL_HEIGHT)
    history, forecast = answer["history"], answer["forecast"]
    lines: list[Line] = [_heading(answer, width)]
    for column in drawn:
        if len(drawn) > 1:
            lines.append([("  " + one_line(column.name, width - 2), "bold")])
        lines += _plot(
            column, list(history["time"]), list(forecast["time"]), width, height, unicode
        )
    if left:
        names = ", ".join(column.name for column in left)
        more = f"{len(left)} more: {names}; --json and --save have them all"
        lines.append(["  ", (one_line(more, width - 2), "dim")])
    lines += _legend(drawn, interval_of(answer), width, unicode)
    if answer.get("note"):
        note = f"({one_line(answer['note'])})"
        lines += [["  ", (part, "dim")] for part in textwrap.wrap(note, width - 2)]
    return [*lines, [], *_table(columns, list(forecast["time"]), answer, width)]


def _heading(answer: Answer, width: int) -> Line:
    names = [one_line(name, 40) for name in answer["columns"]]
    title = names[0] if len(names) == 1 else f"{len(names)} columns"
    series = one_line(answer.get("series") or "", 30)
    steps = len(answer["forecast"]["time"])
    title = f"{series}  {title}" if series else title
    about = f"  {steps} step{'s' if steps != 1 else ''} ahead"
    return [(one_line(title, width - len(about)), "bold"), about]


# --- the plot -------------------------------------------------------------------------------------


def _plot(
    curves: Curves,
    past: Sequence[str],
    ahead: Sequence[str],
    width: int,
    height: int,
    unicode: bool,
) -> list[Line]:
    """Draws one column, with its axes."""
    # Of a long history only what leaves the forecast a third of the room.
    shown = min(len(curves.history), max(2 * len(curves.forecast), 24))
    curves = Curves(
        curves.name,
        curves.history[len(curves.history) - shown :],
        curves.forecast,
        curves.band,
        curves.truth,
    )
    values = curves.values()
    if not values:
        return [[("  no value that could be drawn", "dim")]]
    low, high = min(values), max(values)
    if low == high:
        spread = max(abs(low) * 0.1, 1e-6)
        low, high = low - spread, high + spread
    labels = {0: _label(high), height - 1: _label(low)}
    margin = max(map(len, labels.values())) + 2
    cells = max(10, width - margin - 1)
    area = _Area(cells, height, shown + len(curves.forecast), low, high, unicode)
    layers = _layers(curves, shown, area)
    lines: list[Line] = []
    for row in range(height):
        head = f"{labels.get(row, ''):>{margin - 1}} " + ("┤" if unicode else "|")
        lines.append([head, *_joined([layers.cell(column, row) for column in range(cells)])])
    return [*lines, *_axis(area, margin, shown, past, ahead)]


def _label(value: float) -> str:
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e7 else number(float(value))


@dataclass(frozen=True)
class _Area:
    """A rectangle of characters, and how steps and values fall on its dots."""

    cells: int
    height: int
    steps: int
    low: float
    high: float
    unicode: bool

    @property
    def across(self) -> int:
        """Dots of a character from left to right."""
        return 2 if self.unicode else 1

    @property
    def down(self) -> int:
        """Dots of a character from top to bottom."""
        return 4 if self.unicode else 1

    def x(self, step: float) -> int:
        """Returns the column of dots of a step."""
        return round(step / max(1, self.steps - 1) * (self.cells * self.across - 1))

    def y(self, value: float) -> int:
        """Returns the row of dots of a value, from the top."""
        part = (self.high - value) / (self.high - self.low)
        return round(part * (self.height * self.down - 1))

    def places(self, values: Numbers, first: int) -> list[tuple[int, int]]:
        """Returns the dots of values that begin at a step; unknown ones have none."""
        steps = enumerate(values, start=first)
        return [(self.x(step), self.y(value)) for step, value in steps if math.isfinite(value)]

    def runs(self, values: Numbers, first: int) -> set[tuple[int, int]]:
        """Returns the dots of the lines through values, broken where some are unknown."""
        dots: set[tuple[int, int]] = set()
        run: list[tuple[int, int]] = []
        for step, value in enumerate([*values, math.nan], start=first):
            if math.isfinite(value):
                run.append((self.x(step), self.y(value)))
            else:
                dots |= dots_between(run)
                run = []
        return dots


@dataclass(frozen=True)
class _Layers:
    """The dots of two curves, and the characters of the band and of the truth."""

    area: _Area
    history: set[tuple[int, int]]
    forecast: set[tuple[int, int]]
    truth: set[tuple[int, int]]
    band: set[tuple[int, int]]

    def cell(self, column: int, row: int) -> tuple[str, str]:
        """Returns a character and its style: forecast over truth over history over band.

        The forecast is drawn in blocks and the history in dots, so that they differ in any colour.
        """
        unicode = self.area.unicode
        character = block_character(column, row, self.forecast, unicode, "*")
        if character != " ":
            return character, _FORECAST
        if (column, row) in self.truth:
            return ("×" if unicode else "o"), _TRUTH
        character = dot_character(column, row, self.history, unicode)
        if character != " ":
            return character, _HISTORY
        if (column, row) in self.band:
            return ("░" if unicode else ":"), _BAND
        return " ", ""


def _layers(curves: Curves, first: int, area: _Area) -> _Layers:
    truth = {(x // area.across, y // area.down) for x, y in area.places(curves.truth, first)}
    return _Layers(
        area,
        area.runs(curves.history, 0),
        area.runs(curves.forecast, first),
        truth,
        _band(curves.band, first, area) if curves.band else set(),
    )


def _band(band: tuple[Numbers, Numbers], first: int, area: _Area) -> set[tuple[int, int]]:
    """Returns the characters between the lowest and the highest quantile."""
    edges = [
        (area.x(step), area.y(high) // area.down, area.y(low) // area.down)
        for step, (low, high) in enumerate(zip(*band, strict=True), start=first)
        if math.isfinite(low) and math.isfinite(high)
    ]
    filled: set[tuple[int, int]] = set()
    for (x1, top1, bottom1), (x2, top2, bottom2) in pairwise([*edges[:1], *edges]):
        for x in range(x1, x2 + 1):
            part = (x - x1) / (x2 - x1) if x2 > x1 else 1.0
            top = round(top1 + part * (top2 - top1))
            bottom = round(bottom1 + part * (bottom2 - bottom1))
            filled |= {(x // area.across, row) for row in range(top, bottom + 1)}
    return filled


def _axis(
    area: _Area, margin: int, first: int, past: Sequence[str], ahead: Sequence[str]
) -> list[Line]:
    """Draws the axis of time: a mark where the forecast begins, and three times below."""
    origin = area.x(first) // area.across
    dash, corner, tick = ("─", "└", "┴") if area.unicode else ("-", "+", "+")
    axis = dash * origin + tick + dash * (area.cells - origin - 1)
    start = one_line(past[len(past) - first], _TIME) if first else ""
    begin, end = one_line(ahead[0], _TIME), one_line(ahead[-1], _TIME)
    # The time of the forecast gives way where it would touch another one.
    line = start.ljust(area.cells - len(end)) + end if len(ahead) > 1 else start.ljust(area.cells)
    place = min(max(0, origin - len(begin) // 2), area.cells - len(begin))
    if not line[max(0, place - 1) : place + len(begin) + 1].strip():
        line = line[:place] + begin + line[place + len(begin) :]
    return [[" " * margin + corner + axis], [(" " * (margin + 1) + line.rstrip(), "dim")]]


def _joined(cells: Sequence[tuple[str, str]]) -> Line:
    """Joins neighbours of one style."""
    pieces: list[tuple[str, str]] = []
    for text, style in cells:
        if pieces and pieces[-1][1] == style:
            pieces[-1] = (pieces[-1][0] + text, style)
        else:
            pieces.append((text, style))
    return list(pieces)


def _legend(drawn: Sequence[Curves], interval: str, width: int, unicode: bool) -> list[Line]:
    signs: list[tuple[str, str, str]] = [
        ("⠒⠒" if unicode else "..", _HISTORY, "history"),
        ("▄▀" if unicode else "**", _FORECAST, "forecast"),
    ]
    if interval:
        signs.append(("░░" if unicode else "::", _BAND, interval))
    if any(math.isfinite(value) for column in drawn for value in column.truth):
        signs.append(("×" if unicode else "o", _TRUTH, "actual"))
    lines: list[Line] = []
    used = width
    for sign, style, meaning in signs:
        wide = len(sign) + len(meaning) + 4
        if used + wide > width:
            lines.append([" "])
            used = 1
        lines[-1] += [" ", (sign, style), f" {meaning}  "]
        used += wide
    return lines


# --- the table ------------------------------------------------------------------------------------


def _table(
    columns: Sequence[Curves], times: Sequence[str], answer: Answer, width: int
) -> list[Line]:
    """Returns the first and last steps in numbers."""
    heads, values = _cells(columns, answer)
    steps = len(times)
    rows = list(range(steps))
    if steps > _MOST_ROWS:
        rows = [*range(_MOST_ROWS // 2), -1, *range(steps - _MOST_ROWS // 2 + 1, steps)]
    dots = "…" if encodable("…") else "..."
    shown = [dots if row < 0 else one_line(times[row], _TIME) for row in rows]
    first = max(map(len, [*shown, "time"]))
    space = width - first - 2
    widths: list[int] = []
    for head, column in zip(heads, values, strict=True):
        widest = max(cell_len(head), *(len(column[row]) for row in rows if row >= 0))
        space -= widest + 2
        if space < 0 and widths:
            break
        widths.append(widest)
    title = "".join(
        f"  {fit(head, wide, right=True)}" for head, wide in zip(heads, widths, strict=False)
    )
    lines: list[Line] = [[(f"  {'time':<{first}}{title}", "bold")]]
    for row, time in zip(rows, shown, strict=True):
        cells = [
            f"  {'' if row < 0 else column[row]:>{wide}}"
            for column, wide in zip(values, widths, strict=False)
        ]
        lines.append([f"  {time:<{first}}" + "".join(cells).rstrip()])
    return lines


def _cells(columns: Sequence[Curves], answer: Answer) -> tuple[list[str], list[list[str]]]:
    """Returns the headings and the cells of each column of the table."""
    if len(columns) > 1:
        names = [one_line(column.name, 12) for column in columns]
        return names, [[_number(value) for value in column.forecast] for column in columns]
    (column,) = columns
    heads, cells = ["forecast"], [column.forecast]
    levels = levels_of(answer)
    if levels:
        heads += [f"{float(levels[0]):.0%}", f"{float(levels[-1]):.0%}"]
        cells += column.band
    if any(math.isfinite(value) for value in column.truth):
        heads.append("actual")
        cells.append(column.truth)
    return heads, [[_number(value) for value in values] for values in cells]


def _number(value: float) -> str:
    return _label(value) if math.isfinite(value) else "-"
