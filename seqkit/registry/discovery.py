"""Where plugins are found: installed packages, and local modules, packages and projects."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import sys
import tomllib
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

from seqkit.component import use_tokenizers
from seqkit.errors import PluginError, sentence
from seqkit.hookspecs import GROUP
from seqkit.registry.in_memory import Given, plugin_name, plugins_in_memory
from seqkit.registry.registry import Plugin, Registry

_OWN_DISTRIBUTION = "seqkit"


DISABLED = "SEQKIT_DISABLE_PLUGINS"
"""The variable that names plugins to leave out, separated by commas."""


def load_registry(given: Iterable[Given] = ()) -> Registry:
    """Finds every installed plugin but those that the environment leaves out, and local ones.

    A local plugin takes the place of an installed one with its name, which is said once; only
    those of seqkit itself keep theirs.

    Args:
        given: Modules (`.py`), package folders or project folders of `--plugin`, by path; or from
            Python, modules and the classes of components.

    Raises:
        PluginError: A plugin given by hand cannot be loaded; an installed plugin never raises.
    """
    left_out = disabled_plugins()
    registry = Registry(left_out)
    local = _local_plugins(given)
    replaced: dict[str, Plugin] = {}
    for plugin, load in installed_plugins():
        if plugin.name in left_out:
            continue
        if not plugin.built_in and any(plugin.name == mine.name for _, mine, _ in local):
            replaced.setdefault(plugin.name, plugin)
            continue
        registry.add(plugin, load)
    for path, plugin, load in local:
        if installed := replaced.pop(plugin.name, None):
            plugin.notes.append(f"takes the place of the installed one ({installed.origin})")
        registry.add(plugin, load)
        if plugin.error:
            if path is None:
                what = f"the plugin {plugin.name!r} ({plugin.origin}) could not be loaded"
                raise PluginError(f"{what}: {plugin.error}") from plugin.cause
            raise PluginError(
                f"--plugin {path} could not be loaded: {sentence(plugin.error)} "
                f"Run 'seqkit plugin check {path}'"
            ) from plugin.cause
    provide_tokenizers(registry)
    return registry


def _local_plugins(
    given: Iterable[Given],
) -> list[tuple[Path | None, Plugin, Callable[[], Any]]]:
    """Returns the plugins that are not installed, each with its path where it has one."""
    found: list[tuple[Path | None, Plugin, Callable[[], Any]]] = []
    objects = []
    for one in given:
        if isinstance(one, str | Path):
            found.append((Path(one), *local_plugin(Path(one))))
        else:
            objects.append(one)
    return found + [(None, *plugin) for plugin in plugins_in_memory(objects)]


def provide_tokenizers(registry: Registry) -> None:
    """Lets runs find the tokenizers of a registry by the names they keep."""
    entries = registry.entries("tokenizers")
    found = {(entry.plugin, entry.name): entry.component for entry in entries}
    use_tokenizers(found, {entry.plugin: entry.reference for entry in entries})


def disabled_plugins() -> list[str]:
    """Returns the names of plugins that the environment leaves out."""
    return [name for word in os.environ.get(DISABLED, "").split(",") if (name := word.strip())]


def installed_plugins() -> list[tuple[Plugin, Callable[[], Any]]]:
    """Returns every installed plugin, not yet loaded, with what loads it.

    Those of seqkit's own distribution come first, so that none of another one takes their names.
    """
    found: list[tuple[Plugin, Callable[[], Any]]] = []

    # Each look at a name or a version reads all of a distribution's metadata.
    @functools.cache
    def named(distribution: metadata.Distribution | None) -> tuple[str, str]:
        about = distribution.metadata if distribution else {"Name": "unknown", "Version": ""}
        return about["Name"], about["Version"]

    for point in sorted(metadata.entry_points(group=GROUP), key=lambda point: point.name):
        name, version = named(point.dist)
        built_in = name.lower() == _OWN_DISTRIBUTION
        found.append((Plugin(point.name, name, version, built_in), point.load))
    return sorted(found, key=lambda item: not item[0].built_in)


def local_plugin(path: Path) -> tuple[Plugin, Callable[[], Any]]:
    """Returns a plugin that is not installed, not yet loaded, with what loads it.

    Args:
        path: A module (`.py`), a package folder, or a project folder, whose `pyproject.toml` names
            the package among its entry points.

    Raises:
        PluginError: There is no such file or folder, or it holds no plugin.
    """
    if not path.exists():
        from seqkit.data.folders import near_file

        hint = near_file(path, "Give a .py file or a package")
        raise PluginError(f"--plugin {path}: no such file or folder. {hint}")
    whole = path.resolve()
    if whole.is_dir() and not (whole / "__init__.py").is_file():
        return _project_plugin(path)
    return Plugin(plugin_name(whole.stem), str(path), path=path), lambda: _load_path(whole)


def _project_plugin(path: Path) -> tuple[Plugin, Callable[[], Any]]:
    whole = path.resolve()
    file = whole / "pyproject.toml"
    if not file.is_file():
        raise PluginError(
            f"--plugin {path}: the folder has no __init__.py and no pyproject.toml. "
            "Give a .py file, a package, or the folder of a project"
        )
    try:
        project = tomllib.loads(file.read_text(encoding="utf-8")).get("project", {})
        points = dict(project.get("entry-points", {}).get(GROUP, {}))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError, AttributeError) as error:
        raise PluginError(f"--plugin {path}: {file} cannot be read: {error}") from error
    if len(points) != 1:
        raise PluginError(
            f"--plugin {path}: {file} names {len(points)} entry points of the group {GROUP!r}. "
            "Give the package's own folder"
        )
    ((name, value),) = points.items()
    plugin = Plugin(name, str(path), str(project.get("version", "")), path=path)
    module = value.partition(":")[0].strip()
    top = module.partition(".")[0]

    def load() -> Any:
        there = getattr(sys.modules.get(top), "__file__", None)
        if there is not None and not Path(there).resolve().is_relative_to(whole):
            raise PluginError(f"another package {top!r} is in use, from {there}")
        for root in (whole / "src", whole):
            if (root / top).is_dir() or (root / f"{top}.py").is_file():
                sys.path.insert(0, str(root))
        return metadata.EntryPoint(name, value, GROUP).load()

    return plugin, load


def _load_path(path: Path) -> ModuleType:
    """Imports a package folder by its own name, and a single file by one that shadows nothing."""
    file, name, inside = path, f"seqkit_local_{path.stem}", None
    if path.is_dir():
        file, name, inside = path / "__init__.py", path.name, [str(path)]
        there = getattr(sys.modules.get(name), "__file__", str(file))
        if there != str(file):
            raise PluginError(
                f"another package {name!r} is in use, from {there}. Rename the folder"
            )
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=inside)
    if spec is None or spec.loader is None:
        raise PluginError(f"{file} is not a Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
