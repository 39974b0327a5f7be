"""Finds plugins, isolates the broken ones, and looks components up by name."""

from __future__ import annotations

import contextlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pluggy

from seqkit import hookspecs
from seqkit.api import Component, Dataset, Loss, Metric, Model, Recipe, Task
from seqkit.config import Config
from seqkit.errors import ConfigurationError, PluginError, Problem, nearest, suggestion
from seqkit.events import Event
from seqkit.hookspecs import GROUP

if TYPE_CHECKING:
    import click

KINDS: dict[str, type[Any]] = {
    "models": Model,
    "datasets": Dataset,
    "tasks": Task,
    "losses": Loss,
    "metrics": Metric,
    "recipes": Recipe,
}
HOOKS = (*(f"register_{kind}" for kind in KINDS), "register_commands", "on_event")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\Z")


@dataclass(frozen=True)
class Entry:
    """A component as the registry knows it.

    Attributes:
        kind: Its plural: `models`, `datasets`, ...
        plugin: Name of the plugin that brings it.
        name: Its bare name.
        component: An instance of it (the recipe itself, for recipes).
    """

    kind: str
    plugin: str
    name: str
    component: Any

    @property
    def qualified(self) -> str:
        """The name that is always unique: `plugin:name`."""
        return f"{self.plugin}:{self.name}"


@dataclass
class Plugin:
    """A plugin that was found, working or not.

    Attributes:
        name: Name of its entry point.
        distribution: Name of the installed package, or the path it was loaded from.
        version: Version of that package; empty for local code.
        error: Why it was skipped; empty when it works.
        notes: What is wrong with it although it works.
    """

    name: str
    distribution: str
    version: str = ""
    error: str = ""
    notes: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    module: ModuleType | None = None
    cause: BaseException | None = None

    @property
    def origin(self) -> str:
        """Distribution and version, for messages."""
        return f"{self.distribution} {self.version}".strip()


