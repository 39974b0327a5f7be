"""An experiment file with every setting explained, and a first look at a person's own data."""

from __future__ import annotations

import itertools
import os
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqkit.cli.settings import in_toml, settings_of
from seqkit.errors import DataError

if TYPE_CHECKING:
    from seqkit.config import Config
    from seqkit.registry import Registry

TEXT_NAMES = ("text", "review", "sentence", "content", "comment", "message", "body", "tweet")
LABEL_NAMES = ("label", "sentiment", "class", "category", "target", "rating", "topic", "y")
FEW = 200
_LOOKED_AT = 2000
_MOST_CLASSES = 100


def experiment_toml(
    document: Mapping[str, Any], registry: Registry, command: str, warning: str = ""
) -> str:
    """Returns an experiment as TOML: what it sets, and each default as a comment with its help.

    Args:
        document: The nested tables, as a recipe has them.
        registry: Where the components are looked up.
        command: The command that runs the file.
        warning: What its reader should beware of; may be empty.

    Raises:
        ConfigurationError: The document is not a valid experiment.
    """
    from seqkit.experiment import load_experiment
    from seqkit.trainer_config import TrainerConfig

    loaded = load_experiment(document, registry)
    lines = [
        f"# Run it:  {command}",
        "# A line that begins with '# name = ' shows a default; take the '# ' away to change it.",
        *(f"# {line}" for line in textwrap.wrap(warning, 96)),
        "",
    ]
    if loaded.description:
        lines += [f"description = {in_toml(loaded.description)}", ""]
    metrics = [part.name for part in loaded.metrics]
    choices = ", ".join(_names(registry, "metrics", loaded.task.name))
    lines += [f"# Scores; the first one chooses the best checkpoint. There are: {choices}."]
    lines += [f"metrics = {in_toml(metrics)}", ""]
    parts = {"dataset": loaded.dataset, "task": loaded.task, "model": loaded.model}
    for key, part in {**parts, "loss": loaded.loss}.items():
        kind = "losses" if key == "loss" else f"{key}s"
        others = ", ".join(_names(registry, kind, loaded.task.name))
        lines += [f"[{key}]", f"# {part.component.summary()}", f"# There are: {others}."]
        lines += [f"name = {in_toml(part.name)}"]
        lines += _table(part.component.Config, _given(document, key))
    lines += ["[trainer]", *_table(TrainerConfig, _given(document, "trainer"))]
    return "\n".join(lines).rstrip() + "\n"


