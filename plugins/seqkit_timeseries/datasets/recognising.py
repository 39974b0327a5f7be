"""Tells whether a person's own table holds series of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Recognition
from seqkit.data import counted
from seqkit.data.adorned import bared
from seqkit.data.cells import holds_digits, holds_numbers, prose_score
from seqkit.data.columns import is_unnamed, names_ids, names_rows_alone
from seqkit.data.numbers import MISSING, NumbersError, parse_numbers, settle_decimal
from seqkit.data.own import LOOKED_AT, OBJECTS, TABLES, OwnData, Rows
from seqkit.data.roles import aside, ids_among, ids_by_content, is_a_row, joined_ids
from seqkit.data.times import (
    TimesError,
    looks_like_times,
    other_parts,
    resembles_times,
    time_column,
)
from seqkit.errors import DataError
from seqkit_timeseries._columns import is_step
from seqkit_timeseries._grid import grid_of
from seqkit_timeseries._tabled import Reading, times_of
from seqkit_timeseries.datasets.uses import Uses, uses_of
from seqkit_timeseries.datasets.wide_tables import recognise_wide

_ASKED, _SURE, _PERHAPS, _TEXT = 0.95, 0.9, 0.3, 0.7
_LEAST = 20
"""Numbers of a column without times that are plainly a series."""
_LOOKED_AT = 10_000
"""Rows of a long table that tell what its columns hold."""
_HOUR_OF_ROWS = 12
"""Rows of a clock's hour that may come twice in a year, of those every five minutes."""
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
    """

    time: str
    numbers: Sequence[str]
    ids: Sequence[str]
    empty: Sequence[str]
    late: Sequence[str]
    constant: Sequence[str]
    uses: Uses = field(default_factory=Uses)


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
    if told not in ("auto", "grid") or any(name in rows.columns for name in _given_targets(data)):
        return rows, {}, ""
    grid = grid_of(rows.columns, rows.table, rows.lines)
    if grid is None:
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
    time = "" if free and not asked else _time(data, rows)
    if not asked and not time and not _is_one_column(rows):
        return None
    ids = _ids(data, rows, time)
    moments = None
    if time:
        ids, moments = _check_times(data, rows, time, ids)
    chosen = _looked_at(rows, ids, moments)
    whole = {name: rows.whole(name) for name in rows.columns if name != time}
    whole |= _bared(data, whole, [name for name in whole if name not in ids])
    cells = {
        name: [str(cell or "") for cell in map(texts.__getitem__, chosen)]
        for name, texts in whole.items()
    }
    owners = _owners(cells, ids, len(chosen))
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
    return _Series(time, uses.targets, ids, empty, late, constant, uses)


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
    return [name for name in names if name not in _given_targets(data)]


def _looked_at(rows: Rows, ids: Sequence[str], moments: Any) -> list[int]:
    """Returns rows that tell what columns hold: from all over, and the last of each series."""
    count = len(rows)
    found = {*range(min(count, rows.count)), *range(0, count, max(1, count // _LOOKED_AT))}
    if moments is not None and count > _LOOKED_AT:
        owners = _owners({name: rows.whole(name) for name in ids}, ids, count)
        order = np.lexsort((moments.astype(np.int64), owners))
        lasts = order[np.flatnonzero(np.append(np.diff(owners[order]) != 0, True))]
        found |= set(lasts[:_LOOKED_AT].tolist())
    return sorted(found)


def _owners(
    cells: Mapping[str, Sequence[str]], ids: Sequence[str], count: int
) -> NDArray[np.int64]:
    """Returns the series of each row, as numbers."""
    if not ids:
        return np.zeros(count, dtype=np.int64)
    return np.unique(np.array(joined_ids(cells, ids)), return_inverse=True)[1].reshape(-1)


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


def _time(data: OwnData, rows: Rows) -> str:
    """Returns the column that a run would take for the times; empty for none.

    Raises:
        DataError: There is none, and one that seems to be it cannot be read.
    """
    if data.given.get("time"):
        return rows.known(str(data.given["time"]))
    cells = {name: rows.whole(name) for name in rows.columns}
    time = time_column(cells)
    seeming = [name for name in rows.columns if not time and resembles_times(cells[name])]
    others = [name for name in rows.columns if name not in seeming]
    if seeming and any(holds_numbers(rows.values[name]) for name in others):
        example = next(text for text in cells[seeming[0]] if text.strip())
        raise DataError(
            f"column {seeming[0]!r} of {rows.path} seems to hold times that are not read, such "
            f"as {example!r}. Write them as 2024-01-31, or set dataset.time={seeming[0]} and "
            "dataset.time_format"
        )
    return time


def _ids(data: OwnData, rows: Rows, time: str) -> tuple[str, ...]:
    """Returns the columns that tell series apart: those that are given, or look like it."""
    given = data.given.get("id", "auto")
    if given == "none":
        return ()
    if given != "auto":
        names = given.split(",") if isinstance(given, str) else given
        return tuple(rows.known(str(name).strip()) for name in names)
    named = [name for name in rows.columns if names_ids(name)]
    return ids_among({name: rows.whole(name) for name in named}, {time})


def _check_times(
    data: OwnData, rows: Rows, time: str, ids: tuple[str, ...]
) -> tuple[tuple[str, ...], Any]:
    """Returns the columns that tell series apart, by what they hold too, and the times.

    Raises:
        DataError: A run would refuse the times.
    """
    given = data.given
    cells = {name: rows.whole(name) for name in rows.columns}
    owners = _owners(cells, ids, len(rows))
    step = str(given.get("resample", ""))
    how = Reading(
        str(rows.path),
        time_format=str(given.get("time_format", "")),
        time_zone=str(given.get("time_zone", "")),
        # A step that is none is refused with the other settings.
        resample=step if is_step(step) else "",
    )
    try:
        times = times_of(rows.whole(time), how, owners, time).times
        if given.get("id", "auto") == "auto":
            others = {time, *_given_targets(data), *other_parts(cells, time)}
            ids = ids_by_content(cells, times, ids, others)
            if ids and how.time_zone:
                owners = _owners(cells, ids, len(rows))
                times = times_of(rows.whole(time), how, owners, time).times
    except TimesError as error:
        raise DataError(
            f"{rows.path}, line {rows.lines[error.row]}: "
            f"{error.reason.replace('time_zone is', 'dataset.time_zone is')}, in column {time!r}. "
            f"{error.hint.replace('time_format', 'dataset.time_format')}"
        ) from error
    same = len(times) - len(np.unique(times))
    if not same or ids or given.get("duplicates", "error") != "error" or how.resample:
        return ids, times
    parts = other_parts(cells, time)
    shown = f", which {' and '.join(map(repr, parts))} may part" if parts else ""
    hint = "Join them in a column, as 2024-01-31 13:45. Or set" if parts else "Set"
    apart = [name for name in rows.columns if name != time and _tells_apart(rows, name, times)]
    name = apart[0] if apart else "COLUMN"
    clock = ""
    if same <= _HOUR_OF_ROWS and not parts and not how.time_zone:
        clock = ". If clocks went back there, give dataset.time_zone=Europe/Berlin or the like"
    raise DataError(
        f"{rows.path} has {counted(same, 'row')} with the time of another one, in column "
        f"{time!r}{shown}. {hint} dataset.id={name} if that tells series apart, or "
        f"dataset.duplicates=first, last or mean{clock}"
    )


def _given_targets(data: OwnData) -> Sequence[str]:
    targets = data.given.get("targets", ())
    return targets.split(",") if isinstance(targets, str) else targets


def _tells_apart(rows: Rows, name: str, times: Any) -> bool:
    """Tells whether no two rows have the same time and the same cell in a column of few kinds."""
    cells = [text.strip() for text in rows.whole(name)]
    pairs = set(zip(times.tolist(), cells, strict=True))
    return len(pairs) == len(cells) and 2 * len(set(cells)) <= len(cells)


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
    left, _ = aside(first, owners[: rows.count], rows.columns, _given_targets(data))
    return {name: held for name, held in values.items() if name not in left}


def _what_to_do(data: OwnData, rows: Rows, task: str) -> Recognition | None:
    """Returns the next step for a table in which no series was found; None where it is none."""
    time = ""
    with suppress(DataError):
        time = _time(data, rows)
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
