"""Losses of classes, labels and tokens, as sums and counts."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class CrossEntropyLoss(nn.Module):
    """Cross-entropy; sum over count is the mean of `torch.nn.functional.cross_entropy`."""

    weights: Tensor | None

    def __init__(self, label_smoothing: float, weights: Sequence[float] | None) -> None:
        super().__init__()
        self.label_smoothing = label_smoothing
        held = None if weights is None else torch.tensor(weights)
        self.register_buffer("weights", held, persistent=False)

    def forward(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor | int]:
        """Takes logits `(batch, classes)` and classes `(batch,)` int64."""
        outputs = outputs.float()
        total = functional.cross_entropy(
            outputs,
            targets,
            self.weights,
            reduction="sum",
            label_smoothing=self.label_smoothing,
        )
        return total, _count(self.weights, targets)


class StepCrossEntropyLoss(nn.Module):
    """Cross-entropy of each token, or of the class of each step.

    Sum over count is the mean of `torch.nn.functional.cross_entropy` with `ignore_index`.

    Args:
        label_smoothing: Share of each target that is spread evenly.
        nothing: The target that counts nothing.
        weights: How much each class counts; None where all count the same.
    """

    weights: Tensor | None

    def __init__(
        self, label_smoothing: float, *, nothing: int, weights: Sequence[float] | None = None
    ) -> None:
        super().__init__()
        self.label_smoothing = label_smoothing
        self.nothing = nothing
        held = None if weights is None else torch.tensor(weights)
        self.register_buffer("weights", held, persistent=False)

    def forward(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor | int]:
        """Takes logits `(batch, time, classes)` and ids `(batch, time)` int64."""
        total = functional.cross_entropy(
            outputs.float().flatten(0, -2),
            targets.flatten(),
            self.weights,
            ignore_index=self.nothing,
            reduction="sum",
            label_smoothing=self.label_smoothing,
        )
        there = targets != self.nothing
        if self.weights is None:
            return total, there.sum()
        return total, (self.weights[torch.where(there, targets, 0)] * there).sum()


class LabelsCrossEntropyLoss(nn.Module):
    """Cross-entropy of each label, there or not, from a logit of its own."""

    def __init__(self, label_smoothing: float) -> None:
        super().__init__()
        self.label_smoothing = label_smoothing

    def forward(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor | int]:
        """Takes logits `(batch, labels)` and targets of 0 and 1, `(batch, labels)` float32."""
        if self.label_smoothing:
            targets = targets * (1 - self.label_smoothing) + self.label_smoothing / 2
        total = functional.binary_cross_entropy_with_logits(
            outputs.float(), targets, reduction="sum"
        )
        return total, targets.numel()


class BinaryCrossEntropyLoss(nn.Module):
    """Cross-entropy of logits `[0, z]` from `z` alone, with the same smoothing and weights."""

    weights: Tensor | None
    ratio: Tensor | None

    def __init__(self, label_smoothing: float, weights: Sequence[float] | None) -> None:
        super().__init__()
        self.label_smoothing = label_smoothing
        # torch weighs the second class alone, so the first one's weight is taken out of both.
        self.first = 1.0 if weights is None else weights[0]
        held = None if weights is None else torch.tensor(weights)
        ratio = None if held is None else held[1] / held[0]
        self.register_buffer("weights", held, persistent=False)
        self.register_buffer("ratio", ratio, persistent=False)

    def forward(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor | int]:
        """Takes one logit an example, `(batch, 1)`, and classes `(batch,)` int64."""
        logits = outputs.float().squeeze(-1)
        wanted = targets.to(logits.dtype)
        if self.label_smoothing:
            wanted = wanted * (1 - self.label_smoothing) + self.label_smoothing / 2
        total = functional.binary_cross_entropy_with_logits(
            logits, wanted, pos_weight=self.ratio, reduction="sum"
        )
        return total * self.first, _count(self.weights, targets)


def _count(weights: Tensor | None, targets: Tensor) -> Tensor | int:
    return targets.shape[0] if weights is None else weights[targets].sum()
