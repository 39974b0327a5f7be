"""The records and the encoded data that a task is tried on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any
from unittest import SkipTest

from seqkit.api import Arrays, Codec, Record, Task, ignore
from seqkit.config import validate
from seqkit.errors import DataError
from seqkit.registry.registry import Entry, Registry
from seqkit.testing.checks import once, require

READ = 60
"""Records of each split that a task is tried on."""

MORE = 20_000
"""Records of each split that are read where the first ones are not enough."""

Settings = Mapping[str, Mapping[str, Any]]
Splits = dict[str, list[Record]]


@dataclass(frozen=True)
class Encoded:
    """A few records as a task encodes them.

    Attributes:
        source: Where the records come from, for messages.
        splits: The records.
        codec: The fitted task.
        arrays: The encoded records of each split.
    """

    source: str
    splits: Splits
    codec: Codec
    arrays: dict[str, Arrays]


class Records:
    """Finds the records of tasks among the plugins, and keeps what they are encoded as.

    Args:
        registry: Every plugin.
        settings: By component name, settings to check with.
    """

    def __init__(self, registry: Registry, settings: Settings | None = None) -> None:
        self.registry = registry
        self.settings = settings or {}
        self._encoded: dict[str, Callable[[], Encoded]] = {}

    def tasks_named(self, names: Iterable[str]) -> list[Entry]:
        """Returns the tasks with one of these bare or qualified names."""
        wanted = set(names)
        return [e for e in self.registry.entries("tasks") if {e.name, e.qualified} & wanted]

    def encoded(self, task: Entry) -> Encoded:
        """Returns a few records of a task, encoded with its usual settings.

        Raises:
            SkipTest: There are no records for it here.
            Exception: Whatever the task raises.
        """
        call = self._encoded.setdefault(task.qualified, once(partial(self._encode, task)))
        return call()

    def _encode(self, task: Entry) -> Encoded:
        component: Task = task.component
        if component.sample_records:
            splits = {name: list(records) for name, records in component.sample_records.items()}
            return self.encode(task, splits, "its sample_records")
        reasons: list[str] = []
        for dataset in self._datasets_for(task):
            settings = self.config_of(dataset)
            if settings is None or not _is_here(dataset, settings):
                continue
            read = partial(first_records, dataset, settings)
            try:
                read(1)
            except Exception as error:
                # Another component's fault, which its own checks tell.
                reasons.append(f"{dataset.qualified}: {error}")
                continue
            try:
                return self.encoded_by(task, f"the dataset {dataset.qualified}", read)
            except DataError as error:
                reasons.append(f"{dataset.qualified}: {error}")
        why = f" ({' '.join(reasons)})" if reasons else ""
        raise SkipTest(
            f"there are no records for {task.name} on this machine{why}. Give some in "
            "sample_records of the task, or settings of a dataset for it"
        )

    def _datasets_for(self, task: Entry) -> list[Entry]:
        """Returns the datasets whose records are for a task, those of its own plugin first."""
        names = {task.name, task.qualified}
        found = [e for e in self.registry.entries("datasets") if names & set(e.component.tasks)]
        return sorted(found, key=lambda entry: entry.plugin != task.plugin)

    def config_of(self, entry: Entry) -> Any:
        """Returns the settings that a component is tried with; None where one is missing."""
        given = self.settings.get(entry.name, {})
        config, _ = validate(entry.component.Config, given, entry.name, entry.qualified)
        return config

    def encoded_by(self, task: Entry, source: str, read: Callable[[int], Splits]) -> Encoded:
        """Returns the first records of a dataset as a task encodes them.

        Args:
            task: The task.
            source: What the dataset is called.
            read: Reads so many records of each split.

        Raises:
            DataError: The task refuses them, also with more of them.
            Exception: Whatever the task or the dataset raises.
        """
        try:
            return self.encode(task, read(READ), source)
        except DataError:
            # The first ones may be of one class, or too few.
            return self.encode(task, read(MORE), source)

    def encode(self, task: Entry, splits: Splits, source: str) -> Encoded:
        """Returns records as a task encodes them."""
        settings = self.config_of(task)
        if settings is None:
            raise SkipTest(f"{task.name} has settings without a default. Give them as words")
        result = task.component.encode(settings, splits, ignore)
        require(
            isinstance(result, tuple) and len(result) == 2 and isinstance(result[0], Codec),
            "encode() must return a Codec and the arrays of each split",
        )
        return Encoded(source, splits, *result)


def first_records(entry: Entry, settings: Any, count: int) -> Splits:
    """Returns the first records of each split of a dataset; fetches nothing.

    Raises:
        SkipTest: Its data are not on this machine.
        DataError: They cannot be read.
    """
    location = entry.component.location(settings)
    if location is not None and not location.exists():
        raise SkipTest(f"its data are not on this machine, in {location}")
    splits = entry.component.splits(settings, ignore)
    require(
        isinstance(splits, Mapping) and "train" in splits,
        "splits() must return a mapping of split names to records, with 'train' among them",
    )
    return {name: list(islice(records, count)) for name, records in splits.items()}


def _is_here(entry: Entry, settings: Any) -> bool:
    location = entry.component.location(settings)
    return location is None or location.exists()
