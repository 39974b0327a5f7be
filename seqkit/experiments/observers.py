"""The observers that an experiment names: `[observers.NAME]`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from seqkit.config import Config, validate
from seqkit.errors import ConfigurationError, Problem
from seqkit.experiments.words import Settings, with_words
from seqkit.registry.registry import Entry, Registry

_BOOLEAN = TypeAdapter(bool)
"""What counts as true or false, as in every other setting: `off` and `no` are false."""


def chosen_observers(
    document: dict[str, Any],
    words: Mapping[str, Settings],
    registry: Registry,
    own: Sequence[str],
    problems: list[Problem],
) -> list[tuple[Entry, Config]]:
    """Returns the observers of an experiment with their settings.

    A table, or `true`, chooses one; `false` leaves one out.

    Args:
        document: The experiment; settings that formerly chose an observer are taken out of it.
        words: What words set in its tables; likewise.
        registry: Where observers are looked up.
        own: The experiment's own plugins.
        problems: What is wrong is added to them.
    """
    tables: dict[str, dict[str, Any]] = {}
    settings: dict[str, Settings] = {}
    entries: dict[str, Entry] = {}

    def choose(name: str, value: Any, path: tuple[str, ...] = ()) -> None:
        key = ".".join(("observers", name, *path))
        try:
            entry = registry.find("observers", name, key, own)
        except ConfigurationError as error:
            problems.extend(error.problems)
            return
        entries[entry.qualified] = entry
        if path:
            tables.setdefault(entry.qualified, {})
            settings.setdefault(entry.qualified, []).append((path, value))
        elif isinstance(value, Mapping):
            tables[entry.qualified] = dict(value)
        elif (chosen := _as_boolean(value)) is None:
            message = f"{key} is {value!r}; it must be a table, true or false"
            problems.append(Problem(key, message, f"Write [{key}]"))
        elif chosen:
            tables.setdefault(entry.qualified, {})
        else:
            tables.pop(entry.qualified, None)

    formerly = _formerly(document, words, registry, problems)
    for name, value in [*formerly, *_written(document, problems)]:
        choose(name, value)
    for (name, *path), value in words.get("observers", ()):
        choose(name, value, tuple(path))
    chosen = []
    for qualified, table in tables.items():
        config_type = entries[qualified].component.Config
        merged = with_words(config_type, table, settings.get(qualified, []))
        config, found = validate(config_type, merged, f"observers.{qualified}", qualified)
        problems += found
        if config is not None:
            chosen.append((entries[qualified], config))
    return chosen


def _as_boolean(value: Any) -> bool | None:
    try:
        return _BOOLEAN.validate_python(value)
    except ValidationError:
        return None


def _written(document: Mapping[str, Any], problems: list[Problem]) -> list[tuple[str, Any]]:
    value = document.get("observers", {})
    if isinstance(value, Mapping):
        return [(str(name), table) for name, table in value.items()]
    if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
        return [(name.strip(), True) for name in value]
    problems.append(
        Problem(
            "observers",
            f"observers is {value!r}; it must be a table of tables",
            "Write [observers.NAME]",
        )
    )
    return []


def _formerly(
    document: dict[str, Any],
    words: Mapping[str, Settings],
    registry: Registry,
    problems: list[Problem],
) -> list[tuple[str, Any]]:
    """Takes settings of the trainer that chose an observer in older experiments."""
    found: list[tuple[str, Any]] = []

    def take(entry: Entry, value: Any) -> None:
        key = entry.component.formerly
        chosen = _as_boolean(value)
        if chosen is not None:
            found.append((entry.qualified, chosen))
        else:
            hint = f"Write [observers.{entry.name}], or leave it out"
            problems.append(Problem(key, f"{key} is {value!r}; it must be true or false", hint))

    for entry in registry.entries("observers"):
        head, _, setting = entry.component.formerly.partition(".")
        if not setting:
            continue
        table = document.get(head)
        if isinstance(table, dict) and setting in table:
            take(entry, table.pop(setting))
        for word in [word for word in words.get(head, ()) if word[0] == (setting,)]:
            words[head].remove(word)
            take(entry, word[1])
    return found
