"""An experiment file with every setting explained."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seqkit.experiments.schema import in_toml, settings_of, toml_key
from seqkit.kinds import OBSERVERS, PLURAL

if TYPE_CHECKING:
    from seqkit.config import Config
    from seqkit.experiments.experiment import Experiment, Part
    from seqkit.registry.registry import Entry, Registry


def experiment_toml(
    document: Mapping[str, Any],
    registry: Registry,
    command: str,
    warning: str = "",
    reasons: Mapping[str, str] | None = None,
) -> str:
    """Returns an experiment as TOML: what it sets, and each default as a comment with its help.

    Args:
        document: The nested tables, as a recipe has them.
        registry: Where the components are looked up.
        command: The command that runs the file.
        warning: What its reader should beware of; may be empty.
        reasons: Why a setting was chosen, by its dotted key; shown beside it.

    Raises:
        ConfigurationError: The document is not a valid experiment.
    """
    from seqkit.experiments.loading import load_experiment
    from seqkit.experiments.trainer import TrainerConfig
    from seqkit.registry.fitting import fitting

    loaded = load_experiment(document, registry)
    reasons = reasons or {}
    lines = [
        f"# Run it:  {command}",
        "# A line that begins with '# name = ' shows a default; take the '# ' away to change it.",
        *(f"# {line}" for line in textwrap.wrap(warning, 96)),
        "",
    ]
    if loaded.description:
        lines += [f"description = {in_toml(loaded.description)}", ""]
    metrics = [_metric(part, registry) for part in loaded.metrics]
    choices = ", ".join(fitting(registry, "metrics", loaded.task.entry))
    lines += [f"# Scores; the first one chooses the best checkpoint. There are: {choices}."]
    lines += [*_because(reasons.get("metrics")), f"metrics = {in_toml(metrics)}", ""]
    parts = {"dataset": loaded.dataset, "task": loaded.task, "model": loaded.model}
    for key, part in {**parts, "loss": loaded.loss}.items():
        kind = PLURAL[key]
        fits = registry.names(kind) if key == "task" else fitting(registry, kind, loaded.task.entry)
        others = ", ".join(fits)
        lines += [f"[{key}]", f"# {part.component.summary()}", f"# There are: {others}."]
        lines += _because(reasons.get(key, reasons.get(f"{key}.name")))
        lines += [f"name = {in_toml(_name(part.entry, registry))}"]
        lines += _table(part.component.Config, _given(document, key), key, reasons)
    trainer = _given(document, "trainer")
    lines += ["[trainer]", *_table(TrainerConfig, trainer, "trainer", reasons)]
    lines += _observers(loaded, registry)
    return "\n".join(lines).rstrip() + "\n"


def _observers(loaded: Experiment, registry: Registry) -> list[str]:
    """Returns a table for each observer there is; a comment where it is not on.

    The settings in such a comment are set in, as they are no defaults of the experiment.
    """
    on = {part.entry.qualified: part for part in loaded.observers}
    lines = ["# What looks on while a run goes; on where its table stands here without a '# '."]
    for entry in registry.entries(OBSERVERS):
        part = on.get(entry.qualified)
        table = f"[{OBSERVERS}.{toml_key(_name(entry, registry))}]"
        about = textwrap.wrap(entry.component.summary(), 96)
        lines += ["", *(f"# {line}" for line in about), table if part else f"# {table}"]
        given = part.config.model_dump(mode="json", exclude_unset=True) if part else {}
        key = f"{OBSERVERS}.{entry.name}"
        settings = _table(entry.component.Config, given, key, {})[:-1]
        lines += settings if part else [line.replace("# ", "#   ", 1) for line in settings]
    return lines if len(lines) > 1 else []


def _metric(part: Part, registry: Registry) -> str | dict[str, Any]:
    """Returns the name of a metric, or a table where its settings are not the usual ones."""
    table = part.config.model_dump(exclude_defaults=True)
    name = _name(part.entry, registry)
    return {"name": name, **table} if table else name


def _name(entry: Entry, registry: Registry) -> str:
    """Returns the name of a component; with its plugin, so that one that is missing is named."""
    of_seqkit = entry.owner is not None and entry.owner.built_in
    return registry.name_of(entry) if of_seqkit else entry.qualified


def _given(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = document.get(key)
    return table if isinstance(table, Mapping) else {}


def _because(reason: str | None) -> list[str]:
    """Returns the comment that tells why a setting was chosen; none where it was not."""
    return [f"# Chosen: {line}" for line in textwrap.wrap(reason, 88)] if reason else []


def _table(
    config: type[Config], given: Mapping[str, Any], key: str, reasons: Mapping[str, str]
) -> list[str]:
    lines: list[str] = []
    for setting in settings_of(config):
        about = f"{setting.help} ({setting.type}{', ' if setting.bounds else ''}{setting.bounds})"
        lines += ["", *(f"# {line}" for line in textwrap.wrap(about, 96))]
        value = _nested(given, setting.key.split("."))
        if value is not None:
            lines += _because(reasons.get(f"{key}.{setting.key}"))
            lines.append(f"{setting.key} = {in_toml(value)}")
        elif setting.written != "none":
            lines.append(f"# {setting.key} = {setting.written}")
    return [*lines, ""]


def _nested(table: Any, path: Sequence[str]) -> Any:
    for part in path:
        table = table.get(part) if isinstance(table, Mapping) else None
    return table
