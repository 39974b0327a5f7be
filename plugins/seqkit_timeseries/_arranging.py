"""The rows of each series in the order of time, one for each step, with gaps as missing values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Notify
from seqkit.data import counted, listed
from seqkit.errors import DataError
from seqkit_timeseries._frequency import Frequency, time_texts
from seqkit_timeseries._paces import paces
from seqkit_timeseries._steps import near_step, resampled
from seqkit_timeseries._tabled import Reading, Series


def arranged(
    name: str,
    times: NDArray[Any],
    values: Mapping[str, NDArray[np.float64]],
    how: Reading,
    kinds: Collection[str] = (),
) -> Series:
    """Returns one series of a table that is read already: in the order of time, without gaps."""
    notes = Notes(how, range(1, len(times) + 1), kinds=kinds)
    one = in_order(name, np.arange(len(times)), times, values, notes)
    return finished([one], notes)[0]


def finished(series: Sequence[Series], notes: Notes) -> list[Series]:
    """Returns series with one row for each step: brought to that of a setting, and without gaps."""
    how = notes.how
    found = list(series)
    if how.resample and found and all(one.time.dtype.kind == "M" for one in found):
        for place, one in enumerate(found):
            step = resampled(one.time, one.values, how.resample, how.aggregate, notes.kinds)
            found[place] = Series(one.name, *step)
            notes.rows += len(one.time)
            notes.steps += len(step[0])
    frequencies = paces([(one.name, one.time) for one in found], how.source)
    pairs = zip(found, frequencies, strict=True)
    return [without_gaps(one, frequency, notes) for one, frequency in pairs]


def in_order(
    name: str,
    rows: NDArray[np.int64],
    times: NDArray[Any] | None,
    values: Mapping[str, NDArray[np.float64]],
    notes: Notes,
) -> Series:
    """Returns some rows of a table as a series, in the order of time."""
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
    if len(same) and not notes.how.resample:
        moments, columns = notes.merged(name, moments, rows, same, columns)
    return Series(name, moments, columns)


def without_gaps(one: Series, frequency: Frequency, notes: Notes) -> Series:
    """Returns a series with a row for each step."""
    if len(one.time) < 2:
        return one
    if not frequency.regular:
        notes.irregular.append(one.name)
        notes.pace = frequency.seconds
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
class Notes:
    """What was done to a table, gathered over its series and told in a sentence each."""

    how: Reading
    lines: Sequence[int]
    column: str = ""
    rest: Sequence[str] = ()
    apart: Sequence[str] = ()
    kinds: Collection[str] = ()
    zone: str = ""
    local: bool = False
    unsorted: list[int] = field(default_factory=list)
    irregular: list[str] = field(default_factory=list)
    pace: float = 0
    rows: int = 0
    steps: int = 0
    gaps: int = 0
    first_gap: str = ""
    same: int = 0

    def text(self, time: Any, frequency: Frequency) -> str:
        """Returns a time as its table has it."""
        zoned = replace(frequency, zone=self.zone, local=self.local)
        return time_texts(np.asarray([time]), zoned)[0]

    def gap(
        self, name: str, times: NDArray[Any], steps: NDArray[Any], length: int, step: Frequency
    ) -> None:
        if length > 20 * len(times) + 1000:
            raise DataError(
                f"{of_series(name)}{self.how.source} has {len(times):,} rows for {length:,} steps "
                f"({step}), most of them missing. Check the times"
            )
        if not self.gaps:
            place = int(np.flatnonzero(np.diff(steps) > 1)[0])
            after = self.text(times[place], step)
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
            when = self.text(times[place], Frequency("seconds"))
            pair = sorted((self.lines[rows[place]], self.lines[rows[place + 1]]))
            raise DataError(
                f"{of_series(name)}{how.source} has two rows of {when}, "
                f"on {how.counted}s {pair[0]} and {pair[1]} (such rows: {len(same):,}). "
                + self._instead()
            )
        self.same += len(same)
        starts = np.concatenate([[0], np.flatnonzero(np.diff(times.astype(np.int64))) + 1])
        ends = np.concatenate([starts[1:], [len(times)]])
        if how.duplicates == "mean":
            merged = {}
            for column, numbers in columns.items():
                if column in self.kinds:
                    merged[column] = numbers[ends - 1]
                    continue
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
            column = f"={self.apart[0]}" if self.apart else ""
            hint = (
                f"Name the column that tells series apart ({self.how.key}id{column}), or write "
                f"{self.how.key}duplicates=first, last or mean"
            )
        if not self.rest:
            return hint
        parts = listed([self.column, *self.rest])
        alone = self.how.key and len(self.rest) == 1
        way = f", or set {self.how.key}clock={self.rest[0]}" if alone else ""
        return f"If {parts} are parts of one time, join them, as 2024-01-31 13:45{way}. {hint}"

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
            way = ""
            if self.how.key and self.pace:
                way = f" {self.how.key}resample={near_step(self.pace)} brings them to equal steps."
            notify(
                f"the times{many} in {source} are irregular; rows are taken as one step apart.{way}"
            )
        if self.steps:
            notify(
                f"{counted(self.rows, 'row')} of {source} became {self.steps:,}, one for each "
                f"{self.how.resample} ({self.how.aggregate})."
            )
        if self.gaps:
            what = counted(self.gaps, "row is", "rows are")
            notify(f"{what} missing in {source}, {self.first_gap}, and put in without values.")


def of_series(name: str) -> str:
    """Names a series in front of its table, where it has a name."""
    return f"series {name!r} of " if name else ""
