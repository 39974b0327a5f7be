"""A plugin on its own: the hooks it implements, and the components that these return."""

from __future__ import annotations

import contextlib
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pluggy

from seqkit.api import Component, Dataset, Loss, Metric, Model, Observer, Recipe, Task, Tokenizer
from seqkit.config import Config
from seqkit.errors import PluginError, suggestion
from seqkit.hookspecs import GROUP

KINDS: dict[str, type[Any]] = {
    "models": Model,
    "datasets": Dataset,
    "tasks": Task,
    "losses": Loss,
    "metrics": Metric,
    "tokenizers": Tokenizer,
    "observers": Observer,
    "recipes": Recipe,
}
HOOKS = (*(f"register_{kind}" for kind in KINDS), "register_commands", "on_event")
_FITTED = (Dataset, Model, Loss, Metric)
"""Components that are for some tasks."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\Z")


@dataclass(frozen=True)
class Entry:
    """A component as the registry knows it.

    Attributes:
        kind: Its plural: `models`, `datasets`, ...
        plugin: Name of the plugin that brings it.
        name: Its bare name.
        component: An instance of it (the recipe itself, for recipes).
        owner: The plugin itself, where the component came from one.
    """

    kind: str
    plugin: str
    name: str
    component: Any
    owner: Plugin | None = field(default=None, compare=False, repr=False)

    @property
    def qualified(self) -> str:
        """The name that is always unique: `plugin:name`."""
        return f"{self.plugin}:{self.name}"

    @property
    def reference(self) -> str:
        """What `seqkit plugin check` finds its plugin by."""
        return self.plugin if self.owner is None else self.owner.reference


@dataclass
class Plugin:
    """A plugin that was found, working or not.

    Attributes:
        name: Name of its entry point.
        distribution: Name of the installed package, or the path it was loaded from.
        version: Version of that package; empty for local code.
        built_in: Whether it is of seqkit's own distribution.
        path: Where it was loaded from, for one that `--plugin` names.
        error: Why it was skipped; empty when it works.
        notes: What is wrong with it although it works.
        seconds: Time it took to load.
    """

    name: str
    distribution: str
    version: str = ""
    built_in: bool = False
    path: Path | None = None
    error: str = ""
    notes: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    module: Any = None
    cause: BaseException | None = None
    seconds: float = 0.0

    @property
    def origin(self) -> str:
        """Distribution and version, for messages."""
        return f"{self.distribution} {self.version}".strip()

    @property
    def reference(self) -> str:
        """What `seqkit plugin check` finds it by: its path, or its name where it is installed."""
        return self.name if self.path is None else str(self.path)

    @property
    def code(self) -> Path | None:
        """The folder of its package, or the file of its module; None where neither is known."""
        home = self.module if inspect.ismodule(self.module) else inspect.getmodule(self.module)
        if home is None:
            home = sys.modules.get(type(self.module).__module__)
        top = sys.modules.get(getattr(home, "__name__", "").partition(".")[0])
        file = getattr(top, "__file__", None) or getattr(home, "__file__", None)
        if file is None:
            return None
        return Path(file).parent if Path(file).name == "__init__.py" else Path(file)


@contextlib.contextmanager
def prints_to_stderr() -> Iterator[None]:
    """Keeps what a plugin prints out of results, which are what stdout is for."""
    with contextlib.redirect_stdout(sys.stderr):
        yield


def reason(error: BaseException) -> str:
    """Returns what a plugin raised, as a part of a sentence."""
    text = str(error).strip().rstrip(".")
    if isinstance(error, PluginError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def check_hooks(module: Any) -> None:
    """Refuses hooks that pluggy would quietly never call: misspelt or undecorated ones.

    A hook that is marked `optionalhook`, which is for another version of seqkit, is let pass.

    Raises:
        PluginError: There is such a hook, or none at all.
    """
    if inspect.isclass(module):
        raise PluginError(
            f"its entry point names the class {module.__name__}. Name a module, or an object of "
            "that class"
        )
    marked = []
    for name in dir(module):
        if name.startswith("__"):
            continue
        value = inspect.getattr_static(module, name, None)
        if not inspect.isroutine(value):
            continue
        options = getattr(value, f"{GROUP}_impl", None)
        if options is not None:
            marked.append(name)
            if name not in HOOKS and not options["optionalhook"]:
                raise PluginError(f"{name}() is not a hook. {suggestion(name, HOOKS)}")
        elif name in HOOKS:
            raise PluginError(f"{name}() is not decorated. Put @seqkit.hookimpl above it")
    if not marked:
        raise PluginError(
            f"it has no hook. Decorate one, such as {HOOKS[0]}(), with @seqkit.hookimpl"
        )


def only(manager: pluggy.PluginManager, module: Any, hook: str) -> pluggy.HookCaller:
    """Returns a caller of the hook for one plugin alone."""
    others = [other for other in manager.get_plugins() if other is not module]
    return manager.subset_hook_caller(hook, remove_plugins=others)


def collect(manager: pluggy.PluginManager, plugin: Plugin) -> list[Entry]:
    """Returns what the hooks of a plugin return, each component made and checked.

    Raises:
        PluginError: A hook returns what is no list, or no such component; or names one twice.
    """
    entries: list[Entry] = []
    for kind, base in KINDS.items():
        hook = only(manager, plugin.module, f"register_{kind}")
        results = hook()
        if not results and hook.get_hookimpls():
            raise PluginError(f"register_{kind}() returned nothing. Return a list")
        for result in results:
            if not isinstance(result, list | tuple):
                raise PluginError(f"register_{kind}() returned {type(result).__name__}, not a list")
            entries += [_entry(plugin, kind, base, item) for item in result]
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        if (entry.kind, entry.name) in seen:
            raise PluginError(f"register_{entry.kind}() returned {entry.name!r} twice")
        seen.add((entry.kind, entry.name))
    return entries


def _entry(plugin: Plugin, kind: str, base: type[Any], item: Any) -> Entry:
    where = f"register_{kind}()"
    if base is Recipe:
        if not isinstance(item, Recipe):
            raise PluginError(f"{where} returned {item!r}, which is not a Recipe")
        return Entry(kind, plugin.name, _checked_name(item.name, where), item, plugin)
    if not (isinstance(item, type) and issubclass(item, base)):
        raise PluginError(f"{where} returned {item!r}, which is not a subclass of {base.__name__}")
    config = getattr(item, "Config", None)
    if not (isinstance(config, type) and issubclass(config, Config)):
        raise PluginError(f"{where}: {item.__name__}.Config is not a subclass of seqkit.Config")
    component: Component = item()
    name = _checked_name(getattr(component, "name", None), f"{where}: {item.__name__}.name")
    if base in _FITTED and not isinstance(getattr(component, "tasks", None), tuple):
        raise PluginError(f"{where}: {item.__name__}.tasks must be a tuple of task names")
    for attribute in ("inputs", "outputs"):
        value = getattr(component, attribute, ())
        single = base is Task and attribute == "outputs"
        if not isinstance(value, str if single else tuple):
            form = "the name of one kind" if single else "a tuple of kinds"
            raise PluginError(f"{where}: {item.__name__}.{attribute} is {value!r}, not {form}")
    return Entry(kind, plugin.name, name, component, plugin)


def _checked_name(name: Any, where: str) -> str:
    if not isinstance(name, str) or not _NAME.match(name):
        raise PluginError(f"{where} is {name!r}; it must be lower-case words joined by hyphens")
    return name
