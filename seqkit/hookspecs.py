"""The hooks a plugin may implement, each called for one plugin at a time, in isolation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import click

    from seqkit.api import Dataset, Loss, Metric, Model, Observer, Recipe, Task, Tokenizer
    from seqkit.events import Event

GROUP = "seqkit"

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)
"""Marks a function of a plugin as the hook that it is named after: `@seqkit.hookimpl`."""


@hookspec
def register_models() -> list[type[Model]]:
    """Returns the models this plugin brings."""
    return []


@hookspec
def register_datasets() -> list[type[Dataset]]:
    """Returns the datasets this plugin brings."""
    return []


@hookspec
def register_tasks() -> list[type[Task]]:
    """Returns the tasks this plugin brings."""
    return []


@hookspec
def register_losses() -> list[type[Loss]]:
    """Returns the losses this plugin brings."""
    return []


@hookspec
def register_metrics() -> list[type[Metric]]:
    """Returns the metrics this plugin brings."""
    return []


@hookspec
def register_tokenizers() -> list[type[Tokenizer]]:
    """Returns the tokenizers this plugin brings."""
    return []


@hookspec
def register_observers() -> list[type[Observer]]:
    """Returns the observers this plugin brings, for experiments that choose one."""
    return []


@hookspec
def register_recipes() -> list[Recipe]:
    """Returns the named experiments this plugin ships."""
    return []


@hookspec
def register_commands(cli: click.Group) -> None:
    """Adds commands to the `seqkit` command. Called only when a command is not a built-in one."""


@hookspec
def on_event(event: Event) -> None:
    """Sees every event of every run, in the process that trains, just after it was written.

    An observer that has settings, or that a run chooses, is a component: `register_observers`.
    """
