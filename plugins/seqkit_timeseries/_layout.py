"""Which columns of a series become which channels of the input, and a series as a matrix."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Record
from seqkit.data import listed
from seqkit.data.roles import STATIC
from seqkit.data.times import is_offset, local_times, moments_of, offsets_at
from seqkit.errors import ConfigurationError, DataError, Problem, suggestion
from seqkit_timeseries._frequency import Frequency, time_texts
from seqkit_timeseries._kinds import channel

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Layout:
    """The columns that are read. As channels: targets, past covariates, masks, what is known ahead.

    Attributes:
        targets: Columns to forecast.
        past: Columns known up to the forecast.
        future: Columns known over the horizon too.
        calendar: Features made of the times; each is two channels.
        masked: Columns of which a channel tells where they are known.
        kinds: Of each column of text that is read, the kinds that have a channel. Such a column
            stands in `past` or `future` as one for each kind: `weather=rain`.
        static: Those of `future` that are the same in all rows of a series.
    """

    targets: tuple[str, ...]
    past: tuple[str, ...] = ()
    future: tuple[str, ...] = ()
    calendar: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    kinds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    static: tuple[str, ...] = ()

    @property
    def observed(self) -> tuple[str, ...]:
        """Columns that are not known ahead."""
        return self.targets + self.past

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of numbers that are read, with one for each kind."""
        return self.observed + self.future

    @property
    def sources(self) -> tuple[str, ...]:
        """Columns of a table that records must hold."""
        return self._named_as_in_a_table(self.columns)

    @property
    def beforehand(self) -> tuple[str, ...]:
        """Columns of a table whose values have to be told for the horizon."""
        told = [name for name in self.future if name not in self.static]
        return self._named_as_in_a_table(told)

    @property
    def indicators(self) -> tuple[str, ...]:
        """Columns of 0 and 1 that are made of kinds."""
        return tuple(channel(name, kind) for name, kinds in self.kinds.items() for kind in kinds)

    def _named_as_in_a_table(self, columns: Iterable[str]) -> tuple[str, ...]:
        made = {channel(name, kind): name for name, kinds in self.kinds.items() for kind in kinds}
        return tuple(dict.fromkeys(made.get(name, name) for name in columns))

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels of the input, in their order."""
        masks = tuple(f"{name} is known" for name in self.masked)
        waves = tuple(f"{name} {wave}" for name in self.calendar for wave in ("sine", "cosine"))
        return self.observed + masks + self.future + waves

    @property
    def ahead(self) -> int:
        """How many channels, the last ones, are known over the horizon."""
        return len(self.future) + 2 * len(self.calendar)

    def with_masks(self, missing: NDArray[np.bool_]) -> Layout:
        """Adds a mask for each column that has missing values, `(columns,)`."""
        names = zip(self.columns, missing, strict=True)
        return replace(self, masked=tuple(name for name, some in names if some))

    def with_kinds(self, kinds: Mapping[str, tuple[str, ...]]) -> Layout:
        """Puts a column for each kind in the place of each column of kinds."""

        def spread(names: Iterable[str]) -> tuple[str, ...]:
            parts = ([channel(n, kind) for kind in kinds[n]] if n in kinds else [n] for n in names)
            return tuple(name for part in parts for name in part)

        past, future, static = map(spread, (self.past, self.future, self.static))
        return replace(self, past=past, future=future, static=static, kinds=kinds)

    def as_dict(self) -> dict[str, Any]:
        """Returns the layout as JSON values."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def choose_layout(record: Record, settings: Mapping[str, Any], frequency: Frequency) -> Layout:
    """Chooses columns by the task's settings and by what a first record says of itself.

    Raises:
        ConfigurationError: A setting names a column the data do not have, or one twice.
    """
    there = tuple(record["values"])
    future, past = tuple(settings["future_covariates"]), settings["past_covariates"]
    static = tuple(settings.get("static_covariates", ()))
    named_ahead = (*future, *static, *(past if isinstance(past, list) else ()))
    targets, from_where = _targets(record, settings["targets"], named_ahead)
    if past == "auto":
        left = record.get("aside", {})
        named = {*targets, *future, *static, *left}
        past = [name for name in there if name not in named]
    elif past == "none":
        past = []
    chosen = {
        "targets": targets,
        "past_covariates": past,
        "future_covariates": future,
        "static_covariates": static,
    }
    problems = _problems(record, chosen, from_where)
    calendar = settings["calendar"]
    if calendar == "auto":
        calendar = frequency.calendar
    elif calendar == "none":
        calendar = ()
    elif calendar and frequency.unit == "rows":
        shown = ", ".join(calendar)
        message = f"task.calendar asks for {shown}, and the data have no times"
        problems.append(Problem("task.calendar", message, "Write task.calendar=none"))
    if problems:
        raise ConfigurationError(problems=problems)
    return Layout(targets, tuple(past), future + static, tuple(calendar), static=static)


