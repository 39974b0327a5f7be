"""Options that a command on a run takes from the run's task, such as `--temperature`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqkit.errors import SeqkitError
from seqkit.experiments.schema import Setting, settings_of
from seqkit.storage.regular_files import LARGEST_TEXT, read_regular
from seqkit.storage.toml_text import parse_toml

if TYPE_CHECKING:
    from seqkit.api import Task

_PREFIX = "task_option_"
_FOUND = "seqkit.task_options"


class TaskCommand(click.Command):
    """A command whose first argument is a run, with the options of that run's task."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Looks at the run that the words name, then parses them."""
        try:
            ctx.meta[_FOUND] = self._options_for(args)
            trouble = None
        except (SeqkitError, OSError) as error:
            trouble = error
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as unknown:
            # It may well be an option of the run that cannot be opened.
            raise (trouble or unknown) from None

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Returns the command's own parameters and those of the task."""
        return [*super().get_params(ctx), *ctx.meta.get(_FOUND, [])]

    def _options_for(self, args: Sequence[str]) -> list[click.Option]:
        words = self._own_words(args)
        if "run" not in words:
            return []
        task = task_of_run(words["run"][0], words.get("runs_dir", [""])[-1], words["plugins"])
        return [] if task is None else [_option(s) for s in settings_of(task.PredictOptions)]

    def _own_words(self, args: Sequence[str]) -> dict[str, list[str]]:
        """Returns the run and the values of the command's own options, whatever else is there."""
        options = {
            name: option
            for option in self.params
            if isinstance(option, click.Option)
            for name in option.opts
        }
        found: dict[str, list[str]] = {"plugins": []}
        waiting = list(args)
        while waiting:
            word = waiting.pop(0)
            name, given, value = word.partition("=")
            option = options.get(name)
            if option is not None and not option.is_flag:
                value = value if given else (waiting.pop(0) if waiting else "")
                found.setdefault(str(option.name), []).append(value)
            elif not word.startswith("-"):
                found.setdefault("run", []).append(word)
        return found


def task_of_run(run: str, runs_dir: str, plugins: Sequence[str]) -> Task | None:
    """Returns the task of a run, or None where the run does not say.

    Raises:
        SeqkitError: There is no such run, or its task is not installed.
    """
    from seqkit.cli.common import open_registry, open_run, plugins_of_environment
    from seqkit.paths import runs_home

    folder = open_run(run, Path(runs_dir) if runs_dir else runs_home())
    try:
        content = read_regular(folder.experiment_file, LARGEST_TEXT)
        named = parse_toml(content.decode("utf-8")).get("task")
    except ValueError:
        return None
    name = named.get("name") if isinstance(named, Mapping) else named
    registry = open_registry([Path(path) for path in plugins] or plugins_of_environment())
    found: Task = registry.find("tasks", str(name), "task").component
    return found


def given_options(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the options of the task among a command's parameters, those that were given."""
    return {
        name.removeprefix(_PREFIX): value
        for name, value in parameters.items()
        if name.startswith(_PREFIX) and value is not None
    }


def _option(setting: Setting) -> click.Option:
    flag = "--" + setting.key.replace("_", "-")
    default = "" if setting.written in ("none", '""', "[]") else f"  [default: {setting.written}]"
    explained = f"{setting.help}{default}"
    name = _PREFIX + setting.key
    if setting.type == "true or false":
        return click.Option([f"{flag}/--no-{flag[2:]}", name], default=None, help=explained)
    metavar = "|".join(setting.choices) or setting.type.upper().replace(" ", "-")
    return click.Option([flag, name], default=None, metavar=metavar, help=explained)
