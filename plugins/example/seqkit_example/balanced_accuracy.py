"""Counts for `balanced-accuracy`, kept on the device until the value is asked for."""

from __future__ import annotations

import torch
from torch import Tensor


class ClassCounts:
    """Examples of each class, and how many of them were found.

    Args:
        classes: Number of classes.
    """

    def __init__(self, classes: int) -> None:
        self.found = torch.zeros(classes, dtype=torch.int64)
        self.seen = torch.zeros(classes, dtype=torch.int64)

    def update(self, predictions: Tensor, targets: Tensor) -> None:
        """Counts a batch.

        Args:
            predictions: Logits, `(batch, classes)`.
            targets: Class ids, `(batch,)` int64.
        """
        right = (predictions.argmax(dim=1) == targets).long()
        self.found = self.found.to(targets.device).index_add(0, targets, right)
        self.seen = self.seen.to(targets.device).index_add(0, targets, torch.ones_like(targets))

    def merge(self, other: ClassCounts) -> None:
        """Adds what another one counted."""
        self.found = self.found + other.found.to(self.found.device)
        self.seen = self.seen + other.seen.to(self.seen.device)

    def compute(self) -> float:
        """Returns the mean recall of the classes that were seen; 0 when there were none."""
        present = self.seen > 0
        if not present.any():
            return 0.0
        return float((self.found[present] / self.seen[present]).mean())
