"""A group of commands whose names are known at once and whose code is imported when it is used."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from seqkit.errors import nearest


@dataclass(frozen=True)
class LazyCommand:
    """Where a command lives, and what `--help` says about it without importing it.

    Attributes:
        home: `module:attribute`.
        summary: One line.
        section: The heading it is listed under.
        owns_the_terminal: Whether it draws on the terminal itself, and has no results.
    """

    home: str
    summary: str
    section: str
    owns_the_terminal: bool = False


_HELP = {"--help", "-h"}


class LazyGroup(click.Group):
    """Looks commands up by name and imports the one that is used, and no other.

    Args:
        lazy: The commands, in the order in which help lists them.
        add_more: Called once, when a name is not among them, with this group and with local
            plugins, by path.
        more: Returns names and summaries of what it would add, for help.
        elsewhere: What other programs call a command, and what it is here: `{"train": "run"}`.
        **options: As for `click.Group`.
    """

    def __init__(
        self,
        *,
        lazy: Mapping[str, LazyCommand],
        add_more: Callable[[click.Group, Sequence[Path]], None] | None = None,
        more: Callable[[], Mapping[str, str]] = dict,
        elsewhere: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._lazy = lazy
        self._add_more = add_more
        self._asked: set[tuple[Path, ...]] = set()
        self._more = more
        self._elsewhere = elsewhere or {}

    def load_more(self, plugins: Sequence[Path] = ()) -> None:
        """Adds what is not among the known commands, once for each choice of plugins."""
        asked = tuple(plugins)
        if self._add_more is None or asked in self._asked:
            return
        self._asked.add(asked)
        before, self.commands = self.commands, {}
        try:
            self._add_more(self, plugins)
        finally:
            self.commands = {**before, **self.commands}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Returns the names, without importing anything."""
        return [*self._lazy, *sorted(set(self.commands) - set(self._lazy))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports and returns a command; asks for more when the name is not known."""
        if cmd_name in self._lazy:
            module, _, attribute = self._lazy[cmd_name].home.partition(":")
            command = getattr(import_module(module), attribute)
            assert isinstance(command, click.Command)
            if not self._lazy[cmd_name].owns_the_terminal:
                _keep_results_apart(command)
            return command
        if cmd_name not in self.commands:
            self.load_more()
        return self.commands.get(cmd_name)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Lets `--plugin PATH` beside `--help` say whose commands are listed, too."""
        left_out, rest = _taken("--no-plugin", args)
        paths, rest = _taken("--plugin", rest)
        if len(rest) < len(args) and set(rest) & _HELP and set(rest) <= _HELP:
            from seqkit.cli.common import leave_out

            leave_out(left_out, ctx)
            self.load_more([Path(path) for path in paths])
            args = rest
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Finds the command that the words name.

        For one that is not known, `--plugin PATH` and `--no-plugin NAME` behind it say where to
        look, and are taken away where it has no such options itself.

        Raises:
            click.UsageError: There is none; names the nearest one.
        """
        rest = args[1:]
        known = args[0] in self._lazy or args[0] in self.commands
        if not known and not args[0].startswith("-"):
            from seqkit.cli.common import leave_out, plugins_of_environment

            left_out, without = _taken("--no-plugin", rest)
            paths, without = _taken("--plugin", without)
            leave_out(left_out, ctx)
            self.load_more([Path(path) for path in paths] or plugins_of_environment())
            command = self.get_command(ctx, args[0])
            options = {name for option in command.params for name in option.opts} if command else ()
            rest = rest if "--plugin" in options else without
        command = self.get_command(ctx, args[0])
        if command is None and not ctx.resilient_parsing:
            if args[0].startswith("-"):
                self.parse_args(ctx, args)
            found = self._elsewhere.get(args[0].lower()) or nearest(
                args[0], self.list_commands(ctx)
            )
            hint = f"Did you mean {found}?" if found else "Run 'seqkit --help' for every command"
            raise click.UsageError(f"there is no command {args[0]!r}. {hint}", ctx)
        return args[0], command, rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the commands under their headings."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, lazy in self._lazy.items():
            sections.setdefault(lazy.section, []).append((name, lazy.summary))
        more = {**self._more(), **{n: c.get_short_help_str(60) for n, c in self.commands.items()}}
        for name in sorted(set(more) - set(self._lazy)):
            sections.setdefault("Plugins", []).append((name, more[name]))
        width = max(len(name) for rows in sections.values() for name, _ in rows)
        for heading, rows in sections.items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(width), summary) for name, summary in rows])


_APART = "results_are_kept_apart"


def _keep_results_apart(command: click.Command) -> None:
    """Lets nothing but `output` write to stdout while a command is at work, such as a plugin."""
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            _keep_results_apart(inner)
        return
    work = command.callback
    if work is None or hasattr(work, _APART):
        return

    @functools.wraps(work)
    def apart(*arguments: Any, **options: Any) -> Any:
        from seqkit.terminal import streams

        with streams.results_apart():
            return work(*arguments, **options)

    setattr(apart, _APART, True)
    command.callback = apart


def _taken(option: str, words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Takes an option out of words before a lone `--`; returns its values and what is left."""
    values: list[str] = []
    left: list[str] = []
    waiting = iter(words)
    for word in waiting:
        if word == "--":
            left += [word, *waiting]
        elif word == option:
            values += [value for value in [next(waiting, None)] if value is not None]
        elif word.startswith(f"{option}="):
            values.append(word.removeprefix(f"{option}="))
        else:
            left.append(word)
    return values, left
