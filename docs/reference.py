"""Reference pages made from the commands and from the settings of every built-in component."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from seqkit.experiments.schema import settings_of
from seqkit.registry.plugin import KINDS

if TYPE_CHECKING:
    from seqkit.api import Task
    from seqkit.config import Config
    from seqkit.registry.registry import Registry

_EXIT_CODES = (
    (0, "Done."),
    (1, "The run failed."),
    (2, "Usage or configuration: an unknown command, option, component or setting."),
    (3, "A plugin is broken or missing."),
    (4, "Data or a checkpoint cannot be used."),
    (130, "Interrupted; the state is saved, and the command to go on is printed."),
)


def commands_page() -> str:
    """Returns the reference of every command, those of plugins last, as Markdown."""
    from seqkit.cli.main import cli as whole
    from seqkit.registry.discovery import load_registry

    of_plugins = click.Group()
    load_registry().add_commands(of_plugins)
    cli = copy.copy(whole)
    cli.commands = dict(of_plugins.commands)
    lines = [
        "# Commands",
        "",
        "<!-- Written by `make docs` from the commands themselves. -->",
        "",
        "Results go to stdout, narration and progress to stderr. `seqkit` and `python -m seqkit`",
        "are the same; the second always works, also where the bioinformatics program of the same",
        "name comes first on `PATH`.",
        "",
        "| Exit code | Meaning |",
        "| --- | --- |",
        *(f"| {code} | {meaning} |" for code, meaning in _EXIT_CODES),
        "",
    ]
    context = click.Context(cli, info_name="seqkit", **cli.context_settings)
    lines += _command(cli, context, inner=False)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        if command is not None:
            lines += _command(command, click.Context(command, context, name))
    return "\n".join(lines).rstrip() + "\n"


def _command(command: click.Command, context: click.Context, inner: bool = True) -> Iterator[str]:
    context.max_content_width = context.terminal_width = 80
    depth = max(1, context.command_path.count(" "))
    yield f"{'#' * (depth + 1)} {context.command_path}"
    yield ""
    yield "```text"
    yield command.get_help(context).rstrip()
    yield "```"
    yield ""
    if inner and isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None:
                yield from _command(found, click.Context(found, context, name))


def configuration_page(registry: Registry) -> str:
    """Returns the reference of every setting there is, as Markdown."""
    from seqkit.experiments.trainer import TrainerConfig

    lines = [
        "# Configuration",
        "",
        "<!-- Written by `make docs` from the schemas of the components. -->",
        "",
        "An experiment is a TOML file of the tables below. What it leaves out has its default;",
        "an unknown key is an error. On the command line every setting is a word:",
        "`seqkit run sentiment model=gru model.hidden_size=64 trainer.epochs=3`.",
        "`seqkit new FILE.toml` writes a file with each setting explained, and `extends` makes one",
        "of [another](concepts.md#a-file-that-extends-another).",
        "",
        "## `[trainer]`",
        "",
        TrainerConfig.__doc__ or "",
        "",
        *_settings(TrainerConfig),
    ]
    for kind in (kind for kind in KINDS if kind != "recipes"):
        lines += [f"## {kind.capitalize()}", ""]
        for entry in registry.entries(kind):
            lines += [f"### `{entry.name}`", "", _escaped(entry.component.summary()), ""]
            lines += [f"Brought by the plugin `{entry.plugin}`.", ""]
            lines += _settings(entry.component.Config)
            if kind == "tasks":
                lines += _keys(entry.component)
            if kind == "tasks" and settings_of(entry.component.PredictOptions):
                lines += ["What `seqkit predict` may be told, as `--name value`:", ""]
                lines += _settings(entry.component.PredictOptions)
    return "\n".join(lines).rstrip() + "\n"


def _keys(task: Task) -> list[str]:
    """Returns what the records of a task hold, and what `Shape.extras` does."""
    lines = []
    for heading, items in (
        ("A record of its datasets holds:", task.fields),
        ("and may hold:", task.optional_fields),
        ("`Shape.extras` holds, for models, losses and metrics that know of it:", task.extras),
    ):
        if items:
            lines += [heading, "", *(f"- `{name}`: {text}" for name, text in items.items()), ""]
    return lines


def _settings(config: type[Config]) -> list[str]:
    settings = settings_of(config)
    if not settings:
        return ["No settings.", ""]
    rows = ["| Setting | Type | Default | What it is |", "| --- | --- | --- | --- |"]
    for setting in settings:
        kind = setting.type + (f", {setting.bounds}" if setting.bounds else "")
        default = setting.written if setting.written == "required" else f"`{setting.written}`"
        cells = f"`{setting.key}`", _escaped(kind), default, _escaped(setting.help)
        rows.append(f"| {' | '.join(cells)} |")
    return [*rows, ""]


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
