"""Checks of a loss: how a batch is split must change nothing, nor a target that is not known."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from seqkit.registry.registry import Entry
from seqkit.shapes import Shape
from seqkit.testing.checks import Check, require
from seqkit.testing.networks import Refusals
from seqkit.testing.records import Records
from seqkit.testing.samples import kinds_tried, sample_shapes
from seqkit.testing.targets import (
    SPLITS,
    UNKNOWN_TARGETS,
    outputs_and_targets,
    right_and_wrong,
    unknown_target,
)

if TYPE_CHECKING:
    from torch import Tensor

TOLERANCE = 1e-5
Trial = Callable[[Any, Shape], None]
"""Takes the loss that was built, and the shape that it adapted."""


def loss_checks(entry: Entry, config: Callable[[], Any], records: Records) -> Iterator[Check]:
    """Yields the checks of a loss, on every sample shape that it is for and takes."""
    subject = f"losses:{entry.name}"
    trials = {"splits": _splits, "gradient": _gradient, "direction": _direction}
    if set(kinds_tried(entry, records)) & set(UNKNOWN_TARGETS):
        trials["unknown-targets"] = _unknown_targets
    for name, trial in trials.items():
        yield Check(subject, name, partial(_over_shapes, entry, config, trial, records))


def _over_shapes(
    entry: Entry, config: Callable[[], Any], trial: Trial, records: Records
) -> str | None:
    settings, component = config(), entry.component
    shapes = sample_shapes(entry, records)
    if trial is _unknown_targets:
        shapes = [shape for shape in shapes if unknown_target(shape) is not None]

    def attempt(shape: Shape) -> None:
        adapted = component.adapt(settings, shape)
        trial(component.build(settings, adapted), adapted)

    found = Refusals()
    for shape in shapes:
        found.attempt(partial(attempt, shape), shape)
    note = found.note()
    return note if trial is _splits else None


def _splits(loss: Any, shape: Shape) -> None:
    outputs, targets = outputs_and_targets(shape)
    total, count = _value(loss, outputs, targets)
    parts = [_value(loss, outputs[a:b], targets[a:b]) for a, b in SPLITS]
    require(
        math.isclose(sum(part for part, _ in parts), total, rel_tol=TOLERANCE)
        and math.isclose(sum(part for _, part in parts), count, rel_tol=TOLERANCE),
        f"split into {len(SPLITS)} batches it gave {sum(p for p, _ in parts):.6g} of "
        f"{sum(p for _, p in parts):.6g}, at once {total:.6g} of {count:.6g}. "
        "Return a sum and a count, not a mean",
    )
    require(math.isfinite(total) and count > 0, f"it gave {total} of {count}")


def _gradient(loss: Any, shape: Shape) -> None:
    import torch

    outputs, targets = outputs_and_targets(shape)
    outputs.requires_grad_()
    loss(outputs, targets)[0].backward()
    require(
        outputs.grad is not None and outputs.grad.any(), "no gradient reached the model's outputs"
    )
    require(torch.isfinite(outputs.grad).all(), "its gradient is not finite")  # type: ignore[arg-type]
    if not isinstance(loss, torch.nn.Module):
        _require_registered(loss)
        return
    for name, parameter in loss.named_parameters():
        if parameter.requires_grad:
            require(
                parameter.grad is not None and parameter.grad.any(),
                f"no gradient reached its parameter {name}. Use it, or leave it out",
            )
            require(
                torch.isfinite(parameter.grad).all(),  # type: ignore[arg-type]
                f"the gradient of its parameter {name} is not finite",
            )


def _direction(loss: Any, shape: Shape) -> None:
    _, targets = outputs_and_targets(shape)
    pair = right_and_wrong(shape, targets)
    if pair is None:
        return
    right, wrong = (_value(loss, outputs, targets)[0] for outputs in pair)
    require(
        right < wrong,
        f"it gives {right:.6g} for outputs that are right and {wrong:.6g} for some that are wrong. "
        "Training makes it small: mind its sign",
    )


def _require_registered(loss: Any) -> None:
    """Finds tensors of a loss that would stay on the CPU, and parameters that nothing trains."""
    import torch

    held = (
        [name for name, value in vars(loss).items() if isinstance(value, torch.Tensor)]
        if (hasattr(loss, "__dict__"))
        else []
    )
    require(
        not held,
        f"its {', '.join(held)} would stay on the CPU, and be neither trained nor saved. "
        "Make the loss a torch.nn.Module, and these its parameters or buffers",
    )


def _unknown_targets(loss: Any, shape: Shape) -> None:
    import torch

    unknown = unknown_target(shape)
    assert unknown is not None
    outputs, targets = outputs_and_targets(shape)
    outputs.requires_grad_()
    # One example is not known at all, another in part.
    targets[3] = unknown
    targets[5].view(-1)[0] = unknown
    others = [row for row in range(len(targets)) if row != 3]
    total, count = _value(loss, outputs, targets)
    word = "NaN" if math.isnan(unknown) else f"{unknown:g}"
    require(
        math.isfinite(total),
        f"a target that is not known, {word}, makes it {total}. Leave such targets out of the sum "
        "and of the count",
    )
    without, fewer = _value(loss, outputs[others], targets[others])
    require(
        math.isclose(total, without, rel_tol=TOLERANCE)
        and math.isclose(count, fewer, rel_tol=TOLERANCE),
        f"an example whose targets are not known, {word}, changed it from {without:.6g} of "
        f"{fewer:.6g} to {total:.6g} of {count:.6g}. Leave such targets out of the sum and of the "
        "count",
    )
    loss(outputs, targets)[0].backward()
    require(
        outputs.grad is not None and torch.isfinite(outputs.grad).all(),
        f"a target that is not known, {word}, makes its gradient not finite. Replace such targets "
        "before anything is computed of them",
    )


def _value(loss: Any, outputs: Tensor, targets: Tensor) -> tuple[float, float]:
    result = loss(outputs, targets)
    require(
        isinstance(result, tuple) and len(result) == 2,
        f"it returned {type(result).__name__}, not a sum and a count",
    )
    total, count = result
    require(total.dim() == 0, f"its sum has the shape {tuple(total.shape)}; it must be a scalar")
    return float(total.detach()), float(count)
