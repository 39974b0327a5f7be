"""Answers by another threshold than a half, for two classes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from seqkit.errors import ConfigurationError, Problem, suggestion
from seqkit_classification._labels import Labels


def threshold_of(text: str, labels: Sequence[str]) -> tuple[int, float]:
    """Reads `0.3` or `CLASS=0.3`: the class, of two the second where none is named, and a number.

    Raises:
        ConfigurationError: It is neither, or there are more than two classes.
    """
    head, named, tail = text.rpartition("=")
    if len(labels) != 2:
        raise _wrong(
            f"threshold decides between two classes, and the run has {len(labels)}", "Leave it out"
        )
    place = Labels(tuple(labels)).find(head) if named else 1
    if place is None:
        raise _wrong(f"threshold names {head!r}, which is no class", suggestion(head, labels))
    try:
        value = float(tail)
    except ValueError:
        value = math.nan
    if not 0 < value < 1:
        raise _wrong(
            f"threshold is {tail!r}", "Give a probability between 0 and 1, such as 0.3 or CLASS=0.3"
        )
    return place, value


def _wrong(message: str, hint: str) -> ConfigurationError:
    return ConfigurationError(problems=[Problem("threshold", message, hint)])


def decided(
    answer: dict[str, Any], place: int, value: float, labels: Sequence[str]
) -> dict[str, Any]:
    """Returns an answer whose label is told by a threshold; a blank one stays without."""
    if not answer["label"]:
        return answer
    name = labels[place]
    told = name if answer["probabilities"][name] >= value else labels[1 - place]
    changed = {**answer, "label": told, "probability": answer["probabilities"][told]}
    if "target" in answer:
        changed["correct"] = answer["target"] == told
    return changed
