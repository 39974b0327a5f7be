"""How long training will take, told before its first step."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from seqkit.api import Arrays
from seqkit.engine.learner import Learner


def estimated_seconds(
    learner: Learner, train: Arrays, plan: Sequence[np.ndarray[Any, Any]], steps: int
) -> float | None:
    """Times one batch of middling size, forward and backward, on a copy of model and loss.

    The run itself is left as it was: weights, buffers, gradients and random generators.

    Args:
        learner: The model and all it needs.
        train: The training split.
        plan: The batches of an epoch.
        steps: Steps that are left.

    Returns:
        Seconds of the steps alone, without evaluations; None where the batch does not fit into
        memory or the model cannot be copied or run.
    """
    codec, device = learner.codec, learner.device
    sizes = codec.sizes(train)
    longest = [int(sizes[indices].max(initial=0)) for indices in plan]
    middling = plan[int(np.argmin(np.abs(np.array(longest) - np.mean(longest))))]
    devices = [device.device] if device.device.type == "cuda" else []
    try:
        with torch.random.fork_rng(devices=devices):
            model = copy.deepcopy(learner.model).train()
            loss = learner.loss if learner.trained_loss is None else copy.deepcopy(learner.loss)
            batch = learner.place(train, middling)
            for _ in range(2):
                # The first pass also sets kernels up; the second one counts.
                start = time.perf_counter()
                with device.autocast():
                    outputs, _ = codec.forward(model, batch, None)
                total, count = loss(outputs.float(), batch["targets"])
                (total / count).backward()  # type: ignore[no-untyped-call]
                if device.device.type == "cuda":
                    torch.cuda.synchronize(device.device)
            return (time.perf_counter() - start) * steps
    except Exception:
        # Whatever is wrong, the first step meets it too, and says it where it belongs.
        return None
