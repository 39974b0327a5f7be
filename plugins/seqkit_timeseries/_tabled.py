"""Tables of series: how one is read, and what it held."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqkit.data.times import (
    SPREADSHEET,
    ReadTimes,
    TimesError,
    are_spreadsheet_days,
    read_times,
    settled,
)
from seqkit_timeseries._steps import of_days


@dataclass(frozen=True)
class Series:
    """One series of a table.

    Attributes:
        name: Its id; empty where the table has one series.
        time: `datetime64` or positions, rising, `(rows,)`.
        values: The numbers of each column, NaN where one is missing, `(rows,)` each; of a column
            of kinds, which one it is.
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
        clock: Column of their clocks or hours, where `time` has the days; empty for none.
        identity: Columns that tell series apart; empty to guess them, None where none does.
        needed: Columns that must be numbers; all others may be text, and are then left out.
        usual: What was found out about a table like it, `time_format`, `hundred`, `decimal` and
            `time_zone`, which help where this one leaves it open.
        others: Whether other columns than these are read at all.
        ready: Columns of numbers that are no texts.
        kinds: Columns that hold kinds, also where they look like numbers.
        time_format: As of `strptime`; empty to find it out.
        decimal: `.` or `,`; empty to find it out.
        duplicates: What to do with rows of the same time: `error`, `first`, `last` or `mean`.
        time_zone: That of the times; empty for that of their offsets, if they have any.
        resample: The step to bring rows to, such as `1h`; empty to leave them as they are.
        aggregate: What becomes of the rows of a step: their `mean`, `sum` or the `last` one.
        missing: Numbers that stand for none, such as -999.
        key: Begins the names of settings in messages, such as `dataset.`.
        counted: What messages count: lines of a file, or rows.
    """

    source: str
    time: str = ""
    clock: str = ""
    identity: Sequence[str] | None = ()
    needed: Sequence[str] = ()
    usual: Mapping[str, str] = field(default_factory=dict)
    others: bool = True
    ready: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    kinds: Sequence[str] = ()
    time_format: str = ""
    decimal: str = ""
    duplicates: str = "error"
    time_zone: str = ""
    resample: str = ""
    aggregate: str = "mean"
    missing: Sequence[float] = ()
    key: str = "dataset."
    counted: str = "line"

    @property
    def finds_ids(self) -> bool:
        """Whether it is to be found out which columns tell series apart."""
        return self.identity is not None and not self.identity

    def known(self, names: Mapping[str, str], read: ReadTimes | None) -> dict[str, str]:
        """Returns `Tabled.names`: what was found, and what was said of how to read it."""
        found = dict(names)
        if read is not None and read.zone:
            found |= {"time_zone": read.zone, "clock": "local" if read.local else "utc"}
        if self.identity is None:
            found["ids"] = "none"
        if self.duplicates != "error":
            found["duplicates"] = self.duplicates
        if self.clock:
            found["time_of_day"] = self.clock
        if self.resample:
            found |= {"resample": self.resample, "aggregate": self.aggregate}
        if self.missing:
            found["missing"] = json.dumps(list(self.missing))
        return {key: value for key, value in found.items() if value}

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
            `time_format`, the `hundred` years of two digits, the `decimal` and the `time_zone`
            that were found, whether times are of its `clock`, and what was said of `duplicates`,
            `resample` and `missing`. Several columns of ids are a JSON list.
        aside: Columns that are neither to be forecast nor read unless a setting names them, and
            why.
        kinds: The kinds of columns of text, in the order of their numbers.
    """

    series: Sequence[Series]
    names: Mapping[str, str] = field(default_factory=dict)
    aside: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, Sequence[str]] = field(default_factory=dict)


def times_of(texts: Sequence[str], how: Reading, owners: Any = None, column: str = "") -> ReadTimes:
    """Reads times as those of a table like this one, and else as they are.

    Args:
        texts: A column of times.
        how: What is known of the table.
        owners: The series of each row.
        column: The name of the column.

    Raises:
        TimesError: A text is no time.
    """
    zone, local = how.time_zone, None
    if how.usual:
        zone = str(how.usual.get("time_zone", ""))
        local = how.usual.get("clock") == "local"
    elif how.resample:
        local = of_days(how.resample)
    read = _read(texts, how, column)
    return settled(read, zone, local, owners) if zone or not how.usual else read


def _read(texts: Sequence[str], how: Reading, column: str) -> ReadTimes:
    if how.usual.get("time_format"):
        with suppress(TimesError):
            hundred = int(how.usual.get("hundred", 0))
            return read_times(texts, how.usual["time_format"], hundred)
    days = not (how.time_format or how.usual) and are_spreadsheet_days(column, texts)
    return read_times(texts, SPREADSHEET if days else how.time_format)


def shown_times(times: NDArray[Any], how: Reading) -> NDArray[Any]:
    """Returns times that a program gave, which are of the clock, as those of a run's table."""
    zone = str(how.usual.get("time_zone", ""))
    if not zone:
        return times
    return settled(ReadTimes(times), zone, how.usual.get("clock") == "local").times
