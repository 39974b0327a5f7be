"""A preview of an experiment before it is run: layers, memory, time, examples."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seqkit.api import Arrays, ignore
from seqkit.engine.attribution import attributed_in
from seqkit.engine.batching import training_plan
from seqkit.engine.device import choose_device, set_threads
from seqkit.engine.encoding import EncodedData, encode_data
from seqkit.engine.learner import Learner, build_learner
from seqkit.experiments.experiment import Experiment
from seqkit.registry.registry import Registry

SAMPLES = 12
_BINS = 16
_STATES = {"sgd": 1, "rmsprop": 2, "adam": 2, "adamw": 2}
"""How many numbers each rule keeps for a weight, with momentum."""


def preview(experiment: Experiment, registry: Registry) -> dict[str, Any]:
    """Encodes the data, builds the model, and tries one batch of middling size.

    The encoded data are kept for the run itself.

    Args:
        experiment: What is to be run.
        registry: Where its components come from.

    Returns:
        JSON values: `examples` and `steps` of an epoch, `shape`, `lengths` (a histogram), `layers`
        (list of {name, kind, parameters, output}), `parameters`, `memory` (bytes by what holds
        them, for one batch), `seconds` (of the steps of an epoch, on this device and, where that
        is a CPU, on one of its threads), `samples`.

    Raises:
        SeqkitError: The data cannot be had or a component fails.
    """
    with attributed_in(experiment, registry):
        return _preview(experiment, registry)


def _preview(experiment: Experiment, registry: Registry) -> dict[str, Any]:
    data = encode_data(experiment, registry, ignore)
    config = experiment.trainer
    # One thread: a look ahead must not slow down what is being trained beside it.
    set_threads(1)
    device = choose_device(config)
    learner = build_learner(experiment, data.codec, device)
    train = data.splits["train"]
    plan = training_plan(
        data.codec,
        train,
        config.batch_size,
        config.seed,
        0,
        config.bucketing,
        config.overfit_batches,
    )
    sizes = data.sizes("train")
    longest = [int(sizes[indices].max(initial=0)) for indices in plan]
    middling = plan[int(np.argmin(np.abs(np.array(longest) - np.mean(longest))))]
    outputs, memory, seconds = _try(learner, train, middling)
    return {
        "examples": {split: len(data.sizes(split)) for split in data.splits},
        "steps": len(plan),
        "device": device.name,
        "shape": learner.shape.as_dict(),
        "lengths": _lengths(sizes),
        "batch": [len(middling), int(sizes[middling].max(initial=0))],
        "layers": layers(learner.model, outputs),
        "parameters": sum(weight.numel() for weight in learner.model.parameters()),
        "memory": memory,
        "seconds": seconds * len(plan),
        "samples": _samples(data),
    }


def data_preview(experiment: Experiment, registry: Registry) -> dict[str, Any]:
    """Encodes the data alone.

    Returns:
        `examples`, `shape`, `lengths` and `samples`, as `preview` has them.

    Raises:
        DataError: The data cannot be had.
    """
    with attributed_in(experiment, registry):
        data = encode_data(experiment, registry, ignore)
    return {
        "examples": {split: len(data.sizes(split)) for split in data.splits},
        "shape": data.codec.shape.as_dict(),
        "lengths": _lengths(data.sizes("train")),
        "samples": _samples(data),
    }


def _try(
    learner: Learner, train: Arrays, indices: np.ndarray[Any, Any]
) -> tuple[dict[str, list[int]], dict[str, int], float]:
    """Runs a batch forward and backward; returns output shapes, bytes, and seconds."""
    batch = learner.place(train, indices)
    outputs: dict[str, list[int]] = {}
    hooks = [
        module.register_forward_hook(_noting(outputs, name))
        for name, module in learner.model.named_modules()
        if name
    ]
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    learner.model.train()
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        total, count, _ = learner.summed_loss(batch, None)
    (total / count).backward()  # type: ignore[no-untyped-call]
    for hook in hooks:
        hook.remove()
    # The first pass also sets kernels up; the second one is what a step takes.
    start = time.perf_counter()
    total, count, _ = learner.summed_loss(batch, None)
    (total / count).backward()  # type: ignore[no-untyped-call]
    if learner.device.device.type == "cuda":
        torch.cuda.synchronize(learner.device.device)
    seconds = time.perf_counter() - start
    held = {weight.untyped_storage().data_ptr() for weight in learner.model.parameters()}
    weights = sum(weight.numel() * weight.element_size() for weight in learner.model.parameters())
    config = learner.experiment.trainer
    memory = {
        "weights": weights,
        "gradients": weights,
        "optimizer": weights * _STATES[config.optimizer] + weights * bool(config.ema_decay),
        "activations": sum(size for place, size in kept.items() if place not in held),
    }
    return outputs, memory, seconds


def _noting(outputs: dict[str, list[int]], name: str) -> Any:
    def note(_module: nn.Module, _inputs: Any, output: Any) -> None:
        first = output[0] if isinstance(output, tuple) and output else output
        if isinstance(first, Tensor):
            outputs.setdefault(name, list(first.shape))

    return note


def layers(model: nn.Module, outputs: Mapping[str, list[int]]) -> list[dict[str, Any]]:
    """Returns the parts of a model in the order of their definition.

    Args:
        model: The network.
        outputs: Shape of what each named module put out, where it was called.

    Returns:
        For each module that holds weights itself or was called, and is no mere container of one
        that does: name, kind, number of its own parameters and of those below, and output shape.
    """
    found = []
    for name, module in model.named_modules():
        own = sum(weight.numel() for weight in module.parameters(recurse=False))
        whole = sum(weight.numel() for weight in module.parameters())
        called = name in outputs
        if not name or not (own or (called and whole) or (called and not list(module.children()))):
            continue
        found.append(
            {
                "name": name,
                "kind": type(module).__name__,
                "depth": name.count("."),
                "parameters": whole,
                "output": outputs.get(name),
            }
        )
    return found


def _lengths(sizes: np.ndarray[Any, Any]) -> dict[str, Any]:
    if not len(sizes):
        return {"bins": [], "edges": []}
    top = int(np.percentile(sizes, 99)) + 1
    low = int(sizes.min())
    counts, edges = np.histogram(np.clip(sizes, low, top), bins=min(_BINS, max(1, top - low)))
    return {
        "least": low,
        "median": float(np.median(sizes)),
        "most": int(sizes.max()),
        "bins": counts.tolist(),
        "edges": [round(float(edge), 1) for edge in edges],
    }


def _samples(data: EncodedData) -> list[dict[str, Any]]:
    """Returns some training examples as near to the raw ones as the encoded data allow."""
    count = len(data.sizes("train"))
    chosen = np.linspace(0, count - 1, min(SAMPLES, count)).astype(int).tolist()
    records = data.codec.records(data.splits["train"], chosen)
    return [{key: _plain(value) for key, value in record.items()} for record in records]


def _plain(value: Any) -> Any:
    """Returns a value of a record as what JSON has; times as texts."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, np.datetime64) or (
        isinstance(value, np.ndarray) and value.dtype.kind == "M"
    ):
        return np.datetime_as_string(value).tolist()
    if isinstance(value, np.ndarray | np.generic):
        # By its own digits: of a number in single precision, the others are noise.
        plain = value.astype(str).astype(float) if value.dtype == np.float32 else value
        return plain.tolist()
    return value
