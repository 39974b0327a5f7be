"""Using a trained model: loaded from a run folder alone, fed with raw input."""

from __future__ import annotations

import math
import warnings
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqkit.api import Arrays, Batch, Notify, Record, Say, Shape, Task, ignore
from seqkit.config import validate
from seqkit.engine.attribution import attributed_in
from seqkit.engine.checkpoint import (
    MODEL,
    Checkpoint,
    checkpoint_name,
    checkpoints_in,
    load_weights,
    newest_whole,
    open_checkpoint,
    read_manifest,
)
from seqkit.engine.device import choose_device, out_of_memory
from seqkit.engine.in_memory import listed_inputs
from seqkit.engine.learner import Learner, build_learner, evaluating
from seqkit.engine.progress import Progress, restore_loss
from seqkit.errors import CheckpointError, ConfigurationError, RunError, suggestion
from seqkit.experiments.experiment import Experiment
from seqkit.experiments.provenance import drift, load_run_experiment
from seqkit.registry.registry import Registry
from seqkit.runs.folder import RunFolder
from seqkit.storage.checksums import check_folder_seal, check_text_seal
from seqkit.storage.regular_files import check_folder


def warn(message: str) -> None:
    """Tells a person who uses a model from Python what is not as it should be."""
    warnings.warn(message, RuntimeWarning, stacklevel=2)


class Predictor:
    """A trained model with its codec.

    Attributes:
        learner: The model and all it needs.
        checkpoint: Where its weights come from.
    """

    def __init__(
        self,
        learner: Learner,
        checkpoint: Checkpoint,
        registry: Registry | None = None,
        notify: Notify = warn,
    ) -> None:
        self.learner = learner
        self.checkpoint = checkpoint
        self._registry = registry
        self._notify = notify

    @property
    def experiment(self) -> Experiment:
        """What the run was."""
        return self.learner.experiment

    @property
    def model(self) -> torch.nn.Module:
        """The network, on its device and in evaluation mode."""
        return self.learner.model

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
        inputs: Any = (),
        batch_size: int = 64,
        *,
        column: str = "",
        say: Say = ignore,
        **options: Any,
    ) -> list[dict[str, Any]]:
        """Answers raw inputs, in their order.

        Args:
            inputs: Texts, records with the fields of the task, or the rows of a table: a DataFrame,
                or mappings with the columns that the run was trained on. None for a forecast that
                goes on from the data of the run.
            batch_size: How many are computed at once, or fewer where memory ends; the answers do
                not depend on it.
            column: The column of a table to answer; found as that of a file when empty.
            say: Receives text as it is generated: the number of its input, from 0, and the piece.
            options: Settings of the task's `PredictOptions`, such as a temperature.

        Raises:
            ConfigurationError: An input is not of the kind the task reads; names its position. Or
                an option is not one of the task's.
            RunError: There is no memory for a single input.
        """
        if batch_size < 1:
            raise ConfigurationError(f"batch_size is {batch_size}; it must be at least 1.")
        inputs = listed_inputs(inputs, self, column)
        codec = self.learner.codec
        settings, problems = validate(self._task.PredictOptions, options, "", self._task.name)
        if problems:
            raise ConfigurationError(problems=problems)
        with attributed_in(self.experiment, self._registry):
            records = codec.answerable(codec.parse(inputs), settings, self._notify)
            return self._answers(records, settings, batch_size, say)

    @torch.inference_mode()
    def outputs(self, arrays: Arrays, indices: np.ndarray[Any, Any]) -> tuple[Tensor, Batch]:
        """Returns what the model puts out for encoded examples, and the batch that they make.

        Args:
            arrays: A split, as the codec of the run encodes it.
            indices: The examples, all computed at once.
        """
        learner = self.learner
        batch = learner.place(arrays, indices)
        with evaluating(learner.model, learner.device), learner.device.autocast():
            outputs, _ = learner.codec.forward(learner.model, batch)
        return outputs.float(), batch

    def _answers(
        self, records: Sequence[Record], settings: Any, batch_size: int, say: Say
    ) -> list[dict[str, Any]]:
        codec, device = self.learner.codec, self.learner.device
        if not records:
            return []
        arrays = codec.encode(records, ignore)
        order = np.argsort(codec.sizes(arrays), kind="stable")
        answers: list[dict[str, Any]] = [{} for _ in records]
        start = 0
        with evaluating(self.learner.model, device), device.autocast():
            while start < len(order):
                chosen = order[start : start + batch_size]
                asked = [records[index] for index in chosen]
                told = partial(_say_in_order, say, chosen.tolist())
                try:
                    batch = self.learner.place(arrays, chosen)
                    found = codec.predict(self.learner.model, batch, asked, settings, told)
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
                    self._require_numbers(answer, int(index))
                    answers[int(index)] = answer
                start += len(chosen)
        return answers

    def _require_numbers(self, answer: Mapping[str, Any], index: int) -> None:
        for name, value in answer.items():
            if isinstance(value, float) and not math.isfinite(value):
                raise CheckpointError(
                    f"the {name} of input {index + 1} is {value}, by the weights of "
                    f"{self.checkpoint.path}. Use another checkpoint, or train again with a "
                    "smaller trainer.learning_rate"
                )


