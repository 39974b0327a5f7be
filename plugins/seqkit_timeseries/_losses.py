"""Losses of numbers, as sums and counts over the targets that are known.

Outputs and targets are `(batch, horizon, size)` or `(batch, 1)`, outputs of quantiles with one more
dimension.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from seqkit.api import LossFunction


def squared_error(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Adds up squares of deviations."""
    deviation, count = deviations(outputs, targets)
    return deviation.square().sum(), count


def absolute_error(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Adds up absolute deviations."""
    deviation, count = deviations(outputs, targets)
    return deviation.abs().sum(), count


def huber(delta: float) -> LossFunction:
    """Returns the loss: `d² / 2` up to `delta`, and `delta (|d| - delta / 2)` beyond."""

    def loss(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        deviation, count = deviations(outputs, targets)
        size = deviation.abs()
        near = size.clamp(max=delta)
        return (near * (size - near / 2)).sum(), count

    return loss


class QuantileLoss(nn.Module):
    """`max(q d, (q - 1) d)` of each quantile `q`, with `d` how far the target lies above it."""

    levels: Tensor

    def __init__(self, levels: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("levels", torch.tensor(levels), persistent=False)

    def forward(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Takes outputs with quantiles last, and targets `(batch, horizon, size)`."""
        below, count = deviations(outputs, targets.unsqueeze(-1))
        above = -below
        total = torch.maximum(self.levels * above, (self.levels - 1) * above).sum()
        return total, count * len(self.levels)


def deviations(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Returns outputs less targets, 0 where a target is NaN, and how many targets are not."""
    known = ~torch.isnan(targets)
    # Taken out before the difference: NaN times 0 would still be NaN in the gradient.
    deviation = torch.where(known, outputs, 0.0) - torch.where(known, targets, 0.0)
    return deviation, known.sum()
