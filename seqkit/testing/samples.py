"""Small shapes to try models, losses and metrics on, and what goes in and out of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from unittest import SkipTest

from seqkit.registry.fitting import tasks_of
from seqkit.registry.registry import Entry
from seqkit.shapes import (
    Classes,
    Features,
    Inputs,
    Labels,
    NextTokens,
    Number,
    Outputs,
    Shape,
    StepClasses,
    Tokens,
    Values,
    kind_of,
)
from seqkit.testing.records import Records

if TYPE_CHECKING:
    from torch import Tensor

LENGTHS = (9, 5, 1, 7, 3, 2)
TARGET_TIME = 5

_INPUTS: dict[str, Inputs] = {"tokens": Tokens(23), "features": Features(3)}
_NAMES = ("bad", "fair", "good")
_OUTPUTS: dict[str, tuple[Outputs, ...]] = {
    "classes": (Classes(("negative", "positive"), (9, 6), 2), Classes(_NAMES, (7, 5, 3), 3)),
    "step-classes": (StepClasses(_NAMES, (70, 50, 30)),),
    "labels": (Labels(_NAMES, (7, 5, 3)),),
    "number": (Number(),),
    "values": (Values(1, 4), Values(2, 3), Values(1, 4, (0.1, 0.5, 0.9))),
    "next-tokens": (NextTokens(23),),
    "tokens": (Tokens(17),),
}
_EXTRAS: dict[str, tuple[dict[str, Any], ...]] = {
    "values": ({"context": max(LENGTHS)}, {"context": max(LENGTHS), "future": 2}),
    "tokens": ({"begin": 2},),
}
"""What `Model.build` promises of the extras, by the kind of output."""
_TAKEN = {"values": "features", "next-tokens": "tokens", "tokens": "tokens"}
"""The kind of input that goes with some kinds of output; all others go with any."""


def kinds_tried(entry: Entry, records: Records) -> list[str]:
    """Returns the kinds of output that a model, loss or metric is tried with."""
    tasks = records.tasks_named(tasks_of(entry, records.registry))
    kinds = [*(task.component.outputs for task in tasks), *getattr(entry.component, "outputs", ())]
    return list(dict.fromkeys(kind for kind in kinds if kind))


def sample_shapes(entry: Entry, records: Records) -> list[Shape]:
    """Returns small shapes of every kind of task that a component is for.

    A task's own `sample_shapes` come first; then what its records are encoded as, where their
    shape has extras; and else shapes of its kinds of input and output.

    Args:
        entry: A model, loss or metric.
        records: Where tasks and their records are looked up.

    Raises:
        SkipTest: There are none.
    """
    component = entry.component
    inputs = getattr(component, "inputs", ())
    found: list[Shape] = []
    missing: list[str] = []
    covered: set[str] = set()
    for task in records.tasks_named(tasks_of(entry, records.registry)):
        shapes = _of_task(task, records, inputs)
        fitting = [s for s in shapes if not inputs or kind_of(s.inputs) in inputs]
        covered |= {kind_of(shape.outputs) for shape in fitting}
        found += fitting
        if not fitting:
            missing.append(task.name)
    for kind in component.outputs:
        if kind not in covered:
            found += _of_kind(f"a task of {kind}", kind, inputs or ("tokens",))
    if not found:
        names = missing or [*component.tasks, *component.outputs]
        raise SkipTest(
            f"the kit has no sample data for {', '.join(names)}. Give sample_shapes or "
            "sample_records of the task"
        )
    return _distinct(found)


def _of_task(task: Entry, records: Records, inputs: Sequence[str]) -> list[Shape]:
    if task.component.sample_shapes:
        return list(task.component.sample_shapes)
    try:
        encoded = records.encoded(task).codec.shape
    except Exception:
        # What keeps it from being encoded is said by the checks of the task itself.
        encoded = None
    if encoded is not None and encoded.extras:
        return [encoded]
    readable = [name for name in task.component.inputs if not inputs or name in inputs]
    return _of_kind(task.name, task.component.outputs, readable[: None if inputs else 1])


def _of_kind(task: str, kind: str, inputs: Sequence[str]) -> list[Shape]:
    """Makes shapes up; losses and metrics see no inputs, and one kind of them will do."""
    return [
        Shape(task, _INPUTS[name], outputs, extras)
        for name in ([_TAKEN[kind]] if kind in _TAKEN else inputs)
        for outputs in _OUTPUTS.get(kind, ())
        for extras in _EXTRAS.get(kind, ({},))
    ]


def _distinct(shapes: Sequence[Shape]) -> list[Shape]:
    """Leaves out what differs by the name of the task alone."""
    kept: list[Shape] = []
    for shape in shapes:
        if not any(replace(shape, task=other.task) == other for other in kept):
            kept.append(shape)
    return kept


def model_shapes(entry: Entry, records: Records) -> list[Shape]:
    """Returns the shapes a model may be built from: also those that a loss may ask for."""
    shapes = sample_shapes(entry, records)
    asked = [s.with_outputs(logits=1) for s in shapes if _is_binary(s)]
    return [*shapes, *asked]


def _is_binary(shape: Shape) -> bool:
    return isinstance(shape.outputs, Classes) and len(shape.outputs.names) == 2


def describe(shape: Shape) -> str:
    """Names a shape for messages: `classes of tokens, 3 logits`."""
    text = f"{kind_of(shape.outputs)} of {kind_of(shape.inputs)}"
    match shape.outputs:
        case Classes(logits=logits):
            return f"{text}, {logits} logit{'s' if logits > 1 else ''}"
        case Values(size, horizon, quantiles):
            text += f", {horizon} x {size}" + (f", {len(quantiles)} quantiles" if quantiles else "")
            return text + (", with known covariates" if shape.extras.get("future") else "")
        case _:
            return text


def is_padded(shape: Shape) -> bool:
    """Tells whether batches have padding: windows of a series are of one length."""
    return not isinstance(shape.outputs, Values)


def output_shape(shape: Shape, inputs: Sequence[int], written: int) -> tuple[int, ...]:
    """Returns the shape of what a model puts out.

    Args:
        shape: What it was built from.
        inputs: Shape of the inputs: examples, steps.
        written: Steps of the target so far, where the outputs are a sequence of their own.
    """
    batch, time = inputs[:2]
    match shape.outputs:
        case Classes(logits=logits):
            return (batch, logits)
        case Values(size, horizon, quantiles):
            return (batch, horizon, size, *([len(quantiles)] if quantiles else []))
        case Labels() | Number():
            return (batch, shape.output_size)
        case StepClasses() | NextTokens():
            return (batch, time, shape.output_size)
        case Tokens(size=size):
            return (batch, written, size)


@dataclass(frozen=True)
class RaggedBatch:
    """A padded batch, and its sequences one by one.

    Attributes:
        inputs: Padded, `(batch, time)` int64 or `(batch, time, features)` float32.
        lengths: `(batch,)` int64.
        beside: What the task gives beside them: the target so far, or what is known of the horizon.
    """

    inputs: Tensor
    lengths: Tensor
    beside: Tensor | None = None

    def padded(self, steps: int, junk: Tensor | None = None) -> RaggedBatch:
        """Returns the same sequences with more padding.

        Args:
            steps: How many steps are put behind.
            junk: What stands in padded steps, `(batch, time + steps, ...)`; zeros if None.
        """
        import torch

        batch, time = self.inputs.shape[:2]
        wider = self.inputs.new_zeros((batch, time + steps, *self.inputs.shape[2:]))
        wider[:, :time] = self.inputs
        if junk is not None:
            valid = torch.arange(time + steps) < self.lengths[:, None]
            wider = torch.where(valid if wider.dim() == 2 else valid[..., None], wider, junk)
        return replace(self, inputs=wider)

    def with_junk(self, shape: Shape, steps: int) -> RaggedBatch:
        """Returns the same sequences with arbitrary valid inputs in the padded steps."""
        import torch

        size = (self.inputs.shape[0], self.inputs.shape[1] + steps)
        match shape.inputs:
            case Tokens(tokens):
                return self.padded(steps, torch.randint(0, tokens, size))
            case Features(features):
                return self.padded(steps, 50 * torch.randn(*size, features))

    def alone(self, row: int) -> RaggedBatch:
        """Returns one sequence as an unpadded batch of one."""
        chosen, length = slice(row, row + 1), int(self.lengths[row])
        beside = None if self.beside is None else self.beside[chosen]
        return RaggedBatch(self.inputs[chosen, :length], self.lengths[chosen], beside)

    def copy(self) -> RaggedBatch:
        """Returns the batch in memory of its own."""
        beside = None if self.beside is None else self.beside.clone()
        return RaggedBatch(self.inputs.clone(), self.lengths.clone(), beside)


def ragged_batch(
    shape: Shape, lengths: Sequence[int] = LENGTHS, written: int = TARGET_TIME
) -> RaggedBatch:
    """Draws a batch of sequences of different lengths from torch's own random state."""
    import torch

    if not is_padded(shape):
        lengths = [shape.extras.get("context", max(lengths))] * len(lengths)
    batch, time = len(lengths), max(lengths)
    match shape.inputs:
        case Tokens(size):
            inputs = torch.randint(1, size, (batch, time))
        case Features(size):
            inputs = torch.randn(batch, time, size)
    for row, length in enumerate(lengths):
        inputs[row, length:] = 0
    return RaggedBatch(inputs, torch.tensor(lengths), _beside(shape, batch, written))


def _beside(shape: Shape, batch: int, written: int) -> Tensor | None:
    import torch

    match shape.outputs:
        case Tokens(size):
            targets = torch.randint(min(4, size - 1), size, (batch, written))
            targets[:, 0] = shape.extras["begin"]
            return targets
        case Values(horizon=horizon) if shape.extras.get("future"):
            return torch.randn(batch, horizon, shape.extras["future"])
    return None