class Registry:
    """Every component of every working plugin.

    Use `load_registry` to make one. A plugin that fails in any way is left out as a whole, and
    `warnings` says so.
    """

    def __init__(self) -> None:
        self.plugins: list[Plugin] = []
        self._manager = pluggy.PluginManager(GROUP)
        self._manager.add_hookspecs(hookspecs)
        self._entries: dict[str, list[Entry]] = {kind: [] for kind in KINDS}
        self._silenced: set[str] = set()

    @property
    def warnings(self) -> list[str]:
        """One sentence for each plugin that was skipped or that misbehaves."""
        found = []
        for plugin in self.plugins:
            if plugin.error:
                found.append(
                    f"plugin {plugin.name!r} ({plugin.origin}) was skipped: {plugin.error}. "
                    f"Run 'seqkit plugin check {plugin.name}'"
                )
            found += [f"plugin {plugin.name!r} ({plugin.origin}) {note}" for note in plugin.notes]
        return found

    def add(self, plugin: Plugin, load: Callable[[], Any]) -> None:
        """Loads one plugin and registers what it brings, or notes why it could not."""
        self.plugins.append(plugin)
        torch_was_there = "torch" in sys.modules
        try:
            if any(other.name == plugin.name for other in self.plugins[:-1]):
                raise PluginError("another plugin has the same name")
            with _prints_to_stderr():
                module = load()
                plugin.module = module
                _check_hooks(module)
                self._manager.register(module, plugin.name)
                plugin.entries = self._collect(plugin, module)
        except (Exception, SystemExit) as error:
            plugin.error = _reason(error)
            plugin.cause = error
            plugin.entries = []
            if plugin.module is not None and self._manager.is_registered(plugin.module):
                self._manager.unregister(plugin.module)
        if "torch" in sys.modules and not torch_was_there:
            plugin.notes.append(
                "imports torch when it is loaded, which slows every command. "
                "Move that import into build()"
            )
        for entry in plugin.entries:
            self._entries[entry.kind].append(entry)

    def _only(self, module: ModuleType, hook: str) -> Any:
        """Returns a caller of the hook for one plugin alone."""
        others = [other for other in self._manager.get_plugins() if other is not module]
        return self._manager.subset_hook_caller(hook, remove_plugins=others)

    def _collect(self, plugin: Plugin, module: ModuleType) -> list[Entry]:
        entries: list[Entry] = []
        for kind, base in KINDS.items():
            for result in self._only(module, f"register_{kind}")():
                if not isinstance(result, list | tuple):
                    raise PluginError(
                        f"register_{kind}() returned {type(result).__name__}, not a list"
                    )
                entries += [_entry(plugin.name, kind, base, item) for item in result]
        seen: set[tuple[str, str]] = set()
        for entry in entries:
            if (entry.kind, entry.name) in seen:
                raise PluginError(f"register_{entry.kind}() returned {entry.name!r} twice")
            seen.add((entry.kind, entry.name))
        return entries

    def entries(self, kind: str) -> list[Entry]:
        """Returns the components of a kind, sorted by name."""
        return sorted(self._entries[kind], key=lambda entry: (entry.name, entry.plugin))

    def names(self, kind: str) -> list[str]:
        """Returns every name that finds a component of a kind: bare ones, and qualified twins."""
        found = self.entries(kind)
        bare = [entry.name for entry in found]
        return [e.name if bare.count(e.name) == 1 else e.qualified for e in found]

    def shown(self, entry: Entry) -> str:
        """Returns the shortest name that finds a component."""
        try:
            found = self.find(entry.kind, entry.name)
        except ConfigurationError:
            return entry.qualified
        return entry.name if found == entry else entry.qualified

    def find(self, kind: str, name: str, key: str = "") -> Entry:
        """Looks a component up by bare or qualified name.

        Args:
            kind: Its plural: `models`, ...
            name: What the user wrote.
            key: The setting it was written at, for the message.

        Raises:
            ConfigurationError: There is none, or a bare name is not unique.
        """
        matches = [e for e in self._entries[kind] if name in (e.name, e.qualified)]
        if len(matches) == 1:
            return matches[0]
        singular = kind.removesuffix("es") if kind == "losses" else kind.removesuffix("s")
        if matches:
            choices = " or ".join(sorted(entry.qualified for entry in matches))
            problem = Problem(
                key, f"{singular} {name!r} is brought by several plugins", f"Write {choices}"
            )
        else:
            problem = Problem(key, f"there is no {singular} {name!r}", self._hint(kind, name))
        raise ConfigurationError(problems=[problem])

    def _hint(self, kind: str, name: str) -> str:
        """Returns what to do about a name that finds nothing."""
        wanted = name.rpartition(":")[0]
        skipped = [plugin for plugin in self.plugins if plugin.error]
        for plugin in skipped:
            if plugin.name == wanted:
                return (
                    f"The plugin {wanted!r} was skipped: {plugin.error}. "
                    f"Run 'seqkit plugin check {wanted}'"
                )
        if wanted and nearest(wanted, [plugin.name for plugin in self.plugins]) is None:
            return f"No plugin {wanted!r} is installed; install it, or name its folder by --plugin"
        names = [e.qualified for e in self.entries(kind)] if wanted else self.names(kind)
        hint = suggestion(name, names)
        if skipped and nearest(name, names) is None:
            hint += f" Skipped plugins: {', '.join(plugin.name for plugin in skipped)}."
        return hint

    def search(self, name: str) -> list[Entry]:
        """Returns the components of any kind with this bare or qualified name."""
        return [e for kind in KINDS for e in self._entries[kind] if name in (e.name, e.qualified)]

    def all_names(self) -> list[str]:
        """Returns the names of every kind together."""
        return sorted({name for kind in KINDS for name in self.names(kind)})

    def add_commands(self, cli: click.Group) -> None:
        """Lets every plugin add its commands; one that raises, or takes a name, is noted."""
        import click

        for plugin in self._working():
            before, names = dict(cli.commands), set(cli.list_commands(click.Context(cli)))
            try:
                with _prints_to_stderr():
                    self._only(plugin.module, "register_commands")(cli=cli)  # type: ignore[arg-type]
            except (Exception, SystemExit) as error:
                plugin.notes.append(f"failed to add its commands: {_reason(error)}")
            for name in names & set(cli.commands):
                if cli.commands[name] is not before.get(name):
                    plugin.notes.append(f"cannot add the command {name!r}: there is one already")
                    del cli.commands[name]
            cli.commands.update(before)

    def publish(self, event: Event) -> list[str]:
        """Shows an event to every observer.

        Returns:
            A sentence for each observer that raised; it is not called again.
        """
        complaints = []
        for plugin in self._observers():
            try:
                with _prints_to_stderr():
                    self._only(plugin.module, "on_event")(event=event)  # type: ignore[arg-type]
            except (Exception, SystemExit) as error:
                self._silenced.add(plugin.name)
                complaints.append(
                    f"plugin {plugin.name!r} ({plugin.origin}) failed on the {event.kind} event "
                    f"and is left out for the rest of the run: {_reason(error)}"
                )
        return complaints

    def _working(self) -> list[Plugin]:
        return [plugin for plugin in self.plugins if not plugin.error and plugin.module]

    def _observers(self) -> list[Plugin]:
        implementations = {impl.plugin_name for impl in self._manager.hook.on_event.get_hookimpls()}
        return [
            plugin
            for plugin in self._working()
            if plugin.name in implementations and plugin.name not in self._silenced
        ]


