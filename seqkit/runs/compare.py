"""Runs compared: the mean of each setting over seeds, and which differences there is evidence of.

Everything is read from the run folders.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import numpy as np

from seqkit.errors import ConfigurationError, DataError, suggestion
from seqkit.runs.against_baselines import verdict_on_best
from seqkit.runs.comparison import (
    FEWEST_SEEDS,
    SEED,
    Comparison,
    Pair,
    ScoredRun,
    Setting,
    label_of,
)
from seqkit.runs.example_scores import Column, ExampleScores, Floats, from_sum, load_scores, to_sum
from seqkit.runs.folder import RunFolder
from seqkit.runs.listing import describe
from seqkit.runs.significance import (
    RESAMPLES,
    bootstrap_difference,
    holm,
    over_both,
    paired_difference,
    resampled_sums,
    unpaired_difference,
)
from seqkit.runs.summary import differing, settings

_NO_SETTINGS = ("description", "from.checkpoint", "from.digest", SEED)


def compare_runs(
    folders: Sequence[RunFolder],
    metric: str = "",
    keys: Sequence[str] = (),
    resamples: int = RESAMPLES,
    described: Sequence[Mapping[str, Any]] = (),
    flat: Sequence[Mapping[str, Any]] = (),
) -> Comparison:
    """Compares runs on the test split, or on the validation split where none was tested.

    Args:
        folders: The runs.
        metric: What to compare by; what chose the best checkpoint when empty.
        keys: The settings that vary on purpose; found out when empty.
        resamples: How many test sets to draw.
        described: What `describe` says of each of them, where it was asked already.
        flat: The settings of each of them, flat, where they were read already.

    Raises:
        ConfigurationError: No run has such a metric.
        CheckpointError: A run cannot be read.
    """
    described = described or [describe(folder) for folder in folders]
    flat = flat or [settings(folder) for folder in folders]
    infos = [folder.info() for folder in folders]
    split = "test" if any("test" in run["metrics"] for run in described) else "validation"
    name = _chosen_metric(metric, described, infos, split)
    found, left_out = _grouped(folders, described, flat, infos, name, split, keys)
    runs = [run for setting in found for run in setting.runs]
    resampled, unexplained = _resampled(runs, name, resamples)
    told = {run["name"]: run for run in described}
    higher = [info.get("higher_is_better") for info in infos if info.get("metric") == name]
    direction = False if name == "loss" else (bool(higher[0]) if higher else None)
    best = verdict_on_best(found, name, split, direction, told, resamples)
    return Comparison(
        metric=name,
        split=split,
        higher_is_better=direction,
        settings=found,
        baselines=_baselines(infos, split, name),
        pairs=_corrected([_compared(a, b, resampled.values) for a, b in combinations(found, 2)]),
        left_out=left_out,
        damaged={run.name: run.damage for run in runs if run.damage},
        resamples=resampled.count,
        examples=resampled.examples,
        block=resampled.block,
        unexplained=unexplained,
        best="" if best is None else best.label,
        best_run="" if best is None else best.run,
        verdict=None if best is None else best.verdict,
    )


def _chosen_metric(
    metric: str,
    described: Sequence[Mapping[str, Any]],
    infos: Sequence[Mapping[str, Any]],
    split: str,
) -> str:
    """Returns what runs are compared by. Raises ConfigurationError where none has it."""
    known = {
        key
        for run in described
        for key, value in (run["metrics"].get(split) or {}).items()
        if isinstance(value, int | float)
    }
    monitors = [one for one in (info.get("metric") for info in infos) if isinstance(one, str)]
    likely = [one for one in monitors if one in known] or monitors or ["loss"]
    name = metric or likely[0]
    if known and name not in known:
        raise ConfigurationError(
            f"no run has a {split} score {name!r}. {suggestion(name, sorted(known))}"
        )
    return name


def _grouped(
    folders: Sequence[RunFolder],
    described: Sequence[Mapping[str, Any]],
    flat: Sequence[Mapping[str, Any]],
    infos: Sequence[Mapping[str, Any]],
    metric: str,
    split: str,
    keys: Sequence[str],
) -> tuple[tuple[Setting, ...], dict[str, str]]:
    """Returns the finished runs by their settings, and why each of the others counts nothing."""
    varied = [key for key in differing([one for one in flat if one]) if key not in _NO_SETTINGS]
    left_out: dict[str, str] = {}
    groups: dict[str, list[ScoredRun]] = {}
    values_of: dict[str, dict[str, Any]] = {}
    for folder, run, own, info in zip(folders, described, flat, infos, strict=True):
        value = (run["metrics"].get(split) or {}).get(metric)
        if run["status"] != "finished":
            left_out[run["name"]] = f"is {run['status']}"
        elif not own:
            left_out[run["name"]] = "has no readable experiment.toml"
        elif not isinstance(value, int | float) or not math.isfinite(value):
            left_out[run["name"]] = f"has no {split} {metric}"
        else:
            key = json.dumps([own.get(each) for each in varied], default=str)
            values_of[key] = {each: own.get(each) for each in keys or varied}
            baselines = _baselines([info], split, metric)
            scored = _scored(folder, run, own, float(value), split, baselines)
            twin = next((r for r in groups.get(key, []) if r.seed == scored.seed), None)
            if twin is None:
                groups.setdefault(key, []).append(scored)
            else:
                # The same run twice tells nothing more than once.
                left_out[run["name"]] = f"has the settings and the seed of {twin.name}"
    labels = _labels([values_of[key] for key in groups], list(groups.values()), keys)
    found = tuple(
        Setting(label, values_of[key], tuple(runs))
        for label, (key, runs) in zip(labels, groups.items(), strict=True)
    )
    return found, left_out


def _scored(
    folder: RunFolder,
    run: Mapping[str, Any],
    own: Mapping[str, Any],
    value: float,
    split: str,
    baselines: Mapping[str, float],
) -> ScoredRun:
    dataset = {key: item for key, item in own.items() if key.partition(".")[0] == "dataset"}
    seed = own.get(SEED)
    scores, damage = None, ""
    try:
        scores = load_scores(folder.scores(split))
    except DataError as error:
        damage = str(error)
    return ScoredRun(
        name=folder.name,
        seed=seed if isinstance(seed, int) else 0,
        value=value,
        elapsed=float(run["elapsed"]),
        parameters=int(run["parameters"] or 0),
        scores=scores,
        dataset=json.dumps(dataset, sort_keys=True, default=str),
        damage=damage,
        baselines=baselines,
        folder=str(folder.path),
    )


def _labels(
    values: Sequence[Mapping[str, Any]], runs: Sequence[Sequence[ScoredRun]], keys: Sequence[str]
) -> list[str]:
    """Returns what to call each setting: what varies, or the run's name where it is a lone one."""
    if not keys and all(len(group) == 1 for group in runs):
        return [group[0].name for group in runs]
    labels = [label_of(one) or "all" for one in values]
    if len(set(labels)) == len(labels):
        return labels
    # Settings that vary without having been named; the name of a run tells them apart.
    return [f"{label} ({group[0].name})" for label, group in zip(labels, runs, strict=True)]


