"""Plugins that are given as Python objects: modules with hooks, and component classes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from seqkit.component import Component
from seqkit.errors import PluginError
from seqkit.hookspecs import hookimpl
from seqkit.registry.plugin import KINDS, Plugin

GIVEN = "given in Python"
"""How the origin of such a plugin begins, in `run.json` and in messages."""

FROM = f"{GIVEN}, from "

Given = str | Path | ModuleType | type[Component]
"""A path as `--plugin` takes it, a module with hooks, or the class of a component."""

_UNSAVED = "notebook"
"""What the plugin is called that the classes of a notebook or script make."""


def plugin_name(stem: str) -> str:
    """Returns what the plugin of a module or package is called where nothing else names it."""
    return stem.removeprefix("seqkit_").replace("_", "-")


def listed(plugins: Given | Iterable[Given]) -> list[Given]:
    """Returns what was given as a list, also where it was one thing alone."""
    if isinstance(plugins, str | Path | ModuleType | type):
        return [plugins]
    return list(plugins)


def plugins_in_memory(given: Iterable[Any]) -> list[tuple[Plugin, Callable[[], Any]]]:
    """Returns a plugin for each module, and one for the classes of each module, not yet loaded.

    Raises:
        PluginError: Something is neither a module nor the class of a component.
    """
    found: list[tuple[Plugin, Callable[[], Any]]] = []
    classes: dict[str, list[type[Component]]] = {}
    for one in given:
        if isinstance(one, ModuleType):
            found.append(_plugin(one.__name__, one))
        elif isinstance(one, type) and issubclass(one, Component):
            classes.setdefault(one.__module__, []).append(one)
        else:
            raise PluginError(
                f"plugins holds {one!r:.60}. Give a path, a module with hooks, or the class of a "
                "component"
            )
    return found + [_plugin(module, _holder(module, some)) for module, some in classes.items()]


def qualified_name(component: type[Component]) -> str:
    """Returns the name by which an experiment finds a class that is given."""
    return f"{_name(component.__module__)}:{component.name}"


def with_names(document: Mapping[str, Any]) -> tuple[dict[str, Any], list[type[Component]]]:
    """Returns an experiment with names in the place of component classes, and these classes."""
    classes: list[type[Component]] = []

    def named(value: Any) -> Any:
        if isinstance(value, type) and issubclass(value, Component):
            classes.append(value)
            return qualified_name(value)
        if isinstance(value, Mapping):
            return {key: named(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [named(item) for item in value]
        return value

    return {key: named(value) for key, value in document.items()}, list(dict.fromkeys(classes))


def how_to_name(origin: str) -> str:
    """Returns how a command is told of a plugin that was given in Python; empty for others."""
    if not origin.startswith(GIVEN):
        return ""
    if file := origin.removeprefix(GIVEN).removeprefix(", from "):
        return f"It was {GIVEN}: name {file} by --plugin, with hooks in it"
    return (
        f"It was {GIVEN}, from no file: write its classes into {_UNSAVED}.py, with hooks, and name "
        "that by --plugin"
    )


def _plugin(module: str, holder: ModuleType) -> tuple[Plugin, Callable[[], Any]]:
    file = None if module == "__main__" else _file_of(module)
    path = Path(file) if file else None
    if path is not None and path.name == "__init__.py":
        path = path.parent
    return Plugin(_name(module), f"{FROM}{path}" if path else GIVEN), lambda: holder


def _file_of(module: str) -> str | None:
    file = getattr(sys.modules.get(module), "__file__", None)
    return str(file) if file else None


def _name(module: str) -> str:
    """Returns the name of a plugin; that of its file, so that `--plugin FILE` finds the same."""
    if module == "__main__":
        return _UNSAVED
    return plugin_name(module.rpartition(".")[2].removeprefix("seqkit_local_"))


def _holder(module: str, classes: Iterable[type[Component]]) -> ModuleType:
    """Returns what has the hooks that bring some classes, as a module of theirs would."""
    holder = ModuleType(module)
    holder.__file__ = _file_of(module)
    kept = list(dict.fromkeys(classes))
    for kind, base in KINDS.items():
        some = [one for one in kept if issubclass(one, base)]
        if some:
            setattr(holder, f"register_{kind}", hookimpl(_returning(some)))
    return holder


def _returning(classes: list[type[Component]]) -> Callable[[], list[type[Component]]]:
    def register() -> list[type[Component]]:
        return list(classes)

    return register
