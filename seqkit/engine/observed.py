"""What a pass over a split shows besides its scores: unknown tokens, and which classes were told.

It is added up on the device, batch by batch, and read once at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from seqkit.shapes import Classes, NextTokens, Shape, StepClasses, Tokens

MOST_CLASSES = 100
"""Classes above which none are counted: nobody reads so many."""
_PADDING = 0


@dataclass(frozen=True)
class Observed:
    """What a pass showed.

    Attributes:
        unknown: Part of the tokens of the inputs that the vocabulary does not have; None where
            they are no tokens.
        unknown_targets: The same of the tokens to be told.
        classes: For each class, its examples, how often it was told, and how often rightly.
    """

    unknown: float | None = None
    unknown_targets: float | None = None
    classes: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)

    def as_fields(self) -> dict[str, Any]:
        """Returns the fields of an evaluation that tell it."""
        shares = {"unknown": self.unknown, "unknown_targets": self.unknown_targets}
        return {
            **{key: None if share is None else round(share, 6) for key, share in shares.items()},
            "classes": {name: list(counts) for name, counts in self.classes.items()},
        }


class Tally:
    """Adds up what the batches of a split show.

    Args:
        shape: What goes in and comes out of the model.
    """

    def __init__(self, shape: Shape) -> None:
        outputs = shape.outputs
        self._inputs = _unknown_id(shape.inputs)
        self._targets = _unknown_id(outputs)
        self._names: tuple[str, ...] = ()
        if isinstance(outputs, Classes | StepClasses) and len(outputs.names) <= MOST_CLASSES:
            self._names = tuple(outputs.names)
        self._unknown: list[tuple[Tensor, Tensor]] = []
        self._unknown_targets: list[tuple[Tensor, Tensor]] = []
        self._counts: list[Tensor] = []

    def add(self, batch: Mapping[str, Tensor], predictions: Tensor, targets: Tensor) -> None:
        """Takes in a batch, and what metrics are given of it."""
        if self._inputs is not None:
            self._unknown.append(_counted(batch["inputs"], self._inputs))
        if self._targets is not None and not batch["targets"].is_floating_point():
            self._unknown_targets.append(_counted(batch["targets"], self._targets))
        size = len(self._names)
        if not size or targets.is_floating_point() or predictions.shape != (*targets.shape, size):
            return
        # By comparing and not by counting, which would wait for an accelerator.
        ids = torch.arange(size, device=targets.device)
        told = predictions.argmax(dim=-1).flatten()[:, None] == ids
        wanted = targets.flatten()[:, None] == ids
        told = told & wanted.any(dim=1, keepdim=True)
        counts = [each.sum(dim=0) for each in (wanted, told, told & wanted)]
        self._counts.append(torch.stack(counts))

    def finish(self) -> Observed:
        """Returns what was added up."""
        classes: dict[str, tuple[int, int, int]] = {}
        if self._counts:
            rows = torch.stack(self._counts).sum(dim=0).T.tolist()
            classes = {
                name: (row[0], row[1], row[2]) for name, row in zip(self._names, rows, strict=True)
            }
        return Observed(_share(self._unknown), _share(self._unknown_targets), classes)


def _unknown_id(side: object) -> int | None:
    return side.unknown if isinstance(side, Tokens | NextTokens) else None


def _counted(ids: Tensor, unknown: int) -> tuple[Tensor, Tensor]:
    return (ids == unknown).sum(), (ids != _PADDING).sum()


def _share(counted: list[tuple[Tensor, Tensor]]) -> float | None:
    if not counted:
        return None
    of = float(torch.stack([whole for _, whole in counted]).sum())
    return float(torch.stack([few for few, _ in counted]).sum()) / of if of else None
