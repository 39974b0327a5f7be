"""The threshold of a decision between two classes, and of labels that an example has or has not."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqkit.engine.attribution import attributed_to
from seqkit.errors import ConfigurationError, suggestion
from seqkit.experiments.experiment import Part
from seqkit.shapes import Classes, Labels, Shape

BEST = "best"
USUAL = 0.5
_TRIED = 400
"""Thresholds that are tried, at equal shares of the examples."""


@dataclass(frozen=True)
class Best:
    """The threshold at which a metric is best.

    Attributes:
        value: The probability of the class from which it is told.
        metric: Name of the metric.
        score: Its value there.
        usual: Its value at a half.
    """

    value: float
    metric: str
    score: float
    usual: float


def class_of(metrics: Sequence[Part], shape: Shape) -> str:
    """Returns the class whose probability is held against the threshold; empty where none is.

    It is the one that a metric is of, or else the second of two.
    """
    outputs = shape.outputs
    if not isinstance(outputs, Classes) or len(outputs.names) != 2:
        return ""
    return next((name for _, name in _positives(metrics, shape)), outputs.names[1])


def _positives(metrics: Sequence[Part], shape: Shape) -> list[tuple[Part, str]]:
    found = []
    for part in metrics:
        with attributed_to(part):
            if name := part.component.positive(part.config, shape):
                found.append((part, name))
    return found


def parsed(text: str, metrics: Sequence[Part], shape: Shape) -> tuple[str, float | None]:
    """Reads `0.3`, `CLASS=0.3` or `best`: the class, and the threshold, None for the best one.

    Raises:
        ConfigurationError: It is none of these, or there is no decision that a threshold makes.
    """
    outputs = shape.outputs
    several = isinstance(outputs, Labels)
    usual = class_of(metrics, shape)
    if not usual and not several:
        raise ConfigurationError(
            f"--threshold {text} decides between two classes, or on labels, and the run has "
            f"{len(outputs.names)} classes. Leave it out"
            if isinstance(outputs, Classes)
            else f"--threshold {text} decides between two classes, and the run tells none. "
            "Leave it out"
        )
    head, equals, tail = text.rpartition("=")
    name = head.strip() if equals else usual
    if equals and (not isinstance(outputs, Classes) or name not in outputs.names):
        names = outputs.names if isinstance(outputs, Classes) else ()
        raise ConfigurationError(
            f"--threshold {text} names {name!r}, which is no class of the run. "
            f"{suggestion(name, names) if names else 'Give a number alone'}"
        )
    if tail.strip() == BEST and not several:
        return name, None
    try:
        value = float(tail)
    except ValueError:
        value = math.nan
    if not 0 < value < 1:
        raise ConfigurationError(
            f"--threshold is {tail!r}. Give a probability between 0 and 1, such as 0.3"
            + ("" if several else ", or best")
        )
    return name, value


def decided(shape: Shape, name: str, value: float) -> Callable[[Tensor], Tensor]:
    """Returns what moves logits so that a class is told from this probability on.

    Its order stays, so that what ranks examples is not changed.
    """
    shift = math.log(value) - math.log1p(-value)
    outputs = shape.outputs
    place = outputs.names.index(name) if isinstance(outputs, Classes) else slice(None)

    def decide(predictions: Tensor) -> Tensor:
        moved = predictions.clone()
        moved[..., place] -= shift
        return moved

    return decide


class Gathered:
    """The predictions of a split and their targets, on the host."""

    def __init__(self) -> None:
        self._predictions: list[Tensor] = []
        self._targets: list[Tensor] = []

    def add(self, _indices: Any, taken: Any) -> None:
        """Takes in a batch, as `Learner.score` shows it."""
        predictions, targets = taken["outputs"]
        self._predictions.append(predictions.cpu())
        self._targets.append(targets.cpu())

    def best(self, metrics: Sequence[Part], shape: Shape, name: str) -> Best | None:
        """Returns the threshold of a class at which the first metric that is of one is best.

        None where no metric is of one class, or every threshold does the same.
        """
        chosen = [part for part, _ in _positives(metrics, shape)]
        outputs = shape.outputs
        if not chosen or not self._predictions or not isinstance(outputs, Classes):
            return None
        part, place = chosen[0], outputs.names.index(name)
        predictions, targets = torch.cat(self._predictions), torch.cat(self._targets)
        scores = (predictions[:, place] - predictions[:, 1 - place]).double().sigmoid().numpy()
        found = [
            (value, _value(part, shape, predictions, targets, name, value))
            for value in (USUAL, *_between(scores))
        ]
        sign = 1 if part.component.higher_is_better else -1
        known = [pair for pair in found if math.isfinite(pair[1])]
        if not known:
            return None
        value, score = max(known, key=lambda pair: (sign * pair[1], -abs(pair[0] - USUAL)))
        return Best(value, part.name, score, found[0][1])


def _between(scores: np.ndarray[Any, Any]) -> list[float]:
    """Returns thresholds between neighbouring scores, with as few digits as tell them apart."""
    distinct = np.unique(scores)
    if len(distinct) > _TRIED:
        distinct = np.unique(np.quantile(distinct, np.linspace(0, 1, _TRIED)))
    found = []
    for low, high in pairwise(distinct):
        middle = float(low + high) / 2
        short = next(
            (round(middle, d) for d in (2, 3, 4, 5) if low < round(middle, d) <= high), middle
        )
        if 0 < short < 1:
            found.append(short)
    return found


def _value(
    part: Part, shape: Shape, predictions: Tensor, targets: Tensor, name: str, value: float
) -> float:
    with attributed_to(part):
        metric = part.component.build(part.config, shape)
        metric.update(decided(shape, name, value)(predictions), targets)
        found = metric.compute()
    return float(found) if isinstance(found, int | float) else math.nan
