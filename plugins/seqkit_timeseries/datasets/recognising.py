"""Tells whether a person's own table holds series of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqkit.api import Recognition
from seqkit.data import counted
from seqkit.data.cells import holds_digits, holds_numbers, is_given, prose_score
from seqkit.data.columns import names_ids
from seqkit.data.numbers import (
    NumbersError,
    parse_numbers,
    settle_decimal,
)
from seqkit.data.own import OBJECTS, TABLES, OwnData, Rows
from seqkit.data.roles import aside, ids_among, is_a_row, joined_ids
from seqkit.data.times import (
    TimesError,
    looks_like_times,
    other_parts,
    read_times,
    resembles_times,
    time_column,
)
from seqkit.errors import DataError

_ASKED, _SURE, _PERHAPS = 0.95, 0.9, 0.3
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
    """

    time: str
    numbers: Sequence[str]
    ids: Sequence[str]
    empty: Sequence[str]


def recognise(data: OwnData, task: str) -> Recognition | None:
    """Looks for a table of a time and numbers, and no sentences.

    Raises:
        DataError: It seems to be one, and its times cannot be read.
    """
    if data.kind == ".txt" and not task:
        said = "it holds numbers alone"
        return _recognition(data, {}, said, _PERHAPS, {}) if data.holds_numbers_alone else None
    if data.kind not in (*TABLES, *OBJECTS, ".txt"):
        return None
    asked = bool(task) or bool(data.given.keys() & {"time", "targets"})
    rows = data.table()
    series = _series(data, rows, asked)
    if series is None:
        return _what_to_do(data, rows, task)
    settings: dict[str, Any] = {}
    may_lack = "header" not in data.given and not data.names_its_columns
    if may_lack and is_a_row(rows.columns, series.time):
        # What was taken for the names of columns is a row like the others.
        rows = data.table(header=False)
        series = _series(data, rows, asked)
        settings["header"] = False
    return _found(data, rows, series, settings, asked) if series is not None else None


def _found(
    data: OwnData, rows: Rows, series: _Series, settings: dict[str, Any], asked: bool
) -> Recognition:
    if series.time:
        settings["time"] = series.time
    said = f"times are in column {series.time!r}, numbers" if series.time else "numbers are"
    shown = ", ".join(map(repr, series.numbers[:5])) + (", ..." if series.numbers[5:] else "")
    said = f"{said} in {shown}"
    if series.ids:
        said += f"; series are told apart by {' and '.join(map(repr, series.ids))}"
    task: dict[str, Any] = {}
    if series.empty:
        settings["targets"] = list(series.numbers)
        task["past_covariates"] = "none"
        said += f"; {', '.join(map(repr, series.empty))} is empty and left out"
    return _recognition(data, settings, said, _ASKED if asked else _SURE, task)


def _series(data: OwnData, rows: Rows, asked: bool) -> _Series | None:
    """Returns the columns of a table of series; None where it is none."""
    free = _has_sentences(rows)
    time = "" if free and not asked else _time(data, rows)
    if not asked and not time:
        return None
    ids = _ids(data, rows, time)
    numbers = _measurements(data, rows, time, ids)
    if not numbers:
        return None
    if time:
        _check_times(data, rows, time, ids)
    empty = [name for name in rows.columns if not any(map(is_given, rows.values[name]))]
    return _Series(time, numbers, ids, empty)


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


def _check_times(data: OwnData, rows: Rows, time: str, ids: Sequence[str]) -> None:
    """Raises DataError where a run would refuse the times."""
    try:
        times = read_times(rows.whole(time), str(data.given.get("time_format", ""))).times
    except TimesError as error:
        raise DataError(
            f"{rows.path}, line {rows.lines[error.row]}: {error.reason}, in column {time!r}. "
            f"{error.hint.replace('time_format', 'dataset.time_format')}"
        ) from error
    same = len(times) - len(np.unique(times))
    if not same or ids or data.given.get("duplicates", "error") != "error":
        return
    parts = other_parts({name: rows.whole(name) for name in rows.columns}, time)
    shown = f", which {' and '.join(map(repr, parts))} may part" if parts else ""
    hint = "Join them in a column, as 2024-01-31 13:45. Or set" if parts else "Set"
    apart = [name for name in rows.columns if name != time and _tells_apart(rows, name, times)]
    name = apart[0] if apart else "COLUMN"
    raise DataError(
        f"{rows.path} has {counted(same, 'row')} with the time of another one, in column "
        f"{time!r}{shown}. {hint} dataset.id={name} if that tells series apart, or "
        "dataset.duplicates=first, last or mean"
    )


def _tells_apart(rows: Rows, name: str, times: Any) -> bool:
    """Tells whether no two rows have the same time and the same cell in a column of few kinds."""
    cells = [text.strip() for text in rows.whole(name)]
    pairs = set(zip(times.tolist(), cells, strict=True))
    return len(pairs) == len(cells) and 2 * len(set(cells)) <= len(cells)


def _measurements(data: OwnData, rows: Rows, time: str, ids: Sequence[str]) -> list[str]:
    """Returns the columns that a run would forecast."""
    cells = {name: [str(value or "") for value in rows.values[name]] for name in rows.columns}
    others = [name for name in rows.columns if name not in (time, *ids)]
    numbers = [name for name in others if holds_numbers(cells[name])]
    decimal = str(data.given.get("decimal", ""))
    usual = decimal or settle_decimal(cells[name] for name in numbers)
    values = {}
    for name in numbers:
        # What a run asks about, or refuses by its line, is a measurement all the same.
        values[name] = np.full(rows.count, np.nan)
        with suppress(NumbersError):
            values[name] = parse_numbers(cells[name], decimal, usual)
    owners = np.zeros(rows.count, dtype=np.int64)
    if ids:
        owners = np.unique(np.array(joined_ids(cells, ids)), return_inverse=True)[1]
    left, _ = aside(values, owners, rows.columns, ())
    return [name for name in numbers if name not in left]


def _what_to_do(data: OwnData, rows: Rows, task: str) -> Recognition | None:
    """Returns the next step for a table in which no series was found; None where it is none."""
    if not task and _has_sentences(rows):
        return None
    time = ""
    with suppress(DataError):
        time = _time(data, rows)
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
