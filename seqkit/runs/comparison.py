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
from seqkit.runs.verdict import Verdict

SEED = "trainer.seed"
EVIDENCE = 0.05
"""The p-value below which a difference is believed."""

FEWEST_SEEDS = 3
"""Seeds below which nothing is told of the noise of seeds: by Student's t, the interval of two is
so wide that it says nothing."""


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
    baselines: Mapping[str, float] = field(default_factory=dict)
    folder: str = ""


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
        """Returns the mean over seeds, and the ends of its 95% interval, NaN for few seeds."""
        values = [run.value for run in self.runs]
        if len(values) < FEWEST_SEEDS:
            return float(np.mean(values)), math.nan, math.nan
        return mean_interval(values)

    @property
    def short(self) -> str:
        """The values of its settings alone, `128, 0.003`, which `heading_of` names."""
        whole = label_of(self.values)
        if not whole or not self.label.startswith(whole):
            return self.label
        return short_label_of(self.values) + self.label.removeprefix(whole)

    @property
    def baselines(self) -> dict[str, float]:
        """The score of each baseline on the data of its runs, the mean over them."""
        names = dict.fromkeys(name for run in self.runs for name in run.baselines)
        of_each = {
            name: [r.baselines[name] for r in self.runs if name in r.baselines] for name in names
        }
        return {name: float(np.mean(values)) for name, values in of_each.items()}


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
        baselines: Baselines on the same split, by name; those of the first run where they differ.
        pairs: Every two settings.
        left_out: Runs that count nothing, and why.
        damaged: Runs whose scores of single examples cannot be read, and why.
        resamples: How many test sets were drawn; 0 for none.
        examples: Size of the split, where examples were resampled.
        block: Neighbouring examples that were drawn together.
        unexplained: Why no test examples were resampled; empty where they were.
        best: The best setting in words; empty where none is known to be.
        best_run: Name of its first run.
        verdict: Whether it is better than the best baseline.
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
    best: str = ""
    best_run: str = ""
    verdict: Verdict | None = None

    @property
    def shared_baselines(self) -> bool:
        """Whether all runs have the same baselines, as on the same data."""
        runs = [run for setting in self.settings for run in setting.runs]
        return all(run.baselines == runs[0].baselines for run in runs)

    @property
    def too_few_seeds(self) -> int:
        """The most seeds of any setting, where that is more than one and yet too few."""
        most = max((len(setting.runs) for setting in self.settings), default=0)
        return most if 1 < most < FEWEST_SEEDS else 0

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
            "verdict": None
            if self.verdict is None
            else {"setting": self.best, **self.verdict.as_dict()},
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
        "baselines": setting.baselines,
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
    """Returns the values of settings alone: `NAME, 3`."""
    return ", ".join(
        "-" if value is None else _shown(value) if "." in key else _bare(value)
        for key, value in values.items()
        if key != SEED
    )


def heading_of(values: Mapping[str, Any]) -> str:
    """Returns what the values of `short_label_of` are of: `model, epochs`.

    A key whose last part names another one too, as the seed of data that of runs, is whole.
    """
    keys = [key for key in values if key != SEED]
    last = [key.rpartition(".")[2] for key in (*keys, SEED)]
    names = [key if last.count(name) > 1 else name for key, name in zip(keys, last, strict=False)]
    return ", ".join(names)


def _bare(value: object) -> str:
    return str(value).rpartition(":")[2]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
