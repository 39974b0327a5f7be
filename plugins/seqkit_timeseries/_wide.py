"""Wide tables: one series a row, its values under headings of times; or one a column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Notify
from seqkit.data import counted, listed
from seqkit.data.cells import holds_numbers
from seqkit.data.columns import are_numbered, is_unnamed
from seqkit.data.numbers import NumbersError, is_number, parse_numbers, settle_decimal
from seqkit.data.roles import STATIC, joined_ids, same_in_each
from seqkit.data.times import ReadTimes, TimesError, looks_like_times
from seqkit.errors import DataError
from seqkit_timeseries._arranging import Notes, finished, in_order
from seqkit_timeseries._kinds import all_coded, coded
from seqkit_timeseries._table import names_of
from seqkit_timeseries._tabled import Reading, Series, Tabled, times_of

VALUE = "value"
"""What the only column of numbers is called, of series that are one a row or a column."""

_LEAST_TIMES, _MANY_TIMES, _LEAST_VALUES = 6, 40, 3
_MOST_BEFORE = 12
_LOOKED_AT, _NEAR = 50, 0.5


@dataclass(frozen=True)
class _Headings:
    """What stands above a table of one series a row.

    Attributes:
        before: How many columns stand before those of the times.
        times: The times, where the headings tell them; None where they are counted.
    """

    before: int
    times: ReadTimes | None


def is_wide(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Tells whether a table plainly has one series a row.

    Its headings are times in order; or numbered, such as V1, V2, ..., behind a column that differs
    in every row, and rows end at different columns, or are long and change little from one to the
    next.
    """
    found = _headings(columns, Reading(""))
    if found is None or len(rows) < 1:
        return False
    looked = rows[:_LOOKED_AT]
    cells = [cell for row in looked for cell in row[found.before :] if cell.strip()]
    if not cells or not holds_numbers(cells[:: max(1, len(cells) // 200)]):
        return False
    if any(looks_like_times([row[place] for row in looked]) for place in range(found.before)):
        return False
    if found.times is not None:
        return True
    if not found.before or len({row[0].strip() for row in rows}) < max(2, len(rows)):
        return False
    if all(is_number(row[0]) for row in looked):
        return False
    ends = {_length(row) for row in rows}
    if len(ends) > 1:
        return True
    many = len(columns) - found.before >= _MANY_TIMES
    return many and _goes_on([row[found.before :] for row in looked])


def _goes_on(rows: Sequence[Sequence[str]]) -> bool:
    """Tells whether neighbours in a row are nearer to each other than others are, as in time."""
    shares = []
    for row in rows:
        try:
            numbers = parse_numbers(row)
        except NumbersError:
            return False
        known = numbers[np.isfinite(numbers)]
        spread = float(known.var()) if len(known) >= _LEAST_VALUES else 0.0
        if spread > 0:
            shares.append(float((np.diff(known) ** 2).mean()) / (2 * spread))
    return bool(shares) and float(np.median(shares)) < _NEAR


def values_in(columns: Sequence[str]) -> int:
    """Returns how many values a row of a wide table has, at most."""
    found = _headings(columns, Reading(""))
    return len(columns) - found.before if found is not None else 0


def has_many_ends(columns: Mapping[str, Sequence[str]]) -> bool:
    """Tells whether columns of numbers are so many series: they begin or end at different rows."""
    ends = set()
    for cells in columns.values():
        filled = [row for row, cell in enumerate(cells) if cell.strip()]
        ends.add((filled[0], filled[-1]) if filled else (0, 0))
    return len(columns) > 2 and 2 * len(ends) > len(columns)


def read_wide(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    lines: Sequence[int],
    how: Reading,
    wide: str,
    notify: Notify,
) -> Tabled:
    """Turns a wide table into series of one column, `value`.

    Args:
        columns: Names of the columns.
        rows: Their fields, as text.
        lines: Where each row stands, for messages.
        how: What is known of the table.
        wide: `rows` for one series a row, `columns` for one a column.
        notify: Receives messages.

    Raises:
        DataError: A field is no number, or no series holds any.
    """
    read = _by_rows if wide == "rows" else _by_columns
    series, times, known, statics, kinds = read(columns, rows, lines, how, notify)
    notes = Notes(how, lines, kinds=kinds)
    if times is not None:
        notes.zone, notes.local = times.zone, times.local
        known |= {"time_format": times.form, "hundred": str(times.hundred or "")}
    short = [one.name for one in series if len(one.time) < _LEAST_VALUES]
    kept = [one for one in series if len(one.time) >= _LEAST_VALUES]
    if not kept:
        raise DataError(
            f"{how.source} has no series of {_LEAST_VALUES} values or more, one in each "
            f"{wide.removesuffix('s')}. Write {how.key}wide=none if that is not what it holds"
        )
    if short:
        what = counted(len(short), "series has", "series have")
        notify(f"{what} too few values, in {how.source}, and left out: {listed(short[:3])}.")
    found = finished(kept, notes)
    notes.tell(notify)
    aside = dict.fromkeys(statics, STATIC)
    return Tabled(found, how.known(known | {"wide": wide}, times), aside, kinds)


_Read = tuple[
    list[Series], ReadTimes | None, dict[str, str], Sequence[str], dict[str, Sequence[str]]
]


def _by_rows(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    lines: Sequence[int],
    how: Reading,
    notify: Notify,
) -> _Read:
    headings = _headings(columns, how)
    if headings is None:
        raise DataError(
            f"the headings of {how.source} ({listed(columns)}) are neither times nor numbered, as "
            f"V1, V2, ... are, in the order of time. Write {how.key}wide=none if a row is no series"
        )
    before = headings.before
    cells = {name: [row[place] for row in rows] for place, name in enumerate(columns[:before])}
    identity = _identity(cells, how)
    ids = joined_ids(cells, identity) if identity else [str(n) for n in range(1, len(rows) + 1)]
    if len(set(ids)) < len(ids):
        name = next(name for name in ids if ids.count(name) > 1)
        raise DataError(
            f"{how.source} has more than one row of {name!r}, in {listed(identity)}. Give each "
            f"series its own id, or name more columns ({how.key}id)"
        )
    fields = [cell for row in rows for cell in row[before:]]
    numbers, decimal = _numbers(fields, columns, lines, before, how)
    matrix = numbers.reshape(len(rows), len(columns) - before)
    statics, kinds = _statics(cells, identity, how, notify)
    times = headings.times
    series = []
    for row, name in enumerate(ids):
        known = np.flatnonzero(~np.isnan(matrix[row]))
        part = slice(int(known[0]), int(known[-1]) + 1) if len(known) else slice(0, 0)
        values = {VALUE: matrix[row, part]}
        for column, held in statics.items():
            values[column] = np.full(len(values[VALUE]), held[row])
        # What is counted is counted from the beginning of each series.
        when = np.arange(len(values[VALUE])) if times is None else times.times[part]
        series.append(_ordered(name, when, values, how))
    names = {"series": names_of(identity), "decimal": decimal}
    return series, times, names, list(statics), kinds


def _by_columns(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    lines: Sequence[int],
    how: Reading,
    notify: Notify,
) -> _Read:
    from seqkit.data.times import time_column

    cells = dict(zip(columns, zip(*rows, strict=True), strict=True))
    time = how.time if how.time in cells else time_column(cells)
    times = None
    if time:
        try:
            times = times_of(cells[time], how, None, time)
        except TimesError as error:
            hint = how.advice(error.hint, "time_format", "Write times as 2024-01-31")
            raise DataError(
                f"{how.at(lines[error.row])}: {error.reason}, in column {time!r}. {hint}"
            ) from error
    series, left = [], []
    decimal = how.decimal or settle_decimal(cells[name] for name in columns if name != time)
    usual = decimal or how.usual.get("decimal", "")
    for name in columns:
        if name == time or is_unnamed(name):
            continue
        try:
            numbers = parse_numbers(cells[name], how.decimal, usual)
        except NumbersError as error:
            if error.mostly_text:
                left.append(name)
                continue
            raise DataError(
                f"{how.at(lines[error.row])}: {error.reason}, in column {name!r}. {error.hint}"
            ) from error
        numbers = np.where(np.isin(numbers, how.missing), np.nan, numbers)
        known = np.flatnonzero(~np.isnan(numbers))
        part = slice(int(known[0]), int(known[-1]) + 1) if len(known) else slice(0, 0)
        when = np.arange(len(numbers[part])) if times is None else times.times[part]
        series.append(_ordered(name, when, {VALUE: numbers[part]}, how))
    if left:
        what = "a column" if len(left) == 1 else "columns"
        notify(f"{listed(left)} of {how.source} left out: {what} of text.")
    return series, times, {"time": time, "decimal": usual}, (), {}


def _ordered(
    name: str, times: NDArray[Any], values: dict[str, NDArray[np.float64]], how: Reading
) -> Series:
    if times.dtype.kind != "M":
        return Series(name, times, values)
    notes = Notes(how, range(1, len(times) + 1))
    return in_order(name, np.arange(len(times)), times, values, notes)


def _headings(columns: Sequence[str], how: Reading) -> _Headings | None:
    """Returns how the last headings go on, in times or in numbers; None where they do not."""
    for before in range(min(_MOST_BEFORE, len(columns) - _LEAST_TIMES) + 1):
        if before and is_unnamed(columns[before]):
            continue
        last = columns[before:]
        try:
            read = times_of(last, replace(how, resample=""))
        except TimesError:
            continue
        moments = read.times.astype(np.int64)
        steps = np.diff(moments)
        if read.times.dtype.kind == "M" and ((steps > 0).all() or (steps < 0).all()):
            return _Headings(before, read)
    for before in range(min(_MOST_BEFORE, len(columns) - _LEAST_TIMES) + 1):
        if are_numbered(columns[before:]):
            # The first of V1, V2, ... may stand above the ids.
            return _Headings(max(1, before), None)
    return None


def _identity(cells: Mapping[str, Sequence[str]], how: Reading) -> tuple[str, ...]:
    """Returns the columns that name the row: the first that does, or those of text together."""
    if how.identity:
        return tuple(how.identity)
    if how.identity is None:
        return ()
    texts = [name for name in cells if not all(map(is_number, cells[name]))]
    for name in texts or cells:
        own = [cell.strip() for cell in cells[name]]
        if all(own) and len(set(own)) == len(own):
            return (name,)
    rows = len(next(iter(cells.values()), ()))
    for end in range(2, len(texts) + 1):
        if len(set(joined_ids(cells, texts[:end]))) == rows:
            return tuple(texts[:end])
    return ()


def _statics(
    cells: Mapping[str, Sequence[str]], identity: Sequence[str], how: Reading, notify: Notify
) -> tuple[dict[str, NDArray[np.float64]], dict[str, Sequence[str]]]:
    """Returns what else stands before the values of a row: a number, or which kind it is."""
    found: dict[str, NDArray[np.float64]] = {}
    kinds: dict[str, Sequence[str]] = {}
    left = []
    for name, texts in cells.items():
        if name in identity:
            continue
        if name in how.kinds:
            found[name], kinds[name] = all_coded(texts)
            continue
        try:
            found[name] = parse_numbers(texts, how.decimal, how.usual.get("decimal", ""))
        except NumbersError:
            few = coded(texts)
            if few is None:
                left.append(name)
            else:
                found[name], kinds[name] = few
    if left:
        what = "a column" if len(left) == 1 else "columns"
        notify(f"{listed(left)} of {how.source} left out: {what} of text.")
    owners = np.arange(len(next(iter(cells.values()), ())))
    useful = {n for n, held in found.items() if n in how.needed or same_in_each(held, owners)}
    return {name: found[name] for name in found if name in useful}, {
        name: kinds[name] for name in kinds if name in useful
    }


def _numbers(
    fields: Sequence[str], columns: Sequence[str], lines: Sequence[int], before: int, how: Reading
) -> tuple[NDArray[np.float64], str]:
    decimal = how.decimal or settle_decimal([fields])
    usual = decimal or how.usual.get("decimal", "")
    try:
        numbers = parse_numbers(fields, how.decimal, usual)
    except NumbersError as error:
        row, place = divmod(error.row, len(columns) - before)
        raise DataError(
            f"{how.at(lines[row])}: {error.reason}, in column {columns[before + place]!r}. "
            f"{how.advice(error.hint, 'decimal=', 'Write it so that it can be one alone')}"
        ) from error
    return np.where(np.isin(numbers, how.missing), np.nan, numbers), usual


def _length(row: Sequence[str]) -> int:
    return next((place for place in range(len(row), 0, -1) if row[place - 1].strip()), 0)
