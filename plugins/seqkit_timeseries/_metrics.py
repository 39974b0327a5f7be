"""Metrics of numbers: sums on the device, divided in `compute` alone.

Predictions are `(batch, horizon, size)`, with one more dimension for quantiles, or `(batch, 1)`;
targets are `(batch, horizon, size)` or `(batch, 1)`, and one that is missing, NaN, counts nowhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from seqkit.api import Number, Values
from seqkit_timeseries._answers import middle
from seqkit_timeseries._precision import ROUNDING

Sums = list[Tensor]
Terms = Callable[[Tensor, Tensor, Tensor, Mapping[str, Tensor]], Sums]
"""From forecasts and targets, both 0 where a target is missing, the mask of those that are known,
and the batch, makes what is added up."""


@dataclass
class Accumulated:
    """A metric made of sums over all windows.

    Attributes:
        terms: What a batch adds.
        finish: Makes the value of the sums, on the host.
        quantile: Which quantile is scored; None where there are none, or all are.
    """

    terms: Terms
    finish: Callable[[list[Any]], Any]
    quantile: int | None = None
    _sums: Sums = field(default_factory=list)

    def update(
        self, predictions: Tensor, targets: Tensor, batch: Mapping[str, Tensor] | None = None
    ) -> None:
        exact = torch.float32 if predictions.device.type == "mps" else torch.float64
        if self.quantile is not None:
            predictions = predictions[..., self.quantile]
        known = ~torch.isnan(targets)
        wanted = torch.where(known, targets, 0.0).to(exact)
        mask = known if predictions.dim() == known.dim() else known.unsqueeze(-1)
        forecasts = torch.where(mask, predictions, 0.0).to(exact)
        self._add(self.terms(forecasts, wanted, known, batch or {}))

    def merge(self, other: Accumulated) -> None:
        if other._sums:
            self._add(other._sums)

    def compute(self) -> Any:
        if not self._sums:
            return math.nan
        return self.finish([term.tolist() for term in self._sums])

    def _add(self, sums: Sums) -> None:
        if self._sums:
            sums = [mine + other.to(mine) for mine, other in zip(self._sums, sums, strict=True)]
        self._sums = sums


def mean_of(
    error: Callable[[Tensor, Tensor], Tensor], outputs: Values | Number, root: bool = False
) -> Accumulated:
    """Returns the mean of an error that is 0 where forecast and target are."""

    def terms(forecasts: Tensor, targets: Tensor, known: Tensor, _: Any) -> Sums:
        return [error(forecasts, targets).sum(), known.sum()]

    def finish(sums: list[Any]) -> float:
        mean = ratio(*sums)
        return math.sqrt(mean) if root else mean

    return Accumulated(terms, finish, _point(outputs))


def absolute(forecasts: Tensor, targets: Tensor) -> Tensor:
    return (forecasts - targets).abs()


def squared(forecasts: Tensor, targets: Tensor) -> Tensor:
    return (forecasts - targets).square()


def symmetric_percentage(forecasts: Tensor, targets: Tensor) -> Tensor:
    """Returns 200 |y - f| / (|y| + |f|), and 0 where both are 0."""
    size = forecasts.abs() + targets.abs()
    return 200 * absolute(forecasts, targets) / torch.where(size > 0, size, 1.0)


def scaled_error(outputs: Values) -> Accumulated:
    """Absolute errors over the error of the seasonal naive forecast in sample."""
    return Accumulated(_scaled_terms, lambda sums: ratio(*sums), _point(outputs))


def weighted_average(outputs: Values, smape: float, mase: float) -> Accumulated:
    """Mean of sMAPE and MASE, each over that of a reference."""

    def terms(forecasts: Tensor, targets: Tensor, known: Tensor, batch: Any) -> Sums:
        percentage = symmetric_percentage(forecasts, targets).sum()
        return [percentage, known.sum(), *_scaled_terms(forecasts, targets, known, batch)]

    def finish(sums: list[Any]) -> float:
        return (ratio(*sums[:2]) / smape + ratio(*sums[2:]) / mase) / 2

    return Accumulated(terms, finish, _point(outputs))


def _scaled_terms(
    forecasts: Tensor, targets: Tensor, known: Tensor, batch: Mapping[str, Tensor]
) -> Sums:
    naive = batch["naive_error"][:, None].to(forecasts)
    # A series that never changed has no scale, and is left out.
    usable = (naive > 0) & known
    errors = absolute(forecasts, targets) / torch.where(naive > 0, naive, 1.0)
    return [torch.where(usable, errors, 0.0).sum(), usable.sum()]


@dataclass
class Spread:
    """A metric of squared errors beside how far targets lie from their mean, by column.

    Mean and squares are merged batch by batch (Chan et al. 1979): the sum of squares less the
    square of the sum would be lost where targets are far from 0.

    Attributes:
        finish: Makes the value of errors, counts, means and squares about them, of each column.
        rows: Rows of the horizon that are scored.
        quantile: Which quantile is scored; None where there are none.
    """

    finish: Callable[[Tensor, Tensor, Tensor, Tensor], float]
    rows: slice
    quantile: int | None
    _sums: tuple[Tensor, Tensor, Tensor, Tensor] | None = None

    def update(
        self, predictions: Tensor, targets: Tensor, batch: Mapping[str, Tensor] | None = None
    ) -> None:
        exact = torch.float32 if predictions.device.type == "mps" else torch.float64
        if self.quantile is not None:
            predictions = predictions[..., self.quantile]
        predictions, targets = predictions[:, self.rows].to(exact), targets[:, self.rows].to(exact)
        known = ~torch.isnan(targets)
        count = known.sum(dim=(0, 1)).to(exact)
        mean = torch.where(known, targets, 0.0).sum(dim=(0, 1)) / count.clamp(min=1)
        squares = torch.where(known, targets - mean, 0.0).square().sum(dim=(0, 1))
        error = torch.where(known, predictions - targets, 0.0).square().sum(dim=(0, 1))
        self._add((error, count, mean, squares))

    def merge(self, other: Spread) -> None:
        if other._sums:
            self._add(other._sums)

    def compute(self) -> float:
        if self._sums is None:
            return math.nan
        return self.finish(*(part.cpu() for part in self._sums))

    def _add(self, sums: tuple[Tensor, Tensor, Tensor, Tensor]) -> None:
        if self._sums is not None:
            pairs = zip(self._sums, sums, strict=True)
            error, count, mean, squares = (torch.stack([a, b.to(a)]) for a, b in pairs)
            sums = (error.sum(dim=0), *_pooled(count, mean, squares))
        self._sums = sums


def _pooled(count: Tensor, mean: Tensor, squares: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Puts counts, means and squares about them together over the first dimension."""
    total = count.sum(dim=0)
    middle = (count * mean).sum(dim=0) / total.clamp(min=1)
    between = torch.where(count > 0, mean - middle, 0.0).square() * count
    return total, middle, (squares + between).sum(dim=0)


