"""The tables of an experiment as they are written: a recipe, a file, and what a file extends."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqkit.data.endings import OBJECTS, TABLES, TEXTS, kind_of
from seqkit.data.folders import names_beside, near_file
from seqkit.errors import ConfigurationError, Problem, nearest
from seqkit.experiments.trainer import TrainerConfig
from seqkit.kinds import PARTS
from seqkit.runs.summary import flatten
from seqkit.storage.regular_files import LARGEST_TEXT
from seqkit.storage.toml_text import parse_toml

if TYPE_CHECKING:
    from seqkit.registry.registry import Registry

EXTENDS = "extends"
_DEEPEST = 32
"""Files that may extend one another."""


@dataclass(frozen=True)
class Layer:
    """One file of a chain: its own tables, without what it extends.

    Attributes:
        place: Its path, or the name of the recipe.
        tables: What it sets.
    """

    place: str
    tables: dict[str, Any]


@dataclass(frozen=True)
class Document:
    """An experiment as it is written.

    Attributes:
        layers: What it is made of: what is extended first, the file itself last.
        recipe: What it is called.
        plugin: The plugin that ships it, or else what it extends; empty where none does.
    """

    layers: tuple[Layer, ...]
    recipe: str
    plugin: str = ""

    @property
    def whole(self) -> dict[str, Any]:
        """All tables, each layer laid over those before it."""
        whole: dict[str, Any] = {}
        for layer in self.layers:
            whole = laid_over(whole, layer.tables)
        return whole


def read_document(source: str | Path | Mapping[str, Any], registry: Registry) -> Document:
    """Reads an experiment with all that it extends.

    Args:
        source: Name of a recipe, path of a TOML file or of a run, or the nested tables themselves.
        registry: Where recipes are looked up.

    Raises:
        ConfigurationError: There is no such recipe or file, it is not valid TOML, or files extend
            each other in a circle.
    """
    if isinstance(source, Mapping):
        recipe = str(source.get("recipe", ""))
        return _followed(dict(source), recipe, "", "the experiment", Path(), registry, ())
    return _read(str(source), Path(), registry, ())


def _read(source: str, folder: Path, registry: Registry, before: Sequence[str]) -> Document:
    """Reads a recipe or file, and follows what it extends.

    Args:
        source: What names it.
        folder: What a path is relative to.
        registry: Where recipes are looked up.
        before: The files that extend it, the first one first.
    """
    path, recipe, plugin = _found(source, folder, registry)
    place = source if plugin else str(path)
    document = read_toml(path)
    if not plugin and path.name == "experiment.toml":
        _leave_out_what_was_off(document)
    return _followed(document, recipe, plugin, place, path, registry, before)


def _followed(
    document: dict[str, Any],
    recipe: str,
    plugin: str,
    place: str,
    path: Path,
    registry: Registry,
    before: Sequence[str],
) -> Document:
    base = document.pop(EXTENDS, None)
    layer = Layer(place, document)
    if base is None:
        return Document((layer,), recipe, plugin)
    if not isinstance(base, str) or not base:
        raise ConfigurationError(
            f"{EXTENDS} is {base!r}, in {place}. Give one path of a TOML file, or one recipe"
        )
    key = str(path.resolve()) if path.name else place
    chain = (*before, key)
    if key in before:
        shown = " -> ".join(Path(one).name for one in chain)
        raise ConfigurationError(f"files extend each other in a circle: {shown}. Take one out")
    if len(chain) > _DEEPEST:
        raise ConfigurationError(
            f"{len(chain)} files extend one another, up to {place}. At most {_DEEPEST} may"
        )
    try:
        below = _read(base, path.parent, registry, chain)
    except ConfigurationError as error:
        if any(problem.key == EXTENDS for problem in error.problems) or not error.problems:
            raise
        problems = [
            Problem(EXTENDS, f"{problem.message}, which {place} extends", problem.hint)
            for problem in error.problems
        ]
        raise ConfigurationError(problems=problems) from error
    return Document((*below.layers, layer), recipe, plugin or below.plugin)


def _found(source: str, folder: Path, registry: Registry) -> tuple[Path, str, str]:
    """Returns the file of a recipe or path, what it is called, and the plugin that ships it."""
    written = Path(source)
    path = Path(os.path.normpath(folder / written))
    if not (written.suffix == ".toml" or len(written.parts) > 1):
        names = registry.names("recipes")
        if source not in names and path.is_file():
            return path, path.stem, ""
        hint = "Run 'seqkit list recipes' for every name, or give the path of a TOML file"
        if _is_named_like_data(path) and source not in names:
            raise _no_file(path)
        if source not in names:
            files = [name for name in names_beside(path) if path.with_name(name).is_file()]
            near = nearest(source, [*names, *files])
            if near in files:
                raise ConfigurationError(
                    f"there is no recipe or file {source!r}. Did you mean {near}?"
                )
            if near is None:
                problem = Problem("", f"there is no recipe {source!r}", hint)
                raise ConfigurationError(problems=[problem])
        entry = registry.find("recipes", source)
        return entry.component.path, entry.name, entry.plugin
    if path.is_dir() and (path / "experiment.toml").is_file():
        path = path / "experiment.toml"
    if not path.is_file():
        raise _no_file(path)
    return path, path.parent.name if path.name == "experiment.toml" else path.stem, ""


def _no_file(path: Path) -> ConfigurationError:
    otherwise = (
        "Check the path" if _is_named_like_data(path) else "Write one with 'seqkit new FILE'"
    )
    problem = Problem("", f"there is no file {path}", near_file(path, otherwise))
    return ConfigurationError(problems=[problem])


def _is_named_like_data(path: Path) -> bool:
    return kind_of(path) in (*TABLES, *OBJECTS, *TEXTS)


def read_toml(path: Path) -> dict[str, Any]:
    """Reads the tables of a file. Raises ConfigurationError where it cannot be."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_TEXT + 1)
        return parse_toml(content.decode("utf-8-sig"))
    except ValueError as error:
        if _is_named_like_data(path):
            raise ConfigurationError(
                f"{path} holds data, and is no experiment. Write one: seqkit new --data {path}"
            ) from error
        raise ConfigurationError(
            f"{path} is not valid TOML: {error}. Mend the line it names"
        ) from error
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from error


