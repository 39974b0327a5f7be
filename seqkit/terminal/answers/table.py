"""The view `table`, which is that of every answer that fits no other: keys and values, or rows."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len

from seqkit.terminal.answers.marks import mark, shown_value
from seqkit.terminal.cells import fit
from seqkit.terminal.output import Piece
from seqkit.terminal.safe_text import one_line
from seqkit.views import Answer

Line = list[Piece]
_WIDEST_KEY, _WIDEST_CELL = 24, 40
_LONGEST = 20_000
"""Characters of a value that are looked at."""
_MOST_LINES = 12
"""Lines of one value, and rows of a table, that are drawn."""
_HIDDEN = ("view", "correct")


def table_line(answer: Answer, width: int) -> Line:
    """Returns an answer on one line: keys and values, cut at `width`."""
    line, space = [*mark(answer)], width - 2
    for key, value in _rows(answer):
        shown = one_line(value, 60)
        line += [(key, "dim"), f" {one_line(shown, max(8, space - len(key)))}  "]
        space -= len(key) + len(shown) + 3
        if space < 8:
            break
    return line


def table_lines(answer: Answer, width: int) -> list[Line]:
    """Returns an answer on one line where it fits there, else with a row for each key."""
    grid = _grid(answer)
    rows = _rows(answer, ("columns", "rows") if grid else ())
    used = sum(cell_len(key) + cell_len(value) + 3 for key, value in rows)
    if not grid and used <= width:
        line = mark(answer)
        for key, value in rows:
            line += [(key, "dim"), f" {value}  "]
        return [line]
    lines: list[Line] = [mark(answer)] if mark(answer) else []
    margin = max((cell_len(key) for key, _ in rows), default=0) + 2
    for key, value in rows:
        parts = textwrap.wrap(value, max(16, width - margin)) or [""]
        if len(parts) > _MOST_LINES:
            parts = [*parts[: _MOST_LINES - 1], f"and {len(parts) - _MOST_LINES + 1} more lines"]
        for place, part in enumerate(parts):
            lines.append([(fit("" if place else key, margin), "dim"), part])
    return lines + (_grid_lines(*grid, width) if grid else [])


def _rows(answer: Answer, without: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Returns the keys of an answer, and their values as text on one line."""
    return [
        (one_line(key, _WIDEST_KEY), one_line(shown_value(value)[:_LONGEST]))
        for key, value in answer.items()
        if key not in _HIDDEN and key not in without
    ]


def _grid(answer: Answer) -> tuple[list[Any], list[Any]] | None:
    """Returns headings and rows where an answer has them, each row as wide as the headings."""
    columns, rows = answer.get("columns"), answer.get("rows")
    if not isinstance(columns, list) or not isinstance(rows, list) or not columns:
        return None
    whole = all(isinstance(row, list | tuple) and len(row) == len(columns) for row in rows)
    return (columns, rows) if whole else None


def _grid_lines(columns: Sequence[Any], rows: Sequence[Sequence[Any]], width: int) -> list[Line]:
    """Returns headings and rows, aligned; columns that have no room are counted below."""
    drawn = rows[:_MOST_LINES]
    cells = [[one_line(shown_value(v)[:_LONGEST], _WIDEST_CELL) for v in row] for row in drawn]
    heads = [one_line(shown_value(column)[:_LONGEST], _WIDEST_CELL) for column in columns]
    widths: list[int] = []
    space = width
    for place, head in enumerate(heads):
        widest = max([cell_len(head), *(cell_len(row[place]) for row in cells)])
        space -= widest + 2
        if space < 0 and widths:
            break
        widths.append(widest)
    lines: list[Line] = [[("".join(f"{fit(h, w)}  " for h, w in zip(heads, widths)), "bold")]]  # noqa: B905 - columns without room are left out
    for row, values in zip(cells, drawn, strict=True):
        right = [isinstance(value, int | float) for value in values]
        parts = (fit(c, w, r) + "  " for c, w, r in zip(row, widths, right))  # noqa: B905
        lines.append(["".join(parts).rstrip()])
    left = [
        f"{count} more {what}"
        for count, what in ((len(rows) - len(drawn), "rows"), (len(heads) - len(widths), "columns"))
        if count
    ]
    return [*lines, [(", ".join(left), "dim")]] if left else lines
