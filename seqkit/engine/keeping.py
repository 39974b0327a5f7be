"""The state of a run in training, kept as checkpoints and taken up again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqkit.engine.checkpoint import (
    Checkpoint,
    checkpoint_name,
    load_weights,
    prune,
    write_checkpoint,
)
from seqkit.engine.progress import Progress, restore_loss, restore_training, training_tensors
from seqkit.engine.train import Training
from seqkit.errors import CheckpointError
from seqkit.runs.folder import RunFolder


def save_state(training: Training, folder: RunFolder, best: bool) -> Checkpoint:
    """Writes a checkpoint, and deletes those that are not to be kept.

    Args:
        training: The loop.
        folder: The run.
        best: Whether it is the best so far; without a validation split the newest one counts as it.
    """
    progress, averaged = training.progress, training.averaged
    best_step = progress.step if best and progress.best_step is None else progress.best_step
    tensors = training_tensors(
        training.optimizer,
        training.learner.device,
        training.state,
        training.learner.model if averaged is not None else None,
        averaged.n_averaged if averaged is not None else None,
        training.learner.trained_loss,
    )
    checkpoint = write_checkpoint(
        folder.checkpoints,
        progress.step,
        training.evaluated.state_dict(),
        tensors,
        progress.as_dict(),
    )
    prune(folder.checkpoints, training.config.keep_checkpoints, progress.step, best_step)
    return checkpoint


def best_of(checkpoint: Checkpoint, validated: bool, metric: str) -> dict[str, Any] | None:
    """Returns what `run.json` says of the best checkpoint, as the newest one knows it.

    Args:
        checkpoint: The newest one.
        validated: Whether there is a validation split; without one the newest counts as the best.
        metric: What chooses the best.
    """
    progress = Progress.from_dict(checkpoint.manifest["progress"])
    step = progress.best_step if validated else checkpoint.step
    if step is None:
        return None
    return {
        "step": step,
        "epoch": progress.best_epoch if validated else checkpoint.epoch,
        "metric": metric,
        "value": progress.best_value,
        "checkpoint": checkpoint_name(step),
    }


def restore_state(training: Training, checkpoint: Checkpoint, overrides: Sequence[str]) -> None:
    """Puts a checkpoint into a loop that was just built.

    Args:
        training: The loop.
        checkpoint: Where it goes on from.
        overrides: Words that changed the experiment since.

    Raises:
        CheckpointError: It does not fit the network or the optimiser.
    """
    remedy = "Install the plugin version that run.json names"
    if overrides:
        remedy = f"Leave out what changes the network or the optimiser: {' '.join(overrides)}"
    try:
        _load(training, checkpoint, overrides, remedy)
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        first = " ".join(str(error).split())[:300]
        raise CheckpointError(
            f"{checkpoint.path} does not fit the run: {first}. {remedy}"
        ) from error


def _load(
    training: Training, checkpoint: Checkpoint, overrides: Sequence[str], remedy: str
) -> None:
    tensors, weights = checkpoint.training_state(), checkpoint.model_state()
    load_weights(training.evaluated, weights, checkpoint.path, remedy)
    if training.averaged is not None and "averaged" not in tensors:
        # The average begins with this process, at the weights there are.
        load_weights(training.learner.model, weights, checkpoint.path, remedy)
    elif training.averaged is not None:
        raw = {
            name.removeprefix("raw/"): tensor
            for name, tensor in tensors.items()
            if name.startswith("raw/")
        }
        load_weights(training.learner.model, raw, checkpoint.path, remedy)
        training.averaged.n_averaged.copy_(tensors["averaged"])
    restore_loss(training.learner.trained_loss, tensors)
    if any(word.startswith("trainer.optimizer=") for word in overrides):
        # What one optimiser gathers is nothing to another.
        tensors = {k: v for k, v in tensors.items() if not k.startswith("optimizer/")}
    training.state = restore_training(tensors, training.optimizer, training.learner.device)
