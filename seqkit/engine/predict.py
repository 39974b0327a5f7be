"""Using a trained model: loaded from a run folder alone, fed with raw input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from seqkit.api import Say, Shape, Task, unheard, unsaid
from seqkit.config import validate
from seqkit.engine.checkpoint import (
    Checkpoint,
    checkpoints_in,
    load_weights,
    newest_whole,
    open_checkpoint,
)
from seqkit.engine.device import choose_device, out_of_memory
from seqkit.engine.learner import Learner, build_learner, evaluating
from seqkit.errors import CheckpointError, ConfigurationError, RunError, suggestion
from seqkit.experiment import Experiment, load_experiment
from seqkit.registry import Registry
from seqkit.runs import RunFolder


class Predictor:
    """A trained model with its encoder.

    Attributes:
        learner: The model and all it needs.
        checkpoint: Where its weights come from.
    """

    def __init__(self, learner: Learner, checkpoint: Checkpoint) -> None:
        self.learner = learner
        self.checkpoint = checkpoint

    @property
    def experiment(self) -> Experiment:
        """What the run was."""
        return self.learner.experiment

    @property
    def shape(self) -> Shape:
        """What goes in and comes out."""
        return self.learner.shape

    @property
    def device(self) -> str:
        """Where it computes."""
        return str(self.learner.device.device)

    @property
    def _task(self) -> Task:
        task: Task = self.experiment.task.component
        return task

    @torch.inference_mode()
    def predict(
        self,
        inputs: Sequence[str | Mapping[str, Any]] = (),
        batch_size: int = 64,
        *,
        say: Say = unsaid,
        **options: Any,
    ) -> list[dict[str, Any]]:
        """Answers raw inputs, in their order.

        Args:
            inputs: Texts, or records with the fields of the task; none for a forecast that goes on
                from the data of the run.
            batch_size: How many are computed at once, or fewer where memory ends; the answers do
                not depend on it.
            say: Told of text as it is generated: the number of its input, from 0, and the piece.
            options: Settings of the task's `Prediction`, such as a temperature.

        Raises:
            ConfigurationError: An input is not of the kind the task reads; names its position. Or
                an option is not one of the task's.
            RunError: There is no memory for a single input.
        """
        if isinstance(inputs, str):
            raise ConfigurationError("predict() takes a list of inputs. Write predict([text])")
        encoder, device = self.learner.encoder, self.learner.device
        settings, problems = validate(self._task.Prediction, options, "", self._task.name)
        if problems:
            raise ConfigurationError(problems=problems)
        records = encoder.parse(inputs)
        if not records:
            return []
        arrays = encoder.encode(records, unheard)
        order = np.argsort(encoder.sizes(arrays), kind="stable")
        answers: list[dict[str, Any]] = [{} for _ in records]
        start = 0
        with evaluating(self.learner.model, device), device.autocast():
            while start < len(order):
                chosen = order[start : start + batch_size]
                asked = [records[index] for index in chosen]
                told = partial(_say_in_order, say, chosen.tolist())
                try:
                    batch = self.learner.place(arrays, chosen)
                    found = encoder.predict(self.learner.model, batch, asked, settings, told)
                except RuntimeError as error:
                    if not out_of_memory(error):
                        raise
                    if len(chosen) == 1:
                        raise RunError(
                            f"out of memory while answering one input, on {device.name}. Use a "
                            "shorter input or another device"
                        ) from error
                    batch_size = len(chosen) // 2
                    continue
                for index, answer in zip(chosen, found, strict=True):
                    answers[int(index)] = answer
                start += len(chosen)
        return answers


def _say_in_order(say: Say, order: Sequence[int], index: int, piece: str) -> None:
    say(order[index], piece)


def load_predictor(
    folder: RunFolder, registry: Registry, device: str = "auto", checkpoint: str = "best"
) -> Predictor:
    """Loads a model from a run folder, and from nothing else.

    Args:
        folder: The run.
        registry: Where its components are looked up.
        device: As `trainer.device`.
        checkpoint: `best`, `last`, or the name of a checkpoint such as `step-00001200`.

    Raises:
        CheckpointError: There is no whole checkpoint, or it does not fit the model.
    """
    experiment = load_experiment(folder.experiment_file, registry, [f'trainer.device="{device}"'])
    found = choose_checkpoint(folder, checkpoint)
    encoder = experiment.task.component.load(folder.encoder)
    learner = build_learner(experiment, encoder, choose_device(experiment.trainer))
    load_weights(learner.model, found.model_state(), found.path)
    learner.model.eval()
    return Predictor(learner, found)


def choose_checkpoint(folder: RunFolder, name: str = "best") -> Checkpoint:
    """Opens a checkpoint by name; where the best one is damaged, the newest whole one.

    Raises:
        CheckpointError: There is none.
    """
    damaged: list[str] = []
    there = [path.name for path in checkpoints_in(folder.checkpoints)]
    if name not in ("best", "last"):
        if name not in there:
            hint = suggestion(name, ["best", "last", *there])
            raise CheckpointError(f"run {folder.name} has no checkpoint {name!r}. {hint}")
        return open_checkpoint(folder.checkpoints / name)
    best = folder.info().get("best") if name == "best" else None
    # A run folder may come from anywhere: what it names must be one of its own checkpoints.
    if isinstance(best, dict) and best.get("checkpoint") in there:
        try:
            return open_checkpoint(folder.checkpoints / str(best["checkpoint"]))
        except CheckpointError as error:
            damaged.append(str(error))
    newest = newest_whole(folder.checkpoints, damaged.append)
    if newest is None:
        reason = f" {damaged[0]}" if damaged else ""
        raise CheckpointError(
            f"run {folder.name} has no whole checkpoint, in {folder.checkpoints}.{reason} "
            f"Train it: seqkit resume {folder.name}"
        )
    return newest
