"""The columns of the list of runs: what they show, how wide, and how they sort."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seqkit.terminal.cells import bar, fit, fit_ends, sparkline
from seqkit.terminal.figures import age, number, short_duration
from seqkit.tui.colours import STATUS_SIGNS
from seqkit.tui.runs.rows import RunRow

Piece = tuple[str, str]
"""A text and its tone; an empty tone is the ordinary one."""


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        key: What preferences call it.
        title: Its heading.
        width: Its cells; the widest it may grow to is `most`.
        rank: The lower, the sooner it is shown where there is little room.
        draw: Draws a cell of exactly the width that it is given.
        sort: What it sorts by; None sorts last.
        descending: Whether a first sort goes from the greatest to the least.
    """

    key: str
    title: str
    width: int
    rank: int
    draw: Callable[[RunRow, int], list[Piece]]
    sort: Callable[[RunRow], Any]
    descending: bool = False
    most: int = 0


def _state(row: RunRow, width: int) -> list[Piece]:
    sign, tone = STATUS_SIGNS.get(row.status, ("?", "error"))
    if not row.live:
        part = row.progress
        unfinished = row.status != "finished" and part is not None
        words = row.status + (f" {part:.0%}" if unfinished and part is not None else "")
        return [(f"{sign} ", tone), (fit(words, width - 2), tone)]
    if row.progress is None:
        words = "preparing" if row.status == "running" else row.status
        return [(f"{sign} ", tone), (fit(words, width - 2), tone)]
    left = f"{row.progress:>4.0%}" + fit(_left(row), 7, right=True)
    space = max(0, width - 2 - len(left))
    return [(f"{sign} ", tone), (bar(row.progress, space), tone), (left, "")]


def _left(row: RunRow) -> str:
    return "paused" if row.status == "paused" else short_duration(row.eta)


def _name(row: RunRow, width: int) -> list[Piece]:
    if not row.label.tags:
        return [(fit_ends(row.title, width), "strong")]
    tags = " " + " ".join(f"#{tag}" for tag in row.label.tags)
    room = max(0, width - min(len(row.title), width))
    return [(fit_ends(row.title, width - room), "strong"), (fit(tags, room), "accent")]


def _score(row: RunRow, width: int) -> list[Piece]:
    if row.value is None:
        return [(" " * width, "")]
    value = number(row.value)
    tone = {True: "success", False: "warning", None: ""}[row.beats_baseline]
    room = width - len(value) - 1
    return [(fit(row.metric, room), "muted"), (f" {value}", tone)]


def _baseline(row: RunRow, width: int) -> list[Piece]:
    shown = "" if row.baseline is None else number(row.baseline)
    return [(fit(shown, width, right=True), "muted")]


def _loss(row: RunRow, width: int) -> list[Piece]:
    if row.loss is None:
        return [(" " * width, "")]
    shown = number(row.loss) if math.isfinite(row.loss) else "NaN"
    shown = shown if len(shown) <= 8 else f"{row.loss:.1e}"
    tone = "" if math.isfinite(row.loss) else "error"
    room = width - 8
    return [(sparkline(row.losses, room), "title"), (fit(shown, 8, right=True), tone)]


def _age(row: RunRow, width: int) -> list[Piece]:
    return [(fit(age(row.created), width, right=True), "muted")]


def _text(read: Callable[[RunRow], str]) -> Callable[[RunRow, int], list[Piece]]:
    return lambda row, width: [(fit(read(row), width), "")]


def _better(row: RunRow) -> float | None:
    """Returns the score so that greater is better."""
    if row.value is None:
        return None
    return -row.value if row.higher_is_better is False else row.value


COLUMNS = (
    Column("state", "State", 16, 0, _state, lambda row: (not row.live, -row.created), most=22),
    Column("name", "Run", 16, 0, _name, lambda row: row.title.casefold(), most=40),
    Column("model", "Model", 12, 5, _text(lambda row: row.model), lambda row: row.model),
    Column("dataset", "Dataset", 12, 6, _text(lambda row: row.dataset), lambda row: row.dataset),
    Column("task", "Task", 14, 7, _text(lambda row: row.task), lambda row: row.task),
    Column("recipe", "Recipe", 14, 8, _text(lambda row: row.recipe), lambda row: row.recipe),
    Column("score", "Score", 14, 1, _score, _better, descending=True, most=20),
    Column("baseline", "Baseline", 8, 4, _baseline, lambda row: row.baseline, descending=True),
    Column("loss", "Loss", 16, 2, _loss, lambda row: row.loss, most=26),
    Column("age", "Age", 6, 3, _age, lambda row: row.created, descending=True),
)
"""In the order in which they stand."""

GAP = 2


def layout(width: int) -> list[tuple[Column, int]]:
    """Returns the columns that fit into a width, with the cells that each one gets."""
    chosen: list[Column] = []
    for column in sorted(COLUMNS, key=lambda column: column.rank):
        needed = sum(other.width + GAP for other in chosen) + column.width
        if chosen and needed > width:
            break
        chosen.append(column)
    left = width - sum(column.width for column in chosen) - GAP * (len(chosen) - 1)
    widths: dict[str, int] = {}
    for column in sorted(chosen, key=lambda column: (column.key != "name", column.rank)):
        extra = max(0, min(left, column.most - column.width)) if column.most else 0
        widths[column.key] = column.width + extra
        left -= extra
    return [(column, widths[column.key]) for column in COLUMNS if column in chosen]


def sort_rows(rows: list[RunRow], key: str, descending: bool) -> list[RunRow]:
    """Returns rows by a column, those without a value last, and else the newest first."""
    column = next((column for column in COLUMNS if column.key == key), COLUMNS[0])
    newest = sorted(rows, key=lambda row: (-row.created, row.name))
    having = [row for row in newest if column.sort(row) not in (None, "")]
    lacking = [row for row in newest if column.sort(row) in (None, "")]
    return [*sorted(having, key=column.sort, reverse=descending), *lacking]
