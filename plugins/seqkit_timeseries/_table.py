"""Tables of texts, as CSV files hold them, turned into series: times, ids and numbers."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Notify
from seqkit.data import counted, listed
from seqkit.data.adorned import Bared, bared
from seqkit.data.columns import is_unnamed
from seqkit.data.numbers import NumbersError, parse_numbers, settle_decimal
from seqkit.data.roles import (
    STATIC,
    aside,
    ids_among,
    ids_by_content,
    is_a_row,
    joined_ids,
    same_in_each,
)
from seqkit.data.times import (
    ReadTimes,
    TimesError,
    joined_times,
    looks_like_times,
    other_parts,
    resembles_times,
    time_column,
)
from seqkit.errors import DataError, suggestion
from seqkit_timeseries._arranging import Notes, arranged, finished, in_order
from seqkit_timeseries._kinds import all_coded, coded
from seqkit_timeseries._tabled import Reading, Series, Tabled, times_of

__all__ = ["Reading", "Series", "Tabled", "arranged", "read_series", "times_of"]

_LEAST_TIME = 10**7
"""Numbers below are neither Unix times nor whole dates."""


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
    cells: dict[str, Sequence[str]] = dict(zip(columns, zip(*rows, strict=True), strict=True))
    named = [
        ("time", how.time),
        ("clock", how.clock),
        *(("id", name) for name in how.identity or ()),
    ]
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
    if how.clock:
        cells = _joined(cells, time, lines, how)
    if not time:
        _check_no_times(cells, how)
    read, owned = _identified(cells, time, lines, how, notify)
    values, kinds, written = _columns(cells, {time, *owned.columns}, lines, how, notify)
    values = _without_missing(values, how, notify)
    left, doubtful = aside(
        {name: numbers for name, numbers in values.items() if name not in kinds},
        owned.places,
        columns,
        how.needed,
        how.identity is None,
    )
    if read is not None and len(left) < len(values) - len(kinds):
        left |= _other_times(cells, values, {*left, *how.needed, *kinds})
    if doubtful and how.others and not how.needed:
        what = "counts" if len(doubtful) == 1 else "count"
        notify(f"{listed(doubtful)} of {how.source} {what} the rows, and may be no measurement.")
    for name in kinds:
        same = same_in_each(values[name], owned.places)
        left[name] = STATIC if same else f"is text of {len(kinds[name])} kinds"
    notes = Notes(how, lines, time, kinds=kinds)
    if read is not None:
        notes.zone, notes.local = read.zone, read.local
        if how.duplicates == "error":
            notes.rest = other_parts(cells, time)
    found = finished(owned.series(read, values, notes), notes)
    notes.tell(notify)
    known = {"time": time, "series": names_of(owned.columns)} | written
    if read is not None:
        known |= {"time_format": read.form, "hundred": str(read.hundred or "")}
    return Tabled(found, how.known(known, read), left, kinds)


def _joined(
    cells: Mapping[str, Sequence[str]], time: str, lines: Sequence[int], how: Reading
) -> dict[str, Sequence[str]]:
    """Joins the days and the clocks of a table in the column of the days."""
    if not time or time == how.clock:
        raise DataError(
            f"{how.source} has no days beside the clocks in {how.clock!r} ({how.key}clock). Name "
            f"their column ({how.key}time)"
        )
    try:
        joined = joined_times(cells[time], cells[how.clock])
    except TimesError as error:
        raise DataError(
            f"{how.at(lines[error.row])}: {error.reason}, in column {how.clock!r}. {error.hint}"
        ) from error
    return {
        name: joined if name == time else texts
        for name, texts in cells.items()
        if name != how.clock
    }


def names_of(columns: Sequence[str]) -> str:
    """Returns columns of ids as `Tabled.names` has them."""
    return json.dumps(columns, ensure_ascii=False) if len(columns) > 1 else "".join(columns)


@dataclass(frozen=True)
class _Owned:
    """Which series each row of a table is of.

    Attributes:
        columns: The columns that tell it.
        names: The ids.
        first: The row with which each begins.
        places: Which id each row has.
    """

    columns: Sequence[str]
    names: NDArray[Any]
    first: NDArray[np.int64]
    places: NDArray[np.int64]

    @classmethod
    def by(cls, cells: Mapping[str, Sequence[str]], columns: Sequence[str], rows: int) -> _Owned:
        """Parts a table by the columns that tell series apart."""
        ids = joined_ids(cells, columns) if columns else [""] * rows
        found = np.unique(np.array(ids), return_index=True, return_inverse=True)
        return cls(columns, found[0], found[1], found[2].reshape(-1))

    def series(
        self, read: ReadTimes | None, values: Mapping[str, NDArray[np.float64]], notes: Notes
    ) -> list[Series]:
        """Returns the rows of each series, in the order in which they begin in the table."""
        order = np.argsort(self.places, kind="stable")
        edges = np.searchsorted(self.places[order], np.arange(len(self.names) + 1))
        times = None if read is None else read.times
        return [
            in_order(
                str(self.names[place]), order[edges[place] : edges[place + 1]], times, values, notes
            )
            for place in np.argsort(self.first)
        ]


def _identified(
    cells: Mapping[str, Sequence[str]],
    time: str,
    lines: Sequence[int],
    how: Reading,
    notify: Notify,
) -> tuple[ReadTimes | None, _Owned]:
    """Returns the times of a table, and which series each row is of."""
    identity = _ids(cells, time, how)
    owned = _Owned.by(cells, identity, len(lines))
    if not time:
        _check_ids(cells, identity, lines, how, notify)
        return None, owned
    read = _times(cells[time], time, lines, how, owned.places)
    # Where it is said what becomes of rows of one time, they are of one series.
    if how.finds_ids and how.key and how.duplicates == "error":
        others = {time, *how.needed, *how.ready, *other_parts(cells, time)}
        more = ids_by_content(cells, read.times, identity, others)
        if more != tuple(identity):
            identity, owned = more, _Owned.by(cells, more, len(lines))
            read = _times(cells[time], time, lines, how, owned.places)
            them = "them" if len(identity) == 1 else "them together"
            notify(
                f"series of {how.source} are told apart by {listed(identity)}, as rows of one time "
                f"differ in {them} ({how.key}id={','.join(identity)})."
            )
    for said in read.said:
        said = said.replace("time_zone", f"{how.key}time_zone") if how.key else said
        notify(f"{said}, in column {time!r} of {how.source}.")
    _check_ids(cells, identity, lines, how, notify)
    return read, owned


def _time_column(cells: Mapping[str, Sequence[str]], how: Reading) -> str:
    taken = {how.clock, *(how.identity or ()), *how.needed, *how.ready}
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


def _check_no_times(cells: Mapping[str, Sequence[str]], how: Reading) -> None:
    """Refuses a table that seems to have times, which would be read as if it had none."""
    for name, texts in cells.items():
        if how.key and name not in (*(how.identity or ()), *how.needed) and resembles_times(texts):
            example = next(text for text in texts if text.strip())
            raise DataError(
                f"column {name!r} of {how.source} seems to hold times that are not read, such as "
                f"{example!r}. Write them as 2024-01-31, or set {how.key}time={name} and "
                f"{how.key}time_format; or take the column out, and rows are counted"
            )


def _ids(cells: Mapping[str, Sequence[str]], time: str, how: Reading) -> tuple[str, ...]:
    """Returns the columns that tell series apart: those that are given, or are named so."""
    if how.identity is None:
        return ()
    return tuple(how.identity) or ids_among(cells, (time, *how.needed, *how.ready))


def _check_ids(
    cells: Mapping[str, Sequence[str]],
    identity: Sequence[str],
    lines: Sequence[int],
    how: Reading,
    notify: Notify,
) -> None:
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


def _times(
    texts: Sequence[str],
    column: str,
    lines: Sequence[int],
    how: Reading,
    owners: NDArray[np.int64],
) -> ReadTimes:
    try:
        return times_of(texts, how, owners, column)
    except TimesError as error:
        hint = how.advice(error.hint, "time_format", "Write times as 2024-01-31")
        reason = error.reason.replace("time_zone is", f"{how.key}time_zone is")
        raise DataError(
            f"{how.at(lines[error.row])}: {reason}, in column {column!r}. {hint}"
        ) from error


def _without_missing(
    values: Mapping[str, NDArray[np.float64]], how: Reading, notify: Notify
) -> dict[str, NDArray[np.float64]]:
    """Makes no numbers of those that stand for none."""
    found = dict(values)
    taken = 0
    for name, numbers in values.items() if how.missing else ():
        hits = np.isin(numbers, how.missing)
        if hits.any():
            found[name] = np.where(hits, np.nan, numbers)
            taken += int(hits.sum())
    if taken:
        shown = ", ".join(f"{number:g}" for number in how.missing)
        what = counted(taken, "cell", "cells")
        notify(f"{what} of {how.source} with {shown} taken for missing ({how.key}missing).")
    return found


def _columns(
    cells: Mapping[str, Sequence[str]],
    taken: set[str],
    lines: Sequence[int],
    how: Reading,
    notify: Notify,
) -> tuple[dict[str, NDArray[np.float64]], dict[str, Sequence[str]], dict[str, str]]:
    """Returns the columns of numbers and of kinds, the kinds, and how numbers are written."""
    chosen = [
        name
        for name in cells
        if name not in taken and (how.others or name in how.needed) and name not in how.ready
    ]
    decimal = how.decimal or settle_decimal(cells[name] for name in chosen)
    usual = decimal or how.usual.get("decimal", "")
    bare = _bared(cells, chosen, how, usual, notify)
    usual = usual or bare.decimal
    found: dict[str, NDArray[np.float64]] = {}
    kinds: dict[str, Sequence[str]] = {}
    left: dict[str, list[str]] = {"text": [], "no bare number": [], "no value": []}
    for name in chosen:
        if name in how.kinds:
            found[name], kinds[name] = all_coded(cells[name])
            continue
        try:
            numbers = parse_numbers(bare.cells.get(name, cells[name]), how.decimal, usual)
        except NumbersError as error:
            if error.mostly_text and name not in how.needed:
                few = None if error.adorned else coded(cells[name])
                if few is not None:
                    found[name], kinds[name] = few
                else:
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
    if len(found) == len(kinds) and not ready and not how.kinds:
        hint = "If lines stand before the header, delete them" if len(cells) == 1 else ""
        raise DataError(
            f"{how.source} has no column of numbers; it has {listed(tuple(cells))}. "
            f"{hint or 'Give at least one'}"
        )
    signs = {"signs": json.dumps(bare.signs, ensure_ascii=False)} if bare.signs else {}
    return found | ready, kinds, {"decimal": usual} | signs


def _bared(
    cells: Mapping[str, Sequence[str]],
    chosen: Sequence[str],
    how: Reading,
    usual: str,
    notify: Notify,
) -> Bared:
    """Takes the signs off the columns whose numbers all carry one: for a run, the one it knows."""
    names = [name for name in chosen if name not in how.kinds]
    found = bared(cells, names, how.decimal, usual)
    if not how.key:
        known = json.loads(how.usual.get("signs", "{}"))
        return found.less(name for name, sign in found.signs.items() if known.get(name) != sign)
    if found.signs:
        notify(
            f"numbers of {how.source} are read without the sign that all of them carry: {found}."
        )
    return found


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
        elif kind == "text" and how.finds_ids and how.key:
            repeated = [name for name in names if 1 < len(set(cells[name])) <= len(cells[name]) / 2]
            if repeated:
                more = f". If {repeated[0]!r} tells series apart, write {how.key}id={repeated[0]}"
        of = "of" if kind != "no value" else "with"
        notify(f"{listed(names)} of {how.source} left out: {what} {of} {kind}{more}.")
