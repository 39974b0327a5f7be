"""Small shapes and random batches to try components on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from seqkit.registry import Entry, Registry
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

if TYPE_CHECKING:
    from torch import Tensor

LENGTHS = (9, 5, 1, 7, 3, 2)
TARGET_TIME = 5
SPLITS = ((0, 7), (7, 8), (8, 19))
EXAMPLES = SPLITS[-1][1]

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
    "values": tuple(
        {
            "context": max(LENGTHS),
            "future": future,
            "targets": [0, 1],
            "columns": ["a", "b", "c"],
            "period": 1,
        }
        for future in (0, 2)
    ),
    "tokens": ({"begin": 2, "end": 3, "joint": False},),
}
_TAKEN = {"values": "features", "next-tokens": "tokens", "tokens": "tokens"}
"""The kind of input that goes with some kinds of output; all others go with any."""


def sample_shapes(entry: Entry, registry: Registry) -> list[Shape]:
    """Returns small shapes of every kind of output that a component is for.

    Args:
        entry: A model, loss or metric.
        registry: Where the tasks that it names are looked up.
    """
    component = entry.component
    tasks = {
        task.name: task.component.outputs
        for task in registry.entries("tasks")
        if {task.name, task.qualified} & set(component.tasks)
    }
    of_kinds = {f"a task of {kind}": kind for kind in component.outputs}
    return [
        Shape(task, _INPUTS[inputs], outputs, _fitting(extras, outputs))
        for task, kind in {**tasks, **of_kinds}.items()
        for inputs in _inputs_of(component, kind)
        for outputs in _OUTPUTS.get(kind, ())
        for extras in _EXTRAS.get(kind, ({},))
    ]


def _inputs_of(component: Any, kind: str) -> list[str]:
    """Returns the kinds of input to try; losses and metrics see none, and one will do."""
    if kind in _TAKEN:
        return [_TAKEN[kind]]
    return [inputs for inputs in getattr(component, "inputs", ["tokens"]) if inputs in _INPUTS]


def _fitting(extras: dict[str, Any], outputs: Outputs) -> dict[str, Any]:
    if not isinstance(outputs, Values):
        return extras
    return extras | {"targets": extras["targets"][: outputs.size]}


def model_shapes(entry: Entry, registry: Registry) -> list[Shape]:
    """Returns the shapes a model may be built from: also those that a loss may ask for."""
    shapes = sample_shapes(entry, registry)
    asked = [s.with_outputs(logits=1) for s in shapes if _is_binary(s)]
    return [*shapes, *asked]


def untried(component: Any) -> str:
    """Returns why the kit has no shapes for a component."""
    return f"the kit has no sample data for {', '.join([*component.tasks, *component.outputs])}"


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


def output_shape(shape: Shape, batch: int) -> tuple[int, ...]:
    """Returns the shape of what a model puts out for a batch."""
    match shape.outputs:
        case Classes(logits=logits):
            return (batch, logits)
        case Values(size, horizon, quantiles):
            return (batch, horizon, size, *([len(quantiles)] if quantiles else []))
        case Labels() | Number():
            return (batch, shape.output_size)
        case StepClasses() | NextTokens():
            return (batch, max(LENGTHS), shape.output_size)
        case Tokens(size=size):
            return (batch, TARGET_TIME, size)


@dataclass(frozen=True)
class RaggedBatch:
    """A padded batch, the same with other padding, and its sequences one by one.

    Attributes:
        inputs: Padded with zeros, `(batch, time)` int64 or `(batch, time, features)` float32.
        junk: The same valid steps; at the padded ones, arbitrary valid inputs, and more of them.
        lengths: `(batch,)` int64.
        beside: What the task gives beside them: the target so far, or what is known of the horizon.
    """

    inputs: Tensor
    junk: Tensor
    lengths: Tensor
    beside: Tensor | None = None

    def with_junk(self) -> RaggedBatch:
        """Returns the batch with the other padding."""
        return replace(self, inputs=self.junk)

    def alone(self, row: int) -> RaggedBatch:
        """Returns one sequence as an unpadded batch of one."""
        chosen, length = slice(row, row + 1), int(self.lengths[row])
        beside = None if self.beside is None else self.beside[chosen]
        inputs = self.inputs[chosen, :length]
        return RaggedBatch(inputs, inputs, self.lengths[chosen], beside)


def ragged_batch(shape: Shape) -> RaggedBatch:
    """Draws a batch of sequences of different lengths from torch's own random state."""
    import torch

    batch, time = len(LENGTHS), max(LENGTHS)
    # Windows of a series are of one length.
    lengths = torch.tensor([time] * batch if isinstance(shape.outputs, Values) else LENGTHS)
    match shape.inputs:
        case Tokens(size):
            valid = torch.randint(1, size, (batch, time))
            junk = torch.randint(0, size, (batch, time + 4))
        case Features(size):
            valid = torch.randn(batch, time, size)
            junk = 50 * torch.randn(batch, time + 4, size)
    inputs = torch.zeros_like(valid)
    for row, length in enumerate(lengths.tolist()):
        inputs[row, :length] = valid[row, :length]
        junk[row, :length] = valid[row, :length]
    return RaggedBatch(inputs, junk, lengths, _beside(shape, batch))


def _beside(shape: Shape, batch: int) -> Tensor | None:
    import torch

    match shape.outputs:
        case Tokens(size):
            targets = torch.randint(4, size, (batch, TARGET_TIME))
            targets[:, 0] = shape.extras["begin"]
            return targets
        case Values(horizon=horizon) if shape.extras.get("future"):
            return torch.randn(batch, horizon, shape.extras["future"])
    return None


def outputs_and_targets(shape: Shape) -> tuple[Tensor, Tensor]:
    """Draws a model's outputs for some examples, and their targets; each class has some."""
    import torch

    outputs = torch.randn(output_shape(shape, EXAMPLES))
    match shape.outputs:
        case Classes(names):
            return outputs, torch.randperm(EXAMPLES) % len(names)
        case Values(size, horizon):
            return outputs, torch.randn(EXAMPLES, horizon, size)
        case StepClasses(names):
            return outputs, torch.randint(-1, len(names), outputs.shape[:2])
        case Labels():
            return outputs, (torch.rand_like(outputs) > 0.5).float()
        case Number():
            return outputs, torch.randn_like(outputs)
        case Tokens(size=size) | NextTokens(size=size):
            return outputs, torch.randint(1, size, outputs.shape[:2])
