"""Scores of every single example, gathered while a split is scored.

A loss is asked for all examples of a batch at once (`torch.vmap`). A metric is asked for one
example at a time, and is kept only where the scores of examples do make up that of many: so are
shares, means and roots of means, and so are not scores of ranks or of a whole corpus. What does not
is found out on the first few examples, and costs nothing afterwards.
"""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqkit.api import Arrays, LossFunction, Shape
from seqkit.experiments.experiment import Part
from seqkit.runs.example_scores import LOSS, MEANS, Column, ExampleScores, Mean, to_sum

Floats = np.ndarray[Any, np.dtype[np.float64]]

_TRIED_AT_ONCE = 32
"""Examples whose joint score is compared with the mean of theirs."""

_TRIED = 1024
"""Examples of a pass that are tried so; the whole split is tried at its end."""

_TOLERANCE = 1e-5
"""Relative; sums of 32 bits in another order differ by less, and other kinds of scores by more."""


@dataclass
class _Candidate:
    """A metric, and the kinds of means that have explained it so far."""

    part: Part
    values: Floats
    kinds: list[tuple[bool, Mean]] = field(
        default_factory=lambda: [(weighted, mean) for mean in MEANS for weighted in (False, True)]
    )


class ExampleScorer:
    """Gathers the scores of every example of a split.

    Args:
        loss: The loss.
        metrics: The metrics.
        shape: What goes in and comes out of the model.
        examples: Size of the split.
    """

    def __init__(
        self, loss: LossFunction, metrics: Sequence[Part], shape: Shape, examples: int
    ) -> None:
        self._loss = loss
        self._shape = shape
        self._sums = np.full(examples, math.nan)
        self._counts = np.ones(examples)
        self._candidates = {
            part.name: _Candidate(part, np.full(examples, math.nan))
            for part in metrics
            if part.component.higher_is_better is not None
        }
        self._vectorised = True
        self._tried = 0

    def add(
        self,
        indices: np.ndarray[Any, Any],
        outputs: Tensor,
        wanted: Tensor,
        taken: Mapping[str, tuple[Any, ...]],
    ) -> None:
        """Takes in a batch.

        Args:
            indices: Its examples, `(batch,)`.
            outputs: Of the model.
            wanted: The targets of the loss.
            taken: What metrics were updated with, by what they read.
        """
        if not len(outputs) == len(wanted) == len(indices):
            # Not a row for each example; then there are no scores of examples.
            return
        with warnings.catch_warnings():
            # Of one example or of batching rules they lack, parts may complain; nobody can help it.
            warnings.simplefilter("ignore")
            sums, counts = self._losses(outputs, wanted)
            self._sums[indices], self._counts[indices] = sums, counts
            reads = {candidate.part.component.reads for candidate in self._candidates.values()}
            rows = {kind: _on_host(taken[kind]) for kind in reads}
            for name, candidate in list(self._candidates.items()):
                try:
                    fits = self._score(candidate, indices, rows[candidate.part.component.reads])
                except Exception:
                    # A metric may need more than one example; it is not one that is kept, then.
                    fits = False
                if not fits:
                    del self._candidates[name]
        self._tried += len(indices)

    def _losses(self, outputs: Tensor, wanted: Tensor) -> tuple[Floats, Floats]:
        """Returns for each example the summed loss and its count, `(batch,)` each."""

        def one(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
            total, count = self._loss(output[None], target[None])
            return total, torch.as_tensor(count, dtype=torch.float32, device=total.device)

        if self._vectorised:
            try:
                sums, counts = torch.vmap(one)(outputs, wanted)
                return _array(sums), _array(counts)
            except RuntimeError:
                # Some code cannot be vectorised, such as indexing by a mask.
                self._vectorised = False
        pairs = [one(output, target) for output, target in zip(outputs, wanted, strict=True)]
        return _array(torch.stack([s for s, _ in pairs])), _array(
            torch.stack([c for _, c in pairs])
        )

    def _score(self, candidate: _Candidate, indices: np.ndarray[Any, Any], rows: Any) -> bool:
        """Scores each example, and tells whether a mean of the scores still explains the metric."""
        values = np.empty(len(indices))
        for place in range(len(indices)):
            values[place] = self._value(candidate.part, rows, place, place + 1)
            if place % _TRIED_AT_ONCE == _TRIED_AT_ONCE - 1 or place == len(indices) - 1:
                first = place - place % _TRIED_AT_ONCE
                if not np.isfinite(values[first : place + 1]).all():
                    return False
                if self._tried + first < _TRIED:
                    whole = self._value(candidate.part, rows, first, place + 1)
                    counts = self._counts[indices[first : place + 1]]
                    _explained(candidate, values[first : place + 1], counts, whole)
                if not candidate.kinds:
                    return False
        candidate.values[indices] = values
        return True

    def _value(self, part: Part, rows: Any, start: int, end: int) -> float:
        return _value_of(part, self._shape, rows, start, end)

    def finish(
        self, loss: float, metrics: Mapping[str, Any], arrays: Arrays, overlap: int = 1
    ) -> ExampleScores | None:
        """Returns what makes up the scores of the whole split; None where nothing does.

        Args:
            loss: The loss of the split.
            metrics: Its metrics.
            arrays: The split.
            overlap: Neighbouring examples that share parts of their targets.
        """
        columns: dict[str, Column] = {}
        means = self._sums / np.where(self._counts == 0, 1, self._counts)
        if np.isfinite(means).all() and _close(
            _mean(means, self._counts, "arithmetic"), loss, means
        ):
            columns[LOSS] = Column(means, weighted=True)
        for name, candidate in self._candidates.items():
            if np.isfinite(candidate.values).all():
                _explained(candidate, candidate.values, self._counts, metrics.get(name, math.nan))
                if candidate.kinds:
                    columns[name] = Column(candidate.values, *candidate.kinds[0])
        if not columns:
            return None
        return ExampleScores(self._counts, columns, _digest(arrays, len(means)), overlap)


def scores_of_each(part: Part, shape: Shape, predictions: Tensor, targets: Tensor) -> Floats | None:
    """Returns what a metric that reads outputs gives for every single example.

    None where it has no number for one of them.

    Args:
        part: The metric.
        shape: What the outputs are.
        predictions: As metrics take them, `(examples, ...)`.
        targets: The same.
    """
    rows = (_on_host(predictions), _on_host(targets))
    values = np.empty(len(targets))
    for place in range(len(values)):
        values[place] = _value_of(part, shape, rows, place, place + 1)
        if not math.isfinite(values[place]):
            return None
    return values


def _value_of(part: Part, shape: Shape, rows: Any, start: int, end: int) -> float:
    metric = part.component.build(part.config, shape)
    metric.update(*(_cut(item, start, end) for item in rows))
    value = metric.compute()
    return float(value) if isinstance(value, int | float) else math.nan


def _explained(candidate: _Candidate, values: Floats, counts: Floats, whole: float) -> None:
    """Keeps the kinds of means by which these values make up the whole."""
    candidate.kinds = [
        (weighted, mean)
        for weighted, mean in candidate.kinds
        if (mean != "geometric" or (values > 0).all())
        and _close(_mean(values, counts if weighted else np.ones_like(values), mean), whole, values)
    ]


def _mean(values: Floats, weights: Floats, mean: Mean) -> float:
    total = float(weights.sum())
    value = float((to_sum(values, mean) * weights).sum()) / total if total else math.nan
    if mean == "geometric":
        return math.exp(value)
    return math.sqrt(value) if mean == "quadratic" else value


def _close(value: float, whole: float, values: Floats) -> bool:
    # Beside the scores themselves: those of small numbers differ by less than any fixed bound.
    least = 1e-9 * float(np.abs(values).max(initial=0))
    return math.isclose(value, whole, rel_tol=_TOLERANCE, abs_tol=least)


def _on_host(item: Any) -> Any:
    """Returns tensors where reading a number costs nothing, inside of what metrics take."""
    if isinstance(item, Tensor):
        return item.cpu()
    if isinstance(item, tuple):
        return tuple(_on_host(part) for part in item)
    return {k: _on_host(v) for k, v in item.items()} if isinstance(item, Mapping) else item


def _cut(item: Any, start: int, end: int) -> Any:
    """Returns some of the examples of what a metric takes."""
    if isinstance(item, Mapping):
        return {name: tensor[start:end] for name, tensor in item.items()}
    return item[start:end]


def _digest(arrays: Arrays, examples: int) -> str:
    targets = arrays.get("targets")
    if targets is None or targets.shape != (examples,):
        return ""
    return hashlib.sha256(np.ascontiguousarray(targets).tobytes()).hexdigest()[:16]


def _array(values: Tensor) -> Floats:
    return values.detach().double().cpu().numpy()
