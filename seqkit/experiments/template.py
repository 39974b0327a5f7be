"""An experiment file with every setting explained."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seqkit.experiments.schema import in_toml, settings_of

if TYPE_CHECKING:
    from seqkit.config import Config
    from seqkit.experiments.experiment import Part
    from seqkit.experiments.own_data import Found
    from seqkit.registry import Registry

FEW = 200
_ROWS = 400
"""Rows of a table below which its forecasts are shorter than usual."""


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
    from seqkit.experiments.experiment import load_experiment
    from seqkit.experiments.trainer import TrainerConfig
    from seqkit.fitting import fitting

    loaded = load_experiment(document, registry)
    lines = [
        f"# Run it:  {command}",
        "# A line that begins with '# name = ' shows a default; take the '# ' away to change it.",
        *(f"# {line}" for line in textwrap.wrap(warning, 96)),
        "",
    ]
    if loaded.description:
        lines += [f"description = {in_toml(loaded.description)}", ""]
    metrics = [_metric(part) for part in loaded.metrics]
    choices = ", ".join(fitting(registry, "metrics", loaded.task.entry))
    lines += [f"# Scores; the first one chooses the best checkpoint. There are: {choices}."]
    lines += [f"metrics = {in_toml(metrics)}", ""]
    parts = {"dataset": loaded.dataset, "task": loaded.task, "model": loaded.model}
    for key, part in {**parts, "loss": loaded.loss}.items():
        kind = "losses" if key == "loss" else f"{key}s"
        fits = registry.names(kind) if key == "task" else fitting(registry, kind, loaded.task.entry)
        others = ", ".join(fits)
        lines += [f"[{key}]", f"# {part.component.summary()}", f"# There are: {others}."]
        lines += [f"name = {in_toml(part.name)}"]
        lines += _table(part.component.Config, _given(document, key))
    lines += ["[trainer]", *_table(TrainerConfig, _given(document, "trainer"))]
    return "\n".join(lines).rstrip() + "\n"


def _metric(part: Part) -> str | dict[str, Any]:
    """Returns the name of a metric, or a table where its settings are not the usual ones."""
    table = part.config.model_dump(exclude_defaults=True)
    return {"name": part.name, **table} if table else part.name


def _given(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = document.get(key)
    return table if isinstance(table, Mapping) else {}


def _table(config: type[Config], given: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for setting in settings_of(config):
        about = f"{setting.help} ({setting.type}{', ' if setting.bounds else ''}{setting.bounds})"
        lines += ["", *(f"# {line}" for line in textwrap.wrap(about, 96))]
        value = _nested(given, setting.key.split("."))
        if value is not None:
            lines.append(f"{setting.key} = {in_toml(value)}")
        elif setting.written != "none":
            lines.append(f"# {setting.key} = {setting.written}")
    return [*lines, ""]


def _nested(table: Any, path: Sequence[str]) -> Any:
    for part in path:
        table = table.get(part) if isinstance(table, Mapping) else None
    return table


# --- a person's own data --------------------------------------------------------------------------


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


_TEXTS = {
    "classification": "Classes of the texts in {}.",
    "forecasting": "Forecasts of the numbers in {}.",
    "language-modeling": "Writes like {}.",
    "seq2seq": "Writes the targets of {} after reading the sources.",
}


def begun_with(document: Mapping[str, Any], found: Found, file: str) -> tuple[dict[str, Any], str]:
    """Returns a recipe on one's own data, and a warning where there are few.

    What the recipe says of its own columns is left out; short series get a short horizon.

    Args:
        document: The recipe, as nested tables.
        found: What a look at the data came to.
        file: What to call the data.
    """
    trainer, warning = dict(document.get("trainer", {})), ""
    task: dict[str, Any] = {"name": found.task, **found.settings}
    if found.task in ("classification", "seq2seq"):
        trainer, warning = for_few(trainer, found.examples)
        task = dict(_given(document, "task")) | task
    elif found.task == "forecasting" and found.examples < _ROWS:
        horizon = max(1, min(8, found.examples // 20))
        task |= {"horizon": horizon, "context": 3 * horizon}
    elif found.task == "language-modeling":
        task = dict(_given(document, "task")) | task
    return {
        **document,
        "description": _TEXTS[found.task].format(file),
        "task": task,
        "dataset": found.dataset,
        "trainer": trainer,
    }, warning
