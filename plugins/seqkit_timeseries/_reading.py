"""What a user hands to `predict`, as records: a table, numbers, or nothing for what was kept."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Record, unheard
from seqkit.data import listed
from seqkit.errors import DataError
from seqkit_timeseries._frequency import infer_frequency
from seqkit_timeseries._numbers import NumbersError, parse_numbers
from seqkit_timeseries._table import Reading, read_series
from seqkit_timeseries._times import TimesError, parse_times

if TYPE_CHECKING:
    from seqkit_timeseries._encoder import ForecastingEncoder

_FORMS = (
    "Give the rows of a table, numbers parted by spaces, or JSON as "
    '{"time": [...], "values": {"column": [...]}}'
)


def parse(encoder: ForecastingEncoder, inputs: Sequence[str | Record]) -> list[Record]:
    """Returns records without a `start`, which tell the past of each series and what is ahead.

    Args:
        encoder: Knows the columns, and the last rows of the data.
        inputs: Rows of a table, as mappings of texts or as the lines of a CSV file; records; texts
            of numbers or of JSON; or nothing, for the rows that the run kept.

    Raises:
        DataError: An input is none of these, or lacks a column; names its place.
    """
    if not inputs:
        return _kept(encoder)
    if all(isinstance(item, str) for item in inputs):
        texts = [str(item).strip() for item in inputs]
        if texts[0][:1] in "{[":
            given = [value for place, text in enumerate(texts, 1) for value in _json(text, place)]
            return _of_values(encoder, given)
        if _is_numbers(texts[0]):
            return _of_values(encoder, _numbers(texts))
        rows = list(csv.reader(io.StringIO("\n".join(texts))))
        return _of_table(encoder, rows[0], rows[1:])
    if any(isinstance(item, str) for item in inputs):
        raise DataError(f"some inputs are texts and others are not. {_FORMS}")
    records = [item for item in inputs if isinstance(item, Mapping)]
    if isinstance(records[0].get("values"), Mapping):
        return _of_values(encoder, records)
    columns = list(records[0])
    cells = [[_cell(row.get(name)) for name in columns] for row in records]
    return _of_table(encoder, columns, cells)


def _kept(encoder: ForecastingEncoder) -> list[Record]:
    if not encoder.tail:
        raise DataError(
            "the run kept no rows to forecast from (task.keep_series). Give the last rows of a "
            "series"
        )
    if encoder.layout.future:
        raise DataError(
            f"what comes after the data is not known of {listed(encoder.layout.future)}. Give the "
            f"last {encoder.context} rows, and {encoder.horizon} more with the targets empty"
        )
    return list(encoder.tail)


def _of_table(
    encoder: ForecastingEncoder, columns: Sequence[str], rows: Sequence[Sequence[str]]
) -> list[Record]:
    columns = [name.strip() for name in columns]
    wanted = encoder.layout.columns
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
    given = {key: encoder.names.get(key, "") for key in ("time", "series")}
    known = {key: name for key, name in given.items() if name in columns}
    how = Reading(
        "the input",
        time=known.get("time", ""),
        identity=known.get("series", ""),
        needed=wanted,
        usual=encoder.names,
        others=False,
        key="",
        counted="row",
    )
    tabled = read_series(columns, rows, range(1, len(rows) + 1), how, unheard)
    return [
        _record(encoder, one.name, one.time, {name: one.values[name] for name in wanted})
        for one in tabled.series
    ]


def _of_values(encoder: ForecastingEncoder, given: Sequence[Any]) -> list[Record]:
    """Makes records of values that are given by column, or of plain numbers for the only column."""
    return [_from_values(encoder, item, place) for place, item in enumerate(given, start=1)]


def _from_values(encoder: ForecastingEncoder, given: Any, place: int) -> Record:
    columns = encoder.layout.columns
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
        values[name] = _floats(given["values"][name], name, place)
    rows = {len(column) for column in values.values()}
    if len(rows) > 1:
        raise DataError(
            f"input {place} has columns of different lengths. Give as many rows of each"
        )
    times = np.asarray(given.get("time", np.arange(rows.pop())))
    if times.dtype.kind in "UO":
        try:
            times = parse_times([str(time) for time in times.tolist()])
        except TimesError as error:
            raise DataError(
                f"input {place}, row {error.row + 1}: {error.reason}. {error.hint}"
            ) from error
    if len(times) != len(values[columns[0]]):
        raise DataError(
            f"input {place} has {len(times)} times for {len(values[columns[0]])} rows. Give as many"
        )
    return _record(encoder, str(given.get("series", "")), times, values)


def _record(
    encoder: ForecastingEncoder,
    name: str,
    times: NDArray[Any],
    values: Mapping[str, NDArray[np.float64]],
) -> Record:
    """Parts the past, up to the last row in which something was observed, from what is ahead."""
    observed = np.stack([values[column] for column in encoder.layout.observed], axis=1)
    there = np.flatnonzero(~np.isnan(observed).all(axis=1))
    if not len(there):
        which = f"series {name!r}" if name else "the inputs"
        raise DataError(f"{which} hold no value of {listed(encoder.layout.observed)}.")
    rows = int(there[-1]) + 1
    _check_step(encoder, times[:rows])
    return {
        "series": name,
        "time": times[:rows],
        "values": {column: numbers[:rows] for column, numbers in values.items()},
        "ahead": {column: values[column][rows:] for column in encoder.layout.future},
    }


def _check_step(encoder: ForecastingEncoder, times: NDArray[Any]) -> None:
    dated = times.dtype.kind == "M"
    if encoder.layout.calendar and not dated:
        raise DataError(
            f"the inputs have no times, which the run reads ({listed(encoder.layout.calendar)}). "
            f"Give a column {encoder.names.get('time', 'time')!r}"
        )
    if not dated or encoder.frequency.unit == "rows" or len(times) < 2:
        return
    usual = float(np.median(np.diff(times.astype("datetime64[s]").astype(np.int64))))
    if not encoder.frequency.seconds / 2 < usual < encoder.frequency.seconds * 2:
        raise DataError(
            f"the rows of the inputs are {infer_frequency(times)}, and those the run learnt from "
            f"are {encoder.frequency}. Give rows of the same step"
        )


def _json(text: str, place: int) -> list[Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise DataError(f"input {place} is not valid JSON: {error}. {_FORMS}") from error
    records = isinstance(value, list) and value and isinstance(value[0], Mapping)
    return value if records else [value]


def _is_numbers(text: str) -> bool:
    try:
        return bool(text) and not np.isnan(parse_numbers(text.replace(",", " ").split(), ".")).all()
    except NumbersError:
        return False


def _numbers(texts: Sequence[str]) -> list[list[str]]:
    """Returns the numbers of each text; of texts with one number each, a single series."""
    parts = [text.replace(",", " ").split() for text in texts]
    if len(parts) > 1 and all(len(part) == 1 for part in parts):
        return [[part[0] for part in parts]]
    return parts


def _floats(values: Any, name: str, place: int) -> NDArray[np.float64]:
    try:
        return parse_numbers([_cell(value) for value in values], ".")
    except NumbersError as error:
        raise DataError(
            f"input {place}, row {error.row + 1}: {error.reason}, in column {name!r}. {error.hint}"
        ) from error


def _cell(value: Any) -> str:
    return "" if value is None else str(value)
