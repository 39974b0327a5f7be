"""The best of several settings held against the best baseline: the verdict of a comparison."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqkit.outcome import Advice
from seqkit.runs.comparison import FEWEST_SEEDS, ScoredRun, Setting, label_of
from seqkit.runs.example_scores import Floats, from_sum, to_sum
from seqkit.runs.significance import (
    RESAMPLES,
    Difference,
    bootstrap_difference,
    over_both,
    resampled_sums,
    student,
)
from seqkit.runs.verdict import MOST_CAUSES, Verdict, best_baseline, is_better, verdict_from


@dataclass(frozen=True)
class Best:
    """The best setting.

    Attributes:
        label: It in words.
        run: Name of its first run.
        verdict: Whether it is better than the best baseline.
    """

    label: str
    run: str
    verdict: Verdict


def verdict_on_best(
    settings: Sequence[Setting],
    metric: str,
    split: str,
    higher: bool | None,
    described: Mapping[str, Mapping[str, Any]],
    resamples: int = RESAMPLES,
) -> Best | None:
    """Returns the best setting, and whether it is better than the best baseline.

    Each run is held against the baselines of its own data. Settings that differ in their data
    alone, as in a cross-validation, count as one. None where it is not known which way is better,
    or there is no setting.

    Args:
        settings: Runs by their settings.
        metric: What they are compared by.
        split: The split it is measured on.
        higher: Which way is better.
        described: What `describe` says of each run, by its name.
        resamples: How many test sets to draw.
    """
    if higher is None or not settings:
        return None
    sign = 1 if higher else -1
    groups = _by_model(settings)
    label, runs = max(
        groups.items(), key=lambda group: sign * np.mean([run.value for run in group[1]])
    )
    if len(groups) > 1:
        label = f"{label}, the best of {len(groups)}"
    elif len(settings) > 1:
        label = f"{len(runs)} runs, each against the baselines of its own data"
    return Best(label, runs[0].name, _judged(runs, metric, split, sign, described, resamples))


def _by_model(settings: Sequence[Setting]) -> dict[str, list[ScoredRun]]:
    """Returns the runs by their settings; those with other data are put together.

    Baselines may differ on the same data, too: by tokens, or in runs of an older version.
    """
    runs = [run for setting in settings for run in setting.runs]
    folds = any(key.partition(".")[0] == "folds" for one in settings for key in one.values)
    same = not folds and len({run.dataset for run in runs}) == 1
    if same or all(run.baselines == runs[0].baselines for run in runs):
        return {setting.label: list(setting.runs) for setting in settings}
    groups: dict[str, list[ScoredRun]] = {}
    for setting in settings:
        others = {k: v for k, v in setting.values.items() if k.partition(".")[0] != "dataset"}
        # Runs compared by their names have no settings that vary on purpose.
        label = label_of(others) if setting.label.startswith(label_of(setting.values)) else ""
        groups.setdefault(label or "all", []).extend(setting.runs)
    return groups


def _judged(
    runs: Sequence[ScoredRun],
    metric: str,
    split: str,
    sign: int,
    described: Mapping[str, Mapping[str, Any]],
    resamples: int,
) -> Verdict:
    value = float(np.mean([run.value for run in runs]))
    held = [(run, *best_baseline(_scores(run, metric), metric, sign > 0)) for run in runs]
    known = [(run, name, other) for run, name, other in held if other is not None]
    if len(known) < len(held):
        return Verdict(None, split, metric, value)
    gaps = [sign * (run.value - other) for run, _, other in known]
    difference = float(np.mean(gaps))
    drawn = [_over_examples(run, name, metric, sign, resamples) for run, name, _ in known]
    same = len({(run.dataset, run.baselines.get(name)) for run, name, _ in known}) == 1
    examples = [one for one in drawn if one is not None] if same else []
    interval = _interval(difference, gaps, examples)
    of_baseline = float(np.mean([other for _, _, other in known]))
    better = is_better(value, of_baseline, sign > 0, interval)
    scores = runs[0].scores
    return Verdict(
        better,
        split,
        metric,
        value,
        " or ".join(dict.fromkeys(name for _, name, _ in known)),
        of_baseline,
        difference,
        interval,
        0 if scores is None else len(scores.count),
        () if better or (better is None and not difference) else _causes(runs, described),
    )


def _scores(run: ScoredRun, metric: str) -> dict[str, dict[str, float]]:
    return {name: {metric: value} for name, value in run.baselines.items()}


def _over_examples(
    run: ScoredRun, baseline: str, metric: str, sign: int, resamples: int
) -> Floats | None:
    """Returns the difference on resampled test sets; None where examples have no scores."""
    scores = run.scores
    column = scores.columns.get(metric) if scores is not None else None
    theirs = scores.baselines.get(f"{metric} {baseline}") if scores is not None else None
    if scores is None or column is None or theirs is None:
        return None
    weights = scores.count if column.weighted else np.ones_like(scores.count)
    sums = [to_sum(values, column.mean) * weights for values in (column.values, theirs)]
    drawn = resampled_sums(np.stack([*sums, weights], axis=1), resamples, scores.block)
    mine, other = (from_sum(drawn[:, place] / drawn[:, 2], column.mean) for place in (0, 1))
    difference: Floats = sign * (mine - other)
    return difference


def _interval(
    difference: float, gaps: Sequence[float], drawn: Sequence[Floats]
) -> tuple[float, float] | None:
    """Returns the interval of a difference over seeds, examples, or both, as far as known."""
    examples = None
    if len(drawn) == len(gaps) and len({len(one) for one in drawn}) == 1:
        # The same draws for each run, as the examples are the same ones.
        examples = bootstrap_difference(difference, np.mean(drawn, axis=0))
    found: Difference | None = examples
    if len(gaps) >= FEWEST_SEEDS:
        error = float(np.std(gaps, ddof=1)) / math.sqrt(len(gaps))
        seeds = student(difference, error, len(gaps) - 1)
        found = seeds if examples is None else over_both(seeds, examples)
    return None if found is None else (found.low, found.high)


def _causes(
    runs: Sequence[ScoredRun], described: Mapping[str, Mapping[str, Any]]
) -> tuple[Advice, ...]:
    """Returns what the runs themselves show, each cause once."""
    causes: dict[tuple[str, ...], Advice] = {}
    for run in runs:
        verdict = verdict_from(described.get(run.name, {}).get("verdict"))
        for advice in verdict.causes if verdict is not None else ():
            causes.setdefault(advice.words or (advice.cause,), advice)
    return tuple(causes.values())[:MOST_CAUSES]
