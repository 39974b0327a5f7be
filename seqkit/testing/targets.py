"""Outputs and targets to try losses and metrics on, by the kind of output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqkit.shapes import (
    Classes,
    Labels,
    NextTokens,
    Number,
    Shape,
    StepClasses,
    Tokens,
    Values,
)
from seqkit.testing.samples import LENGTHS, TARGET_TIME, output_shape

if TYPE_CHECKING:
    from torch import Tensor

SPLITS = ((0, 7), (7, 8), (8, 19))
"""How a pass is split into batches."""

EXAMPLES = SPLITS[-1][1]


def outputs_and_targets(shape: Shape) -> tuple[Tensor, Tensor]:
    """Draws a model's outputs for some examples, and their targets; each class has some."""
    import torch

    outputs = torch.randn(output_shape(shape, (EXAMPLES, max(LENGTHS)), TARGET_TIME))
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


def right_and_wrong(shape: Shape, targets: Tensor) -> tuple[Tensor, Tensor] | None:
    """Returns outputs that are plainly right for some targets, and others that are wrong.

    None where a loss has asked for outputs of a layout that it alone knows.
    """
    import torch
    from torch.nn.functional import one_hot

    match shape.outputs:
        case Classes(names, logits=1) if len(names) == 2:
            right = (8.0 * targets - 4.0)[:, None]
        case Classes(names, logits=logits) if logits == len(names):
            right = 8.0 * one_hot(targets, logits) - 4.0
        case Classes():
            return None
        case StepClasses() | Tokens() | NextTokens():
            right = 8.0 * one_hot(targets.clamp(min=0), shape.output_size) - 4.0
        case Labels():
            right = 8.0 * targets - 4.0
        case Number():
            return targets, targets + 3.0
        case Values(quantiles=quantiles):
            right = torch.stack([targets] * len(quantiles), dim=-1) if quantiles else targets
            return right, right + 3.0
    return right, -right


UNKNOWN_TARGETS = ("values", "number", "step-classes", "next-tokens", "tokens")
"""Kinds of output whose targets may be such that they count nothing."""


def unknown_target(shape: Shape) -> float | None:
    """Returns what stands for a target that counts nothing; None where each counts."""
    match shape.outputs:
        case Values() | Number():
            return float("nan")
        case StepClasses():
            return -1
        case Tokens() | NextTokens():
            return 0
        case _:
            return None