def _say_in_order(say: Say, order: Sequence[int], index: int, piece: str) -> None:
    say(order[index], piece)


def load_predictor(
    folder: RunFolder,
    registry: Registry,
    device: str = "auto",
    checkpoint: str = "best",
    notify: Notify = warn,
    needed: Collection[str] = ("task", "model"),
) -> Predictor:
    """Loads a model from a run folder, and from nothing else.

    Args:
        folder: The run.
        registry: Where its components are looked up.
        device: As `trainer.device`.
        checkpoint: `best`, `last`, or the name of a checkpoint such as `step-00001200`.
        notify: Receives messages about damaged checkpoints that are passed over, and about plugins
            of other versions.
        needed: The parts of the experiment whose plugins must be installed.

    Raises:
        PluginError: A plugin that is needed is not installed.
        CheckpointError: There is no whole checkpoint, or it does not fit the model.
    """
    check_folder(folder.path)
    restore = "Restore it from a copy of the run"
    check_text_seal(folder.experiment_file, restore)
    check_folder_seal(folder.codec, restore)
    words = [f'trainer.device="{device}"']
    experiment = load_run_experiment(folder, registry, words, needed)
    if said := drift(folder, registry):
        notify(said)
    found = choose_checkpoint(folder, checkpoint, notify)
    with attributed_in(experiment, registry):
        codec = experiment.task.component.load(folder.codec)
        place = choose_device(experiment.trainer)
        learner = build_learner(experiment, codec, place, adapted_outputs(folder))
    load_weights(learner.model, found.model_state(), found.path)
    _require_finite(learner.model, found)
    if learner.trained_loss is not None:
        whole = open_checkpoint(found.path)
        restore_loss(learner.trained_loss, whole.training_state())
    learner.model.eval()
    return Predictor(learner, found, registry, notify)


def adapted_outputs(folder: RunFolder) -> dict[str, Any] | None:
    """Returns the outputs that the loss of a run adapted, where that is known."""
    try:
        found = folder.info().get("outputs")
    except CheckpointError:
        return None
    return found if isinstance(found, dict) else None


def _require_finite(model: torch.nn.Module, checkpoint: Checkpoint) -> None:
    for name, parameter in model.named_parameters():
        if not bool(parameter.isfinite().all()):
            raise CheckpointError(
                f"{checkpoint.path} holds weights that are no finite numbers, in {name}. "
                "Use another checkpoint, or train again with a smaller trainer.learning_rate"
            )


def choose_checkpoint(folder: RunFolder, name: str = "best", notify: Notify = warn) -> Checkpoint:
    """Opens a checkpoint by name; where the best one is damaged, the newest whole one.

    Which one is the best is known to the newest one, as nothing is lost with a checkpoint that
    was not known to `run.json` when the process was killed.

    Args:
        folder: The run.
        name: `best`, `last`, or the name of one.
        notify: Receives messages about damaged ones that are passed over.

    Raises:
        CheckpointError: There is none.
    """
    damaged: list[str] = []
    there = [path.name for path in checkpoints_in(folder.checkpoints)]
    if name not in ("best", "last"):
        if name not in there:
            hint = suggestion(name, ["best", "last", *there])
            raise CheckpointError(f"run {folder.name} has no checkpoint {name!r}. {hint}")
        return open_checkpoint(folder.checkpoints / name, (MODEL,))
    found = _best(folder, damaged) if name == "best" else None
    found = found or newest_whole(folder.checkpoints, damaged.append, (MODEL,))
    if found is None:
        reason = f" {damaged[0]}" if damaged else ""
        raise CheckpointError(
            f"run {folder.name} has no whole checkpoint, in {folder.checkpoints}.{reason} "
            f"Train it: {folder.command('resume')}"
        )
    for message in dict.fromkeys(damaged):
        notify(f"{message} The answers are those of {found.path.name}")
    return found


def _best(folder: RunFolder, damaged: list[str]) -> Checkpoint | None:
    """Opens the best checkpoint; None where the newest one counts as it, or it is damaged."""
    for path in checkpoints_in(folder.checkpoints):
        try:
            best = Progress.from_dict(read_manifest(path)["progress"]).best_step
        except CheckpointError as error:
            damaged.append(f"a damaged checkpoint was passed over: {error}")
            continue
        if best is None:
            return None
        try:
            return open_checkpoint(folder.checkpoints / checkpoint_name(best), (MODEL,))
        except CheckpointError as error:
            damaged.append(f"the best checkpoint cannot be used: {error}")
            return None
    return None