def _baselines(infos: Sequence[Mapping[str, Any]], split: str, metric: str) -> dict[str, float]:
    for info in infos:
        evaluation = info.get("test" if split == "test" else "evaluation")
        baselines = evaluation.get("baselines") if isinstance(evaluation, Mapping) else None
        found = {
            name: float(scores[metric])
            for name, scores in (baselines if isinstance(baselines, Mapping) else {}).items()
            if isinstance(scores, Mapping) and isinstance(scores.get(metric), int | float)
        }
        if found:
            return found
    return {}


# --- resampling test examples ---------------------------------------------------------------------


@dataclass(frozen=True)
class _Resampled:
    """The metric of runs on resampled test sets: an identity of the examples, and the values."""

    values: dict[str, tuple[str, Floats]] = field(default_factory=dict)
    count: int = 0
    examples: int = 0
    block: int = 1


def _resampled(runs: Sequence[ScoredRun], metric: str, resamples: int) -> tuple[_Resampled, str]:
    """Returns the metric of each run on resampled test sets, and why there is none if so."""
    families: dict[str, list[tuple[ScoredRun, ExampleScores, Column]]] = {}
    usual = _usual_mean(runs, metric)
    missing = ""
    for run in runs:
        if run.scores is None:
            why = "has damaged scores" if run.damage else "keeps no scores"
            missing = f"{run.name} {why} of single examples"
        elif metric not in run.scores.columns:
            missing = f"{metric} is not a mean over examples"
        else:
            column = run.scores.columns[metric]
            if usual is not None and _is_constant(column.values):
                column = replace(column, weighted=usual.weighted, mean=usual.mean)
            families.setdefault(_identity(run, run.scores, column), []).append(
                (run, run.scores, column)
            )
    values: dict[str, tuple[str, Floats]] = {}
    count = examples = 0
    block = 1
    shared = {identity: family for identity, family in families.items() if len(family) > 1}
    if len(runs) > 1 and not shared:
        return _Resampled(), missing or "the runs were not scored on the same examples"
    for identity, family in shared.items():
        _, scores, column = family[0]
        weights = scores.count if column.weighted else np.ones_like(scores.count)
        sums = [to_sum(each.values, each.mean) * weights for _, _, each in family]
        drawn = resampled_sums(np.stack([*sums, weights], axis=1), resamples, scores.block)
        ratios = drawn[:, :-1] / drawn[:, -1:]
        for place, (run, _, each) in enumerate(family):
            values[run.name] = identity, from_sum(ratios[:, place], each.mean)
        count, examples, block = len(drawn), len(weights), scores.block
    return _Resampled(values, count, examples, block), ""


