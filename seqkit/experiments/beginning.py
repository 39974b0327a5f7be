"""The experiment that one begins with: on one's own data, or on a recipe's."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seqkit.api import Choice, Notify, Recognition, Task, ignore
from seqkit.errors import ConfigurationError, sentence
from seqkit.experiments.documents import read_document, read_toml
from seqkit.experiments.own_data import said_in_full
from seqkit.registry.fitting import why_not
from seqkit.registry.registry import Entry, Registry

FEW = 200
"""Examples below which training is made fit for few, with a warning."""


@dataclass(frozen=True)
class Begun:
    """An experiment on a user's own data.

    Attributes:
        document: Its nested tables.
        recipe: The recipe that it begins with; empty for none.
        warning: What a person should beware of; may be empty.
        reasons: Why a setting was chosen, by its dotted key.
    """

    document: dict[str, Any]
    recipe: str
    warning: str
    reasons: Mapping[str, str] = field(default_factory=dict)


def begin(
    entry: Entry,
    recognition: Recognition,
    registry: Registry,
    recipe: str = "",
    warn: Notify = ignore,
) -> Begun:
    """Returns the experiment that a user's own data begin with.

    Without a recipe that the person named, the data are read and the task chooses the settings
    that suit them.

    Args:
        entry: The dataset that recognised them.
        recognition: What it made of them.
        registry: Where the task and the recipe are.
        recipe: The recipe to begin with; that of the task when empty. A task that has none begins
            with its first model and its usual loss and metrics.
        warn: Receives messages about the data, and about a task that fails to choose.

    Raises:
        ConfigurationError: There is no such recipe, or no model for the task.
        DataError: A run could not read the data.
    """
    task = registry.find("tasks", recognition.task, own=(entry.plugin,))
    name = recipe or usual_recipe(task, registry)
    document: dict[str, Any] = {}
    if name:
        document = recipe_document(registry.find("recipes", name), registry)
    else:
        document["model"] = {"name": _first_model(task, registry)}
    document["description"] = said_in_full(recognition)
    before = _table(document.get("task"))
    same = before.get("name") in (task.name, task.qualified)
    document["task"] = before if same else {}
    for key, value in recognition.overrides.items():
        _set(document, key, value)
    document["task"] = {**_table(document["task"]), "name": registry.name_of(task)}
    document["dataset"] = {"name": registry.name_of(entry), **recognition.settings}
    trainer, warning = for_few(_table(document.get("trainer")), recognition.examples)
    if trainer:
        document["trainer"] = trainer
    choices = () if recipe else _choices(document, task, registry, warn)
    # A dataset knows its own data better than the task does.
    known = tuple(_leaves(recognition.overrides))
    choices = [c for c in choices if not any(f"{c.key}.".startswith(f"{key}.") for key in known)]
    for choice in choices:
        _set(document, choice.key, choice.value)
    return Begun(document, name, warning, {choice.key: choice.reason for choice in choices})


def _choices(
    document: Mapping[str, Any], task: Entry, registry: Registry, warn: Notify
) -> Sequence[Choice]:
    """Returns what the task chooses for the records that a run would read.

    Raises:
        DataError: They cannot be read.
    """
    from seqkit.experiments.loading import load_experiment

    if type(task.component).choose is Task.choose:
        return ()
    dataset = load_experiment(document, registry).dataset
    read = dataset.component.splits(dataset.config, warn)
    splits = {split: list(records) for split, records in read.items()}
    try:
        choices = task.component.choose(splits, os.cpu_count() or 1)
        chosen = copy.deepcopy(dict(document))
        for choice in choices:
            _set(chosen, choice.key, choice.value)
        load_experiment(chosen, registry)
    except Exception as error:
        warn(
            f"task {task.qualified!r} failed to choose settings for the data, and the usual ones "
            f"are kept: {sentence(f'{type(error).__name__}: {error}')}"
        )
        return ()
    return list(choices)


def usual_recipe(task: Entry, registry: Registry) -> str:
    """Returns the recipe that own data of a task begin with; empty where it has none."""
    name = task.component.own_data_recipe
    for qualified in (f"{task.plugin}:{name}", name) if name else ():
        if any(qualified in (e.name, e.qualified) for e in registry.entries("recipes")):
            return registry.name_of(registry.find("recipes", qualified))
    return ""


def first_recipe(registry: Registry) -> str:
    """Returns the recipe to start with: one that says so, or else any; empty for none."""
    recipes = registry.entries("recipes")
    first = [entry for entry in recipes if entry.component.first] or recipes
    return registry.name_of(first[0]) if first else ""


def recipe_document(recipe: Entry, registry: Registry | None = None) -> dict[str, Any]:
    """Reads a recipe's TOML; empty when its file is missing or damaged.

    With a registry, what it extends is part of it.
    """
    try:
        if registry is not None:
            return read_document(recipe.qualified, registry).whole
        return read_toml(recipe.component.path)
    except ConfigurationError:
        return {}


def for_few(trainer: Mapping[str, Any], examples: int) -> tuple[dict[str, Any], str]:
    """Returns trainer settings for few examples, and a warning; both unchanged for many."""
    if not 0 < examples < FEW:
        return dict(trainer), ""
    # Small batches make enough steps of few examples for anything to be learnt.
    size = min(4, int(trainer.get("batch_size", 4)))
    warning = (
        f"There are only {examples} examples: a score on a tenth of them says little. "
        "Some hundreds are the least to learn from."
    )
    return {**trainer, "batch_size": size}, warning


def _first_model(task: Entry, registry: Registry) -> str:
    """Returns a model of the task's own plugin, or else of seqkit itself, or else any that fits.

    Of several, one that names the task.
    """
    names = {task.name, task.qualified}

    def rank(entry: Entry) -> tuple[bool, bool, bool]:
        of_seqkit = entry.owner is not None and entry.owner.built_in
        return entry.plugin != task.plugin, not of_seqkit, not names & set(entry.component.tasks)

    fits = [entry for entry in registry.entries("models") if not why_not(entry, task)]
    if fits:
        return registry.name_of(min(fits, key=rank))
    raise ConfigurationError(
        f"there is no model for the task {task.name!r}. Install a plugin that brings one, or name "
        "its folder by --plugin"
    )


def _table(value: Any) -> dict[str, Any]:
    return {"name": value} if isinstance(value, str) else copy.deepcopy(dict(value or {}))


def _leaves(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yields the dotted keys of what is no table: an empty one sets nothing."""
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from (f"{key}.{inner}" for inner in _leaves(value))
        else:
            yield key


def _set(document: dict[str, Any], key: str, value: Any) -> None:
    *parents, last = key.split(".")
    for parent in parents:
        document[parent] = _table(document.get(parent))
        document = document[parent]
    document[last] = copy.deepcopy(value)
