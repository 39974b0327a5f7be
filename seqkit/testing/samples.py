"""Small shapes and random batches to try components on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seqkit.api import Classes, Features, Shape, Tokens, Values

if TYPE_CHECKING:
    from torch import Tensor

LENGTHS = (9, 5, 1, 7, 3, 2)
SPLITS = ((0, 7), (7, 8), (8, 19))
EXAMPLES = SPLITS[-1][1]

_INPUTS: dict[str, Tokens | Features] = {"tokens": Tokens(23), "features": Features(3)}
_OUTPUTS: dict[str, tuple[Classes | Values, ...]] = {
    "classification": (
        Classes(("negative", "positive"), (9, 6), 2),
        Classes(("bad", "fair", "good"), (7, 5, 3), 3),
    ),
    "forecasting": (Values(1, 4), Values(2, 3), Values(1, 4, (0.1, 0.5, 0.9))),
}
_USUAL_INPUT = {"classification": "tokens", "forecasting": "features"}


def sample_shapes(task: str, inputs: Sequence[str] = ()) -> list[Shape]:
    """Returns small shapes of a task for each kind of input; none for a task it does not know."""
    kinds = [kind for kind in inputs if kind in _INPUTS] or [_USUAL_INPUT.get(task, "tokens")]
    return [
        Shape(task, _INPUTS[kind], outputs) for kind in kinds for outputs in _OUTPUTS.get(task, ())
    ]


def model_shapes(task: str, inputs: Sequence[str]) -> list[Shape]:
    """Returns the shapes a model may be built from: also those that a loss may ask for."""
    shapes = sample_shapes(task, inputs)
    asked = [s.with_outputs(logits=1) for s in shapes if _is_binary(s)]
    return [*shapes, *asked]


def _is_binary(shape: Shape) -> bool:
    return isinstance(shape.outputs, Classes) and len(shape.outputs.names) == 2


def describe(shape: Shape) -> str:
    """Names a shape for messages: `classification of tokens, 3 logits`."""
    kind = type(shape.inputs).__name__.lower()
    match shape.outputs:
        case Classes(logits=logits):
            return f"{shape.task} of {kind}, {logits} logit{'s' if logits > 1 else ''}"
        case Values(size, horizon, quantiles):
            text = f"{shape.task} of {kind}, {horizon} x {size} values"
            return f"{text}, {len(quantiles)} quantiles" if quantiles else text
        case _:
            return f"{shape.task} of {kind}"


def output_shape(shape: Shape, batch: int) -> tuple[int, ...]:
    """Returns the shape of what a model puts out for a batch."""
    match shape.outputs:
        case Classes(logits=logits):
            return (batch, logits)
        case Values(size, horizon, quantiles):
            return (batch, horizon, size, *([len(quantiles)] if quantiles else []))
        case Tokens(size=size):
            return (batch, max(LENGTHS), size)


@dataclass(frozen=True)
class RaggedBatch:
    """A padded batch, the same with other padding, and its sequences one by one.

    Attributes:
        inputs: Padded with zeros, `(batch, time)` int64 or `(batch, time, features)` float32.
        junk: The same valid steps; at the padded ones, arbitrary valid inputs, and more of them.
        lengths: `(batch,)` int64.
    """

    inputs: Tensor
    junk: Tensor
    lengths: Tensor

    def alone(self, row: int) -> tuple[Tensor, Tensor]:
        """Returns one sequence as an unpadded batch of one, and its length."""
        length = int(self.lengths[row])
        return self.inputs[row : row + 1, :length], self.lengths[row : row + 1]


def ragged_batch(shape: Shape) -> RaggedBatch:
    """Draws a batch of sequences of different lengths from torch's own random state."""
    import torch

    batch, time = len(LENGTHS), max(LENGTHS)
    lengths = torch.tensor(LENGTHS)
    match shape.inputs:
        case Tokens(size):
            valid = torch.randint(1, size, (batch, time))
            junk = torch.randint(0, size, (batch, time + 4))
        case Features(size):
            valid = torch.randn(batch, time, size)
            junk = 50 * torch.randn(batch, time + 4, size)
    inputs = torch.zeros_like(valid)
    for row, length in enumerate(LENGTHS):
        inputs[row, :length] = valid[row, :length]
        junk[row, :length] = valid[row, :length]
    return RaggedBatch(inputs, junk, lengths)


def outputs_and_targets(shape: Shape) -> tuple[Tensor, Tensor]:
    """Draws a model's outputs for some examples, and their targets; each class has some."""
    import torch

    outputs = torch.randn(output_shape(shape, EXAMPLES))
    match shape.outputs:
        case Classes(names):
            return outputs, torch.randperm(EXAMPLES) % len(names)
        case Values(size, horizon):
            return outputs, torch.randn(EXAMPLES, horizon, size)
        case Tokens(size=size):
            return outputs, torch.randint(1, size, outputs.shape[:2])