def _usual_mean(runs: Sequence[ScoredRun], metric: str) -> Column | None:
    """Returns a column that tells by which mean examples make up the metric.

    One whose examples all have the same score, as of a model without a mistake, tells nothing: it
    is the mean of itself by every rule.
    """
    columns = [run.scores.columns.get(metric) for run in runs if run.scores is not None]
    known = [column for column in columns if column is not None]
    return next((column for column in known if not _is_constant(column.values)), None)


def _is_constant(values: Floats) -> bool:
    return bool(len(values)) and bool((values == values[0]).all() and values[0] > 0)


def _identity(run: ScoredRun, scores: ExampleScores, column: Column) -> str:
    """Returns a text that two runs share where they were scored on the same examples."""
    count = scores.count.tobytes() if column.weighted else b""
    parts = [run.dataset, scores.digest, len(scores.count), scores.block, column.mean]
    text = json.dumps([*parts, column.weighted, hashlib.sha256(count).hexdigest()])
    return hashlib.sha256(text.encode()).hexdigest()


# --- differences ----------------------------------------------------------------------------------


def _compared(first: Setting, second: Setting, resampled: Mapping[str, tuple[str, Floats]]) -> Pair:
    ours = {run.seed: run for run in first.runs}
    theirs = {run.seed: run for run in second.runs}
    common = [seed for seed in ours if seed in theirs]
    matched = len(common) if len(common) >= FEWEST_SEEDS else 0
    one = [ours[seed] for seed in common] if matched else list(first.runs)
    other = [theirs[seed] for seed in common] if matched else list(second.runs)
    a, b = [run.value for run in one], [run.value for run in other]
    estimate = float(np.mean(b) - np.mean(a))
    seeds = None
    if matched:
        seeds = paired_difference(a, b)
    elif min(len(a), len(b)) >= FEWEST_SEEDS:
        seeds = unpaired_difference(a, b)
    examples = None
    found = [resampled.get(run.name) for run in (*one, *other)]
    drawn = [item for item in found if item is not None]
    if len(drawn) == len(found) and len({identity for identity, _ in drawn}) == 1:
        columns = [values for _, values in drawn]
        gap = np.mean(columns[len(one) :], axis=0) - np.mean(columns[: len(one)], axis=0)
        examples = bootstrap_difference(estimate, gap)
    both = over_both(seeds, examples) if seeds is not None and examples is not None else None
    return Pair(first.label, second.label, estimate, seeds, examples, both, matched)


def _corrected(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    """Fills in the p-values, corrected for how many there are."""
    known = [pair for pair in pairs if pair.deciding is not None]
    p_values = holm([pair.deciding.p for pair in known if pair.deciding is not None])
    by_pair = {id(pair): p for pair, p in zip(known, p_values, strict=True)}
    return tuple(
        Pair(
            pair.first,
            pair.second,
            pair.estimate,
            pair.seeds,
            pair.examples,
            pair.both,
            pair.matched,
            by_pair.get(id(pair)),
        )
        for pair in pairs
    )
