"""Scoring a trained model on a split of its dataset."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seqkit.api import Notify, ignore
from seqkit.engine.attribution import attributed_in
from seqkit.engine.encoding import encode_for_run
from seqkit.engine.final_evaluation import with_baseline
from seqkit.engine.judging import verdict_on
from seqkit.engine.predict import Predictor, load_predictor
from seqkit.errors import ConfigurationError, suggestion
from seqkit.experiments.loading import NEEDED
from seqkit.registry.registry import Registry
from seqkit.runs.folder import RunFolder
from seqkit.runs.log import read_log


def evaluate_run(
    folder: RunFolder,
    registry: Registry,
    split: str = "test",
    device: str = "auto",
    checkpoint: str = "best",
    progress: Callable[[int, int], None] | None = None,
    notify: Notify = ignore,
) -> dict[str, Any]:
    """Scores a run on a split of the dataset it was trained on.

    The data are encoded by the codec that the run saved, so that the score belongs to the run even
    where the data have changed since. The code of plugins is what is installed; where it is not
    what the run was trained with, that is told.

    Args:
        folder: The run.
        registry: Where its components are looked up.
        split: Name of the split.
        device: As `trainer.device`.
        checkpoint: `best`, `last`, or the name of one.
        progress: Called with the batches done and their number.
        notify: Receives what the dataset has to say, and which plugins have changed since.

    Returns:
        run, checkpoint, split, examples, loss, metrics, what the evaluation showed besides,
        signatures of the metrics that have one, baselines, verdict and seconds.

    Raises:
        ConfigurationError: There is no such split.
        CheckpointError: There is no whole checkpoint.
        DataError: The data are gone.
    """
    predictor = load_predictor(folder, registry, device, checkpoint, notify, NEEDED)
    experiment = predictor.experiment
    with attributed_in(experiment, registry):
        return _evaluated(predictor, registry, folder, split, progress, notify)


def _evaluated(
    predictor: Predictor,
    registry: Registry,
    folder: RunFolder,
    split: str,
    progress: Callable[[int, int], None] | None,
    notify: Notify,
) -> dict[str, Any]:
    experiment = predictor.experiment
    data = encode_for_run(experiment, registry, folder.codec, notify)
    if split not in data.splits:
        raise ConfigurationError(
            f"dataset {experiment.dataset.name} has no split {split!r}. "
            f"{suggestion(split, data.splits)}"
        )
    arrays = data.splits[split]
    score = predictor.learner.score(arrays, split, progress=progress, each=True)
    baselines = data.baselines(split, experiment.metrics)
    document = {
        "loss": score.loss,
        "metrics": score.metrics,
        "examples": score.examples,
        **score.observed.as_fields(),
    }
    verdict = verdict_on(
        read_log(folder).summary,
        experiment,
        registry,
        split,
        document,
        baselines,
        with_baseline(score.of_examples, experiment, data, split, baselines),
    )
    signatures = {part.name: part.component.signature(part.config) for part in experiment.metrics}
    return {
        "run": folder.name,
        "checkpoint": predictor.checkpoint.path.name,
        "split": split,
        **document,
        "signatures": {name: text for name, text in signatures.items() if text},
        "baselines": baselines,
        "verdict": verdict.as_dict(),
        "seconds": round(score.seconds, 3),
    }
