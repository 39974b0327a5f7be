"""A cross-validation: a run for each fold, one after another, and their scores together."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from seqkit.errors import ConfigurationError, ExitCode, SeqkitError
from seqkit.experiments.folds import require_foldable
from seqkit.experiments.loading import load_experiment
from seqkit.experiments.sweep_file import (
    file_of,
    free_name,
    hold_group,
    load_plan,
    save_plan,
    up_to_date,
)
from seqkit.experiments.sweep_plan import SweepPlan, plan_sweep
from seqkit.processes.sweep_runner import Sweep
from seqkit.registry.registry import Registry
from seqkit.runs.folder import RunFolder, is_run, require_name
from seqkit.runs.summary import summarise
from seqkit.runs.verdict import best_baseline, compared_by, figure
from seqkit.terminal import figures, output
from seqkit.terminal.report.verdict import wrapped


def cross_validate(
    experiment: str,
    words: Sequence[str],
    folds: int,
    by: str,
    name: str,
    runs_dir: Path,
    registry: Registry,
    plugins: Sequence[Path],
    as_json: bool,
) -> int:
    """Runs every fold, those that are finished left out, and writes mean and spread.

    Args:
        experiment: A recipe or file.
        words: Words that change it.
        folds: How many folds there are.
        by: Column whose equal values stay in one fold; empty for none.
        name: Name of the group; made of the experiment's when empty.
        runs_dir: The folder of runs.
        registry: Where its components are looked up.
        plugins: Local plugins.
        as_json: Whether the result is one JSON document.

    Returns:
        The exit code.

    Raises:
        SeqkitError: The experiment is not valid, or its data cannot be folded.
    """
    numbers = ",".join(map(str, range(1, folds + 1)))
    grouped = [f"folds.by={json.dumps(by)}"] if by else []
    every = [*words, f"folds.number={folds}", f"folds.fold={numbers}", *grouped]
    require_foldable(load_experiment(experiment, registry, words))
    if name:
        require_name(name, "--name ")
    base = f"{Path(experiment).stem}-folds"
    name = name or free_name(base, plan_sweep(experiment, every, 0, base, registry), runs_dir)
    plan = plan_sweep(experiment, every, 0, name, registry)
    if file_of(name, runs_dir).exists() and not load_plan(name, runs_dir).same_runs(plan):
        raise ConfigurationError(
            f"there is a group {name!r} of other runs already, in {runs_dir}. Choose another --name"
        )
    with hold_group(plan.group, runs_dir):
        work = Sweep(up_to_date(plan, runs_dir), runs_dir, 1, True, plugins)
        work.survey()
        save_plan(work.plan, runs_dir)
        code = work.run()
    output.errors(f"{run} failed: {message}" for run, message in work.failed.items())
    if code == ExitCode.INTERRUPTED:
        output.note(("Go on with it: ", "bold"), "the same command again")
    _close(work.plan, runs_dir, as_json)
    return code


def _close(plan: SweepPlan, runs_dir: Path, as_json: bool) -> None:
    scores: dict[str, dict[str, Any]] = {}
    started: Mapping[str, Any] = {}
    for run in plan.runs:
        folder = RunFolder(runs_dir / run.name)
        try:
            test = folder.info().get("test") if is_run(folder.path) else None
        except SeqkitError as error:
            output.warn(str(error))
            continue
        if isinstance(test, Mapping):
            scores[run.name] = {
                "metrics": {**test.get("metrics", {}), "loss": test.get("loss")},
                "baselines": dict(test.get("baselines") or {}),
                "examples": test.get("examples"),
            }
            started = started or summarise(folder.events()).started
    rows = _rows(scores)
    if as_json:
        output.json_document({"group": plan.group, "folds": scores, "scores": rows})
        return
    if not rows:
        return
    output.note("")
    names = ("mean", "spread", "lowest", "highest")
    cells: list[list[output.Piece]] = [
        [
            (f"{row['of']} {row['metric']}".strip(), "" if row["of"] else "cyan"),
            *(figures.number(row[key]) if row[key] is not None else "-" for key in names),
        ]
        for row in rows
    ]
    output.table(
        ["SCORE", *(name.upper() for name in names)],
        cells,
        numbers=tuple(name.upper() for name in names),
    )
    tested = sum(int(one["examples"] or 0) for one in scores.values())
    said = (
        f"Over {figures.count_of(len(scores), 'fold')}, {tested:,} examples tested once each. "
        "The spread is the standard deviation of the folds, which share most of what they were "
        "trained on: it tells how much a score depends on the examples, and is no interval."
    )
    width = min(80, output.narration().width)
    output.note("\n" + "\n".join(wrapped(said, width)))
    if judged := _judged(scores, rows, started):
        output.note("\n" + "\n".join(wrapped(judged, width)))
    output.note(f"Each fold by itself: seqkit runs --group {plan.group}")


def _judged(
    scores: Mapping[str, Mapping[str, Any]],
    rows: Sequence[Mapping[str, Any]],
    started: Mapping[str, Any],
) -> str:
    """Returns whether the model is better than the best baseline, by their means over the folds."""
    means: dict[str, dict[str, float]] = {}
    for row in rows:
        means.setdefault(row["of"].removeprefix("baseline "), {})[row["metric"]] = row["mean"]
    own = means.pop("", {})
    metric, higher = compared_by(started, means)
    name, other = best_baseline(means, metric, higher)
    mine = own.get(metric)
    if mine is None or other is None:
        return ""
    both = [(s["metrics"].get(metric), s["baselines"].get(name, {})) for s in scores.values()]
    pairs = [(value, its[metric]) for value, its in both if value is not None and metric in its]
    won = sum((value > its) if higher else (value < its) for value, its in pairs)
    ahead = (mine - other) if higher else (other - mine)
    against = f"{name} ({figure(other)}) on average"
    how = f"{metric} is {figure(mine)}, and better in {won} of {len(pairs)} folds"
    return f"{'Better' if ahead > 0 else 'No better'} than {against}: {how}."


def _rows(scores: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns mean and spread of each metric, of the model and then of each baseline."""
    gathered: dict[tuple[str, str], list[float]] = {}
    for one in scores.values():
        named = {"": one["metrics"], **{f"baseline {n}": v for n, v in one["baselines"].items()}}
        for of, values in named.items():
            for metric, value in values.items():
                if isinstance(value, int | float):
                    gathered.setdefault((of, metric), []).append(float(value))
    return [
        {
            "of": of,
            "metric": metric,
            "mean": fmean(values),
            "spread": stdev(values) if len(values) > 1 else None,
            "lowest": min(values),
            "highest": max(values),
        }
        for (of, metric), values in sorted(gathered.items(), key=lambda item: item[0][0] != "")
    ]
