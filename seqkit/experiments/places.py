"""Where a setting belongs that stands in the wrong table, or in none: `epochs`, `lr`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches

from seqkit.config import Config, older_names
from seqkit.errors import Problem, UnknownSetting
from seqkit.experiments.experiment import Absent
from seqkit.experiments.schema import settings_of
from seqkit.experiments.trainer import TrainerConfig
from seqkit.registry.registry import Entry

USUAL_SHORT = {
    "bs": "batch_size",
    "bsz": "batch_size",
    "clip": "clip_norm",
    "ema": "ema_decay",
    "lr": "learning_rate",
    "opt": "optimizer",
    "patience": "early_stopping",
    "steps": "max_steps",
    "wd": "weight_decay",
}
"""What the field calls some settings for short."""

_ALIKE = 0.75
"""More than for one table: among all settings of an experiment, something is always a bit alike."""

Tables = Mapping[str, type[Config]]
"""The settings of each table of an experiment, by its name."""


def tables_of(entries: Mapping[str, Entry | None]) -> dict[str, type[Config]]:
    """Returns the settings of the trainer and of those components that were found."""
    found: dict[str, type[Config]] = {"trainer": TrainerConfig}
    for key, entry in entries.items():
        if entry is not None and not isinstance(entry.component, Absent):
            found[key] = entry.component.Config
    return found


def place_of(name: str, tables: Tables) -> tuple[str, ...]:
    """Returns the full keys of the settings that are called so, or else of one that looks alike.

    Args:
        name: What a person wrote: `epochs`, `--batch-size`, `lr`, `model.lr`.
        tables: The tables to look in; where several have a setting of the name, all are told.
    """
    wanted = name.rsplit(".", 1)[-1].strip("-").replace("-", "_").lower()
    by_last: dict[str, list[str]] = {}
    for table, config in tables.items():
        older = {f"{table}.{new}": old for old, new in older_names(config).items()}
        for key in (f"{table}.{setting.key}" for setting in settings_of(config)):
            for last in (key.rsplit(".", 1)[-1], older.get(key)):
                if last:
                    by_last.setdefault(last, []).append(key)
    for word in (wanted, USUAL_SHORT.get(wanted)):
        if word in by_last:
            return tuple(by_last[word])
    near = get_close_matches(wanted, by_last, n=1, cutoff=_ALIKE)
    return tuple(by_last[near[0]][:1]) if near else ()


def with_their_places(problems: Iterable[Problem], tables: Tables) -> list[Problem]:
    """Returns the problems, unknown settings with the key that was probably meant."""
    return [
        placed(problem, tables) if isinstance(problem, UnknownSetting) else problem
        for problem in problems
    ]


def placed(problem: UnknownSetting, tables: Tables) -> Problem:
    """Returns an unknown setting with the key that was probably meant, and the value it was for."""
    written = problem.message.partition(" is not ")[0]
    if problem.near:
        return problem
    places = place_of(written, tables)
    if not places:
        return problem
    value = f"={problem.value}" if problem.value else ""
    return replace(problem, hint=f"Did you mean {' or '.join(f'{key}{value}' for key in places)}?")
