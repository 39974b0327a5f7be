"""Where plugins are found: installed packages, and local modules, packages and projects."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import tomllib
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

from seqkit.errors import PluginError
from seqkit.hookspecs import GROUP
from seqkit.registry import Plugin, Registry


def load_registry(paths: Iterable[Path] = ()) -> Registry:
    """Finds every installed plugin, and local ones given by path.

    Args:
        paths: Modules (`.py`), package folders or project folders of `--plugin`.

    Raises:
        PluginError: A path given by hand cannot be loaded; an installed plugin never raises.
    """
    registry = Registry()
    for plugin, load in installed_plugins():
        registry.add(plugin, load)
    for path in paths:
        add_local_plugin(registry, path)
    return registry


def installed_plugins() -> list[tuple[Plugin, Callable[[], Any]]]:
    """Returns every installed plugin, by name, not yet loaded, with what loads it."""
    found: list[tuple[Plugin, Callable[[], Any]]] = []
    for point in sorted(metadata.entry_points(group=GROUP), key=lambda point: point.name):
        distribution = point.dist
        name = distribution.name if distribution else "unknown"
        version = distribution.version if distribution else ""
        found.append((Plugin(point.name, name, version), point.load))
    return found


def add_local_plugin(registry: Registry, path: Path) -> Plugin:
    """Adds a module, package folder or project folder that is not installed.

    Raises:
        PluginError: It does not exist or does not work.
    """
    plugin, load = local_plugin(path)
    registry.add(plugin, load)
    if plugin.error:
        raise PluginError(
            f"--plugin {path} could not be loaded: {plugin.error}. Run 'seqkit plugin check {path}'"
        ) from plugin.cause
    return plugin


def local_plugin(path: Path) -> tuple[Plugin, Callable[[], Any]]:
    """Returns a plugin that is not installed, not yet loaded, with what loads it.

    Args:
        path: A module (`.py`), a package folder, or a project folder, whose `pyproject.toml` names
            the package among its entry points.

    Raises:
        PluginError: There is no such file or folder, or it holds no plugin.
    """
    if not path.exists():
        raise PluginError(f"--plugin {path}: no such file or folder. Give a .py file or a package")
    whole = path.resolve()
    if whole.is_dir() and not (whole / "__init__.py").is_file():
        return _project_plugin(path)
    name = whole.stem.removeprefix("seqkit_").replace("_", "-")
    return Plugin(name, str(path)), lambda: _load_path(whole)


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
    plugin = Plugin(name, str(path), str(project.get("version", "")))

    def load() -> Any:
        for root in (whole / "src", whole):
            if (root / value.partition(".")[0]).is_dir() or (root / f"{value}.py").is_file():
                sys.path.insert(0, str(root))
        return importlib.import_module(value)

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
