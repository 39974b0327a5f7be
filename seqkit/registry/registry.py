"""Every component of every working plugin, looked up by name."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

from seqkit import hookspecs
from seqkit.errors import ConfigurationError, PluginError, Problem, nearest, sentence, suggestion
from seqkit.hookspecs import GROUP
from seqkit.kinds import SINGULAR
from seqkit.registry.plugin import (
    HOOKS,
    KINDS,
    Entry,
    Plugin,
    check_hooks,
    collect,
    only,
    prints_to_stderr,
    reason,
)

if TYPE_CHECKING:
    import click

__all__ = ["HOOKS", "KINDS", "NOT_INSTALLED", "Entry", "Plugin", "Registry"]

NOT_INSTALLED = "No plugin "
"""How the hint of a component begins whose plugin is not installed."""

SLOW = 0.5
"""Seconds that a plugin may take to load before a warning says so."""


class Registry:
    """Every component of every working plugin.

    A bare name stands for one component of its kind: that of the experiment's own plugins, or else
    of seqkit itself, or else the only one there is. Use `load_registry` to make a registry. A
    plugin that fails in any way is left out as a whole, and `warnings` says so.

    Args:
        left_out: Names of plugins that a person had left out.
    """

    def __init__(self, left_out: Iterable[str] = ()) -> None:
        self.plugins: list[Plugin] = []
        self.left_out = tuple(left_out)
        self._manager = pluggy.PluginManager(GROUP)
        self._manager.add_hookspecs(hookspecs)
        self._entries: dict[str, list[Entry]] = {kind: [] for kind in KINDS}

    @property
    def warnings(self) -> list[str]:
        """One sentence for each plugin that was skipped or that misbehaves."""
        found = []
        for plugin in self.plugins:
            if plugin.error:
                found.append(
                    f"plugin {plugin.name!r} ({plugin.origin}) was skipped: "
                    f"{sentence(plugin.error)} Run 'seqkit plugin check {plugin.reference}'"
                )
            found += [f"plugin {plugin.name!r} ({plugin.origin}) {note}" for note in plugin.notes]
        return found

    def add(self, plugin: Plugin, load: Callable[[], Any]) -> None:
        """Loads one plugin and registers what it brings, or notes why it could not."""
        twin = next((other for other in self.plugins if other.name == plugin.name), None)
        self.plugins.append(plugin)
        torch_was_there = "torch" in sys.modules
        start = time.perf_counter()
        try:
            if twin is not None:
                whose = "is a plugin of seqkit itself" if twin.built_in else f"is {twin.origin}"
                raise PluginError(f"another plugin has the same name: {plugin.name!r} {whose}")
            with prints_to_stderr():
                plugin.module = load()
                check_hooks(plugin.module)
                self._manager.register(plugin.module, plugin.name)
                plugin.entries = collect(self._manager, plugin)
        except (Exception, SystemExit) as error:
            plugin.error = reason(error)
            plugin.cause = error
            plugin.entries = []
            if plugin.module is not None and self._manager.is_registered(plugin.module):
                self._manager.unregister(plugin.module)
        plugin.seconds = time.perf_counter() - start
        if "torch" in sys.modules and not torch_was_there:
            plugin.notes.append(
                "imports torch when it is loaded, which slows every command. "
                "Move that import into build()"
            )
        elif plugin.seconds > SLOW and not plugin.built_in:
            plugin.notes.append(
                f"takes {plugin.seconds:.1f} s to load, which slows every command. Move what it "
                "imports into build(), or the function that needs it"
            )
        for entry in plugin.entries:
            self._entries[entry.kind].append(entry)

    def entries(self, kind: str) -> list[Entry]:
        """Returns the components of a kind, sorted by name."""
        return sorted(self._entries[kind], key=lambda entry: (entry.name, entry.plugin))

    def names(self, kind: str) -> list[str]:
        """Returns the shortest name that finds each component of a kind, as `entries` has them."""
        return [self.name_of(entry) for entry in self.entries(kind)]

    def name_of(self, entry: Entry) -> str:
        """Returns the bare name of a component where that finds it, and else the qualified one."""
        return entry.name if self._meant(entry.kind, entry.name) == [entry] else entry.qualified

    def _meant(self, kind: str, name: str, own: Sequence[str] = ()) -> list[Entry]:
        """Returns the component that a name stands for; several where it does not say which."""
        matches = [e for e in self._entries[kind] if name in (e.name, e.qualified)]
        for plugin in own:
            if mine := [entry for entry in matches if entry.plugin == plugin]:
                return mine
        return [e for e in matches if e.owner is not None and e.owner.built_in] or matches

    def find(self, kind: str, name: str, key: str = "", own: Sequence[str] = ()) -> Entry:
        """Looks a component up by bare or qualified name.

        Args:
            kind: Its plural: `models`, ...
            name: What the user wrote.
            key: The setting it was written at, for the message.
            own: The experiment's own plugins, whose components a bare name means before any other.

        Raises:
            ConfigurationError: There is none, or a bare name is not unique.
        """
        matches = self._meant(kind, name, own)
        if len(matches) == 1:
            return matches[0]
        if matches:
            choices = " or ".join(sorted(entry.qualified for entry in matches))
            problem = Problem(
                key, f"{SINGULAR[kind]} {name!r} is brought by several plugins", f"Write {choices}"
            )
        else:
            problem = Problem(key, f"there is no {SINGULAR[kind]} {name!r}", self._hint(kind, name))
        raise ConfigurationError(problems=[problem])

    def taken(self, entry: Entry) -> Entry | None:
        """Returns the component that the bare name of another one stands for instead of it."""
        others = [e for e in self._meant(entry.kind, entry.name) if e.plugin != entry.plugin]
        return others[0] if others else None

    def _hint(self, kind: str, name: str) -> str:
        """Returns what to do about a name that finds nothing."""
        wanted = name.rpartition(":")[0]
        if wanted in self.left_out:
            return f"The plugin {wanted!r} is left out, by --no-plugin or SEQKIT_DISABLE_PLUGINS"
        skipped = [plugin for plugin in self.plugins if plugin.error]
        for plugin in skipped:
            if plugin.name == wanted:
                return (
                    f"The plugin {wanted!r} was skipped: {sentence(plugin.error)} "
                    f"Run 'seqkit plugin check {plugin.reference}'"
                )
        names = [e.qualified for e in self.entries(kind)] if wanted else self.names(kind)
        if wanted and wanted not in {plugin.name for plugin in self.plugins}:
            found = nearest(wanted, [plugin.name for plugin in self.plugins])
            if found is None or f"{found}:{name.rpartition(':')[2]}" not in names:
                return (
                    f"{NOT_INSTALLED}{wanted!r} is installed; install it, or name its folder by "
                    "--plugin"
                )
        hint = suggestion(name, names)
        if skipped and nearest(name, names) is None:
            hint += f" Skipped plugins: {', '.join(plugin.name for plugin in skipped)}."
        return hint

    def search(self, name: str) -> list[Entry]:
        """Returns the components of any kind that this bare or qualified name stands for."""
        return [entry for kind in KINDS for entry in self._meant(kind, name)]

    def all_names(self) -> list[str]:
        """Returns the names of every kind together."""
        return sorted({name for kind in KINDS for name in self.names(kind)})

    def add_commands(self, cli: click.Group) -> None:
        """Lets every plugin add its commands; one that raises, or takes a name, is noted."""
        import click

        for plugin in self.working():
            before, names = dict(cli.commands), set(cli.list_commands(click.Context(cli)))
            try:
                with prints_to_stderr():
                    only(self._manager, plugin.module, "register_commands")(cli=cli)
            except (Exception, SystemExit) as error:
                plugin.notes.append(f"failed to add its commands: {reason(error)}")
            for name in names & set(cli.commands):
                if cli.commands[name] is not before.get(name):
                    plugin.notes.append(f"cannot add the command {name!r}: there is one already")
                    del cli.commands[name]
            cli.commands.update(before)

    def commands_of(self, plugin: Plugin) -> list[str]:
        """Returns the names of the commands that a plugin adds; none where it fails to."""
        import click

        alone = click.Group()
        with contextlib.suppress(Exception, SystemExit), prints_to_stderr():
            only(self._manager, plugin.module, "register_commands")(cli=alone)
        return sorted(alone.commands)

    def working(self, names: Iterable[str] | None = None) -> list[Plugin]:
        """Returns the plugins that work, or those of them with one of these names."""
        return [
            plugin
            for plugin in self.plugins
            if not plugin.error and plugin.module and (names is None or plugin.name in names)
        ]

    def with_hook(self, hook: str) -> list[tuple[Plugin, Callable[..., Any]]]:
        """Returns the working plugins that implement a hook, each with a caller of its own."""
        callers = [(plugin, only(self._manager, plugin.module, hook)) for plugin in self.working()]
        return [(plugin, caller) for plugin, caller in callers if caller.get_hookimpls()]
