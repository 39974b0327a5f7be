"""Simple answers to compare a score with: the commonest class, words, and n-grams."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from seqkit.api import Accumulator, Arrays, Classes, Shape, Tokens
from seqkit_classification._bag_of_words import BagOfWords, fit_bag_of_words
from seqkit_classification._metrics import F1, Accuracy, AreaUnderCurve, ClassCounts
from seqkit_classification._nb_svm import NbSvm, fit_nb_svm, one_thread, texts_of


@dataclass(frozen=True)
class Baselines:
    """What was fitted to the training split, and scores any; make one with `fit_baselines`."""

    classes: Classes
    words: BagOfWords
    n_grams: NbSvm

    def outputs(self, split: Arrays) -> dict[str, tuple[Tensor, Tensor]]:
        """Returns the logits of each baseline on a split with targets, and these."""
        targets = torch.from_numpy(np.array(split["targets"]))
        majority = torch.zeros(len(targets), len(self.classes.names))
        majority[:, int(np.argmax(self.classes.counts))] = 1.0
        texts = texts_of(split)
        n_grams = self.n_grams.logits(texts.text, texts.bounds)
        return {
            "majority": (majority, targets),
            "bag-of-words": (self.words.logits(split), targets),
            "nb-svm": (n_grams, targets),
        }

    def scores(self, split: Arrays) -> dict[str, dict[str, float]]:
        """Returns `accuracy`, `f1` and `auroc` of each, where they are defined."""
        return {name: _scores(*both) for name, both in self.outputs(split).items()}


def fit_baselines(splits: Mapping[str, Arrays], shape: Shape) -> Baselines:
    """Fits the baselines on the training split.

    As a model's best checkpoint is, whether `nb-svm` reads words, characters or both is chosen on
    the validation split where there is one.
    """
    classes = shape.outputs
    if not (isinstance(classes, Classes) and isinstance(shape.inputs, Tokens)):
        raise TypeError(f"these baselines are for texts and classes, not for {shape}")
    count, train = len(classes.names), splits["train"]
    validation = splits.get("validation", {})
    others = texts_of(validation) if "targets" in validation else None
    with one_thread():
        return Baselines(
            classes,
            fit_bag_of_words(train, shape.inputs.size, count),
            fit_nb_svm(texts_of(train), others, count),
        )


def _scores(logits: Tensor, targets: Tensor) -> dict[str, float]:
    classes = logits.shape[1]
    metrics: dict[str, Accumulator] = {
        "accuracy": Accuracy(),
        "f1": F1(ClassCounts(classes), "binary" if classes == 2 else "macro"),
        "auroc": AreaUnderCurve(classes),
    }
    for metric in metrics.values():
        metric.update(logits, targets)
    values = {name: metric.compute() for name, metric in metrics.items()}
    return {name: value for name, value in values.items() if not math.isnan(value)}
