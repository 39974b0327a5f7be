"""Checks of losses and metrics: how a pass is split into batches must change nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from unittest import SkipTest

from seqkit.api import Shape
from seqkit.errors import ConfigurationError
from seqkit.registry import Entry, Registry
from seqkit.testing.checks import Check, require
from seqkit.testing.samples import SPLITS, describe, outputs_and_targets, sample_shapes, untried

if TYPE_CHECKING:
    from torch import Tensor

TOLERANCE = 1e-5
Settings = Callable[[], Any]


def loss_checks(entry: Entry, config: Settings, registry: Registry) -> Iterator[Check]:
    """Yields the checks of a loss, on every sample shape that it is for and takes."""
    subject = f"losses:{entry.name}"
    yield Check(subject, "splits", _over_shapes(entry, config, _loss_splits, registry))
    yield Check(subject, "gradient", _over_shapes(entry, config, _loss_gradient, registry))


def metric_checks(entry: Entry, config: Settings, registry: Registry) -> Iterator[Check]:
    """Yields the checks of a metric, on every sample shape that it is for and takes."""
    subject = f"metrics:{entry.name}"
    yield Check(subject, "splits", _over_shapes(entry, config, _metric_splits, registry))
    yield Check(subject, "value", _over_shapes(entry, config, _metric_value, registry))


def _over_shapes(
    entry: Entry, config: Settings, trial: Callable[[Any, Any, Shape], None], registry: Registry
) -> Callable[[], None]:
    def run() -> None:
        component = entry.component
        reads = getattr(component, "reads", "outputs")
        if reads != "outputs":
            raise SkipTest(f"it reads {reads}, and the kit has none")
        shapes = sample_shapes(entry, registry)
        if not shapes:
            raise SkipTest(untried(component))
        settings = config()

        import torch

        refusals = []
        for shape in shapes:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                try:
                    trial(component, settings, shape)
                except ConfigurationError as refusal:
                    refusals.append(str(refusal))
                except AssertionError as failure:
                    raise AssertionError(f"{describe(shape)}: {failure}") from failure
        require(len(refusals) < len(shapes), f"it refuses all sample data: {' '.join(refusals)}")

    return run


def _loss_splits(component: Any, settings: Any, shape: Shape) -> None:
    shape = component.adapt(settings, shape)
    loss = component.build(settings, shape)
    outputs, targets = outputs_and_targets(shape)
    total, count = _loss(loss, outputs, targets)
    parts = [_loss(loss, outputs[a:b], targets[a:b]) for a, b in SPLITS]
    require(
        math.isclose(sum(part for part, _ in parts), total, rel_tol=TOLERANCE)
        and math.isclose(sum(part for _, part in parts), count, rel_tol=TOLERANCE),
        f"split into {len(SPLITS)} batches it gave {sum(p for p, _ in parts):.6g} of "
        f"{sum(p for _, p in parts):.6g}, at once {total:.6g} of {count:.6g}. "
        "Return a sum and a count, not a mean",
    )
    require(math.isfinite(total) and count > 0, f"it gave {total} of {count}")


def _loss_gradient(component: Any, settings: Any, shape: Shape) -> None:
    import torch

    shape = component.adapt(settings, shape)
    loss = component.build(settings, shape)
    outputs, targets = outputs_and_targets(shape)
    outputs.requires_grad_()
    loss(outputs, targets)[0].backward()
    require(
        outputs.grad is not None and outputs.grad.any(), "no gradient reached the model's outputs"
    )
    require(torch.isfinite(outputs.grad).all(), "its gradient is not finite")  # type: ignore[arg-type]


def _loss(loss: Any, outputs: Tensor, targets: Tensor) -> tuple[float, float]:
    result = loss(outputs, targets)
    require(
        isinstance(result, tuple) and len(result) == 2,
        f"it returned {type(result).__name__}, not a sum and a count",
    )
    total, count = result
    require(total.dim() == 0, f"its sum has the shape {tuple(total.shape)}; it must be a scalar")
    return float(total), float(count)


def _metric_splits(component: Any, settings: Any, shape: Shape) -> None:
    outputs, targets = outputs_and_targets(shape)
    at_once, batch_by_batch, merged = (component.build(settings, shape) for _ in range(3))
    at_once.update(outputs, targets)
    for start, end in SPLITS:
        batch_by_batch.update(outputs[start:end], targets[start:end])
        part = component.build(settings, shape)
        part.update(outputs[start:end], targets[start:end])
        merged.merge(part)
    expected = at_once.compute()
    for name, way in {"batch by batch": batch_by_batch, "merged from parts": merged}.items():
        found = way.compute()
        require(
            _alike(expected, found),
            f"{name} it gave {found}, at once {expected}. "
            "Add up counts in update() and merge(), and divide in compute() alone",
        )


def _metric_value(component: Any, settings: Any, shape: Shape) -> None:
    outputs, targets = outputs_and_targets(shape)
    accumulator = component.build(settings, shape)
    accumulator.update(outputs, targets)
    value = accumulator.compute()
    try:
        json.dumps(value)
    except TypeError as error:
        raise AssertionError(
            f"compute() returned {type(value).__name__}. Return a float or nested lists of numbers"
        ) from error
    if component.higher_is_better is not None:
        require(
            isinstance(value, int | float) and math.isfinite(value),
            f"compute() returned {value!r}, which cannot rank models. "
            "Return a float, or set higher_is_better = None",
        )
    require(_alike(value, accumulator.compute()), "a second compute() gave something else")


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, int | float) and isinstance(other, int | float):
        both_nan = math.isnan(one) and math.isnan(other)
        return both_nan or math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(one == other)
