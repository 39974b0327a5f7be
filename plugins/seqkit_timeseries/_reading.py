"""What a user hands to `predict`, as records: a table, numbers, or nothing for what was kept."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Record, ignore
from seqkit.data import listed
from seqkit.data.columns import header_of
from seqkit.data.numbers import NumbersError, parse_numbers
from seqkit.data.times import TimesError
from seqkit.errors import DataError
from seqkit_timeseries._arranging import arranged
from seqkit_timeseries._frequency import infer_frequency
from seqkit_timeseries._grid import grid_of
from seqkit_timeseries._kinds import all_coded
from seqkit_timeseries._layout import ids_of, rows_with_targets
from seqkit_timeseries._table import read_series
from seqkit_timeseries._tabled import Reading, shown_times, times_of
from seqkit_timeseries._wide import read_wide

if TYPE_CHECKING:
    from seqkit_timeseries._fitted import Fitted

_NUMBER = int | float | np.integer | np.floating
_FORMS = (
    "Give the rows of a table, numbers parted by spaces, or JSON as "
    '{"time": [...], "values": {"column": [...]}}'
)


def parse(fitted: Fitted, inputs: Sequence[str | Record]) -> list[Record]:
    """Returns records without a `start`, which tell the past of each series and what is ahead.

    Args:
        fitted: Knows the columns, and the last rows of the data.
        inputs: Rows of a table, as mappings of texts or as the lines of a CSV file; records; texts
            of numbers or of JSON; or nothing, for the rows that the run kept.

    Raises:
        DataError: An input is none of these, or lacks a column; names its place.
    """
    if not inputs:
        return _kept(fitted)
    plain = [_plain(item) for item in inputs]
    if all(isinstance(item, _NUMBER) for item in plain):
        return _of_values(fitted, [plain])
    if all(isinstance(item, list) for item in plain):
        return _of_values(fitted, plain)
    if all(isinstance(item, str) for item in inputs):
        texts = [str(item).strip() for item in inputs]
        if texts[0][:1] in "{[":
            given = [value for place, text in enumerate(texts, 1) for value in _json(text, place)]
            return _of_values(fitted, given)
        decimal = fitted.names.get("decimal", "")
        if _is_numbers(_parted(texts[0], decimal), decimal):
            return _of_values(fitted, _numbers([_parted(text, decimal) for text in texts]))
        return _of_table(fitted, *_csv(texts))
    for place, item in enumerate(inputs, start=1):
        if not isinstance(item, Mapping):
            raise DataError(
                "some inputs are texts and others are not, such as "
                f"{type(item).__name__} {repr(item)[:40]} at place {place}. {_FORMS}"
            )
    records: list[Record] = [item for item in inputs if isinstance(item, Mapping)]
    if isinstance(records[0].get("values"), Mapping):
        return _of_values(fitted, records)
    columns = list(dict.fromkeys(name for row in records for name in row))
    cells = [[_cell(row.get(name)) for name in columns] for row in records]
    cells_of = {str(name).strip(): [row.get(name) for row in records] for name in columns}
    ready = {
        name: np.array([np.nan if cell is None else cell for cell in cells_of[name]], np.float64)
        for name in fitted.layout.sources
        if name in cells_of
        and name not in fitted.layout.kinds
        and all(isinstance(cell, _NUMBER | None) for cell in cells_of[name])
    }
    return _of_table(fitted, list(map(str, columns)), cells, ready)


def kept_records(fitted: Fitted) -> list[Record]:
    """Returns what was kept, with what is usual of flags ahead, to forecast from or to look at."""
    told = fitted.layout.beforehand
    if not told or any("ahead" in record for record in fitted.tail):
        return list(fitted.tail)
    if all(_are_flags(fitted, name) for name in told):
        return [_with_usual_flags(record, told, fitted.horizon) for record in fitted.tail]
    return list(fitted.tail)


def _kept(fitted: Fitted) -> list[Record]:
    if not fitted.tail:
        raise DataError(
            "the run kept no rows to forecast from (task.keep_series). Give the last rows of a "
            "series"
        )
    told = fitted.layout.beforehand
    if told and not any("ahead" in record for record in kept_records(fitted)):
        raise DataError(
            f"what comes after the data is not known of {listed(told)}. Give the "
            f"last {fitted.context} rows, and {fitted.horizon} more with the targets empty"
        )
    return kept_records(fitted)


def _are_flags(fitted: Fitted, name: str) -> bool:
    """Tells whether a column is 0 or 1 in all rows that the run kept."""
    if name not in fitted.layout.columns:
        return False
    return all(np.isin(record["values"][name], (0.0, 1.0)).all() for record in fitted.tail)


def _with_usual_flags(record: Record, names: Sequence[str], horizon: int) -> Record:
    """Takes flags ahead for what they mostly were, which `assumed` tells."""
    usual = {name: float(np.mean(record["values"][name]) > 0.5) for name in names}
    ahead = {name: np.full(horizon, value) for name, value in usual.items()}
    return {**record, "ahead": ahead, "assumed": tuple(names)}


def _of_table(
    fitted: Fitted,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    ready: Mapping[str, NDArray[np.float64]] = MappingProxyType({}),
) -> list[Record]:
    """Reads rows of texts; the columns in `ready` are numbers already."""
    columns = header_of("the input", columns, option=True)
    rows = [list(row) for row in rows]
    lines: Sequence[int] = range(1, len(rows) + 1)
    if fitted.names.get("wide") == "grid":
        # Rows of a time and a value are as good.
        if (grid := grid_of(columns, rows, lines)) is not None:
            columns, rows, lines = grid.columns, [*grid.rows], grid.lines
    elif fitted.names.get("wide"):
        return _of_wide(fitted, columns, rows)
    wanted = fitted.layout.sources
    for number, row in enumerate(rows, start=1):
        if len(row) != len(columns):
            raise DataError(
                f"row {number} of the inputs has {len(row)} fields, and there are {len(columns)} "
                "columns."
            )
    for name in wanted:
        if name not in columns:
            raise DataError(
                f"the inputs have no column {name!r}, which the run reads; they have "
                f"{listed(columns)}. Name the columns as in training: {listed(wanted)}"
            )
    if not rows:
        raise DataError(f"the inputs have a header and no rows. {_FORMS}")
    time, clock = fitted.names.get("time", ""), fitted.names.get("time_of_day", "")
    cells = [dict(zip(columns, row, strict=True)) for row in rows]
    how = Reading(
        "the input",
        time=time if time in columns else "",
        clock=clock if clock in columns else "",
        identity=_ids(fitted, columns),
        needed=wanted,
        ready=ready,
        kinds=tuple(fitted.layout.kinds),
        usual=_usual(fitted, cells),
        others=False,
        key="",
        counted="row",
        **_said(fitted),
    )
    tabled = read_series(columns, rows, lines, how, ignore)
    return [
        _record(
            fitted, one.name, one.time, {name: one.values[name] for name in wanted}, tabled.kinds
        )
        for one in tabled.series
    ]


def _said(fitted: Fitted) -> dict[str, Any]:
    """Returns what was said of how to read the run's table."""
    names = fitted.names
    return {
        "duplicates": names.get("duplicates", "error"),
        "resample": names.get("resample", ""),
        "aggregate": names.get("aggregate", "mean"),
        "missing": tuple(json.loads(names.get("missing", "[]"))),
    }


