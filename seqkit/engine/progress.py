"""How far a training run is: the numbers that a checkpoint carries and resuming continues from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any

import torch
from pydantic import Field, TypeAdapter, ValidationError
from torch import Tensor, nn
from torch.optim import Optimizer

from seqkit.engine.checkpoint import optimizer_tensors, restore_optimizer
from seqkit.engine.device import Device
from seqkit.errors import CheckpointError

Count = Annotated[int, Field(ge=0, lt=2**62)]
"""A number of steps, epochs, batches or evaluations."""


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
        plan: Fingerprint of the batches of the current epoch and of their data.
        epoch_steps: Batches of an epoch; 0 where a checkpoint of an older version does not say.
        plan_step: Optimiser steps done when epochs began to have so many batches.
        plan_epoch: Epochs done then.
    """

    step: Count = 0
    epoch: Count = 0
    batch: Count = 0
    accumulation: Annotated[int, Field(ge=1, lt=2**31)] = 1
    loss_total: float = 0.0
    loss_count: float = 0.0
    elapsed: float = 0.0
    best_value: float | None = None
    best_rank: tuple[float, float] | None = None
    best_step: Count | None = None
    best_epoch: float | None = None
    waited: Count = 0
    plateau_factor: float = 1.0
    plateau_waited: Count = 0
    rate_factor: float = 1.0
    plan: str = ""
    epoch_steps: Count = 0
    plan_step: Count = 0
    plan_epoch: Count = 0

    def as_dict(self) -> dict[str, Any]:
        """Returns the numbers by name."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Progress:
        """Reads the numbers back.

        Raises:
            CheckpointError: One is missing or unknown.
        """
        unknown = sorted(set(values) - {field.name for field in fields(cls)})
        missing = sorted(_ALWAYS - set(values))
        if unknown or missing:
            odd = ", ".join(missing or unknown)
            raise CheckpointError(f"the manifest's progress is damaged: {odd}.")
        try:
            return _READER.validate_json(json.dumps(dict(values)), strict=True)
        except (ValidationError, ValueError) as error:
            raise CheckpointError(f"the manifest's progress is damaged: {_why(error)}.") from error


def _why(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


_ALWAYS = {"step", "epoch", "batch", "accumulation", "waited"}
_READER = TypeAdapter(Progress)


def training_tensors(
    optimizer: Optimizer,
    device: Device,
    state: Any,
    raw: nn.Module | None,
    averaged: Tensor | None,
    loss: nn.Module | None = None,
) -> dict[str, Tensor]:
    """Gathers the tensors that resuming needs besides the weights.

    Args:
        optimizer: The optimiser.
        device: Whose random generator is kept beside the host's.
        state: What the task carries from batch to batch: tensors in nested tuples, or None.
        raw: The model in training, where the checkpoint's weights are an average of it.
        averaged: How many steps that average has seen.
        loss: The loss, where it has parameters that are trained.
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
    if loss is not None:
        tensors |= {f"{_LOSS}{name}": value.clone() for name, value in loss.state_dict().items()}
    return tensors


_LOSS = "loss/"


def loss_tensors(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Returns the parameters of a trained loss among what `training_tensors` gathered."""
    return {
        name.removeprefix(_LOSS): value for name, value in tensors.items() if name.startswith(_LOSS)
    }


def restore_loss(loss: nn.Module | None, tensors: Mapping[str, Tensor]) -> None:
    """Puts the parameters of a trained loss back; those of older checkpoints were not kept.

    Raises:
        RuntimeError: They do not fit.
    """
    kept = loss_tensors(tensors)
    if loss is not None and kept:
        loss.load_state_dict(kept)


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