def _problems(
    record: Record, chosen: Mapping[str, Sequence[str]], from_where: str
) -> list[Problem]:
    """Returns what is wrong with the columns that settings name."""
    there, of_kinds = tuple(record["values"]), record.get("kinds", {})
    problems = []
    seen: dict[str, str] = {}
    for setting, names in chosen.items():
        for name in names:
            key = f"task.{setting}"
            if name not in there:
                message = f"{key} names {name!r}, which is no column of numbers in the data"
                problems.append(Problem(key, message, _instead(record, name, there)))
            elif setting == "targets" and name in of_kinds:
                message = f"{key} names {name!r}, which is text of {len(of_kinds[name])} kinds"
                hint = f"Numbers are forecast; read it by task.past_covariates={name}"
                problems.append(Problem(key, message, hint))
            elif name in seen:
                message = f"{key} names {name!r}, which is named already, by {seen[name]}"
                problems.append(Problem(key, message, f"Take it out of {seen[name]} or {key}"))
            seen[name] = from_where if setting == "targets" else key
    if not chosen["targets"]:
        message = "no column is left to forecast, as all are named as covariates"
        hint = f"Name one in task.targets; there are {listed(there)}"
        problems.append(Problem("task.targets", message, hint))
    return problems


def _targets(
    record: Record, asked: Sequence[str], covariates: Collection[str]
) -> tuple[tuple[str, ...], str]:
    """Returns the columns to forecast, and the setting that names them.

    Where none does, these are all but the covariates and what a dataset puts aside.
    """
    if asked:
        return tuple(asked), "task.targets"
    if "targets" in record:
        return tuple(record["targets"]), "dataset.targets"
    there = [name for name in record["values"] if name not in covariates]
    left = record.get("aside", {})
    return tuple(name for name in there if name not in left), "task.targets"


def ids_of(names: Mapping[str, str]) -> tuple[str, ...]:
    """Returns the columns that tell series apart, of how a table was read."""
    ids = names.get("series", "")
    if ids.startswith("["):
        with suppress(ValueError):
            return tuple(json.loads(ids))
    return (ids,) if ids else ()


def _instead(record: Record, name: str, there: Sequence[str]) -> str:
    """Returns the next step for a name that is no column of numbers."""
    if name in ids_of(record.get("names", {})):
        return "It tells series apart; dataset.id says which columns do, or none"
    return suggestion(name, there)


