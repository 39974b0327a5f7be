"""How far a training run is: the numbers that a checkpoint carries and resuming continues from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from seqkit.engine.checkpoint import optimizer_tensors, restore_optimizer
from seqkit.engine.device import Device
from seqkit.errors import CheckpointError


@dataclass
class Progress:
    """The numbers of a run in progress.

    Attributes:
        step: Optimiser steps done.
        epoch: Epochs finished.
        batch: Batches done of the current epoch.
        accumulation: Parts a batch is computed in; grows when the device runs out of memory.
        loss_total: Summed loss of the current epoch.
        loss_count: What to divide it by.
        elapsed: Seconds of training so far, in all the processes that worked on it.
        best_value: Best value of what is monitored; None before the first evaluation.
        best_rank: That value, so that higher is better, and the loss behind it, to break ties.
        best_step: Step of that evaluation.
        best_epoch: Epoch of it.
        waited: Evaluations since then.
        plateau_factor: What the plateau schedule multiplies the learning rate by.
        plateau_waited: Evaluations it has waited.
        rate_factor: What a person multiplied the learning rate by while it ran.
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    accumulation: int = 1
    loss_total: float = 0.0
    loss_count: float = 0.0
    elapsed: float = 0.0
    best_value: float | None = None
    best_rank: tuple[float, float] | None = None
    best_step: int | None = None
    best_epoch: float | None = None
    waited: int = 0
    plateau_factor: float = 1.0
    plateau_waited: int = 0
    rate_factor: float = 1.0

    def as_dict(self) -> dict[str, Any]:
        """Returns the numbers by name."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Progress:
        """Reads the numbers back.

        Raises:
            CheckpointError: One is missing or unknown.
        """
        expected = {field.name for field in fields(cls)}
        if set(values) != expected:
            odd = sorted(expected ^ set(values))
            raise CheckpointError(f"the manifest's progress is damaged: {', '.join(odd)}.")
        progress = cls(**values)
        if progress.best_rank is not None:
            value, loss = progress.best_rank
            progress.best_rank = (float(value), float(loss))
        return progress


def training_tensors(
    optimizer: Optimizer, device: Device, state: Any, raw: nn.Module | None, averaged: Tensor | None
) -> dict[str, Tensor]:
    """Gathers the tensors that resuming needs besides the weights.

    Args:
        optimizer: The optimiser.
        device: Whose random generator is kept beside the host's.
        state: What the task carries from batch to batch: tensors in nested tuples, or None.
        raw: The model in training, where the checkpoint's weights are an average of it.
        averaged: How many steps that average has seen.
    """
    tensors = optimizer_tensors(optimizer)
    tensors["generator/host"] = torch.get_rng_state()
    if device.device.type == "cuda":
        tensors["generator/cuda"] = torch.cuda.get_rng_state(device.device)
    for path, tensor in flatten(state):
        tensors[f"carried/{path}"] = tensor.clone()
    if raw is not None and averaged is not None:
        tensors["averaged"] = averaged
        for name, tensor in raw.state_dict().items():
            tensors[f"raw/{name}"] = tensor.clone()
    return tensors


def restore_training(tensors: Mapping[str, Tensor], optimizer: Optimizer, device: Device) -> Any:
    """Puts optimiser and generators back and returns the carried state.

    Tensors are copied out of the file's memory: the last bit of a matrix product may depend on how
    its operands are aligned.
    """
    restore_optimizer(optimizer, tensors)
    torch.set_rng_state(tensors["generator/host"])
    if "generator/cuda" in tensors and device.device.type == "cuda":
        torch.cuda.set_rng_state(tensors["generator/cuda"], device.device)
    carried = {
        name.removeprefix("carried/"): tensor.to(device.device, copy=True)
        for name, tensor in tensors.items()
        if name.startswith("carried/")
    }
    return unflatten(carried)


def flatten(state: Any, path: str = "") -> list[tuple[str, Tensor]]:
    """Names the tensors of nested tuples by their place: `0.1` is the second of the first."""
    if state is None:
        return []
    if isinstance(state, Tensor):
        return [(path or "-", state)]
    found = []
    for index, item in enumerate(state):
        found += flatten(item, f"{path}.{index}" if path else str(index))
    return found


def unflatten(tensors: Mapping[str, Tensor]) -> Any:
    """Undoes `flatten`: None, a tensor, or nested tuples."""
    if not tensors:
        return None
    if "-" in tensors:
        return tensors["-"]
    groups: dict[int, dict[str, Tensor]] = {}
    for path, tensor in tensors.items():
        head, _, rest = path.partition(".")
        groups.setdefault(int(head), {})[rest or "-"] = tensor
    return tuple(unflatten(groups[index]) for index in sorted(groups))


def detach(state: Any) -> Any:
    """Cuts a carried state off the graph of the batch it came from."""
    if state is None:
        return None
    if isinstance(state, Tensor):
        return state.detach()
    return tuple(detach(item) for item in state)
