"""A group of commands whose names are known at once and whose code is imported when it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
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
    """

    home: str
    summary: str
    section: str


class LazyGroup(click.Group):
    """Looks commands up by name and imports the one that is used, and no other.

    Args:
        lazy: The commands, in the order in which help lists them.
        add_more: Called once, with this group, when a name is not among them.
        **options: As for `click.Group`.
    """

    def __init__(
        self,
        *,
        lazy: Mapping[str, LazyCommand],
        add_more: Callable[[click.Group], None] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._lazy = lazy
        self._add_more = add_more

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Returns the names, without importing anything."""
        return [*self._lazy, *sorted(set(self.commands) - set(self._lazy))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports and returns a command; asks for more when the name is not known."""
        if cmd_name in self._lazy:
            module, _, attribute = self._lazy[cmd_name].home.partition(":")
            command = getattr(import_module(module), attribute)
            assert isinstance(command, click.Command)
            return command
        if cmd_name not in self.commands and self._add_more is not None:
            add_more, self._add_more = self._add_more, None
            add_more(self)
        return self.commands.get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Finds the command that the words name.

        Raises:
            click.UsageError: There is none; names the nearest one.
        """
        command = self.get_command(ctx, args[0])
        if command is None and not ctx.resilient_parsing:
            if args[0].startswith("-"):
                self.parse_args(ctx, args)
            found = nearest(args[0], self.list_commands(ctx))
            hint = f"Did you mean {found}?" if found else "Run 'seqkit --help' for every command"
            raise click.UsageError(f"there is no command {args[0]!r}. {hint}", ctx)
        return args[0], command, args[1:]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the commands under their headings."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, lazy in self._lazy.items():
            sections.setdefault(lazy.section, []).append((name, lazy.summary))
        for name in sorted(set(self.commands) - set(self._lazy)):
            summary = self.commands[name].get_short_help_str(60)
            sections.setdefault("Plugins", []).append((name, summary))
        width = max(len(name) for rows in sections.values() for name, _ in rows)
        for heading, rows in sections.items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(width), summary) for name, summary in rows])
