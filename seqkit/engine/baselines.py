"""Scores of baselines by metrics that the codec of a task knows nothing of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from seqkit.api import Shape
from seqkit.engine.attribution import attributed_to
from seqkit.experiments.experiment import Part


@torch.inference_mode()
def scores_of_outputs(
    outputs: Mapping[str, tuple[Tensor, Tensor]], metrics: Sequence[Part], shape: Shape
) -> dict[str, dict[str, float]]:
    """Returns the score of each metric for each baseline; those that are no number are left out.

    Args:
        outputs: What each baseline predicts, and the targets, as metrics take them.
        metrics: Metrics that read outputs.
        shape: What the codec encodes.
    """
    scores: dict[str, dict[str, float]] = {}
    for name, (predictions, targets) in outputs.items():
        for part in metrics:
            with attributed_to(part):
                metric = part.component.build(part.config, shape)
                metric.update(predictions, targets)
                value = metric.compute()
            if isinstance(value, int | float) and math.isfinite(value):
                scores.setdefault(name, {})[part.name] = float(value)
    return scores
