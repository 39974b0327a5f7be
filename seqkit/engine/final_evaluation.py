"""The last act of a run: the best checkpoint scored on the test split, and some of its answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from seqkit.callbacks import Notify
from seqkit.engine.checkpoint import checkpoint_name, load_weights, open_checkpoint
from seqkit.engine.encoding import EncodedData
from seqkit.engine.progress import restore_loss
from seqkit.engine.train import Training
from seqkit.errors import CheckpointError
from seqkit.events import Event, spell_out
from seqkit.experiments.experiment import Experiment
from seqkit.runs.example_scores import ExampleScores
from seqkit.runs.folder import RunFolder, write_atomically
from seqkit.runs.verdict import best_baseline
from seqkit.storage.checksums import sealed_line

TEST_SAMPLES = 200
"""Test examples looked through for right and wrong answers to show."""


def final_evaluation(
    training: Training,
    data: EncodedData,
    baselines: Mapping[str, Mapping[str, float]],
    folder: RunFolder,
    warn: Notify,
) -> Iterator[Event]:
    """Scores the best checkpoint on the test split, and shows right and wrong answers.

    Args:
        training: The loop, at its end; its model gets the best weights.
        data: The encoded data, with a test split.
        baselines: Scores of baselines on that.
        folder: Where scores of examples and answers are kept.
        warn: Receives what could not be done.
    """
    model, arrays = training.evaluated, data.splits["test"]
    best = training.progress.best_step
    if best is not None:
        try:
            checkpoint = open_checkpoint(folder.checkpoints / checkpoint_name(best))
            load_weights(model, checkpoint.model_state(), checkpoint.path)
            restore_loss(training.learner.trained_loss, checkpoint.training_state())
        except CheckpointError as error:
            warn(f"the last weights are tested, as the best checkpoint is gone: {error}")
    score = training.learner.score(arrays, "test", model, each=True)
    yield training.event(
        "evaluation",
        split="test",
        loss=score.loss,
        train_loss=None,
        metrics=score.metrics,
        baselines=baselines,
        examples=score.examples,
        seconds=round(score.seconds, 3),
        **score.observed.as_fields(),
        best=True,
        elapsed=round(training.progress.elapsed, 3),
    )
    experiment = training.learner.experiment
    scores = with_baseline(score.of_examples, experiment, data, "test", baselines)
    if scores is not None:
        try:
            scores.save(folder.scores("test"))
        except OSError as error:
            warn(f"the scores of single test examples could not be written: {error}")
    shown = training.config.samples
    if shown:
        # The same examples whatever the seed of the run, so that runs can be held together.
        order = np.random.default_rng(0).permutation(score.examples)
        chosen = [int(index) for index in order[:TEST_SAMPLES]]
        items = training.learner.sample(arrays, chosen[:shown], model)
        if any("correct" in item for item in items):
            items += training.learner.sample(arrays, chosen[shown:], model)
            _keep_answers(folder, chosen, items, warn)
        right = list(_right_and_wrong(items, shown))
        yield training.event("sample", split="test", items=right)


def with_baseline(
    scores: ExampleScores | None,
    experiment: Experiment,
    data: EncodedData,
    split: str,
    baselines: Mapping[str, Mapping[str, float]],
) -> ExampleScores | None:
    """Returns scores of examples with those of the best baseline beside them, if there are any."""
    name, higher = experiment.monitor
    part = next((one for one in experiment.metrics if one.name == name), None)
    best, value = best_baseline(baselines, name, higher)
    if scores is None or part is None or value is None or name not in scores.columns:
        return scores
    values = data.baseline_examples(split, part, best)
    if values is None:
        return scores
    return replace(scores, baselines={f"{name} {best}": values})


def _keep_answers(
    folder: RunFolder, examples: Sequence[int], items: Sequence[Mapping[str, Any]], warn: Notify
) -> None:
    """Writes answers to test examples, for a look at those that runs disagree on."""
    path = folder.answers("test")
    pairs = zip(examples, items, strict=True)
    lines = [
        sealed_line(json.dumps(spell_out({"example": index, **item}))) for index, item in pairs
    ]
    try:
        path.parent.mkdir(exist_ok=True)
        write_atomically(path, "".join(f"{line.decode()}\n" for line in lines))
    except OSError as error:
        warn(f"the answers to test examples could not be written: {error}")


def _right_and_wrong(items: list[dict[str, Any]], each: int) -> Iterator[dict[str, Any]]:
    """Yields the first right answers and the first wrong ones, so many of each."""
    if not any("correct" in item for item in items):
        yield from items[:each]
        return
    yield from [item for item in items if item.get("correct")][:each]
    yield from [item for item in items if item.get("correct") is False][:each]
