"""A sweep planned: the runs of a grid of settings and seeds, every one of them checked."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

from seqkit.config import older_names
from seqkit.errors import ConfigurationError, Problem
from seqkit.experiments.experiment import Experiment
from seqkit.experiments.loading import load_experiment
from seqkit.experiments.words import parse_override
from seqkit.kinds import PARTS
from seqkit.registry.registry import Registry
from seqkit.runs.comparison import SEED, label_of

_ENDING = ".sweep.json"
_LOCK_ENDING = ".sweep.lock"
_SCHEMA = 1
_LONGEST_PART = 24
_OPENING, _CLOSING = "[{(", "]})"


@dataclass(frozen=True)
class SweepRun:
    """One run of a plan.

    Attributes:
        name: Name of its folder.
        words: Its settings, each as `key=value`.
        label: These settings in a few words, without the seed.
        seed: Its seed.
        digest: Of the whole experiment, with every default.
        threads: CPU threads it asks for; 0 for as many as there are.
        former: The digest that an older version gave the same experiment; not kept.
    """

    name: str
    words: tuple[str, ...]
    label: str
    seed: int
    digest: str
    threads: int = 0
    former: str = ""


@dataclass(frozen=True)
class SweepPlan:
    """The runs of a group.

    Attributes:
        group: Its name.
        experiment: The recipe or file.
        varies: The settings that vary, without the seed.
        runs: The runs, in the order in which they are started.
        failed: Why runs failed that left no folder, by name.
        notes: What the user should know about how the experiments were put together.
    """

    group: str
    experiment: str
    varies: tuple[str, ...]
    runs: tuple[SweepRun, ...]
    failed: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def same_runs(self, other: SweepPlan) -> bool:
        """Tells whether another grid has the same runs, whatever they are called."""
        ours = {run.digest for run in self.runs}
        return ours == {run.digest for run in other.runs}


# --- words ----------------------------------------------------------------------------------------


def split_values(text: str) -> list[str]:
    """Splits at the commas that stand in no bracket and in no quotes: `a,[1, 2],"b,c"`."""
    parts, depth, quote, start = [], 0, "", 0
    for place, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in _OPENING:
            depth += 1
        elif character in _CLOSING:
            depth -= 1
        elif character == "," and depth <= 0:
            parts.append(text[start:place])
            start = place + 1
    return [part.strip() for part in [*parts, text[start:]]]


def split_words(words: Iterable[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Tells the words that all runs share from those that have several values.

    Returns:
        The shared words, and the values of each key that varies.

    Raises:
        ConfigurationError: A word is not a setting, a value is empty, or it is given twice.
    """
    shared: list[str] = []
    axes: dict[str, list[str]] = {}
    problems: list[Problem] = []
    for word in words:
        parts, _ = parse_override(word)
        key, _, text = word.partition("=")
        key = ".".join(parts)
        values = split_values(text)
        if len(values) == 1 or key == "metrics":
            shared.append(word)
            continue
        twice = sorted({value for value in values if values.count(value) > 1})
        if "" in values:
            hint = "Write a text that holds a comma in quotes, as in 'key=\"a,b\"'"
            problems.append(Problem(key, f"{word!r} has an empty value", hint))
        elif twice:
            problems.append(Problem(key, f"{word!r} has {twice[0]} twice", "Leave one out"))
        elif key in axes:
            problems.append(Problem(key, f"{key} has values in two words", "Write them in one"))
        axes[key] = values
    if problems:
        raise ConfigurationError(problems=problems)
    return shared, axes


# --- planning -------------------------------------------------------------------------------------


def plan_sweep(
    experiment: str, words: Sequence[str], seeds: int, group: str, registry: Registry
) -> SweepPlan:
    """Returns the runs of a grid, every one of them checked.

    Runs with the same seed follow each other, so that a sweep that is cut short has tried every
    setting equally often.

    Args:
        experiment: A recipe or file.
        words: Settings; those with several values, parted by commas, vary.
        seeds: How many seeds each setting has, from that of the experiment on; 0 for its seed.
        group: The group's name.
        registry: Where components are looked up.

    Raises:
        ConfigurationError: Something is not valid; every problem of every run is reported at once.
    """
    shared, axes = split_words(words)
    if seeds and SEED in axes:
        raise ConfigurationError(
            f"{SEED} has several values, and so has --seeds {seeds}. Leave one of them out"
        )
    points = [
        tuple(f"{key}={value}" for key, value in zip(axes, values, strict=True))
        for values in product(*axes.values())
    ]
    loaded = _load(experiment, shared, points, registry)
    _all_different(points, loaded)
    first = min(one.trainer.seed for one in loaded)
    runs: list[SweepRun] = []
    for offset in range(max(1, seeds)):
        for point, one in zip(points, loaded, strict=True):
            seed = first + offset if seeds else one.trainer.seed
            own = (*shared, *point, f"{SEED}={seed}") if seeds else (*shared, *point)
            settled = replace(one, trainer=one.trainer.model_copy(update={"seed": seed}))
            runs.append(
                SweepRun(
                    name=_name(group, point, seed, {run.name for run in runs}),
                    words=own,
                    label=_label(point),
                    seed=seed,
                    digest=_digest(settled),
                    threads=one.trainer.threads,
                    former=_former_digest(settled, registry),
                )
            )
    notes = dict.fromkeys(note for one in loaded for note in one.notes)
    varies = tuple(key for key in axes if key != SEED)
    return SweepPlan(group, _whole(experiment, registry), varies, tuple(runs), {}, tuple(notes))


