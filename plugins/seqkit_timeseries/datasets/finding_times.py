"""Finds the times of a person's own table, in one column or two, and what tells series apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqkit.data import counted
from seqkit.data.cells import holds_numbers
from seqkit.data.columns import names_ids
from seqkit.data.own import OwnData, Rows
from seqkit.data.roles import ids_among, ids_by_content, joined_ids
from seqkit.data.times import (
    TimesError,
    clock_column,
    joined_times,
    other_parts,
    resembles_times,
    time_column,
)
from seqkit.errors import DataError
from seqkit_timeseries._columns import is_step
from seqkit_timeseries._tabled import Reading, times_of

_HOUR_OF_ROWS = 12
"""Rows of a clock's hour that may come twice in a year, of those every five minutes."""
_FEW_REPEATED = 0.02
"""Part of the rows with the time of another one, where clocks go back."""

Cells = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Moments:
    """When the rows of a table are, and of which series.

    Attributes:
        ids: The columns that tell series apart.
        times: The time of each row.
        clock: The column of the clock, where times are in two.
    """

    ids: tuple[str, ...]
    times: NDArray[Any]
    clock: str = ""


def time_of(data: OwnData, rows: Rows) -> str:
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


def ids_of(data: OwnData, rows: Rows, time: str) -> tuple[str, ...]:
    """Returns the columns that tell series apart: those that are given, or look like it."""
    given = data.given.get("id", "auto")
    if given == "none":
        return ()
    if given != "auto":
        names = given.split(",") if isinstance(given, str) else given
        return tuple(rows.known(str(name).strip()) for name in names)
    named = [name for name in rows.columns if names_ids(name)]
    return ids_among({name: rows.whole(name) for name in named}, {time})


def moments_of(data: OwnData, rows: Rows, time: str, ids: tuple[str, ...]) -> Moments:
    """Reads the times of a table, and finds what else tells its series apart.

    Raises:
        DataError: A run would refuse the times.
    """
    given = data.given
    cells: Cells = {name: rows.whole(name) for name in rows.columns}
    step = str(given.get("resample", ""))
    how = Reading(
        str(rows.path),
        time_format=str(given.get("time_format", "")),
        time_zone=str(given.get("time_zone", "")),
        # A step that is none is refused with the other settings.
        resample=step if is_step(step) else "",
    )
    clock = rows.known(str(given["clock"])) if given.get("clock") else ""
    try:
        if clock:
            cells = _joined(cells, time, clock)
        found = _read(data, cells, time, ids, how)
    except TimesError as error:
        raise DataError(
            f"{rows.path}, line {rows.lines[error.row]}: "
            f"{error.reason.replace('time_zone is', 'dataset.time_zone is')}, in column {time!r}. "
            f"{error.hint.replace('time_format', 'dataset.time_format')}"
        ) from error
    if given.get("duplicates", "error") != "error" or how.resample:
        return Moments(*found, clock)
    if not clock:
        clock = _clock(data, cells, time, ids, found, how)
        if clock:
            cells = _joined(cells, time, clock)
            found = _read(data, cells, time, ids, how)
    _check_repeated(rows, cells, time, found, how)
    return Moments(*found, clock)


def _read(
    data: OwnData, cells: Cells, time: str, ids: tuple[str, ...], how: Reading
) -> tuple[tuple[str, ...], NDArray[Any]]:
    """Returns the columns that tell series apart, by what they hold too, and the times.

    Raises:
        TimesError: A cell is no time.
    """
    texts = cells[time]
    times = times_of(texts, how, owners_of(cells, ids, len(texts)), time).times
    if data.given.get("id", "auto") == "auto":
        others = {time, *given_targets(data), *other_parts(cells, time)}
        ids = ids_by_content(cells, times, ids, others)
        if ids and how.time_zone:
            times = times_of(texts, how, owners_of(cells, ids, len(texts)), time).times
    return ids, times


def _joined(cells: Cells, time: str, clock: str) -> Cells:
    joined = joined_times(cells[time], cells[clock])
    return {
        name: joined if name == time else texts for name, texts in cells.items() if name != clock
    }


def _clock(
    data: OwnData,
    cells: Cells,
    time: str,
    named: Sequence[str],
    found: tuple[tuple[str, ...], NDArray[Any]],
    how: Reading,
) -> str:
    """Returns the column of the clock, where the times are days that come round without it."""
    others = {*named, *given_targets(data)}
    clock = clock_column({name: texts for name, texts in cells.items() if name not in others}, time)
    # An hour of the day tells rows of a day apart, and is no series all the same.
    if not clock or not (_repeated(cells, *found) or clock in found[0]):
        return ""
    if data.given.get("id", "auto") not in ("auto", "none") and clock in found[0]:
        return ""
    try:
        joined = _joined(cells, time, clock)
        ids, times = _read(data, joined, time, tuple(named), how)
    except TimesError:
        return ""
    few = _repeated(joined, ids, times) <= _FEW_REPEATED * len(times)
    return clock if few and times.dtype.kind == "M" else ""


def _repeated(cells: Cells, ids: Sequence[str], times: NDArray[Any]) -> int:
    """Returns how many rows have the time of another one of their series."""
    owners = owners_of(cells, ids, len(times))
    places = np.unique(times, return_inverse=True)[1].reshape(-1)
    return len(times) - len(np.unique(places * (int(owners.max(initial=0)) + 1) + owners))


def _check_repeated(
    rows: Rows,
    cells: Cells,
    time: str,
    found: tuple[tuple[str, ...], NDArray[Any]],
    how: Reading,
) -> None:
    ids, times = found
    same = len(times) - len(np.unique(times))
    if not same or ids:
        return
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


def owners_of(
    cells: Mapping[str, Sequence[str]], ids: Sequence[str], count: int
) -> NDArray[np.int64]:
    """Returns the series of each row, as numbers."""
    if not ids:
        return np.zeros(count, dtype=np.int64)
    return np.unique(np.array(joined_ids(cells, ids)), return_inverse=True)[1].reshape(-1)


def given_targets(data: OwnData) -> Sequence[str]:
    """Returns the columns that the person names as targets."""
    targets = data.given.get("targets", ())
    return targets.split(",") if isinstance(targets, str) else targets


def _tells_apart(rows: Rows, name: str, times: Any) -> bool:
    """Tells whether no two rows have the same time and the same cell in a column of few kinds."""
    cells = [text.strip() for text in rows.whole(name)]
    pairs = set(zip(times.tolist(), cells, strict=True))
    return len(pairs) == len(cells) and 2 * len(set(cells)) <= len(cells)