def _leave_out_what_was_off(document: dict[str, Any]) -> None:
    """Drops settings of the trainer that a run had off, and that are those of a plugin by now.

    Whether that plugin is installed is then no matter: the run did not use it.
    """
    table = document.get("trainer")
    if isinstance(table, dict):
        for name in [name for name, value in table.items() if value is False]:
            if name not in TrainerConfig.model_fields:
                del table[name]


# --- one over the other ---------------------------------------------------------------------------


def laid_over(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Returns tables with others laid over them: table by table, lists and values replaced.

    A component of another name begins anew: the settings of the former one are not its own.
    """
    whole = copy.deepcopy(dict(base))
    for key, value in over.items():
        before = whole.get(key)
        if key in PARTS:
            before, value = _as_table(before), _as_table(value)
            if (
                isinstance(value, Mapping)
                and isinstance(before, Mapping)
                and _renamed(before, value)
            ):
                before = None
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            whole[key] = _merged(before, value)
        else:
            whole[key] = copy.deepcopy(value)
    return whole


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        before = merged.get(key)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(before, value) if both else copy.deepcopy(value)  # type: ignore[arg-type]
    return merged


def _as_table(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _renamed(before: Any, value: Any) -> bool:
    """Tells whether a table names another component than the one before it."""
    if not all(isinstance(table, Mapping) and "name" in table for table in (before, value)):
        return False
    former, name = str(before["name"]), str(value["name"])
    if ":" in former and ":" in name:
        return former != name
    return former.rpartition(":")[2] != name.rpartition(":")[2]


def origins(document: Document) -> dict[str, str]:
    """Returns which layer each setting comes from, by the key that `flatten` gives it."""
    found: dict[str, str] = {}
    whole: dict[str, Any] = {}
    for layer in document.layers:
        whole = laid_over(whole, layer.tables)
        there = flatten(whole)
        found = {key: place for key, place in found.items() if key in there}
        found |= dict.fromkeys(flatten(layer.tables), layer.place)
    return found
