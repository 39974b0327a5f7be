"""Metrics of tokens and steps: they add up on the device, and copy to the host in `compute`.

Predictions are logits `(batch, time, tokens)`; targets are ids, `(batch, time)` int64, of which one
counts nothing: 0 of tokens, -1 of classes.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

PADDING_ID = 0


class Perplexity:
    def __init__(self) -> None:
        self._losses: list[Tensor] = []
        self._tokens: list[Tensor] = []

    def update(self, predictions: Tensor, targets: Tensor) -> None:
        loss = functional.cross_entropy(
            predictions.float().flatten(0, -2),
            targets.flatten(),
            ignore_index=PADDING_ID,
            reduction="sum",
        )
        self._losses.append(loss)
        self._tokens.append((targets != PADDING_ID).sum())

    def merge(self, other: Perplexity) -> None:
        self._losses += other._losses
        self._tokens += other._tokens

    def compute(self) -> float:
        tokens = _total(self._tokens)
        if not tokens:
            return math.nan
        mean = _total(self._losses) / tokens
        # A model may be so wrong that the number is beyond a float.
        return math.exp(mean) if mean < 700 else math.inf


class StepAccuracy:
    """Share of steps told right, without those whose target is `nothing`."""

    def __init__(self, nothing: int) -> None:
        self._nothing = nothing
        self._right: list[Tensor] = []
        self._tokens: list[Tensor] = []

    def update(self, predictions: Tensor, targets: Tensor) -> None:
        told = targets != self._nothing
        self._right.append(((predictions.argmax(dim=-1) == targets) & told).sum())
        self._tokens.append(told.sum())

    def merge(self, other: StepAccuracy) -> None:
        self._right += other._right
        self._tokens += other._tokens

    def compute(self) -> float:
        tokens = _total(self._tokens)
        return _total(self._right) / tokens if tokens else math.nan


def _total(parts: list[Tensor]) -> float:
    """Returns the sum in double precision, read from the device in one go."""
    return float(torch.stack(parts).cpu().double().sum()) if parts else 0.0
