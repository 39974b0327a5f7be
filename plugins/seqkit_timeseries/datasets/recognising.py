"""Tells whether a person's own table holds series of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Recognition
from seqkit.data.adorned import bared
from seqkit.data.cells import holds_digits, holds_numbers, prose_score
from seqkit.data.columns import is_unnamed, names_ids, names_rows_alone
from seqkit.data.numbers import MISSING, NumbersError, parse_numbers, settle_decimal
from seqkit.data.own import LOOKED_AT, OBJECTS, TABLES, OwnData, Rows
from seqkit.data.roles import aside, is_a_row
from seqkit.data.times import (
    looks_like_times,
    resembles_times,
    time_column,
)
from seqkit.errors import DataError
from seqkit_timeseries._grid import grid_of
from seqkit_timeseries.datasets.finding_times import (
    given_targets,
    ids_of,
    moments_of,
    owners_of,
    time_of,
)
from seqkit_timeseries.datasets.uses import Uses, uses_of
from seqkit_timeseries.datasets.wide_tables import recognise_wide

_ASKED, _SURE, _PERHAPS, _TEXT = 0.95, 0.9, 0.3, 0.7
_LEAST = 20
"""Numbers of a column without times that are plainly a series."""
_LOOKED_AT = 10_000
"""Rows of a long table that tell what its columns hold."""
_TRAINED_ON = 0.6
"""Part of the rows before validation and test."""
_SENTENCE = 20
"""Characters that a cell of a column of sentences has on average, at least."""


@dataclass(frozen=True)
class _Series:
    """The columns of a table of series.

    Attributes:
        time: That of the times; empty for none.
        numbers: Those to forecast.
        ids: Those that tell series apart.
        empty: Those that hold nothing.
        late: Those that hold nothing in the rows that a run trains on.
        constant: Those that are the same number throughout, beside others.
        uses: What the other columns are good for.
        clock: That of the clock, where the one of the times has days; empty for none.
    """

    time: str
    numbers: Sequence[str]
    ids: Sequence[str]
    empty: Sequence[str]
    late: Sequence[str]
    constant: Sequence[str]
    uses: Uses = field(default_factory=Uses)
    clock: str = ""


def recognise(data: OwnData, task: str) -> Recognition | None:
    """Looks for a table of a time and numbers, and no sentences.

    Raises:
        DataError: It seems to be one, and its times cannot be read.
    """
    if data.kind == ".txt" and not task:
        if data.holds_numbers_alone:
            return _recognition(data, {}, "it holds numbers alone", _PERHAPS, {})
        found = recognise(data, "forecasting") if data.tabs and _has_times(data) else None
        return replace(found, confidence=min(found.confidence, _TEXT)) if found else None
    if data.kind not in (*TABLES, *OBJECTS, ".txt"):
        return None
    if (wide := recognise_wide(data)) is not None:
        settings, said = wide
        return _recognition(data, settings, said, _SURE, {})
    asked = bool(task) or bool(data.given.keys() & {"time", "targets"})
    table, settings, said = _without_grid(data, data.table())
    series = _series(data, table, asked)
    if series is None:
        return _what_to_do(data, table, task)
    may_lack = "header" not in data.given and not data.names_its_columns
    if may_lack and is_a_row(table.columns, series.time):
        # What was taken for the names of columns is a row like the others.
        table = data.table(header=False)
        series = _series(data, table, asked)
        settings["header"] = False
    found = _found(data, series, settings, asked) if series is not None else None
    return replace(found, said=f"{said}; {found.said}") if found and said else found


def _without_grid(data: OwnData, rows: Rows) -> tuple[Rows, dict[str, Any], str]:
    """Makes rows of a value each of a table of months or hours in columns; tells how."""
    told = data.given.get("wide", "auto")
    if told not in ("auto", "grid") or any(name in rows.columns for name in given_targets(data)):
        return rows, {}, ""
    grid = grid_of(rows.columns, rows.table, rows.lines)
    if grid is None or not grid.holds_numbers(str(data.given.get("decimal", ""))):
        return rows, {}, ""
    first = grid.rows[:LOOKED_AT]
    values = {name: [row[place] for row in first] for place, name in enumerate(grid.columns)}
    found = replace(
        rows,
        columns=grid.columns,
        values=values,
        count=len(first),
        table=grid.rows,
        lines=grid.lines,
    )
    return found, {"wide": "grid"}, grid.said


def _has_times(data: OwnData) -> bool:
    """Tells whether a text with tabs is a table with times, and without sentences."""
    rows = data.table()
    return not _has_sentences(rows) and bool(time_column({n: rows.whole(n) for n in rows.columns}))


def _found(data: OwnData, series: _Series, settings: dict[str, Any], asked: bool) -> Recognition:
    if series.time:
        settings["time"] = series.time
    said = f"times are in column {series.time!r}, numbers" if series.time else "numbers are"
    if series.clock:
        settings["clock"] = series.clock
        said = f"times are in columns {series.time!r} and {series.clock!r}, joined; numbers are"
    said = f"{said} in {_shown(series.numbers)}"
    if series.ids:
        said += f"; series are told apart by {' and '.join(map(repr, series.ids))}"
        if any(not names_ids(name) for name in series.ids) and "id" not in data.given:
            settings["id"] = list(series.ids)
    task: dict[str, Any] = {}
    uses = series.uses
    left = (*series.empty, *series.late, *series.constant)
    if left or uses.known or uses.flags:
        settings["targets"] = list(series.numbers)
    if left and not uses.flags:
        task["past_covariates"] = "none"
    if series.empty:
        said += f"; {', '.join(map(repr, series.empty))} is empty and left out"
    if series.late:
        said += f"; {', '.join(map(repr, series.late))} begins too late and is left out"
    if series.constant:
        names = ", ".join(map(repr, series.constant))
        said += f"; {names} is the same number throughout and left out"
    if uses.known:
        task["future_covariates"] = list(uses.known)
    if uses.missing:
        settings["missing"] = list(uses.missing)
    said += uses.said()
    return _recognition(data, settings, said, _ASKED if asked else _SURE, task)


def _shown(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:5])) + (", ..." if names[5:] else "")


def _series(data: OwnData, rows: Rows, asked: bool) -> _Series | None:
    """Returns the columns of a table of series; None where it is none."""
    free = _has_sentences(rows)
    time = "" if free and not asked else time_of(data, rows)
    if not asked and not time and not _is_one_column(rows):
        return None
    ids = ids_of(data, rows, time)
    moments, clock = None, ""
    if time:
        when = moments_of(data, rows, time, ids)
        ids, moments, clock = when.ids, when.times, when.clock
    chosen = _looked_at(rows, ids, moments)
    whole = {name: rows.whole(name) for name in rows.columns if name not in (time, clock)}
    whole |= _bared(data, whole, [name for name in whole if name not in ids])
    cells = {
        name: [str(cell or "") for cell in map(texts.__getitem__, chosen)]
        for name, texts in whole.items()
    }
    owners = owners_of(cells, ids, len(chosen))
    measured = _measurements(data, rows, cells, ids, owners)
    if not measured:
        return None
    for name, held in measured.items():
        if len(infinite := np.flatnonzero(np.isinf(held))):
            row = chosen[infinite[0]]
            raise DataError(
                f"{rows.path}, line {rows.lines[row]}: {rows.whole(name)[row]!r} in column "
                f"{name!r} is no finite number. Leave the cell empty, or give a number"
            )
    empty = [name for name, texts in cells.items() if _is_empty(texts)]
    late = _late(cells, list(measured), None if moments is None else moments[chosen])
    if len(late) < len(measured):
        measured = {name: held for name, held in measured.items() if name not in late}
    else:
        late = []
    constant = [
        name for name, held in measured.items() if len(np.unique(held[~np.isnan(held)])) == 1
    ]
    constant = [] if len(constant) == len(measured) else _not_given(constant, data)
    measured = {name: held for name, held in measured.items() if name not in constant}
    left = (*ids, *empty, *late, *constant)
    others = {name: cells[name] for name in cells if name not in left}
    uses = uses_of(
        others, measured, None if moments is None else moments[chosen], owners, data.given
    )
    return _Series(time, uses.targets, ids, empty, late, constant, uses, clock)


def _bared(
    data: OwnData, cells: Mapping[str, Sequence[str]], names: Sequence[str]
) -> dict[str, list[str]]:
    """Returns the columns of numbers that all carry one sign, without it, as a run reads them."""
    decimal = str(data.given.get("decimal", ""))
    usual = decimal or settle_decimal(cells[name] for name in names if holds_numbers(cells[name]))
    return {name: [*bare] for name, bare in bared(cells, names, decimal, usual).cells.items()}


def _late(cells: Mapping[str, Sequence[str]], names: Sequence[str], moments: Any) -> list[str]:
    """Returns the columns that hold nothing before the rows that are held out by default."""
    count = len(cells[names[0]])
    order = np.arange(count) if moments is None else np.argsort(moments, kind="stable")
    first = order[: int(_TRAINED_ON * count)].tolist()
    return [name for name in names if _is_empty(map(cells[name].__getitem__, first))]


def _is_empty(texts: Iterable[str]) -> bool:
    return MISSING.issuperset(text.strip().lower() for text in texts)


def _not_given(names: Sequence[str], data: OwnData) -> list[str]:
    """Returns the columns that no setting of the person names as targets."""
    return [name for name in names if name not in given_targets(data)]


def _looked_at(rows: Rows, ids: Sequence[str], moments: Any) -> list[int]:
    """Returns rows that tell what columns hold: from all over, and the last of each series."""
    count = len(rows)
    found = {*range(min(count, rows.count)), *range(0, count, max(1, count // _LOOKED_AT))}
    if moments is not None and count > _LOOKED_AT:
        owners = owners_of({name: rows.whole(name) for name in ids}, ids, count)
        order = np.lexsort((moments.astype(np.int64), owners))
        lasts = order[np.flatnonzero(np.append(np.diff(owners[order]) != 0, True))]
        found |= set(lasts[:_LOOKED_AT].tolist())
    return sorted(found)


def _is_one_column(rows: Rows) -> bool:
    """Tells whether a table is a single column of numbers, or one beside the numbers of rows."""
    counting = [
        name
        for name in rows.columns
        if (names_rows_alone(name) or is_unnamed(name)) and holds_numbers(rows.values[name])
    ]
    others = [name for name in rows.columns if name not in counting] or list(rows.columns)
    return len(others) == 1 and rows.count >= _LEAST and holds_numbers(rows.values[others[0]])


def _has_sentences(rows: Rows) -> bool:
    """Tells whether a column holds sentences, and not times or a few kinds of things."""
    return any(
        prose_score(rows.values[name]) > _SENTENCE
        and not looks_like_times(rows.whole(name))
        and not resembles_times(rows.whole(name))
        for name in rows.columns
    )


def _measurements(
    data: OwnData,
    rows: Rows,
    cells: Mapping[str, Sequence[str]],
    ids: Sequence[str],
    owners: NDArray[np.int64],
) -> dict[str, NDArray[np.float64]]:
    """Returns the columns of numbers that a run would read without being told so."""
    numbers = [name for name in cells if name not in ids and holds_numbers(cells[name])]
    decimal = str(data.given.get("decimal", ""))
    usual = decimal or settle_decimal(cells[name] for name in numbers)
    values = {}
    for name in numbers:
        # What a run asks about, or refuses by its line, is a measurement all the same.
        values[name] = np.full(len(owners), np.nan)
        with suppress(NumbersError):
            values[name] = parse_numbers(cells[name], decimal, usual)
    # What counts the rows is told by rows that follow each other.
    first = {name: held[: rows.count] for name, held in values.items()}
    left, _ = aside(first, owners[: rows.count], rows.columns, given_targets(data))
    return {name: held for name, held in values.items() if name not in left}


def _what_to_do(data: OwnData, rows: Rows, task: str) -> Recognition | None:
    """Returns the next step for a table in which no series was found; None where it is none."""
    time = ""
    with suppress(DataError):
        time = time_of(data, rows)
    if not task and _has_sentences(rows):
        beside = any(holds_numbers(rows.whole(name)) for name in rows.columns if name != time)
        said = "for a series of its numbers, beside the sentences, give --task forecasting"
        return _hint(said) if time and beside else None
    for name in rows.columns if time or task else ():
        try:
            parse_numbers(rows.whole(name))
        except NumbersError as error:
            if error.adorned or (name != time and holds_digits(rows.values[name])):
                return _hint(f"column {name!r} holds {error.reason.split(' is ')[0]}. {error.hint}")
    texts = any(prose_score(cells) > 0 for cells in rows.values.values())
    numbers = any(holds_numbers(cells) for cells in rows.values.values())
    if not task and not time and not texts and numbers:
        return _hint("for a series of numbers without times, give --task forecasting")
    if time and not any(holds_numbers(rows.whole(name)) for name in rows.columns if name != time):
        return _hint(f"beside the times in {time!r} no column holds numbers")
    return None


def _hint(said: str) -> Recognition:
    return Recognition({}, said.rstrip("."), 0, "forecasting")


def _recognition(
    data: OwnData, settings: dict[str, Any], said: str, confidence: float, task: dict[str, Any]
) -> Recognition:
    title = f"Forecasts of the numbers in {data.path.name}."
    return Recognition(
        settings={"path": data.as_setting} | settings,
        said=said,
        confidence=confidence,
        task="forecasting",
        # What a recipe says of its own columns and seasons is not for these.
        overrides={"task": task, "description": title},
    )
