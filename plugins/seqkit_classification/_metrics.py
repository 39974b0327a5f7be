"""Metrics of classes and labels: they add up on the device, and copy to the host in `compute`.

Predictions are logits `(batch, classes)`, and targets classes, `(batch,)` int64; for one class a
step both have a dimension of time before that of the classes, and a target of -1 counts nothing;
for several labels the targets are 0 or 1, `(batch, labels)`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def right_classes(predictions: Tensor, targets: Tensor) -> Tensor:
    """Tells which examples have the right class, `(batch,)`."""
    return predictions.argmax(dim=-1) == targets


def right_labels(predictions: Tensor, targets: Tensor) -> Tensor:
    """Tells which examples have all labels right, `(batch,)`."""
    return ((predictions > 0) == (targets > 0.5)).all(dim=-1)


class Accuracy:
    def __init__(self, right: Callable[[Tensor, Tensor], Tensor] = right_classes) -> None:
        self._is_right = right
        self._right: Tensor | None = None
        self._seen = 0

    def update(self, predictions: Tensor, targets: Tensor) -> None:
        right = self._is_right(predictions, targets).sum()
        self._right = right if self._right is None else self._right + right
        self._seen += targets.shape[0]

    def merge(self, other: Accuracy) -> None:
        if other._right is not None:
            right = other._right
            self._right = right if self._right is None else self._right + right.to(self._right)
        self._seen += other._seen

    def compute(self) -> float:
        if self._right is None or not self._seen:
            return math.nan
        return int(self._right) / self._seen


class ClassCounts:
    """Counts of examples or steps by true and predicted class; a target below 0 counts nothing."""

    def __init__(self, classes: int) -> None:
        self.classes = classes
        self._cells: Tensor | None = None

    def update(self, predictions: Tensor, targets: Tensor) -> None:
        told = (targets >= 0).flatten()
        cells = (targets.clamp(min=0) * self.classes + predictions.argmax(dim=-1)).flatten()
        if self._cells is None:
            # Made where the predictions are; bincount would wait for a CUDA device.
            self._cells = torch.zeros(self.classes**2, dtype=torch.int64, device=cells.device)
        self._cells.scatter_add_(0, cells, told.to(cells.dtype))

    def merge(self, other: ClassCounts) -> None:
        if other._cells is not None:
            cells = other._cells
            self._cells = (
                cells.clone() if self._cells is None else self._cells + cells.to(self._cells)
            )

    def matrix(self) -> NDArray[np.int64]:
        if self._cells is None:
            return np.zeros((self.classes, self.classes), dtype=np.int64)
        return self._cells.cpu().numpy().reshape(self.classes, self.classes)

    def right_true_predicted(self) -> list[NDArray[np.int64]]:
        """Returns how often each class was told right, was true, and was predicted."""
        matrix = self.matrix()
        return [np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)]


class LabelCounts:
    """How often each label was told right, was true, and was predicted."""

    def __init__(self, labels: int) -> None:
        self._counts = torch.zeros(3, labels, dtype=torch.int64)

    def update(self, predictions: Tensor, targets: Tensor) -> None:
        predicted, true = predictions > 0, targets > 0.5
        found = torch.stack([predicted & true, true, predicted]).sum(dim=1)
        self._counts = self._counts.to(found.device) + found

    def merge(self, other: LabelCounts) -> None:
        self._counts = self._counts + other._counts.to(self._counts.device)

    def right_true_predicted(self) -> list[NDArray[np.int64]]:
        return list(self._counts.cpu().numpy())


class F1:
    def __init__(self, counts: ClassCounts | LabelCounts, average: str, positive: int = 1) -> None:
        self.average = average
        self._positive = positive
        self._counts: Any = counts

    def update(self, predictions: Tensor, targets: Tensor) -> None:
        self._counts.update(predictions, targets)

    def merge(self, other: F1) -> None:
        self._counts.merge(other._counts)

    def compute(self) -> float:
        right, true, predicted = self._counts.right_true_predicted()
        if not (true + predicted).any():
            return math.nan
        if self.average == "micro":
            return float(2 * right.sum() / (true + predicted).sum())
        scores = 2 * right / np.maximum(true + predicted, 1)
        if self.average == "binary":
            return float(scores[self._positive])
        if self.average == "weighted":
            return float(np.average(scores, weights=true)) if true.any() else 0.0
        return float(scores[true + predicted > 0].mean())

    def of_each(self) -> list[dict[str, float]]:
        """Returns precision, recall, F1 and support of each class; 0 where nothing was right."""
        right, true, predicted = self._counts.right_true_predicted()
        columns = {
            "precision": right / np.maximum(predicted, 1),
            "recall": right / np.maximum(true, 1),
            "f1": 2 * right / np.maximum(true + predicted, 1),
        }
        return [
            {name: float(values[place]) for name, values in columns.items()}
            | {"support": int(true[place])}
            for place in range(len(right))
        ]


class Confusion:
    def __init__(self, classes: int) -> None:
        self._counts = ClassCounts(classes)

    def update(self, predictions: Tensor, targets: Tensor) -> None:
        self._counts.update(predictions, targets)

    def merge(self, other: Confusion) -> None:
        self._counts.merge(other._counts)

    def compute(self) -> Any:
        return self._counts.matrix().tolist()


class AreaUnderCurve:
    def __init__(self, classes: int) -> None:
        self.classes = classes
        self._scores: list[Tensor] = []
        self._targets: list[Tensor] = []

    def update(self, predictions: Tensor, targets: Tensor) -> None:
        logits = predictions.detach().float()
        # The difference ranks two classes as their probabilities do, and never rounds to 1.
        self._scores.append(logits[:, 1:] - logits[:, :1] if self.classes == 2 else logits.clone())
        self._targets.append(targets.clone())

    def merge(self, other: AreaUnderCurve) -> None:
        self._scores += other._scores
        self._targets += other._targets

    def compute(self) -> float:
        if not self._scores:
            return math.nan
        scores = torch.cat([part.cpu() for part in self._scores]).double()
        targets = torch.cat([part.cpu() for part in self._targets]).numpy()
        if self.classes == 2:
            return area_under_curve(scores[:, 0].numpy(), targets == 1)
        probabilities = scores.softmax(dim=-1).numpy()
        areas = [
            area_under_curve(probabilities[:, number], targets == number)
            for number in range(self.classes)
        ]
        return _mean_of_known(areas)


class AreaUnderCurves:
    """The mean over the labels of the area under each one's curve."""

    def __init__(self) -> None:
        self._scores: list[Tensor] = []
        self._targets: list[Tensor] = []

    def update(self, predictions: Tensor, targets: Tensor) -> None:
        self._scores.append(predictions.detach().float().clone())
        self._targets.append(targets > 0.5)

    def merge(self, other: AreaUnderCurves) -> None:
        self._scores += other._scores
        self._targets += other._targets

    def compute(self) -> float:
        if not self._scores:
            return math.nan
        scores = torch.cat([part.cpu() for part in self._scores]).double().numpy()
        there = torch.cat([part.cpu() for part in self._targets]).numpy()
        pairs = zip(scores.T, there.T, strict=True)
        return _mean_of_known([area_under_curve(score, label) for score, label in pairs])


def _mean_of_known(areas: list[float]) -> float:
    known = [area for area in areas if not math.isnan(area)]
    return float(np.mean(known)) if known else math.nan


def area_under_curve(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Returns the share of pairs in which the positive example scores higher, ties counting half.

    The rank sum of Mann and Whitney 1947. NaN when either kind is missing or a score is NaN.
    """
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if not positives or not negatives or np.isnan(scores).any():
        return math.nan
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    below = np.cumsum(counts) - counts
    ranks = below + (counts + 1) / 2
    rank_sum = float(ranks[places][positive].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)