def unread(record: Record, layout: Layout) -> str:
    """Says which columns are put aside and by which reasons; empty where all are read."""
    reasons: dict[str, list[str]] = {}
    for name, reason in record.get("aside", {}).items():
        if name not in layout.sources:
            reasons.setdefault(reason, []).append(name)
    if not reasons:
        return ""
    shown = "; ".join(
        f"{listed(names)} {reason.replace('is ', 'are ', 1) if len(names) > 1 else reason}"
        for reason, names in reasons.items()
    )
    names = [name for part in reasons.values() for name in part]
    them = "they are" if len(names) > 1 else "it is"
    way = "task.targets or a covariate names it"
    same = [name for name in names if record["aside"][name] == STATIC]
    texts = [name for name in names if name in record.get("kinds", {}) and name not in same]
    if len(same) + len(texts) == len(names):
        ways = [f"task.static_covariates={','.join(same)}"] if same else []
        ways += [f"task.past_covariates={','.join(texts)}"] if texts else []
        way = f"{' and '.join(ways)} {'reads' if len(ways) == 1 else 'read'} {_it(names)}"
    if texts and not {"series", "ids"} & {*record.get("names", {})}:
        way += f". If {texts[0]!r} tells series apart, write dataset.id={texts[0]}"
    return f"{shown}: {them} neither forecast nor read, unless {way}"


def _it(names: Sequence[str]) -> str:
    return "it" if len(names) == 1 else "them"


def rows_with_targets(record: Record, targets: Iterable[str]) -> int:
    """Returns how many rows there are up to the last one in which a target is known."""
    known = np.zeros(len(record["time"]), dtype=bool)
    for name in targets:
        known |= ~np.isnan(np.asarray(record["values"][name], dtype=np.float64))
    there = np.flatnonzero(known)
    return int(there[-1]) + 1 if len(there) else 0


def matrix_of(record: Record, columns: Iterable[str], place: str) -> Floats:
    """Returns some columns of a record, `(rows, columns)`; a single one is a view.

    Raises:
        DataError: A column is missing, has another length, or holds an infinite number.
    """
    values, rows = record["values"], len(record["time"])
    found = []
    for name in columns:
        if name not in values:
            raise DataError(
                f"{named(record)} has no column {name!r}, in {place}. "
                f"It has {listed(tuple(values))}"
            )
        column = np.asarray(values[name], dtype=np.float64)
        if len(column) != rows:
            raise DataError(
                f"{named(record)} has {len(column)} values in column {name!r} and {rows} times, "
                f"in {place}."
            )
        if np.isinf(column).any():
            where = row_text(record, int(np.flatnonzero(np.isinf(column))[0]))
            raise DataError(
                f"{named(record)} has an infinite number in column {name!r}, {where} of {place}. "
                "Leave the cell empty, or give a number"
            )
        found.append(column)
    return np.stack(found, axis=1)


def named(record: Record) -> str:
    """Names the series of a record for a message."""
    return f"series {record['series']!r}" if record.get("series") else "the series"


def row_text(record: Record, row: int) -> str:
    """Says which row, counted from 1, and its time."""
    times = record["time"]
    if times.dtype.kind != "M":
        return f"row {row + 1}"
    frequency = zoned(Frequency("seconds"), record)
    return f"row {row + 1} ({time_texts(times[row : row + 1], frequency)[0]})"


def zoned(frequency: Frequency, record: Record) -> Frequency:
    """Returns the frequency in the time zone in which a record was read."""
    names = record.get("names", {})
    zone = str(names.get("time_zone", ""))
    return replace(frequency, zone=zone, local=names.get("clock") == "local")


def times_in(record: Record, frequency: Frequency) -> NDArray[Any]:
    """Returns the times of a record as those of a run that was fitted to rows in this frequency.

    Another file may have another zone, or be of winter alone. A run of before zones were kept has
    UTC for times with an offset.
    """
    times, own = np.asarray(record["time"]), zoned(Frequency(), record)
    if (own.zone, own.local) == (frequency.zone, frequency.local) or times.dtype.kind != "M":
        return times
    if not frequency.zone:
        fixed = own.local and is_offset(own.zone)
        return times - offsets_at(times, own.zone).astype("timedelta64[s]") if fixed else times
    if not own.zone:
        own = replace(own, zone=frequency.zone, local=True)
    moments = moments_of(times, own.zone)[0] if own.local else times
    return local_times(moments, frequency.zone) if frequency.local else moments
