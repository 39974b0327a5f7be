"""A model put together with its data, loss and device: what training and evaluation share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seqkit.api import (
    Arrays,
    Codec,
    LossFunction,
    Record,
)
from seqkit.engine.attribution import attributed_to, blame
from seqkit.engine.batching import evaluation_plan
from seqkit.engine.device import Device, out_of_memory
from seqkit.engine.observed import Observed, Tally
from seqkit.engine.per_example import ExampleScorer
from seqkit.errors import RunError, SeqkitError
from seqkit.experiments.experiment import Absent, Experiment, Part
from seqkit.registry.fitting import require_shape
from seqkit.runs.example_scores import ExampleScores
from seqkit.shapes import Classes, Labels, NextTokens, Number, Shape, StepClasses, Tokens, Values

Watch = Callable[[np.ndarray[Any, Any], Mapping[str, tuple[Any, ...]]], None]
"""Sees a batch that is scored: its examples, and what metrics are updated with."""

EVALUATION_BATCH = 256
"""Examples of a batch where no gradient is kept; results do not depend on it."""


@dataclass(frozen=True)
class Score:
    """How a model does on a split.

    Attributes:
        split: Its name.
        examples: Its size.
        loss: Mean loss.
        metrics: Value of each metric.
        seconds: Time it took.
        observed: What the pass showed besides.
        of_examples: Scores of every example, where they were asked for and there are any.
    """

    split: str
    examples: int
    loss: float
    metrics: dict[str, Any]
    seconds: float
    observed: Observed = field(default_factory=Observed)
    of_examples: ExampleScores | None = None


@dataclass
class Learner:
    """A model with everything it needs to be run on data.

    Attributes:
        experiment: What it was put together from.
        codec: The fitted task.
        shape: What goes in and comes out, as the loss wants it.
        device: Where it computes.
        model: The network, on the device.
        loss: The loss, on the device.
        parameters: The parameters that are trained: the model's, then those of the loss.
        evaluation_batch: Examples of a batch where no gradient is kept; halved when memory ends.
    """

    experiment: Experiment
    codec: Codec
    shape: Shape
    device: Device
    model: nn.Module
    loss: LossFunction
    parameters: list[nn.Parameter] = field(default_factory=list)
    evaluation_batch: int = EVALUATION_BATCH
    _fits: bool = field(default=False, repr=False)

    @property
    def trained_loss(self) -> nn.Module | None:
        """The loss where it has parameters of its own to train; None for most."""
        if isinstance(self.loss, nn.Module) and trained_parameters(self.loss):
            return self.loss
        return None

    def place(self, arrays: Arrays, indices: np.ndarray[Any, Any]) -> dict[str, Tensor]:
        """Cuts a batch and puts it on the device."""
        return self.device.place(self.codec.batch(arrays, indices), self.codec.on_host)

    def summed_loss(self, batch: dict[str, Tensor], state: Any) -> tuple[Tensor, Tensor | int, Any]:
        """Runs model and loss on a batch.

        Returns:
            The summed loss, what it is divided by, and the state carried to the next batch.
        """
        with self.device.autocast():
            outputs, state = self._put_out(batch, state)
        try:
            total, count = self.loss(outputs.float(), batch["targets"])
        except Exception as error:
            blame(self.experiment.loss, error)
            raise
        return total, count, state

    def _put_out(self, batch: dict[str, Tensor], state: Any) -> tuple[Tensor, Any]:
        """Returns the outputs for a batch, and the state behind it.

        Raises:
            RunError: The model puts out something else than the task needs, which some losses would
                take, and which means nothing.
        """
        if self._fits:
            return self.codec.forward(self.model, batch, state)
        raw: list[Any] = []
        hook = self.model.register_forward_hook(lambda _model, _inputs, found: raw.append(found))
        try:
            outputs, state = self.codec.forward(self.model, batch, state)
        except Exception as error:
            if not raw or isinstance(error, SeqkitError) or out_of_memory(error):
                raise
            raise self._misfit(
                f"{_described(raw[-1])}, with which the task cannot go on: {error}"
            ) from error
        finally:
            hook.remove()
        if not isinstance(outputs, Tensor):
            raise self._misfit(f"{_described(outputs)}, and a tensor is needed")
        size, what = _last_size(self.shape)
        if outputs.dim() == 0 or outputs.shape[-1] != size:
            raise self._misfit(
                f"{_described(outputs)}, whose last dimension must be {size}: {what}"
            )
        expected = _expected(self.shape, outputs, batch["targets"])
        if tuple(outputs.shape) != expected:
            raise self._misfit(f"{_described(outputs)}, which must be {expected} for this batch")
        if torch.is_grad_enabled() and not outputs.requires_grad:
            raise self._misfit("numbers that depend on no parameter, so that nothing can be learnt")
        self._fits = True
        return outputs, state

    def _misfit(self, reason: str) -> RunError:
        model = self.experiment.model.entry
        return RunError(
            f"model {model.qualified} puts out {reason}. "
            f"Run 'seqkit plugin check {model.reference}'"
        )

    def score(
        self,
        arrays: Arrays,
        split: str,
        model: nn.Module | None = None,
        progress: Callable[[int, int], None] | None = None,
        each: bool = False,
        watch: Callable[[], Watch] | None = None,
        decide: Callable[[Tensor], Tensor] | None = None,
    ) -> Score:
        """Scores a split, leaving the random generators as they were.

        Args:
            arrays: The split.
            split: Its name, for the result.
            model: Another model than the learner's, such as an average of its weights.
            progress: Called with the batches done and their number.
            each: Whether every example is scored by itself, too.
            watch: Returns what sees of each batch its examples, and what metrics take by what they
                read; asked again where the pass begins again, as memory ended.
            decide: Changes predictions before metrics see them, such as by a threshold.

        Raises:
            RunError: There is no memory for a single example.
        """
        start = time.perf_counter()
        while True:
            try:
                examples = len(self.codec.sizes(arrays))
                scorer = self._scorer(examples) if each else None
                tally = Tally(self.shape)
                network = model or self.model
                seen = watch() if watch is not None else None
                loss, metrics = self._scored(arrays, network, progress, scorer, tally, seen, decide)
                scores = None
                if scorer is not None:
                    scores = scorer.finish(loss, metrics, arrays, self.codec.overlap(arrays))
                seconds = time.perf_counter() - start
                observed = tally.finish()
                return Score(split, examples, loss, metrics, seconds, observed, scores)
            except RuntimeError as error:
                if not out_of_memory(error):
                    raise
                if self.evaluation_batch == 1:
                    raise RunError(
                        f"out of memory while scoring the {split} split one example at a time, on "
                        f"{self.device.name}. Use a smaller model or shorter inputs"
                    ) from error
            self.evaluation_batch //= 2

    def _scorer(self, examples: int) -> ExampleScorer:
        return ExampleScorer(self.loss, self.experiment.metrics, self.shape, examples)

    @torch.inference_mode()
    def _scored(
        self,
        arrays: Arrays,
        model: nn.Module,
        progress: Callable[[int, int], None] | None,
        scorer: ExampleScorer | None,
        tally: Tally,
        watch: Watch | None,
        decide: Callable[[Tensor], Tensor] | None,
    ) -> tuple[float, dict[str, Any]]:
        parts = self.experiment.metrics
        metrics = {part.name: build_metric(part, self.shape) for part in parts}
        reads = {part.name: part.component.reads for part in parts}
        totals: list[Tensor] = []
        counts: list[Tensor | int] = []
        state: Any = None
        plan = evaluation_plan(self.codec, arrays, self.evaluation_batch)
        with evaluating(model, self.device):
            for done, indices in enumerate(plan, start=1):
                batch = self.place(arrays, indices)
                with self.device.autocast():
                    outputs, state = self.codec.forward(model, batch, state)
                outputs = outputs.float()
                with attributed_to(self.experiment.loss):
                    total, count = self.loss(outputs, batch["targets"])
                totals.append(total)
                counts.append(count)
                predictions, targets = self.codec.metric_inputs(outputs, batch)
                if decide is not None:
                    predictions = decide(predictions)
                taken: dict[str, tuple[Any, ...]] = {
                    "outputs": (predictions, targets),
                    "batch": (predictions, targets, batch),
                }
                if "answers" in reads.values():
                    taken["answers"] = self._answered(arrays, indices, batch, model)
                for part in parts:
                    with attributed_to(part):
                        metrics[part.name].update(*taken[reads[part.name]])
                tally.add(batch, predictions, targets)
                if scorer is not None:
                    scorer.add(indices, outputs, batch["targets"], taken)
                if watch is not None:
                    watch(indices, taken)
                if progress is not None:
                    progress(done, len(plan))
        loss = sum(float(total) for total in totals) / max(1e-12, sum(float(c) for c in counts))
        values = {}
        for part in parts:
            with attributed_to(part):
                values[part.name] = metrics[part.name].compute()
        return loss, values

    @torch.inference_mode()
    def sample(
        self, arrays: Arrays, indices: Sequence[int], model: nn.Module | None = None
    ) -> list[dict[str, Any]]:
        """Returns the answers to some examples, beside what they should be."""
        model = model or self.model
        items: list[dict[str, Any]] = []
        with evaluating(model, self.device):
            for start in range(0, len(indices), self.evaluation_batch):
                chosen = np.asarray(list(indices[start : start + self.evaluation_batch]))
                items += self._answered(arrays, chosen, self.place(arrays, chosen), model)[0]
        return items

    def _answered(
        self,
        arrays: Arrays,
        indices: np.ndarray[Any, Any],
        batch: dict[str, Tensor],
        model: nn.Module,
    ) -> tuple[list[dict[str, Any]], list[Record]]:
        """Returns the answers to the examples of a batch, and the examples."""
        records = self.codec.records(arrays, indices.tolist())
        options = self.experiment.task.component.PredictOptions()
        with self.device.autocast():
            return self.codec.predict(model, batch, records, options), records


def _described(outputs: Any) -> str:
    if isinstance(outputs, Tensor):
        kind = "" if outputs.is_floating_point() else f" of {outputs.dtype}"
        return f"the shape {tuple(outputs.shape)}{kind}"
    if isinstance(outputs, tuple | list):
        return f"a {type(outputs).__name__} of {len(outputs)}"
    return "nothing" if outputs is None else f"a {type(outputs).__name__}"


def _expected(shape: Shape, outputs: Tensor, targets: Tensor) -> tuple[int, ...]:
    """Returns the shape that outputs must have beside their targets."""
    match shape.outputs:
        case Labels() | Number() | Values(quantiles=()):
            return tuple(targets.shape)
        case Values(quantiles=quantiles):
            return (*targets.shape, len(quantiles))
        case _ if targets.is_floating_point():
            # Shares of each class instead of one class; only the loss knows how they are laid out.
            return tuple(outputs.shape)
        case _:
            return (*targets.shape, outputs.shape[-1])


def _last_size(shape: Shape) -> tuple[int, str]:
    """Returns the size of the last dimension that a model puts out, and what it is."""
    match shape.outputs:
        case Classes(logits=logits):
            return logits, "a number for each class" if logits > 1 else "one number for two classes"
        case StepClasses(names=names):
            return len(names), "a number for each class"
        case Labels(names=names):
            return len(names), "a number for each label"
        case Number():
            return 1, "the number"
        case Tokens(size=size) | NextTokens(size=size):
            return size, "a number for each token"
        case Values(size=size, quantiles=quantiles):
            return (len(quantiles), "the quantiles") if quantiles else (size, "the target columns")


@contextmanager
def evaluating(model: nn.Module, device: Device) -> Iterator[None]:
    """Puts a model into evaluation mode, and mode and random generators back afterwards."""
    was_training = model.training
    devices = [device.device] if device.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        model.eval()
        try:
            yield
        finally:
            model.train(was_training)


def build_learner(
    experiment: Experiment,
    codec: Codec,
    device: Device,
    outputs: Mapping[str, Any] | None = None,
) -> Learner:
    """Builds model and loss from an experiment, seeded by it.

    Args:
        experiment: What to build.
        codec: The fitted task.
        device: Where it computes.
        outputs: The outputs as the loss adapted them, for a loss that is not installed.

    Raises:
        RunError: A component raised something else than an error of seqkit.
    """
    shape = codec.shape
    absent = isinstance(experiment.loss.component, Absent)
    if absent and outputs:
        shape = shape.with_those_outputs(outputs)
    elif not absent:
        with attributed_to(experiment.loss):
            shape = experiment.loss.component.adapt(experiment.loss.config, shape)
    require_shape(experiment.model.entry, shape)
    codec.set_output_shape(shape)
    torch.manual_seed(experiment.trainer.seed)
    with attributed_to(experiment.model):
        model = experiment.model.component.build(experiment.model.config, shape)
        if not isinstance(model, nn.Module):
            raise RunError(f"build() returned {type(model).__name__}, not an nn.Module")
        model.to(device.device)
    with attributed_to(experiment.loss):
        component = experiment.loss.component
        loss = component if absent else component.build(experiment.loss.config, shape)
    if isinstance(loss, nn.Module):
        loss.to(device.device)
    trained = trained_parameters(model)
    if isinstance(loss, nn.Module):
        trained += trained_parameters(loss)
    return Learner(experiment, codec, shape, device, model, loss, trained)


def trained_parameters(module: nn.Module) -> list[nn.Parameter]:
    """Returns the parameters of a module that are trained."""
    return [parameter for parameter in module.parameters() if parameter.requires_grad]


def build_metric(part: Part, shape: Shape) -> Any:
    """Builds an empty accumulator of a metric."""
    with attributed_to(part):
        return part.component.build(part.config, shape)
