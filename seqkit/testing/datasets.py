"""Checks of a dataset: its splits, its records, its fingerprint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any
from unittest import SkipTest

from seqkit.errors import DataError
from seqkit.registry import Entry, Registry
from seqkit.testing.checks import Check, require

READ = 200


def dataset_checks(entry: Entry, config: Callable[[], Any], registry: Registry) -> Iterator[Check]:
    """Yields the checks of a dataset. Data that are not on this machine are not fetched."""
    subject = f"datasets:{entry.name}"
    yield Check(subject, "records", lambda: _records(entry, config(), registry))
    yield Check(subject, "repeatable", lambda: _repeatable(entry, config()))


def _first_records(entry: Entry, settings: Any) -> dict[str, list[Any]]:
    location = entry.component.location(settings)
    if location is not None and not location.exists():
        raise SkipTest(f"its data are not on this machine, in {location}")
    try:
        splits = entry.component.splits(settings, _say_nothing)
        require(
            isinstance(splits, Mapping) and "train" in splits,
            "splits() must return a mapping of split names to records, with 'train' among them",
        )
        return {name: list(islice(records, READ)) for name, records in splits.items()}
    except DataError as error:
        raise SkipTest(f"its data cannot be read here: {error}") from error


def _say_nothing(message: str) -> None:
    del message


def _records(entry: Entry, settings: Any, registry: Registry) -> None:
    splits = _first_records(entry, settings)
    fields: set[str] = set()
    for task in entry.component.tasks:
        found = [e for e in registry.entries("tasks") if task in (e.name, e.qualified)]
        require(found, f"there is no task {task!r}, which the dataset is for")
        fields = fields or set(found[0].component.fields)
    for name, records in splits.items():
        require(records, f"the split {name!r} is empty. Leave it out instead")
        for number, record in enumerate(records, start=1):
            require(
                isinstance(record, Mapping),
                f"record {number} of {name!r} is {type(record).__name__}, not a mapping",
            )
            missing = sorted(fields - set(record))
            require(
                not missing,
                f"record {number} of {name!r} lacks {', '.join(missing)}, "
                f"which {entry.component.tasks[0]} reads",
            )


def _repeatable(entry: Entry, settings: Any) -> None:
    fingerprint = entry.component.fingerprint(settings)
    require(
        isinstance(fingerprint, str),
        f"fingerprint() returned {type(fingerprint).__name__}, not text",
    )
    require(
        fingerprint == entry.component.fingerprint(settings),
        "fingerprint() gave two texts for the same data",
    )
    first, again = _first_records(entry, settings), _first_records(entry, settings)
    require(
        _same(first, again),
        "splits() gave other records the second time. Draw with a seed from the settings",
    )


def _same(one: Any, other: Any) -> bool:
    """Compares records value by value; arrays are the same where their numbers are, or are NaN."""
    import numpy as np

    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        floats = one.dtype.kind in "fc" and other.dtype.kind in "fc"
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=floats)
    return bool(one == other)