def _whole(experiment: str, registry: Registry) -> str:
    """Returns the name of a recipe as it is, and the path of a file from the root on."""
    path = Path(experiment)
    is_file = path.exists() and (path.suffix or experiment not in registry.names("recipes"))
    return str(path.resolve()) if is_file else experiment


def _load(
    experiment: str, shared: Sequence[str], points: Sequence[tuple[str, ...]], registry: Registry
) -> list[Experiment]:
    """Loads the experiment of every point, or says what is wrong with all of them."""
    loaded: list[Experiment] = []
    found: dict[Problem, list[str]] = {}
    for point in points:
        try:
            loaded.append(load_experiment(experiment, registry, [*shared, *point]))
        except ConfigurationError as error:
            problems = error.problems or (Problem("", str(error)),)
            for problem in problems:
                found.setdefault(problem, []).append(" ".join(point))
    if found:
        raise ConfigurationError(
            problems=[_placed(problem, where, len(points)) for problem, where in found.items()]
        )
    return loaded


def _all_different(points: Sequence[tuple[str, ...]], loaded: Sequence[Experiment]) -> None:
    there: dict[str, tuple[str, ...]] = {}
    for point, one in zip(points, loaded, strict=True):
        before = there.setdefault(_digest(one), point)
        if before is not point:
            raise ConfigurationError(
                f"{' '.join(point)} is the same as {' '.join(before)}. Leave one of them out"
            )


def _placed(problem: Problem, where: Sequence[str], points: int) -> Problem:
    if len(where) == points or not where[0]:
        return problem
    shown = "; ".join(where[:3]) + ("; ..." if len(where) > 3 else "")
    return replace(problem, message=f"{problem.message}, with {shown}")


def _label(point: Sequence[str]) -> str:
    parsed = [parse_override(word) for word in point]
    return label_of({".".join(parts): value for parts, value in parsed}) or "all"


def _name(group: str, point: Sequence[str], seed: int, taken: Iterable[str]) -> str:
    values = [word.partition("=")[2] for word in point if not word.startswith(f"{SEED}=")]
    parts = [re.sub(r"[^A-Za-z0-9._]+", "-", value).strip("-.")[:_LONGEST_PART] for value in values]
    base = "-".join([group, *(part for part in parts if part), f"seed{seed}"])
    name, number = base, 1
    while name in set(taken):
        number += 1
        name = f"{base}-{number}"
    return name


def _digest(experiment: Experiment) -> str:
    document = experiment.as_dict()
    for key in PARTS:
        document[key] = _without_added(getattr(experiment, key).config, document[key])
    document["metrics"] = [
        _without_added(part.config, table)
        for part, table in zip(experiment.metrics, document["metrics"], strict=True)
    ]
    return _digest_of(document)


def _digest_of(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _former_digest(experiment: Experiment, registry: Registry) -> str:
    """Returns the digest of an experiment by the names that its settings had before.

    Groups that an older version began are gone on with by it.
    """
    document = experiment.as_dict()
    for key in PARTS:
        part = getattr(experiment, key)
        document[key] = _formerly_named(part.config, document[key])
    document["metrics"] = [
        _formerly_named(part.config, table)
        for part, table in zip(experiment.metrics, document["metrics"], strict=True)
    ]
    chosen = document.pop("observers", {})
    for entry in registry.entries("observers"):
        head, _, setting = entry.component.formerly.partition(".")
        if setting:
            document[head] = {**document[head], setting: entry.qualified in chosen}
    return _digest_of(document)


def _formerly_named(config: Any, table: Mapping[str, Any]) -> dict[str, Any]:
    before = {new: old for old, new in older_names(type(config)).items()}
    known = _without_added(config, table)
    return {before.get(key, key): value for key, value in known.items()}


def _without_added(config: Any, table: Mapping[str, Any]) -> dict[str, Any]:
    """Returns settings without those that came later and have their default."""
    fields = type(config).model_fields
    usual = {
        name
        for name in type(config).added
        if name in fields
        and getattr(config, name) == fields[name].get_default(call_default_factory=True)
    }
    return {key: value for key, value in table.items() if key not in usual}


def joined(before: SweepPlan, wanted: SweepPlan) -> SweepPlan:
    """Returns a group's runs with those that are new.

    Raises:
        ConfigurationError: The group is of another experiment, or of what it was before a change.
    """
    if before.experiment != wanted.experiment:
        raise ConfigurationError(
            f"group {before.group} is of {before.experiment}, not of {wanted.experiment}. "
            "Choose another --name"
        )
    there = {run.digest for run in before.runs}
    named = {run.name for run in before.runs}
    more = tuple(run for run in wanted.runs if not there & {run.digest, run.former})
    for run in more:
        if run.name in named:
            raise ConfigurationError(
                f"run {run.name} has other settings by now than when group {before.group} began. "
                "Write the same words, or choose another --name"
            )
    varies = tuple(dict.fromkeys([*before.varies, *wanted.varies]))
    return replace(wanted, varies=varies, runs=before.runs + more, failed=before.failed)


def checked(plan: SweepPlan, registry: Registry) -> SweepPlan:
    """Returns a group that was read, once its experiments are what they were.

    Raises:
        ConfigurationError: One of them is no longer valid, or another one.
    """
    notes: dict[str, None] = {}
    for run in plan.runs:
        experiment = load_experiment(plan.experiment, registry, run.words)
        notes |= dict.fromkeys(experiment.notes)
        if run.digest not in (_digest(experiment), _former_digest(experiment, registry)):
            raise ConfigurationError(
                f"{plan.experiment} has changed since group {plan.group} began, in run {run.name}. "
                "Change it back, or start another sweep"
            )
    return replace(plan, notes=tuple(notes))
