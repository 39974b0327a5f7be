"""The built-in plugin `text`: text classification, and losses and metrics of classes and tokens."""

from __future__ import annotations

from pathlib import Path

from seqkit.api import Dataset, Loss, Metric, Recipe, Task, recipes_in
from seqkit.hookspecs import hookimpl
from seqkit_classification.datasets import (
    Imdb,
    ImdbUnlabelled,
    Sentences,
    TextCsv,
    TextFolder,
    TextJsonl,
)
from seqkit_classification.losses import BinaryCrossEntropy, CrossEntropy
from seqkit_classification.metrics import (
    F1,
    Accuracy,
    AreaUnderCurve,
    Confusion,
    Perplexity,
    TokenAccuracy,
)
from seqkit_classification.task import Classification


@hookimpl
def register_tasks() -> list[type[Task]]:
    return [Classification]


@hookimpl
def register_datasets() -> list[type[Dataset]]:
    return [Imdb, ImdbUnlabelled, Sentences, TextCsv, TextFolder, TextJsonl]


@hookimpl
def register_losses() -> list[type[Loss]]:
    return [CrossEntropy, BinaryCrossEntropy]


@hookimpl
def register_metrics() -> list[type[Metric]]:
    return [Accuracy, F1, AreaUnderCurve, Confusion, Perplexity, TokenAccuracy]


@hookimpl
def register_recipes() -> list[Recipe]:
    return recipes_in(Path(__file__).parent / "recipes", first="sentiment")
