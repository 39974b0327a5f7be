"""What a comparison of runs says: settings with their means, and the differences between them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seqkit.runs.example_scores import ExampleScores
from seqkit.runs.significance import (
    Difference,
    mean_interval,
)

SEED = "trainer.seed"
EVIDENCE = 0.05
"""The p-value below which a difference is believed."""


@dataclass(frozen=True)
class ScoredRun:
    """A finished run and its value of the metric that is compared."""

    name: str
    seed: int
    value: float
    elapsed: float
    parameters: int
    scores: ExampleScores | None
    dataset: str
    damage: str = ""


@dataclass(frozen=True)
class Setting:
    """Runs that differ in their seeds alone.

    Attributes:
        label: What tells the setting from the others.
        values: The settings that vary.
        runs: Its finished runs.
    """

    label: str
    values: Mapping[str, Any]
    runs: tuple[ScoredRun, ...]

    def interval(self) -> tuple[float, float, float]:
        """Returns the mean over seeds, and the ends of its 95% interval, NaN for one seed."""
        return mean_interval([run.value for run in self.runs])


@dataclass(frozen=True)
class Pair:
    """Two settings compared; differences are second minus first.

    Attributes:
        first: Label of the one.
        second: Label of the other.
        estimate: The difference of their means.
        seeds: Its uncertainty over seeds, on these test examples.
        examples: Its uncertainty over test examples, of these trained models.
        both: Both together; None unless both are known.
        matched: Seeds that both have, and which are compared pair by pair; 0 where they are not.
        p: P-value of there being no difference, corrected for the number of pairs; None where
            nothing is known of the uncertainty.
    """

    first: str
    second: str
    estimate: float
    seeds: Difference | None
    examples: Difference | None
    both: Difference | None
    matched: int
    p: float | None = None

    @property
    def deciding(self) -> Difference | None:
        """The difference that decides: that over all sources of noise that are known."""
        return self.both or self.seeds or self.examples

    @property
    def evident(self) -> bool:
        """Whether there is evidence of a difference."""
        return self.p is not None and self.p < EVIDENCE


@dataclass(frozen=True)
class Comparison:
    """Results of runs, side by side.

    Attributes:
        metric: What they are compared by.
        split: The split it is measured on.
        higher_is_better: Which way is better; None where the runs do not say.
        settings: Runs by their settings.
        baselines: Naive answers on the same split, by name.
        pairs: Every two settings.
        left_out: Runs that count nothing, and why.
        damaged: Runs whose scores of single examples cannot be read, and why.
        resamples: How many test sets were drawn; 0 for none.
        examples: Size of the split, where examples were resampled.
        block: Neighbouring examples that were drawn together.
        unexplained: Why no test examples were resampled; empty where they were.
    """

    metric: str
    split: str
    higher_is_better: bool | None
    settings: tuple[Setting, ...]
    baselines: Mapping[str, float] = field(default_factory=dict)
    pairs: tuple[Pair, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    damaged: Mapping[str, str] = field(default_factory=dict)
    resamples: int = 0
    examples: int = 0
    block: int = 1
    unexplained: str = ""

    def better(self, pair: Pair) -> str:
        """Returns the label of the better setting; empty where there is no evidence of one."""
        if not pair.evident or self.higher_is_better is None:
            return ""
        return pair.second if (pair.estimate > 0) == self.higher_is_better else pair.first

    def as_dict(self) -> dict[str, Any]:
        """Returns everything as JSON values."""
        return {
            "metric": self.metric,
            "split": self.split,
            "higher_is_better": self.higher_is_better,
            "settings": [_setting(setting) for setting in self.settings],
            "baselines": dict(self.baselines),
            "pairs": [_pair(pair, self.better(pair)) for pair in self.pairs],
            "left_out": dict(self.left_out),
            "damaged": dict(self.damaged),
            "bootstrap": {
                "resamples": self.resamples,
                "examples": self.examples,
                "block": self.block,
                "missing": self.unexplained,
            },
        }


def _setting(setting: Setting) -> dict[str, Any]:
    mean, low, high = setting.interval()
    return {
        "label": setting.label,
        "settings": dict(setting.values),
        "runs": [run.name for run in setting.runs],
        "seeds": [run.seed for run in setting.runs],
        "values": [run.value for run in setting.runs],
        "mean": mean,
        "interval": None if math.isnan(low) else [low, high],
        "elapsed": float(np.mean([run.elapsed for run in setting.runs])),
        "parameters": setting.runs[0].parameters,
    }


def _pair(pair: Pair, better: str) -> dict[str, Any]:
    def shown(difference: Difference | None) -> dict[str, Any] | None:
        if difference is None:
            return None
        return {"interval": [difference.low, difference.high], "p": difference.p}

    return {
        "first": pair.first,
        "second": pair.second,
        "difference": pair.estimate,
        "over_seeds": shown(pair.seeds),
        "over_examples": shown(pair.examples),
        "over_both": shown(pair.both),
        "matched_seeds": pair.matched,
        "p": pair.p,
        "evidence": pair.evident,
        "better": better or None,
    }


def label_of(values: Mapping[str, Any]) -> str:
    """Returns a few words for settings: `NAME, epochs=3`."""
    return ", ".join(
        f"{key.rpartition('.')[2]}={_shown(value)}" if "." in key else _bare(value)
        for key, value in values.items()
        if key != SEED and value is not None
    )


def short_label_of(values: Mapping[str, Any]) -> str:
    """Returns the values of settings alone: `NAME/3`."""
    known = [item for item in values.items() if item[0] != SEED and item[1] is not None]
    return "/".join(_shown(value) if "." in key else _bare(value) for key, value in known)


def _bare(value: object) -> str:
    return str(value).rpartition(":")[2]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
