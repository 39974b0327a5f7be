"""Splits of series by time: train, then validation, then test; never shuffled."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from seqkit.api import Notify, Record
from seqkit.data.times import TimesError, time_texts
from seqkit.errors import ConfigurationError, DataError, Problem
from seqkit_timeseries._frequency import Frequency
from seqkit_timeseries._tabled import Reading, Series, Tabled, times_of


def split_records(
    tabled: Tabled,
    validation: float | str,
    test: float | str,
    notify: Notify,
    **declared: Any,
) -> dict[str, list[Record]]:
    """Returns the records of each split: views of the series up to the split's end.

    Args:
        tabled: The series.
        validation: Part of the rows (below 1), number of rows, or the date it begins; 0 for none.
        test: The same; it ends with the data.
        notify: Receives messages about series that begin after the training split.
        **declared: What else a record says of itself: `targets`, `period`.

    Raises:
        ConfigurationError: The splits leave no training rows, or a date is none.
    """
    if tabled.kinds:
        declared = {"aside": tabled.aside} | declared | {"kinds": tabled.kinds}
    series = [_known(one, declared.get("targets"), tabled.aside) for one in tabled.series]
    how = Reading("", usual=tabled.names)
    tests = _beginnings(series, test, "dataset.test", [len(one.time) for one in series], how)
    validations = _beginnings(series, validation, "dataset.validation", tests, how)
    parts = [size for size in (validation, test) if not isinstance(size, str) and 0 < size < 1]
    if parts and series[0].time.dtype.kind == "M" and _follow_each_other(series):
        notify("series follow each other in time: each is split by its own rows.")
    splits: dict[str, list[Record]] = {"train": [], "validation": [], "test": []}
    late = []
    learnt = [
        _is_known(one, middle, declared.get("targets"), tabled.aside)
        for one, middle in zip(series, validations, strict=True)
    ]
    for place, (one, whole) in enumerate(zip(series, tabled.series, strict=True)):
        middle, last = validations[place], tests[place]
        # Where none can be learnt, fitting says which column holds nothing.
        if middle <= 0 or (any(learnt) and not learnt[place]):
            late.append(one.name)
            continue
        ends = {"train": (0, middle), "validation": (middle, last), "test": (last, len(one.time))}
        for split, (start, end) in ends.items():
            if start < end:
                more = dict(declared)
                if end == len(one.time) < len(whole.time):
                    more["ahead"] = {name: column[end:] for name, column in whole.values.items()}
                splits[split].append(_record(one, start, end, tabled.names, more))
    if not splits["train"]:
        raise DataError(
            f"dataset.validation ({validation!r}) and dataset.test ({test!r}) leave no row for "
            f"training. {_instead(series, validation, test)}"
        )
    for key, size in (("validation", validation), ("test", test)):
        if size and not splits[key]:
            before = "the test" if key == "validation" and test else "the data end"
            message = f"dataset.{key} is {size!r}, which leaves it no row before {before}"
            hint = "Give an earlier date, or a number of rows"
            raise ConfigurationError(problems=[Problem(f"dataset.{key}", message, hint)])
    if late:
        shown = ", ".join(late[:3]) + (", ..." if len(late) > 3 else "")
        notify(
            f"{len(late)} of {len(series)} series have no numbers to train on: {shown}; left out."
        )
    return {split: records for split, records in splits.items() if records}


def _instead(series: Sequence[Series], *sizes: float | str) -> str:
    """Returns what to do about splits that leave nothing for training."""
    if not any(isinstance(size, str) for size in sizes):
        return "Lower them"
    first = min(one.time[0] for one in series)
    last = max(one.time[-1] for one in series)
    begin, end = time_texts(np.array([first, last]), Frequency())
    return f"The data are of {begin} to {end}; give later dates, or numbers of rows"


def _targets(one: Series, targets: Sequence[str] | None, left: Collection[str]) -> Sequence[str]:
    return targets or [name for name in one.values if name not in left]


def _is_known(one: Series, end: int, targets: Sequence[str] | None, left: Collection[str]) -> bool:
    """Tells whether each target of a series has a number before a row."""
    return all(not np.isnan(one.values[name][:end]).all() for name in _targets(one, targets, left))


def _known(one: Series, targets: Sequence[str] | None, left: Collection[str]) -> Series:
    """Returns a series up to its last row with a target; all of one that has none."""
    names = _targets(one, targets, left)
    known = np.zeros(len(one.time), dtype=bool)
    for name in names:
        known |= ~np.isnan(one.values[name])
    there = np.flatnonzero(known)
    end = int(there[-1]) + 1 if len(there) else len(one.time)
    values = {name: column[:end] for name, column in one.values.items()}
    return Series(one.name, one.time[:end], values)


def _record(
    one: Series, start: int, end: int, names: Mapping[str, str], declared: Mapping[str, Any]
) -> Record:
    values = {name: column[:end] for name, column in one.values.items()}
    record: dict[str, Any] = {"series": one.name, "time": one.time[:end], "values": values}
    return record | {"start": start, "names": dict(names)} | dict(declared)


def _beginnings(
    series: Sequence[Series], size: float | str, key: str, ends: Sequence[int], how: Reading
) -> list[int]:
    """Returns the row at which a split begins in each series, where it ends at `ends`.

    A part of the rows is a part of all moments of the data, so that it is one moment for all;
    series that have no moments in common are each parted by themselves.
    """
    if isinstance(size, str):
        moment = _moment(size, key, how)
        if any(one.time.dtype.kind != "M" for one in series):
            message = f"{key} is the date {size}, and the data have no times"
            raise ConfigurationError(problems=[Problem(key, message, "Write a number of rows")])
        found = [int(np.searchsorted(one.time, moment)) for one in series]
        return [min(row, end) for row, end in zip(found, ends, strict=True)]
    if not any(ends):
        return list(ends)
    if size >= 1:
        return [max(0, end - round(size)) for end in ends]
    if series[0].time.dtype.kind != "M" or _follow_each_other(series):
        return [end - round(size * len(one.time)) for one, end in zip(series, ends, strict=True)]
    moments = np.unique(np.concatenate([one.time for one in series]))
    limit = max(one.time[end - 1] for one, end in zip(series, ends, strict=True) if end)
    last = int(np.searchsorted(moments, limit, side="right"))
    first = last - round(size * len(moments))
    if first >= len(moments):
        return list(ends)
    begins = moments[max(0, first)]
    found = [int(np.searchsorted(one.time, begins)) for one in series]
    return [min(row, end) for row, end in zip(found, ends, strict=True)]


def _follow_each_other(series: Sequence[Series]) -> bool:
    """Tells whether most moments are of one series alone, so that later ones had no training."""
    every = np.concatenate([one.time for one in series])
    _, places, counts = np.unique(every, return_inverse=True, return_counts=True)
    edges = np.cumsum([len(one.time) for one in series])[:-1]
    shared = [float(part.mean()) for part in np.split(counts[places] > 1, edges) if len(part)]
    return len(series) > 1 and float(np.mean(shared)) < 0.5


def _moment(text: str, key: str, how: Reading) -> Any:
    """Reads the date at which a split begins, as the dates of the table where that is open."""
    what = "which is no date"
    try:
        times = times_of([text], how)
        if times.times.dtype.kind == "M":
            return times.times[0]
    except TimesError as error:
        if error.open:
            what = "which can be read in more than one way"
    problem = Problem(key, f"{key} is {text!r}, {what}", "Write it as 2024-01-31")
    raise ConfigurationError(problems=[problem])
