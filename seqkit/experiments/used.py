"""The plugins that an experiment uses: those of its parts, its observers and its tokenizers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seqkit.experiments.experiment import Experiment
from seqkit.registry.registry import Entry, Plugin, Registry
from seqkit.text import parts_of


def used_plugins(experiment: Experiment, registry: Registry) -> list[Plugin]:
    """Returns the plugins that an experiment uses, in the order in which they were loaded."""
    entries = [part.entry for part in (*experiment.parts, *experiment.observers)]
    names = {entry.plugin for entry in entries}
    names |= {entry.plugin for entry, _ in used_tokenizers(experiment, registry)}
    return registry.working(names)


def local_plugins(experiment: Experiment, registry: Registry) -> list[str]:
    """Returns the paths of the plugins it uses that are not installed, as `--plugin` had them."""
    used = used_plugins(experiment, registry)
    return [str(plugin.path) for plugin in used if plugin.path is not None]


def used_tokenizers(experiment: Experiment, registry: Registry) -> list[tuple[Entry, str]]:
    """Returns the tokenizers of plugins that settings of task and dataset name, with variants."""
    there = {(entry.plugin, entry.name): entry for entry in registry.entries("tokenizers")}
    found: list[tuple[Entry, str]] = []
    for part in (experiment.task, experiment.dataset):
        for text in _texts(part.settings()):
            named = parts_of(text)
            if named is not None and named[:2] in there:
                found.append((there[named[:2]], named[2]))
    return found


def _texts(value: Any) -> Iterator[str]:
    """Yields every text among plain values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
