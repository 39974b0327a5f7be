"""Logistic regression on a sparse matrix, by two passes over its weights an iteration."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

# Pairs of changes that L-BFGS remembers; each is as large as the coefficients, twice.
_HISTORY = 10


@dataclass(frozen=True)
class Sparse:
    """A sparse matrix of weights, row after row.

    Attributes:
        ids: Column of each weight, int64 or int32 `(weights,)`.
        offsets: Where each row begins, of the same type, `(rows,)`.
        weights: float32 `(weights,)`.
    """

    ids: Tensor
    offsets: Tensor
    weights: Tensor

    def times(self, coefficients: Tensor) -> Tensor:
        """Multiplies with a dense `(columns, k)`, which gives `(rows, k)`."""
        return functional.embedding_bag(
            self.ids, coefficients, self.offsets, mode="sum", per_sample_weights=self.weights
        )

    def transposed(self, columns: int) -> Sparse:
        """Returns the matrix with its rows and columns exchanged."""
        order = torch.argsort(self.ids, stable=True)
        end = self.offsets.new_tensor([len(self.ids)])
        counts = torch.diff(torch.cat([self.offsets, end]))
        rows = torch.repeat_interleave(torch.arange(len(counts), dtype=self.ids.dtype), counts)
        occurrences = torch.bincount(self.ids, minlength=columns)
        offsets = (occurrences.cumsum(0) - occurrences).to(self.offsets.dtype)
        return Sparse(rows[order], offsets, self.weights[order])


def fit_logistic(
    rows: Sparse,
    transposed: Sparse,
    targets: Tensor,
    classes: int,
    *,
    penalty: float,
    iterations: int,
    scale: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Fits multinomial logistic regression by L-BFGS (Liu and Nocedal 1989).

    Minimised is the summed loss plus `penalty / 2` times the squared coefficients.

    Args:
        rows: The examples.
        transposed: The same, by columns.
        targets: Class of each example.
        classes: How many there are.
        penalty: Weight of the squared coefficients.
        iterations: Most iterations.
        scale: Factor of each feature for each class, `(columns, k)`; None for 1. The coefficients
            that come back have it in them, and those that are penalised have not.

    Returns:
        Coefficients `(columns, k)` and intercept `(k,)`, where `k` is 1 for two classes.
    """
    count, columns = len(targets), 1 if classes == 2 else classes
    scale = torch.ones(len(transposed.offsets), columns) if scale is None else scale
    # What is optimised has about the same curvature everywhere, that of rare features and of
    # common ones: without that, many classes take several times as many iterations.
    shares = torch.bincount(targets, minlength=classes)[-columns:] / count
    squares = Sparse(transposed.ids, transposed.offsets, transposed.weights.square())
    curvature = squares.times(torch.ones(count, 1)) * shares * (1 - shares) * scale.square()
    step = (penalty + curvature).rsqrt()
    position, intercept = torch.zeros_like(scale), torch.zeros(columns)
    optimizer = torch.optim.LBFGS(
        [position, intercept],
        max_iter=iterations,
        tolerance_grad=1e-6,
        history_size=_HISTORY,
        line_search_fn="strong_wolfe",
    )

    def objective() -> Tensor:
        # By hand, as both the product and its derivative are then one fast pass over the weights.
        coefficients = step * position
        logits = rows.times(scale * coefficients) + intercept
        if columns == 1:
            loss = functional.binary_cross_entropy_with_logits(logits[:, 0], targets.float())
            residuals = (torch.sigmoid(logits) - targets[:, None]) / count
        else:
            loss = functional.cross_entropy(logits, targets)
            residuals = torch.softmax(logits, dim=1)
            residuals[torch.arange(count), targets] -= 1
            residuals /= count
        slope = scale * transposed.times(residuals) + penalty / count * coefficients
        position.grad, intercept.grad = step * slope, residuals.sum(dim=0)
        return loss + penalty / (2 * count) * coefficients.square().sum()

    optimizer.step(objective)  # type: ignore[no-untyped-call]
    return scale * step * position, intercept


def class_logits(logits: Tensor) -> Tensor:
    """Returns a logit for each class, where a single one is that of the second of two."""
    if logits.shape[1] > 1:
        return logits
    return torch.cat([torch.zeros_like(logits), logits], dim=1)