def _of_wide(fitted: Fitted, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Record]:
    """Reads a table of one series a row, or a column, as that of the run."""
    ids = ids_of(fitted.names)
    how = Reading(
        "the input",
        time=fitted.names.get("time", ""),
        identity=ids if ids and set(ids) <= {*columns} else (),
        needed=fitted.layout.sources,
        kinds=tuple(fitted.layout.kinds),
        usual=fitted.names,
        key="",
        counted="row",
        **_said(fitted),
    )
    tabled = read_wide(columns, rows, range(1, len(rows) + 1), how, fitted.names["wide"], ignore)
    return [_record(fitted, one.name, one.time, one.values, tabled.kinds) for one in tabled.series]


def _usual(fitted: Fitted, rows: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    """Returns how the run's table was read, as far as it helps where this one leaves it open."""
    commas = any("," in row[name] for row in rows for name in fitted.layout.sources)
    if fitted.names.get("decimal") == "" and not commas:
        return {**fitted.names, "decimal": "."}
    return fitted.names


def _ids(fitted: Fitted, columns: Sequence[str]) -> tuple[str, ...] | None:
    """Returns the run's columns of ids; empty to guess them where the table has none of these."""
    if fitted.names.get("ids") == "none":
        return None
    named = fitted.names.get("series", "")
    ids = (named,) if named in columns else ids_of(fitted.names)
    there = [name for name in ids if name in columns]
    if there and len(there) < len(ids):
        lacking = next(name for name in ids if name not in there)
        raise DataError(
            f"the inputs have no column {lacking!r}, which tells series apart together with "
            f"{listed(there)}; they have {listed(columns)}. Give it too"
        )
    return ids if there else ()


def _of_values(fitted: Fitted, given: Sequence[Any]) -> list[Record]:
    """Makes records of values that are given by column, or of plain numbers for the only column."""
    return [_from_values(fitted, item, place) for place, item in enumerate(given, start=1)]


def _from_values(fitted: Fitted, given: Any, place: int) -> Record:
    columns, kinds = fitted.layout.sources, {}
    if isinstance(given, Sequence):
        if len(columns) != 1:
            raise DataError(
                f"input {place} is numbers of one column, and the run reads {listed(columns)}. "
                f"{_FORMS}"
            )
        given = {"values": {columns[0]: given}}
    if not isinstance(given, Mapping) or not isinstance(given.get("values"), Mapping):
        raise DataError(f"input {place} has no values by column. {_FORMS}")
    values: dict[str, NDArray[np.float64]] = {}
    for name in columns:
        if name not in given["values"]:
            raise DataError(
                f"input {place} has no column {name!r}; it has {listed(list(given['values']))}. "
                f"The run reads {listed(columns)}"
            )
        if name in fitted.layout.kinds:
            values[name], kinds[name] = all_coded([_cell(v) for v in _plain(given["values"][name])])
            continue
        values[name] = _floats(given["values"][name], name, place, fitted.names.get("decimal", ""))
    rows = {len(column) for column in values.values()}
    if len(rows) > 1:
        raise DataError(
            f"input {place} has columns of different lengths. Give as many rows of each"
        )
    name = str(given.get("series", ""))
    if given.get("time") is None:
        return _record(fitted, name, np.arange(rows.pop()), values, kinds)
    how = Reading(f"input {place}", usual=fitted.names, key="", counted="row", **_said(fitted))
    times = _given_times(given["time"], rows.pop(), how)
    one = arranged(name, times, values, how, kinds)
    return _record(fitted, name, one.time, one.values, kinds)


def _given_times(given: Any, rows: int, how: Reading) -> NDArray[Any]:
    """Reads the times of a record, which may be texts, numbers or dates."""
    times = np.asarray(given)
    if times.ndim != 1:
        raise DataError(
            f"{how.source} has {repr(given)[:40]} for its times. Give a list, one a row"
        )
    if len(times) != rows:
        raise DataError(f"{how.source} has {len(times)} times for {rows} rows. Give as many")
    if times.dtype.kind == "M" and not np.isnat(times).any():
        if np.datetime_data(times.dtype)[0] not in ("us", "ns"):
            times = times.astype(f"datetime64[{'us' if _has_parts(times) else 's'}]")
        return shown_times(times, how)
    try:
        return times_of([_cell(time) for time in times.tolist()], how).times
    except TimesError as error:
        hint = how.advice(error.hint, "time_format", "Write times as 2024-01-31")
        raise DataError(f"{how.at(error.row + 1)}: {error.reason}. {hint}") from error


def _has_parts(times: NDArray[Any]) -> bool:
    return bool((times != times.astype("datetime64[s]")).any())


def _record(
    fitted: Fitted,
    name: str,
    times: NDArray[Any],
    values: Mapping[str, NDArray[np.float64]],
    kinds: Mapping[str, Sequence[str]],
) -> Record:
    """Parts the past, up to the last row in which a target is known, from what is ahead."""
    targets = fitted.layout.targets
    rows = rows_with_targets({"time": times, "values": values}, targets)
    if not rows:
        which = f"series {name!r}" if name else "the inputs"
        raise DataError(f"{which} hold no value of {listed(targets)}.")
    _check_step(fitted, times[:rows])
    return {
        "series": _known_series(fitted, name),
        "time": times[:rows],
        "values": {column: numbers[:rows] for column, numbers in values.items()},
        "ahead": {column: values[column][rows:] for column in fitted.layout.beforehand},
        "kinds": dict(kinds),
    }


def _known_series(fitted: Fitted, name: str) -> str:
    """Returns the run's name of a series: programs make 7.0 of an id 7, where a cell is empty."""
    if name not in fitted.scalers:
        whole = re.sub(r"\.0+$", "", name)
        for other in (whole, f"{name}.0"):
            if whole.isdecimal() and other in fitted.scalers:
                return other
    return name


def _check_step(fitted: Fitted, times: NDArray[Any]) -> None:
    dated = times.dtype.kind == "M"
    if fitted.layout.calendar and not dated:
        raise DataError(
            f"the inputs have no times, which the run reads ({listed(fitted.layout.calendar)}). "
            f"Give a column {fitted.names.get('time', 'time')!r}"
        )
    usual = fitted.frequency
    if len(times) < 2 or dated != usual.dated:
        return
    own = infer_frequency(times)
    # Rows without positions of their own are counted.
    if own.step != ("rows", 1) and not usual.length / 2 < own.length < usual.length * 2:
        raise DataError(
            f"the rows of the inputs are {own}, and those the run learnt from are {usual}. "
            "Give rows of the same step"
        )


def _json(text: str, place: int) -> list[Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise DataError(f"input {place} is not valid JSON: {error}. {_FORMS}") from error
    records = isinstance(value, list) and value and isinstance(value[0], Mapping)
    return value if records else [value]


def _csv(texts: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Returns the header and the rows of a table whose lines were typed."""
    try:
        rows = [row for row in csv.reader(io.StringIO("\n".join(texts)), strict=True) if row]
    except csv.Error as error:
        raise DataError(f"the inputs are no table: {error}. {_FORMS}") from error
    if not rows:
        raise DataError(f"the inputs are empty. {_FORMS}")
    return rows[0], rows[1:]


def _parted(text: str, decimal: str) -> list[str]:
    """Returns the numbers of a text; a comma parts them, unless the run's decimals have one."""
    if decimal != ",":
        return text.replace(",", " ").split()
    return [part.rstrip(",") for part in text.replace(";", " ").split()]


def _is_numbers(parts: Sequence[str], decimal: str) -> bool:
    try:
        return bool(parts) and not np.isnan(parse_numbers(parts, usual=decimal or ".")).all()
    except NumbersError:
        return False


def _numbers(parts: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Returns the numbers of each text; of texts with one number each, a single series."""
    if len(parts) > 1 and all(len(part) == 1 for part in parts):
        return [[part[0] for part in parts]]
    return list(parts)


def _floats(values: Any, name: str, place: int, decimal: str) -> NDArray[np.float64]:
    values = _plain(values)
    if not isinstance(values, list):
        raise DataError(
            f"input {place} has {repr(values)[:40]} for column {name!r}, and needs a list"
        )
    if all(isinstance(value, _NUMBER | None) for value in values):
        return np.array([np.nan if value is None else value for value in values], np.float64)
    try:
        return parse_numbers([_cell(value) for value in values], usual=decimal or ".")
    except NumbersError as error:
        raise DataError(
            f"input {place}, row {error.row + 1}: {error.reason}, in column {name!r}. {error.hint}"
        ) from error


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _plain(item: Any) -> Any:
    """Returns arrays, and what else is a sequence of values, as a list; a number as it is."""
    if isinstance(item, np.ndarray | np.generic):
        return item.tolist()
    return list(item) if isinstance(item, tuple | list) else item