def _given(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = document.get(key)
    return table if isinstance(table, Mapping) else {}


def _names(registry: Registry, kind: str, task: str) -> list[str]:
    fitting = [
        entry
        for entry in registry.entries(kind)
        if kind == "tasks" or task in entry.component.tasks
    ]
    return [entry.name for entry in fitting]


def _table(config: type[Config], given: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for setting in settings_of(config):
        about = f"{setting.help} ({setting.type}{', ' if setting.bounds else ''}{setting.bounds})"
        lines += ["", *(f"# {line}" for line in textwrap.wrap(about, 96))]
        value = _nested(given, setting.name.split("."))
        if value is not None:
            lines.append(f"{setting.name} = {in_toml(value)}")
        elif setting.default != "none":
            lines.append(f"# {setting.name} = {setting.default}")
    return [*lines, ""]


def _nested(table: Any, path: Sequence[str]) -> Any:
    for part in path:
        table = table.get(part) if isinstance(table, Mapping) else None
    return table


# --- a person's own data --------------------------------------------------------------------------


def look_at(path: Path) -> tuple[dict[str, Any], int]:
    """Looks into a person's file or folder.

    Args:
        path: A CSV, TSV or JSONL file, or a folder; it is written as it is given.

    Returns:
        The dataset table for it, and the number of its examples, of which not many are counted.

    Raises:
        DataError: There is no such file, it is of another kind, or nothing in it looks like a text
            and a label.
    """
    if path.is_dir():
        files = sum(1 for _ in itertools.islice(path.glob("*/*"), _LOOKED_AT))
        return {"name": "text-folder", "path": _portable(path)}, files
    kinds = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    kind = kinds[-1] if kinds else ""
    if kind in (".csv", ".tsv"):
        name, (columns, rows) = "text-csv", _csv(path)
    elif kind in (".jsonl", ".ndjson"):
        name, (columns, rows) = "text-jsonl", _jsonl(path)
    else:
        raise DataError(
            f"--data {path} is not a file that seqkit knows. "
            "Give a .csv, .tsv or .jsonl file, or a folder with a folder for each class"
        )
    text, label = guess_columns(path, columns, rows)
    return {"name": name, "path": _portable(path), "text": text, "label": label}, len(rows)


def for_few(trainer: Mapping[str, Any], examples: int) -> tuple[dict[str, Any], str]:
    """Returns trainer settings for few examples, and a warning; both unchanged for many."""
    if examples >= FEW:
        return dict(trainer), ""
    # Small batches make enough steps of few examples for anything to be learnt.
    size = min(4, int(trainer.get("batch_size", 4)))
    warning = (
        f"There are only {examples} examples: a score on a tenth of them says little. "
        "Some hundreds are the least to learn from."
    )
    return {**trainer, "batch_size": size}, warning


def _portable(path: Path) -> str:
    return str(path).replace(os.sep, "/")


def _quiet(_message: str) -> None:
    """Leaves aside what the run itself will say again."""


def _csv(path: Path) -> tuple[Sequence[str], list[Sequence[Any]]]:
    from seqkit.data import read_csv

    table = read_csv(path, _quiet)
    return table.columns, list(table.rows[:_LOOKED_AT])


def _jsonl(path: Path) -> tuple[Sequence[str], list[Sequence[Any]]]:
    from seqkit.data import read_jsonl

    objects = [values for _, values in read_jsonl(path, _quiet)[:_LOOKED_AT]]
    columns = list(objects[0])
    return columns, [[values.get(column) for column in columns] for values in objects]


def guess_columns(
    path: Path, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> tuple[str, str]:
    """Tells which column holds texts and which holds labels: by name, and else by content.

    Raises:
        DataError: No column looks like one of the two.
    """
    values = {name: [row[place] for row in rows] for place, name in enumerate(columns)}
    text = _best(columns, TEXT_NAMES, lambda name: _text_score(values[name]))
    others = [name for name in columns if name != text]
    label = _best(others, LABEL_NAMES, lambda name: _label_score(values[name]))
    if not text or not label:
        missing = " and ".join(
            word for word, name in (("texts", text), ("labels", label)) if not name
        )
        raise DataError(
            f"no column of {path} looks like {missing}; it has {', '.join(map(repr, columns))}. "
            "Write the file without --data, and set dataset.text and dataset.label in it"
        )
    return text, label


def _best(columns: Sequence[str], names: Sequence[str], score: Callable[[str], float]) -> str:
    scored = {column: score(column) for column in columns}
    fitting = [column for column in columns if scored[column] > 0]
    named = [c for name in names for c in fitting if c.lower().strip() == name]
    return named[0] if named else max(fitting, key=lambda column: scored[column], default="")


def _text_score(values: Sequence[Any]) -> float:
    """Returns the mean number of characters where the values are texts, and 0 elsewhere."""
    texts = [value for value in values if isinstance(value, str) and value.strip()]
    if len(texts) * 2 < len(values) or not any(" " in text for text in texts):
        return 0.0
    return sum(map(len, texts)) / len(texts)


def _label_score(values: Sequence[Any]) -> float:
    """Returns more for fewer classes, and 0 where the values cannot be classes."""
    kinds = {str(value) for value in values if value is not None and value != ""}
    if not 2 <= len(kinds) <= min(_MOST_CLASSES, max(2, len(values) // 2)):
        return 0.0
    if max(map(len, kinds)) > 100:
        return 0.0
    return 1 / len(kinds)
