"""Tables of texts, as CSV files hold them, turned into series: times, ids and numbers."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Notify
from seqkit.data import counted, listed
from seqkit.data.columns import is_unnamed
from seqkit.data.numbers import NumbersError, parse_numbers, settle_decimal
from seqkit.data.roles import aside, ids_among, is_a_row, joined_ids
from seqkit.data.times import (
    ReadTimes,
    TimesError,
    looks_like_times,
    other_parts,
    read_times,
    resembles_times,
    time_column,
)
from seqkit.errors import DataError, suggestion
from seqkit_timeseries._frequency import Frequency, time_texts
from seqkit_timeseries._paces import paces

_LEAST_TIME = 10**7
"""Numbers below are neither Unix times nor whole dates."""


@dataclass(frozen=True)
class Series:
    """One series of a table.

    Attributes:
        name: Its id; empty where the table has one series.
        time: `datetime64` or positions, rising, `(rows,)`.
        values: The numbers of each column, NaN where one is missing, `(rows,)` each.
    """

    name: str
    time: NDArray[Any]
    values: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Reading:
    """How a table is read.

    Attributes:
        source: What the table is called in messages: a path, or `the inputs`.
        time: Column of the times; empty to guess it.
        identity: Columns that tell series apart; empty to guess them, None where none does.
        needed: Columns that must be numbers; all others may be text, and are then left out.
        usual: What was found out about a table like it, `time_format`, `hundred` and `decimal`,
            which help where this one leaves it open.
        others: Whether other columns than these are read at all.
        ready: Columns of numbers that are no texts.
        time_format: As of `strptime`; empty to find it out.
        decimal: `.` or `,`; empty to find it out.
        duplicates: What to do with rows of the same time: `error`, `first`, `last` or `mean`.
        key: Begins the names of settings in messages, such as `dataset.`.
        counted: What messages count: lines of a file, or rows.
    """

    source: str
    time: str = ""
    identity: Sequence[str] | None = ()
    needed: Sequence[str] = ()
    usual: Mapping[str, str] = field(default_factory=dict)
    others: bool = True
    ready: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    time_format: str = ""
    decimal: str = ""
    duplicates: str = "error"
    key: str = "dataset."
    counted: str = "line"

    def advice(self, hint: str, setting: str, otherwise: str) -> str:
        """Returns a next step; one that needs no setting where a table has none."""
        if setting in hint and not self.key:
            return otherwise
        return hint.replace(setting, self.key + setting)

    def at(self, line: int) -> str:
        """Names a row for a message."""
        return f"{self.source}, {self.counted} {line}"


@dataclass(frozen=True)
class Tabled:
    """What a table held.

    Attributes:
        series: The series, in the order in which they begin.
        names: What the columns of `time` and `series` are called, where there are such, the
            `time_format`, the `hundred` years of two digits and the `decimal` that were found, and
            what to do with `duplicates` where that was said.
            Several columns of ids are a JSON list.
        aside: Columns that are neither to be forecast nor read unless a setting names them, and
            why.
    """

    series: Sequence[Series]
    names: Mapping[str, str] = field(default_factory=dict)
    aside: Mapping[str, str] = field(default_factory=dict)


def read_series(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    lines: Sequence[int],
    how: Reading,
    notify: Notify,
) -> Tabled:
    """Turns the rows of a table into series, in the order of time, with gaps as missing values.

    Args:
        columns: Names of the columns.
        rows: Their fields, as text.
        lines: Where each row stands, for messages.
        how: What is known of the table.
        notify: Receives messages about what was left out, sorted or filled in.

    Raises:
        DataError: A field is not what its column needs, or two rows have the same time; names the
            line, and the column or the series.
    """
    cells = dict(zip(columns, zip(*rows, strict=True), strict=True))
    named = [("time", how.time), *(("id", name) for name in how.identity or ())]
    for key, name in (*named, *(("", name) for name in how.needed)):
        if name and name not in cells:
            setting = f" ({how.key}{key})" if key else ""
            raise DataError(
                f"{how.source} has no column {name!r}{setting}; it has {listed(columns)}. "
                f"{suggestion(name, columns, 'Name one of these')}"
            )
    time = how.time or _time_column(cells, how)
    if is_a_row(columns, time):
        way = f", or set {how.key}header=false: they are called 1, 2, ..." if how.key else ""
        raise DataError(
            f"the first row of {how.source} ({listed(columns)}) names no columns: it is a row like "
            f"the others. Write names above it{way}"
        )
    identity = _ids(cells, time, lines, how, notify)
    read = _times(cells[time], time, lines, how, notify) if time else None
    if not time:
        _check_no_times(cells, identity, how)
    values, decimal = _numbers(cells, {time, *identity}, lines, how, notify)
    ids = joined_ids(cells, identity) if identity else [""] * len(rows)
    names, first, owners = np.unique(np.array(ids), return_index=True, return_inverse=True)
    left, doubtful = aside(values, owners, columns, how.needed, how.identity is None)
    if read is not None and len(left) < len(values):
        left |= _other_times(cells, values, {*left, *how.needed})
    if doubtful and how.others and not how.needed:
        what = "counts" if len(doubtful) == 1 else "count"
        notify(f"{listed(doubtful)} of {how.source} {what} the rows, and may be no measurement.")
    rest = other_parts(cells, time) if read is not None and how.duplicates == "error" else ()
    notes = _Notes(how, lines, time, rest)
    order = np.argsort(owners, kind="stable")
    edges = np.searchsorted(owners[order], np.arange(len(names) + 1))
    ordered: list[Series] = []
    for place in np.argsort(first):
        chosen = order[edges[place] : edges[place + 1]]
        times = None if read is None else read.times
        ordered.append(_in_order(str(names[place]), chosen, times, values, notes))
    steps = paces([(one.name, one.time) for one in ordered], how.source)
    found = [_without_gaps(one, step, notes) for one, step in zip(ordered, steps, strict=True)]
    notes.tell(notify)
    series = json.dumps(identity, ensure_ascii=False) if len(identity) > 1 else "".join(identity)
    known = {"time": time, "series": series, "decimal": decimal}
    if read is not None:
        known |= {"time_format": read.form, "hundred": str(read.hundred or "")}
    if how.identity is None:
        known["ids"] = "none"
    if how.duplicates != "error":
        known["duplicates"] = how.duplicates
    return Tabled(found, {key: name for key, name in known.items() if name}, left)


def arranged(
    name: str, times: NDArray[Any], values: Mapping[str, NDArray[np.float64]], how: Reading
) -> Series:
    """Returns one series of a table that is read already: in the order of time, without gaps."""
    notes = _Notes(how, range(1, len(times) + 1))
    one = _in_order(name, np.arange(len(times)), times, values, notes)
    (frequency,) = paces([(name, one.time)], how.source)
    return _without_gaps(one, frequency, notes)


def _in_order(
    name: str,
    rows: NDArray[np.int64],
    times: NDArray[Any] | None,
    values: Mapping[str, NDArray[np.float64]],
    notes: _Notes,
) -> Series:
    if times is None:
        columns = {column: numbers[rows] for column, numbers in values.items()}
        return Series(name, np.arange(len(rows)), columns)
    order = np.argsort(times[rows], kind="stable")
    falls = np.flatnonzero(np.diff(times[rows].astype(np.int64)) < 0)
    if len(falls):
        notes.unsorted.append(int(rows[falls[0] + 1]))
    rows = rows[order]
    moments = times[rows]
    columns = {column: numbers[rows] for column, numbers in values.items()}
    same = np.flatnonzero(np.diff(moments.astype(np.int64)) == 0)
    if len(same):
        moments, columns = notes.merged(name, moments, rows, same, columns)
    return Series(name, moments, columns)


def _without_gaps(one: Series, frequency: Frequency, notes: _Notes) -> Series:
    if len(one.time) < 2:
        return one
    if not frequency.regular:
        notes.irregular.append(one.name)
        return one
    steps = frequency.steps(one.time)
    length = int(steps[-1]) + 1
    if length == len(one.time):
        return one
    notes.gap(one.name, one.time, steps, length, frequency)
    grid = {}
    for column, numbers in one.values.items():
        grid[column] = np.full(length, np.nan)
        grid[column][steps] = numbers
    return Series(one.name, frequency.grid(one.time[0], length), grid)


@dataclass
class _Notes:
    """What was done to a table, gathered over its series and told in a sentence each."""

    how: Reading
    lines: Sequence[int]
    column: str = ""
    rest: Sequence[str] = ()
    unsorted: list[int] = field(default_factory=list)
    irregular: list[str] = field(default_factory=list)
    gaps: int = 0
    first_gap: str = ""
    same: int = 0

    def gap(
        self, name: str, times: NDArray[Any], steps: NDArray[Any], length: int, step: Frequency
    ) -> None:
        if length > 20 * len(times) + 1000:
            raise DataError(
                f"{_of(name)}{self.how.source} has {len(times):,} rows for {length:,} steps "
                f"({step}), most of them missing. Check the times"
            )
        if not self.gaps:
            place = int(np.flatnonzero(np.diff(steps) > 1)[0])
            after = time_texts(times[place : place + 1], step)[0]
            self.first_gap = f"the first after {after}" + (f" of series {name!r}" if name else "")
        self.gaps += length - len(times)

    def merged(
        self,
        name: str,
        times: NDArray[Any],
        rows: NDArray[np.int64],
        same: NDArray[np.int64],
        columns: Mapping[str, NDArray[np.float64]],
    ) -> tuple[NDArray[Any], dict[str, NDArray[np.float64]]]:
        """Makes one row of those that have the same time, as `duplicates` says."""
        how = self.how
        if how.duplicates == "error":
            place = int(same[0])
            when = time_texts(times[place : place + 1], Frequency("seconds"))[0]
            pair = sorted((self.lines[rows[place]], self.lines[rows[place + 1]]))
            raise DataError(
                f"{_of(name)}{how.source} has two rows of {when}, "
                f"on {how.counted}s {pair[0]} and {pair[1]} (such rows: {len(same):,}). "
                + self._instead()
            )
        self.same += len(same)
        starts = np.concatenate([[0], np.flatnonzero(np.diff(times.astype(np.int64))) + 1])
        ends = np.concatenate([starts[1:], [len(times)]])
        if how.duplicates == "mean":
            merged = {}
            for column, numbers in columns.items():
                known = ~np.isnan(numbers)
                counts = np.add.reduceat(known.astype(np.float64), starts)
                totals = np.add.reduceat(np.where(known, numbers, 0.0), starts)
                merged[column] = np.where(counts > 0, totals / np.maximum(counts, 1), np.nan)
            return times[starts], merged
        kept = starts if how.duplicates == "first" else ends - 1
        return times[starts], {column: numbers[kept] for column, numbers in columns.items()}

    def _instead(self) -> str:
        """Returns what to do about two rows of one time."""
        if not self.how.key:
            hint = "Leave one out, or tell series apart in a column 'id'"
        else:
            hint = (
                f"Name the column that tells series apart ({self.how.key}id), or write "
                f"{self.how.key}duplicates=first, last or mean"
            )
        if not self.rest:
            return hint
        parts = listed([self.column, *self.rest])
        return f"If {parts} are parts of one time, join them, as 2024-01-31 13:45. {hint}"

    def tell(self, notify: Notify) -> None:
        source = self.how.source
        if self.unsorted:
            notify(
                f"rows of {source} are not in the order of time ({self.how.counted} "
                f"{self.lines[self.unsorted[0]]} is earlier than the one before), and were sorted."
            )
        if self.same:
            what = counted(self.same, "row has", "rows have")
            notify(f"{what} the time of another, in {source}; {self.how.duplicates} is taken.")
        if self.irregular:
            many = f" of {len(self.irregular)} series" if len(self.irregular) > 1 else ""
            notify(f"the times{many} in {source} are irregular; rows are taken as one step apart.")
        if self.gaps:
            what = counted(self.gaps, "row is", "rows are")
            notify(f"{what} missing in {source}, {self.first_gap}, and put in without values.")


def _of(name: str) -> str:
    return f"series {name!r} of " if name else ""


def _time_column(cells: Mapping[str, Sequence[str]], how: Reading) -> str:
    taken = {*(how.identity or ()), *how.needed, *how.ready}
    return time_column({name: texts for name, texts in cells.items() if name not in taken})


def _other_times(
    cells: Mapping[str, Sequence[str]],
    values: Mapping[str, NDArray[np.float64]],
    others: Collection[str],
) -> dict[str, str]:
    """Returns columns of numbers that are times too, such as those of a clock of the machine."""
    found = {}
    for name, numbers in values.items():
        large = name not in others and numbers.min(initial=np.inf) >= _LEAST_TIME
        if large and looks_like_times(cells[name]):
            found[name] = "holds times"
    return found if len(found) + len(others) < len(values) else {}


def _check_no_times(
    cells: Mapping[str, Sequence[str]], identity: Sequence[str], how: Reading
) -> None:
    """Refuses a table that seems to have times, which would be read as if it had none."""
    for name, texts in cells.items():
        if how.key and name not in (*identity, *how.needed) and resembles_times(texts):
            example = next(text for text in texts if text.strip())
            raise DataError(
                f"column {name!r} of {how.source} seems to hold times that are not read, such as "
                f"{example!r}. Write them as 2024-01-31, or set {how.key}time={name} and "
                f"{how.key}time_format; or take the column out, and rows are counted"
            )


def _ids(
    cells: Mapping[str, Sequence[str]],
    time: str,
    lines: Sequence[int],
    how: Reading,
    notify: Notify,
) -> tuple[str, ...]:
    """Returns the columns that tell series apart: those that are named, or look like it."""
    if how.identity is None:
        return ()
    identity = tuple(how.identity) or ids_among(cells, (time, *how.needed, *how.ready))
    for name in identity:
        empty = next((row for row, text in enumerate(cells[name]) if not text.strip()), None)
        if empty is not None:
            hint = f" Or write {how.key}id=none, if it is no id" if how.key else ""
            raise DataError(
                f"{how.at(lines[empty])}: there is no id, in column {name!r}. "
                f"Fill it in, or leave the row out.{hint}"
            )
    if len(identity) > 1 and not how.identity:
        setting = f" ({how.key}id={','.join(identity)})" if how.key else ""
        notify(f"series of {how.source} are told apart by {listed(identity)} together{setting}.")
    return identity


def _times(
    texts: Sequence[str], column: str, lines: Sequence[int], how: Reading, notify: Notify
) -> ReadTimes:
    try:
        found = times_of(texts, how)
    except TimesError as error:
        raise DataError(
            f"{how.at(lines[error.row])}: {error.reason}, in column {column!r}. "
            f"{how.advice(error.hint, 'time_format', 'Write times as 2024-01-31')}"
        ) from error
    for said in found.said:
        notify(f"{said}, in column {column!r} of {how.source}.")
    return found


def times_of(texts: Sequence[str], how: Reading) -> ReadTimes:
    """Reads times as those of a table like this one, and else as they are."""
    if how.usual.get("time_format"):
        with suppress(TimesError):
            hundred = int(how.usual.get("hundred", 0))
            return read_times(texts, how.usual["time_format"], hundred)
    return read_times(texts, how.time_format)


def _numbers(
    cells: Mapping[str, Sequence[str]],
    taken: set[str],
    lines: Sequence[int],
    how: Reading,
    notify: Notify,
) -> tuple[dict[str, NDArray[np.float64]], str]:
    """Returns the columns of numbers, and the decimal sign of the table where it shows one."""
    chosen = [
        name
        for name in cells
        if name not in taken and (how.others or name in how.needed) and name not in how.ready
    ]
    decimal = how.decimal or settle_decimal(cells[name] for name in chosen)
    usual = decimal or how.usual.get("decimal", "")
    found: dict[str, NDArray[np.float64]] = {}
    left: dict[str, list[str]] = {"text": [], "no bare number": [], "no value": []}
    for name in chosen:
        try:
            numbers = parse_numbers(cells[name], how.decimal, usual)
        except NumbersError as error:
            if error.mostly_text and name not in how.needed:
                left["no bare number" if error.adorned else "text"].append(name)
                continue
            raise DataError(
                f"{how.at(lines[error.row])}: {error.reason}, in column {name!r}. "
                f"{how.advice(error.hint, 'decimal=', 'Write it so that it can be one alone')}"
            ) from error
        if name in how.needed or not np.isnan(numbers).all():
            found[name] = numbers
        elif not is_unnamed(name):
            left["no value"].append(name)
    _tell_left_out(cells, left, how, notify)
    ready = {name: numbers for name, numbers in how.ready.items() if name not in taken}
    if not found and not ready:
        hint = "If lines stand before the header, delete them" if len(cells) == 1 else ""
        raise DataError(
            f"{how.source} has no column of numbers; it has {listed(tuple(cells))}. "
            f"{hint or 'Give at least one'}"
        )
    return found | ready, usual


def _tell_left_out(
    cells: Mapping[str, Sequence[str]],
    left: Mapping[str, Sequence[str]],
    how: Reading,
    notify: Notify,
) -> None:
    for kind, names in left.items():
        if not names:
            continue
        what = "a column" if len(names) == 1 else "columns"
        more = ""
        if kind == "no bare number":
            example = next(text for text in cells[names[0]] if text.strip())
            more = f", such as {example!r}. Write the digits alone, with a minus below zero"
        elif kind == "text" and how.identity == () and how.key:
            repeated = [name for name in names if 1 < len(set(cells[name])) <= len(cells[name]) / 2]
            if repeated:
                more = f". If {repeated[0]!r} tells series apart, write {how.key}id={repeated[0]}"
        of = "of" if kind != "no value" else "with"
        notify(f"{listed(names)} of {how.source} left out: {what} {of} {kind}{more}.")
