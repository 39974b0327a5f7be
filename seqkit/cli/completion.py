"""`seqkit completion`: a script that teaches a shell seqkit's words, and the words themselves."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqkit.terminal import output

if TYPE_CHECKING:
    from seqkit.registry.registry import Registry

SHELLS = ("bash", "zsh", "fish")
_WHERE = {
    "bash": 'eval "$(seqkit completion bash)"    # in ~/.bashrc',
    "zsh": 'eval "$(seqkit completion zsh)"    # in ~/.zshrc, after compinit',
    "fish": "seqkit completion fish > ~/.config/fish/completions/seqkit.fish",
}


_HELP = """Print a script for shell completion.

\b
bash:  eval "$(seqkit completion bash)"    in ~/.bashrc
zsh:   eval "$(seqkit completion zsh)"     in ~/.zshrc, after compinit
fish:  seqkit completion fish > ~/.config/fish/completions/seqkit.fish

The shell is taken from the environment when none is named.
"""


@click.command(help=_HELP)
@click.argument("shell", required=False, type=click.Choice(SHELLS))
def completion(shell: str | None) -> None:
    """Prints the script that click makes for a shell."""
    from click.shell_completion import get_completion_class

    from seqkit.cli.main import cli

    name = shell or Path(os.environ.get("SHELL", "")).name
    kind = get_completion_class(name) if name in SHELLS else None
    if kind is None:
        raise click.UsageError(f"the shell is {name!r}. Name one: {', '.join(SHELLS)}")
    output.raw(kind(cli, {}, "seqkit", "_SEQKIT_COMPLETE").source())
    output.note(f"To use it: {_WHERE[name]}")


def complete_experiment(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[object]:
    """Completes the recipe or file of `seqkit run`, then its `key=value` words."""
    from click.shell_completion import CompletionItem

    from seqkit.registry.discovery import load_registry

    registry = load_registry()
    if parameter.name == "experiment":
        names = [n for n in registry.names("recipes") if n.startswith(incomplete)]
        found = [CompletionItem(name) for name in names]
        return [*found, CompletionItem(incomplete, type="file")] if not found else [*found]
    chosen = context.params.get("experiment")
    words = _words(registry, str(chosen), context.params.get("settings") or ())
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]


def complete_task(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[object]:
    """Completes the name of a task."""
    from click.shell_completion import CompletionItem

    from seqkit.registry.discovery import load_registry

    registry = load_registry(context.params.get("plugins") or ())
    return [CompletionItem(n) for n in registry.names("tasks") if n.startswith(incomplete)]


def _words(registry: Registry, experiment: str, settings: tuple[str, ...]) -> list[str]:
    """Returns whole `key=value` words, each with the value it has now, or with each choice."""
    from seqkit.errors import SeqkitError
    from seqkit.experiments.loading import load_experiment
    from seqkit.experiments.schema import in_toml, settings_of
    from seqkit.experiments.trainer import TrainerConfig
    from seqkit.registry.fitting import fitting

    try:
        loaded = load_experiment(experiment, registry, settings)
    except SeqkitError:
        return []
    words = [f"model={name}" for name in fitting(registry, "models", loaded.task.entry)]
    parts = {"task": loaded.task, "dataset": loaded.dataset, "model": loaded.model}
    tables = [(key, part.component.Config, part.config) for key, part in parts.items()]
    for key, kind, config in [*tables, ("trainer", TrainerConfig, loaded.trainer)]:
        values = config.model_dump(mode="json")
        for setting in settings_of(kind):
            if setting.choices:
                words += [f"{key}.{setting.key}={choice}" for choice in setting.choices]
            else:
                value = values.get(setting.key)
                shown = value if isinstance(value, str) else in_toml(value)
                words.append(f"{key}.{setting.key}={'' if value is None else shown}")
    return words
