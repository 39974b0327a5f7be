"""Tells whether a person's own table is wide: one series a row, or a column."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from seqkit.data import counted
from seqkit.data.cells import holds_numbers
from seqkit.data.numbers import is_number
from seqkit.data.own import OBJECTS, TABLES, OwnData, Rows
from seqkit.data.times import time_column
from seqkit.errors import DataError
from seqkit_timeseries._grid import grid_of
from seqkit_timeseries._wide import has_many_ends, is_wide, values_in

_LONGEST = 30_000
"""Rows up to which it is looked at where the columns of a table begin and end."""


def recognise_wide(data: OwnData) -> tuple[dict[str, Any], str] | None:
    """Looks for a table of one series a row, or of one a column where these differ in length.

    Returns:
        The settings, and what was found; None where it is none.

    Raises:
        DataError: It cannot be read.
    """
    asked = data.given.get("wide", "auto")
    rows: Rows | None = None
    fixed = "header" in data.given or data.names_its_columns
    if (
        asked == "none"
        or data.given.keys() & {"time", "targets"}
        or data.kind not in (*TABLES, *OBJECTS)
    ):
        return None
    for reading in ({}, {"header": False}):
        if reading and (fixed or not _may_lack_names(rows)):
            break
        rows = _read(data, reading)
        if rows is None:
            continue
        if asked in ("auto", "grid") and _is_grid(rows, data):
            return None
        if asked in ("auto", "rows") and is_wide(rows.columns, rows.table):
            settings: dict[str, Any] = {"wide": "rows"}
            if "header" in reading:
                settings["header"] = False
            said = f"each row is a series, of up to {counted(values_in(rows.columns), 'value')}"
            return settings, said
        if reading:
            continue
        columns = _series_by_columns(rows)
        if columns and (asked == "columns" or _differ_in_length(rows, columns)):
            said = f"each column is a series, such as {columns[0]!r}; there are {len(columns)}"
            return {"wide": "columns"}, said
    return None


def _read(data: OwnData, reading: dict[str, Any]) -> Rows | None:
    """Returns the rows, read in a way; None where that does not go."""
    with suppress(DataError):
        return data.table(**reading)
    return None


def _is_grid(rows: Rows, data: OwnData) -> bool:
    grid = grid_of(rows.columns, rows.table, rows.lines)
    return grid is not None and grid.holds_numbers(str(data.given.get("decimal", "")))


def _may_lack_names(rows: Rows | None) -> bool:
    """Tells whether a table could not be read with its first row for names, or hardly so."""
    return rows is None or sum(map(is_number, rows.columns)) * 2 > len(rows.columns)


def _series_by_columns(rows: Rows) -> list[str]:
    """Returns the columns of a table whose others are the times alone, or nothing."""
    numbers = [name for name in rows.columns if holds_numbers(rows.values[name])]
    if len(rows.columns) - len(numbers) > 1 or len(rows) > _LONGEST or len(numbers) < 3:
        return []
    time = time_column({name: rows.whole(name) for name in rows.columns})
    if any(name not in (*numbers, time) for name in rows.columns):
        return []
    return [name for name in numbers if name != time]


def _differ_in_length(rows: Rows, columns: list[str]) -> bool:
    return has_many_ends({name: rows.whole(name) for name in columns})
