"""Names the place where a loss or gradient stopped being a finite number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value] if value.is_floating_point() else []
    if isinstance(value, list | tuple):
        return [tensor for item in value for tensor in _tensors(item)]
    if isinstance(value, dict):
        return [tensor for item in value.values() for tensor in _tensors(item)]
    return []


def _bad(value: Any) -> bool:
    return any(not bool(torch.isfinite(tensor).all()) for tensor in _tensors(value))


def locate(model: nn.Module, compute_loss: Callable[[], Tensor]) -> str:
    """Runs a batch again with every layer watched.

    Args:
        model: The model, with the weights that met the bad batch.
        compute_loss: Runs the batch and returns the mean loss.

    Returns:
        What was found, as the end of a sentence: `first in the output of head (Linear)`.
    """
    for name, parameter in model.named_parameters():
        if _bad(parameter):
            return f"first in the weights of {name}"
    found: list[str] = []
    handles = []

    def watch(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def after(module: nn.Module, inputs: Any, outputs: Any) -> None:
            if found or not _bad(outputs):
                return
            side = "input" if _bad(inputs) else "output"
            found.append(f"first in the {side} of {name or 'the model'} ({type(module).__name__})")

        return after

    for name, module in model.named_modules():
        handles.append(module.register_forward_hook(watch(name)))
    try:
        model.zero_grad(set_to_none=True)
        loss = compute_loss()
        if found:
            return found[0]
        if _bad(loss):
            return "first in the loss; every output of the model is finite"
        loss.backward()  # type: ignore[no-untyped-call]
        for name, parameter in reversed(list(model.named_parameters())):
            if parameter.grad is not None and _bad(parameter.grad):
                return f"first in the gradient of {name}"
        return "and gone when the batch was run again; dropout may have caused it"
    finally:
        for handle in handles:
            handle.remove()
        model.zero_grad(set_to_none=True)
