"""A small search: which few settings of an experiment are tried next, and which were the best."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from seqkit.errors import ConfigurationError
from seqkit.experiments.experiment import Experiment
from seqkit.experiments.loading import load_experiment
from seqkit.registry.registry import Registry

Settings = Mapping[str, Any]
"""Values by dotted key."""

_HIGHEST_DROPOUT = 0.8
_DIGITS = 3


@dataclass(frozen=True)
class Tried:
    """Settings that were tried.

    Attributes:
        settings: What differs from the experiment that the search began with.
        score: By what chooses the best checkpoint; not a number where it failed.
    """

    settings: Settings
    score: float


class Search:
    """Goes from the best settings so far to those beside them, one kind of change after another.

    Any model is searched by its settings whose names end with `_size` and with `dropout`.

    Args:
        document: The experiment to begin with.
        registry: Where its components are.
    """

    def __init__(self, document: Mapping[str, Any], registry: Registry) -> None:
        self._document = document
        self._registry = registry
        self.metric, self.higher = load_experiment(document, registry).monitor
        self.tried: list[Tried] = []
        self._proposed: list[Settings] = []
        self._turn = 0

    def propose(self) -> Settings | None:
        """Returns the settings to try next, at first none at all; None where nothing is left."""
        if not self._proposed:
            self._proposed.append({})
            return {}
        best = self.best()
        base: Settings = best.settings if best else {}
        for _ in _CHANGES:
            change = _CHANGES[self._turn % len(_CHANGES)]
            self._turn += 1
            settings = {**base, **change(self._loaded(base))}
            if settings not in self._proposed and self._is_valid(settings):
                self._proposed.append(settings)
                return settings
        return None

    def add(self, settings: Settings, score: float) -> bool:
        """Notes how settings did; returns whether they are the best so far."""
        self.tried.append(Tried(settings, score))
        best = self.best()
        return best is not None and best is self.tried[-1]

    def best(self) -> Tried | None:
        """Returns the best settings, the first of equals; None where every one failed."""
        known = [one for one in self.tried if math.isfinite(one.score)]
        sign = 1 if self.higher else -1
        return max(known, key=lambda one: sign * one.score, default=None)

    def document(self, settings: Settings) -> dict[str, Any]:
        """Returns the experiment with some settings."""
        document = copy.deepcopy(dict(self._document))
        for key, value in settings.items():
            part, name = key.split(".")
            table = document.get(part, {})
            document[part] = {"name": table} if isinstance(table, str) else table
            document[part][name] = value
        return document

    def _loaded(self, settings: Settings) -> Experiment:
        return load_experiment(self.document(settings), self._registry)

    def _is_valid(self, settings: Settings) -> bool:
        try:
            self._loaded(settings)
        except ConfigurationError:
            return False
        return True


def in_words(settings: Settings) -> list[str]:
    """Returns settings as words: `trainer.learning_rate=0.001`."""
    return [f"{key}={value}" for key, value in settings.items()]


# --- changes --------------------------------------------------------------------------------------


def _rate(factor: float) -> Callable[[Experiment], Settings]:
    def change(experiment: Experiment) -> Settings:
        return {"trainer.learning_rate": _rounded(experiment.trainer.learning_rate * factor)}

    return change


def _size(factor: float) -> Callable[[Experiment], Settings]:
    def change(experiment: Experiment) -> Settings:
        return {
            f"model.{name}": max(1, round(value * factor))
            for name, value in experiment.model.settings().items()
            if name.endswith("_size") and isinstance(value, int) and value > 0
        }

    return change


def _batch(factor: float) -> Callable[[Experiment], Settings]:
    def change(experiment: Experiment) -> Settings:
        return {"trainer.batch_size": max(1, round(experiment.trainer.batch_size * factor))}

    return change


def _dropout(factor: float) -> Callable[[Experiment], Settings]:
    def change(experiment: Experiment) -> Settings:
        return {
            f"model.{name}": _rounded(min(_HIGHEST_DROPOUT, value * factor))
            for name, value in experiment.model.settings().items()
            if name.endswith("dropout") and isinstance(value, float) and value > 0
        }

    return change


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


_CHANGES: tuple[Callable[[Experiment], Settings], ...] = (
    _rate(0.4),
    _size(2),
    _dropout(0.5),
    _rate(2.5),
    _dropout(1.4),
    _batch(0.5),
    _size(0.5),
    _batch(2),
)
