"""The verdict on a run that ends: its scores, its course, and what its task makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqkit.errors import DataError, SeqkitError
from seqkit.events import Event
from seqkit.experiments.experiment import Experiment
from seqkit.experiments.loading import load_experiment
from seqkit.outcome import Advice, Outcome
from seqkit.registry.registry import Registry
from seqkit.runs.example_scores import ExampleScores, load_scores
from seqkit.runs.folder import RunFolder
from seqkit.runs.log import read_log
from seqkit.runs.summary import RunSummary, flatten
from seqkit.runs.verdict import Verdict, judge_scores


def judge_run(
    folder: RunFolder, experiment: Experiment, registry: Registry, message: str = ""
) -> Verdict | None:
    """Returns the verdict on a run whose last evaluation is in its log.

    None where it was not evaluated, or its log cannot be read: no run fails by its verdict.

    Args:
        folder: The run.
        experiment: What it is.
        registry: Where its components are looked up.
        message: What its end will say, which is not in the log yet.
    """
    try:
        summary = read_log(folder).summary
    except SeqkitError:
        return None
    summary.ended = Event("ended", data={"status": "finished", "message": message})
    event = summary.scored
    if event is None:
        return None
    split = str(event.get("split", "validation"))
    return verdict_on(
        summary,
        experiment,
        registry,
        split,
        event.data,
        event.get("baselines") or {},
        _kept_scores(folder, split),
    )


def verdict_on(
    summary: RunSummary,
    experiment: Experiment,
    registry: Registry,
    split: str,
    evaluation: Mapping[str, Any],
    baselines: Mapping[str, Any],
    scores: ExampleScores | None = None,
    by: tuple[str, bool] | None = None,
) -> Verdict:
    """Returns the verdict on a run by an evaluation of it.

    Args:
        summary: The run.
        experiment: What it is.
        registry: Where its components are looked up.
        split: What was scored.
        evaluation: Its fields: `loss`, `metrics`, `examples`, and what it showed besides.
        baselines: Scores of baselines on the same split.
        scores: Scores of its single examples, where they are known.
        by: The metric it is judged by, and whether higher is better; see `compared_by` for None.
    """
    values = {**(evaluation.get("metrics") or {}), "loss": evaluation.get("loss")}
    outcome = _outcome(experiment, split, evaluation, values, baselines, by)
    advice = _valid(_asked(experiment, outcome), experiment, registry)
    verdict = judge_scores(
        summary,
        split,
        values,
        baselines,
        int(evaluation.get("examples") or 0),
        scores,
        advice,
        by=by,
    )
    causes = _valid(verdict.causes, experiment, registry)
    return Verdict(**{**vars(verdict), "causes": tuple(causes)})


def _kept_scores(folder: RunFolder, split: str) -> ExampleScores | None:
    try:
        return load_scores(folder.scores(split))
    except DataError:
        return None


def _outcome(
    experiment: Experiment,
    split: str,
    evaluation: Mapping[str, Any],
    values: Mapping[str, Any],
    baselines: Mapping[str, Any],
    by: tuple[str, bool] | None,
) -> Outcome:
    metric, higher = by or experiment.monitor
    numbers = {name: float(v) for name, v in values.items() if isinstance(v, int | float)}
    classes = evaluation.get("classes") or {}
    return Outcome(
        split=split,
        metric=metric,
        higher_is_better=higher,
        scores=numbers,
        baselines=baselines,
        settings=flatten(experiment.as_dict()),
        unknown=evaluation.get("unknown"),
        unknown_targets=evaluation.get("unknown_targets"),
        classes={name: tuple(counts) for name, counts in classes.items()},
    )


def _asked(experiment: Experiment, outcome: Outcome) -> list[Advice]:
    """Returns what the task says; a plugin whose advice fails has none to give."""
    try:
        found = experiment.task.component.advice(outcome)
        return [one for one in found if isinstance(one, Advice)]
    except Exception:
        return []


def _valid(advice: Sequence[Advice], experiment: Experiment, registry: Registry) -> list[Advice]:
    """Returns advice without the words that could not be run."""
    document = experiment.as_dict()
    kept = []
    for one in advice:
        words = one.words
        try:
            if words:
                load_experiment(document, registry, words)
        except SeqkitError:
            words = ()
        kept.append(Advice(one.cause, words))
    return kept
