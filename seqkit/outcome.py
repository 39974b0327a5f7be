"""How a run came out, and what may be behind it: for `Task.advice`. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Advice:
    """Why a score may be poor, and what to try.

    Attributes:
        cause: In one sentence, without its first capital and its full stop.
        words: Settings to try, each as `key=value`. Words that are not valid for the run are left
            out when it is told.
    """

    cause: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a run shows when it is over.

    Attributes:
        split: The split that was scored at last, by the best checkpoint.
        metric: What chooses the best checkpoint: `loss` or a metric.
        higher_is_better: Which way that is better.
        scores: The loss and the metrics that are numbers, on this split.
        baselines: The same of each baseline, as far as they are known.
        settings: Every setting, flat: `{"trainer.epochs": 5, "model": "plugin:name", ...}`.
        unknown: Which part of the tokens of the split the vocabulary does not have, from 0 to 1;
            None where inputs are no tokens.
        unknown_targets: The same of the tokens to be told.
        classes: For each class, its examples, how often it was told, and how often rightly; empty
            where outputs are no classes, or very many.
    """

    split: str
    metric: str
    higher_is_better: bool
    scores: Mapping[str, float]
    baselines: Mapping[str, Mapping[str, float]]
    settings: Mapping[str, Any]
    unknown: float | None = None
    unknown_targets: float | None = None
    classes: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)

    def beats(self, baseline: str, metric: str = "") -> bool | None:
        """Tells whether the run is better than a baseline; None where that is not known.

        Args:
            baseline: Name of the baseline.
            metric: One for which `higher_is_better` holds too; `metric` when empty.
        """
        mine = self.scores.get(metric or self.metric)
        other = self.baselines.get(baseline, {}).get(metric or self.metric)
        if mine is None or other is None:
            return None
        return mine > other if self.higher_is_better else mine < other
