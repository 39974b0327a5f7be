"""Bits per character: added up on the device, copied to the host in `compute` alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from seqkit.text import PADDING_ID


class BitsPerCharacter:
    """Adds up nats and characters.

    Args:
        characters: How many characters each token spells, by id; None for one each.
    """

    def __init__(self, characters: Sequence[int] | None) -> None:
        self._characters = None if characters is None else torch.tensor(list(characters))
        self._nats: list[Tensor] = []
        self._spelt: list[Tensor] = []

    def update(self, predictions: Tensor, targets: Tensor) -> None:
        nats = functional.cross_entropy(
            predictions.float().flatten(0, -2),
            targets.flatten(),
            ignore_index=PADDING_ID,
            reduction="sum",
        )
        self._nats.append(nats)
        told = targets != PADDING_ID
        if self._characters is None:
            self._spelt.append(told.sum())
            return
        self._characters = self._characters.to(targets.device)
        self._spelt.append((self._characters[targets] * told).sum())

    def merge(self, other: BitsPerCharacter) -> None:
        self._nats += other._nats
        self._spelt += other._spelt

    def compute(self) -> float:
        characters = _total(self._spelt)
        return _total(self._nats) / math.log(2) / characters if characters else math.nan


def _total(parts: list[Tensor]) -> float:
    return float(torch.stack(parts).cpu().double().sum()) if parts else 0.0
