"""Text classification: task, losses, metrics, datasets and recipes. Built in."""

from __future__ import annotations

from pathlib import Path

import seqkit
from seqkit.hookspecs import hookimpl
from seqkit_text.losses import BinaryCrossEntropy, CrossEntropy
from seqkit_text.metrics import F1, Accuracy, AreaUnderCurve, Confusion
from seqkit_text.task import Classification


@hookimpl
def register_tasks() -> list[type[seqkit.Task]]:
    return [Classification]


@hookimpl
def register_losses() -> list[type[seqkit.Loss]]:
    return [CrossEntropy, BinaryCrossEntropy]


@hookimpl
def register_metrics() -> list[type[seqkit.Metric]]:
    return [Accuracy, F1, AreaUnderCurve, Confusion]


@hookimpl
def register_recipes() -> list[seqkit.Recipe]:
    return seqkit.recipes_in(Path(__file__).parent / "recipes")
