"""Optimisers, learning-rate schedules and the norm of the gradient."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from seqkit.experiments.trainer import TrainerConfig


def build_optimizer(
    trained: Sequence[nn.Parameter], config: TrainerConfig, device: torch.device
) -> Optimizer:
    """Builds the optimiser, fused where torch has a fused kernel (exact, and far faster).

    Weight decay is left off vectors: biases and gains.
    """
    matrices = [parameter for parameter in trained if parameter.ndim >= 2]
    vectors = [parameter for parameter in trained if parameter.ndim < 2]
    groups = [
        {"params": matrices, "weight_decay": config.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    rate = config.learning_rate
    fused = device.type in ("cpu", "cuda")
    match config.optimizer:
        case "sgd":
            sgd = _without_compiler(torch.optim.SGD)
            return sgd(groups, lr=rate, momentum=config.momentum, fused=fused)
        case "rmsprop":
            rmsprop = _without_compiler(torch.optim.RMSprop)
            return rmsprop(groups, lr=rate, momentum=config.momentum)
        case "adam":
            return _without_compiler(torch.optim.Adam)(groups, lr=rate, fused=fused)
        case "adamw":
            return _without_compiler(torch.optim.AdamW)(groups, lr=rate, fused=fused)


@functools.cache
def _without_compiler(kind: type[Optimizer]) -> Callable[..., Optimizer]:
    """Returns an optimiser that does the same without torch's compiler.

    torch imports that, which takes a second, to tell it to leave these functions alone, and for
    the graph breaks around a step. Nothing of an optimiser is compiled here.
    """
    for name in ("add_param_group", "zero_grad", "state_dict", "load_state_dict"):
        plain: Any = inspect.unwrap(getattr(Optimizer, name))
        plain.__dict__.setdefault("__dynamo_disable", plain)
    step = torch.no_grad()(inspect.unwrap(kind.step))
    return type(kind.__name__, (kind,), {"step": step})


def learning_rate(config: TrainerConfig, step: int, total: int) -> float:
    """Returns the learning rate of an optimiser step, a pure function of its number.

    Args:
        config: The trainer's settings.
        step: Steps done so far, from 0.
        total: Steps of the whole run.

    `one-cycle` rises from 1/25 of the peak and falls to 1/250,000 of it, along cosines, as
    `torch.optim.lr_scheduler.OneCycleLR` does (Smith & Topin 2018). The others reach the peak in
    the last step of the warm-up; `linear` and `cosine` then fall towards 0.
    """
    peak = config.learning_rate
    if config.schedule == "one-cycle":
        return _one_cycle(peak, config.warmup or 0.3, step, total)
    warmup = config.warmup
    warm_steps = warmup * total if warmup < 1 else warmup
    if step < warm_steps:
        return peak * min(1.0, (step + 1) / max(1.0, warm_steps))
    done = min(1.0, (step - warm_steps) / max(1.0, total - warm_steps))
    match config.schedule:
        case "linear":
            return peak * (1.0 - done)
        case "cosine":
            return _cosine(peak, 0.0, done)
    return peak


def _one_cycle(peak: float, warmup: float, step: int, total: int) -> float:
    top = (warmup * total if warmup < 1 else warmup) - 1
    if step <= top:
        return _cosine(peak / 25, peak, step / top if top > 0 else 1.0)
    return _cosine(peak, peak / 25e4, min(1.0, (step - top) / max(1.0, total - 1 - top)))


def _cosine(start: float, end: float, done: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * done)) / 2


def gradient_norm(parameters: Sequence[nn.Parameter]) -> Tensor:
    """Returns the norm of all gradients together, a scalar on the device."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    return torch.nn.utils.get_total_norm(gradients)


def clip_gradients(parameters: Sequence[nn.Parameter], largest: float, norm: Tensor) -> None:
    """Scales the gradients down on the device where their norm is above `largest`."""
    torch.nn.utils.clip_grads_with_norm_(parameters, largest, norm)
