"""An experiment file on one's own data: what it is called, whose it is, and how it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqkit.api import Notify, ignore
from seqkit.data import write_text
from seqkit.data.endings import OBJECTS, TABLES, TEXTS, kind_of
from seqkit.errors import DataError
from seqkit.experiments.beginning import Begun, begin
from seqkit.experiments.own_data import recognise, said_in_full
from seqkit.experiments.template import experiment_toml
from seqkit.experiments.words import parse_override
from seqkit.registry.registry import Registry
from seqkit.storage.regular_files import LARGEST_TEXT
from seqkit.storage.toml_text import parse_toml


@dataclass(frozen=True)
class OnOwnData:
    """What a look at one's own data came to.

    Attributes:
        begun: The experiment to begin with.
        said: What was found, as a sentence.
    """

    begun: Begun
    said: str


def begin_on(
    data: Path,
    registry: Registry,
    *,
    recipe: str = "",
    task: str = "",
    given: Mapping[str, Any] | None = None,
    warn: Notify = ignore,
) -> OnOwnData:
    """Looks at one's own data, and returns the experiment that they begin with.

    Args:
        data: The file or folder.
        registry: What is installed.
        recipe: See `begin`.
        task: See `recognise`.
        given: See `recognise`.
        warn: Receives messages.

    Raises:
        ConfigurationError: There is no such task, recipe or setting.
        DataError: There is no such file, no dataset recognises it, or a run could not read it.
    """
    entry, recognition = recognise(data, registry, task, given, warn)
    return OnOwnData(begin(entry, recognition, registry, recipe, warn), said_in_full(recognition))


def write_experiment(file: Path, begun: Begun, registry: Registry, command: str) -> None:
    """Writes an experiment with every setting explained; see `experiment_toml`.

    Raises:
        DataError: It cannot be written.
    """
    text = experiment_toml(begun.document, registry, command, begun.warning, begun.reasons)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, text)
    except OSError as error:
        raise DataError(f"{file} cannot be written: {error.strerror or error}.") from error


def named_after(data: Path) -> Path:
    """Returns the experiment file that is named after data, in the current folder: `my.toml`."""
    name = data.name or data.resolve().name
    if not data.is_dir():
        name = name.removesuffix(".gz").removesuffix(".GZ")
        name = name.rpartition(".")[0] or name
    return Path(f"{name}.toml")


def looks_like_data(file: Path) -> bool:
    """Tells whether a file is named as data are, or is there and holds no experiment."""
    if file.suffix == ".toml":
        return False
    if kind_of(file) in (*TABLES, *OBJECTS, *TEXTS):
        return True
    return file.is_file() and not _document(file)


def own_data(source: object, registry: Registry) -> Path | None:
    """Returns the data that a word for an experiment names; None where it names an experiment.

    Args:
        source: The name of a recipe, or the path of an experiment, of data or of a folder of them.
        registry: Where the recipes are.
    """
    if not isinstance(source, str | Path) or str(source) in registry.names("recipes"):
        return None
    path = Path(source)
    if path.is_dir():
        return None if (path / "experiment.toml").exists() else path
    return path if path.is_file() and path.suffix and looks_like_data(path) else None


def is_of(file: Path, data: Path) -> bool:
    """Tells whether an experiment file was written for some data."""
    table = _document(file).get("dataset")
    path = table.get("path") if isinstance(table, dict) else None
    return isinstance(path, str) and Path(path).expanduser().resolve() == data.resolve()


def task_of(file: Path) -> str:
    """Returns the name of the task of an experiment file; empty where it names none."""
    task = _document(file).get("task")
    return str(task.get("name", "") if isinstance(task, dict) else task or "")


def about_data(words: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Returns the task and the settings of the dataset that words for an experiment name."""
    task, given = "", {}
    for word in words:
        parts, value = parse_override(word)
        if list(parts) == ["task"]:
            task = str(value)
        elif len(parts) == 2 and parts[0] == "dataset" and parts[1] not in ("name", "path"):
            given[parts[1]] = value
    return task, given


def _document(file: Path) -> dict[str, Any]:
    """Returns the tables of an experiment file; empty for a file that is none."""
    try:
        if file.stat().st_size > LARGEST_TEXT:
            return {}
        document = parse_toml(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return {}
    return document if {"dataset", "task", "model", "extends"} & document.keys() else {}