def determination(outputs: Values | Number) -> Spread:
    """1 less the squared error over that of each column's mean, averaged over the columns."""

    def finish(error: Tensor, count: Tensor, mean: Tensor, squares: Tensor) -> float:
        there = _differ(count, mean, squares)
        return float((1 - error[there] / squares[there]).mean()) if there.any() else math.nan

    return Spread(finish, slice(None), _point(outputs))


def relative_squared(outputs: Values, step: int) -> Spread:
    """Root of the squared error over that of the mean of all targets."""

    def finish(error: Tensor, count: Tensor, mean: Tensor, squares: Tensor) -> float:
        pooled = _pooled(count, mean, squares)
        return float((error.sum() / pooled[2]).sqrt()) if _differ(*pooled) else math.nan

    return Spread(finish, slice(step - 1, step) if step else slice(None), _point(outputs))


def _differ(count: Tensor, mean: Tensor, squares: Tensor) -> Tensor:
    """Tells where targets differ by more than rounding leaves."""
    return squares > count * (ROUNDING * mean).square()


def by_step(outputs: Values) -> Accumulated:
    """Mean absolute error of each row of the horizon."""

    def terms(forecasts: Tensor, targets: Tensor, known: Tensor, _: Any) -> Sums:
        return [absolute(forecasts, targets).sum(dim=(0, 2)), known.sum(dim=(0, 2))]

    def finish(sums: list[Any]) -> list[float]:
        return [ratio(error, count) for error, count in zip(*sums, strict=True)]

    return Accumulated(terms, finish, _point(outputs))


def coverage() -> Accumulated:
    """Share of the targets between the lowest and the highest quantile."""

    def terms(forecasts: Tensor, targets: Tensor, known: Tensor, _: Any) -> Sums:
        low, high = forecasts.amin(dim=-1), forecasts.amax(dim=-1)
        inside = (low <= targets) & (targets <= high) & known
        return [inside.sum(), known.sum()]

    return Accumulated(terms, lambda sums: ratio(*sums))


def interval_width() -> Accumulated:
    """Mean distance of the highest quantile from the lowest."""

    def terms(forecasts: Tensor, _: Tensor, known: Tensor, __: Any) -> Sums:
        return [(forecasts.amax(dim=-1) - forecasts.amin(dim=-1)).sum(), known.sum()]

    return Accumulated(terms, lambda sums: ratio(*sums))


def ratio(total: float, count: float) -> float:
    """Returns a mean; NaN of nothing."""
    return float(total / count) if count else math.nan


def _point(outputs: Values | Number) -> int | None:
    levels = outputs.quantiles if isinstance(outputs, Values) else ()
    return middle(levels) if levels else None