@contextlib.contextmanager
def _prints_to_stderr() -> Iterator[None]:
    """Keeps what a plugin prints out of results, which are what stdout is for."""
    with contextlib.redirect_stdout(sys.stderr):
        yield


def _check_hooks(module: Any) -> None:
    """Refuses hooks that pluggy would quietly never call: misspelt or undecorated ones."""
    marked = []
    for name, value in vars(module).items():
        if not inspect.isroutine(value):
            continue
        if hasattr(value, f"{GROUP}_impl"):
            marked.append(name)
            if name not in HOOKS:
                raise PluginError(f"{name}() is not a hook. {suggestion(name, HOOKS)}")
        elif name in HOOKS:
            raise PluginError(f"{name}() is not decorated. Put @seqkit.hookimpl above it")
    if not marked:
        raise PluginError(
            f"it has no hook. Decorate one, such as {HOOKS[0]}(), with @seqkit.hookimpl"
        )


def _entry(plugin: str, kind: str, base: type[Any], item: Any) -> Entry:
    where = f"register_{kind}()"
    if base is Recipe:
        if not isinstance(item, Recipe):
            raise PluginError(f"{where} returned {item!r}, which is not a Recipe")
        return Entry(kind, plugin, _checked_name(item.name, where), item)
    if not (isinstance(item, type) and issubclass(item, base)):
        raise PluginError(f"{where} returned {item!r}, which is not a subclass of {base.__name__}")
    config = getattr(item, "Config", None)
    if not (isinstance(config, type) and issubclass(config, Config)):
        raise PluginError(f"{where}: {item.__name__}.Config is not a subclass of seqkit.Config")
    component: Component = item()
    name = _checked_name(getattr(component, "name", None), f"{where}: {item.__name__}.name")
    if base is not Task and not isinstance(getattr(component, "tasks", None), tuple):
        raise PluginError(f"{where}: {item.__name__}.tasks must be a tuple of task names")
    return Entry(kind, plugin, name, component)


def _checked_name(name: Any, where: str) -> str:
    if not isinstance(name, str) or not _NAME.match(name):
        raise PluginError(f"{where} is {name!r}; it must be lower-case words joined by hyphens")
    return name


def _reason(error: BaseException) -> str:
    text = str(error).strip().rstrip(".")
    if isinstance(error, PluginError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
