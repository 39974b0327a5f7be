"""What torch can use on this machine, and why not more: for `seqkit doctor`."""

from __future__ import annotations

import platform
from typing import Any

import torch

from seqkit.engine.device import cpu_has_bfloat16, usable_devices


def describe_devices() -> dict[str, Any]:
    """Returns the version of torch, what it is built for, its threads, and each device in words.

    Also which kinds are usable, and whether the CPU computes bfloat16 in hardware.
    """
    usable = usable_devices()
    devices = []
    for kind, count in usable.items():
        devices += [_described(kind, index) for index in range(count)]
    missing = _why_no_cuda() if "cuda" not in usable else ""
    return {
        "torch": str(torch.__version__),
        "build": _build(),
        "threads": torch.get_num_threads(),
        "devices": [*devices, missing] if missing else devices,
        "usable": list(usable),
        "cpu_bfloat16": cpu_has_bfloat16(),
    }


def _build() -> str:
    if torch.version.hip:
        return f"ROCm {torch.version.hip}"
    if torch.version.cuda:
        return f"CUDA {torch.version.cuda}"
    return "MPS and CPU" if torch.backends.mps.is_built() else "CPU alone"


def _described(kind: str, index: int) -> str:
    if kind == "cuda":
        properties = torch.cuda.get_device_properties(index)
        return f"cuda:{index} ({properties.name}, {properties.total_memory / 1e9:.0f} GB)"
    if kind == "xpu":
        return f"xpu:{index} ({torch.xpu.get_device_name(index)})"
    if kind == "mps":
        return "mps (Apple GPU)"
    return f"cpu ({platform.processor() or platform.machine()})"


def _why_no_cuda() -> str:
    if platform.system() == "Darwin":
        return ""
    if torch.version.cuda or torch.version.hip:
        return "no cuda: torch is built for it, but finds no driver or no device"
    return "no cuda: this torch is a build without it (see the README for one with it)"
