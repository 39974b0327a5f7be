"""Chooses the device and the precision, and says why."""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from seqkit.errors import ConfigurationError
from seqkit.experiments.trainer import TrainerConfig


@dataclass(frozen=True)
class Device:
    """Where a run computes.

    Attributes:
        device: The device as torch knows it.
        name: What a person calls it.
        reason: Why it was chosen.
        precision: float32, or bfloat16 through autocast.
    """

    device: torch.device
    name: str
    reason: str
    precision: str

    @property
    def on_host(self) -> bool:
        """True where reading a number back costs nothing."""
        return self.device.type == "cpu"

    def autocast(self) -> contextlib.AbstractContextManager[Any]:
        """Returns a context in which mixed precision is on, if it is used at all."""
        if self.precision == "float32":
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)

    def place(
        self, batch: Mapping[str, np.ndarray[Any, Any]], on_host: Collection[str] = ("lengths",)
    ) -> dict[str, torch.Tensor]:
        """Turns a batch of arrays into tensors on the device.

        Args:
            batch: The arrays.
            on_host: Those that stay on the host, where they cost no synchronisation; packing for
                cuDNN needs `lengths` there, and `seqkit.nn` accepts them so.
        """
        tensors = {name: torch.from_numpy(array) for name, array in batch.items()}
        if self.on_host:
            return tensors
        pin = self.device.type == "cuda"
        return {
            name: tensor
            if name in on_host
            else (tensor.pin_memory() if pin else tensor).to(self.device, non_blocking=pin)
            for name, tensor in tensors.items()
        }


def choose_device(config: TrainerConfig) -> Device:
    """Chooses as `trainer.device` and `trainer.precision` say.

    Raises:
        ConfigurationError: The device is not there.
    """
    usable = usable_devices()
    if config.device == "auto":
        kind = next(iter(usable))
        reason = "the first usable of cuda, mps, xpu, cpu"
        if kind == "cpu":
            reason = "no GPU that this torch can use was found"
        device = torch.device(kind)
    else:
        device = torch.device(config.device)
        count = usable.get(device.type, 0)
        if (device.index or 0) >= count:
            raise ConfigurationError(
                f"trainer.device is {config.device!r}, which is not usable here. "
                f"Usable: {', '.join(usable)}. 'seqkit doctor' says why"
            )
        reason = "as asked"
    return Device(device, _name(device), reason, _precision(config, device))


def usable_devices() -> dict[str, int]:
    """Returns how many devices of each kind can be used, the best kind first."""
    counts = {
        "cuda": torch.cuda.device_count() if torch.cuda.is_available() else 0,
        "mps": int(torch.backends.mps.is_available()),
        "xpu": torch.xpu.device_count() if torch.xpu.is_available() else 0,
        "cpu": 1,
    }
    return {kind: count for kind, count in counts.items() if count}


def cpu_has_bfloat16() -> bool:
    """Tells whether the CPU computes bfloat16 in hardware."""
    # torch keeps these to itself, and not every version has them.
    names = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(bool(getattr(torch.cpu, name, bool)()) for name in names)


def out_of_memory(error: BaseException) -> bool:
    """Tells whether an error says that the device, or the host, has no memory left."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def set_threads(threads: int) -> None:
    """Sets the CPU threads of torch; 0 leaves torch's own choice, the physical cores."""
    if threads:
        torch.set_num_threads(threads)


def _name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "xpu":
        return torch.xpu.get_device_name(device)
    if device.type == "mps":
        return f"Apple GPU ({platform.machine()})"
    threads = torch.get_num_threads()
    return f"{threads} CPU thread{'s' if threads != 1 else ''}"


def _precision(config: TrainerConfig, device: torch.device) -> str:
    asked = config.precision
    bfloat16 = device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)
    if asked == "auto":
        # Few CPUs and not every cell gain from it, and on MPS the kernels may fall back.
        return "bfloat16" if bfloat16 else "float32"
    return asked
