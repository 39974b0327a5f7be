"""The verdict on a run: whether it is better than the best baseline, and if not, why not.

It is judged once, when a run ends (`seqkit.engine.judging`), and kept in the `ended` event. Of a
run without one, as an older version wrote it, it is told from the scores alone. Lists of runs show
it, so that neither torch nor numpy is imported before examples are drawn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seqkit.outcome import Advice
from seqkit.runs.diagnosis import learning_unfinished, likeliest_first
from seqkit.runs.summary import RunSummary

if TYPE_CHECKING:
    from seqkit.runs.example_scores import ExampleScores

MOST_CAUSES = 3


@dataclass(frozen=True)
class Verdict:
    """Whether a run is better than the best baseline.

    Attributes:
        better: Whether it is: True, False, or None where that cannot be told.
        split: The split that both were scored on; empty for data of no split.
        metric: What they are compared by.
        value: The run's score; None where it has none.
        baseline: Name of the best baseline; empty where there is none.
        of_baseline: Its score.
        difference: How much better the run is, below 0 where it is worse.
        interval: Of 95%, of the difference over other examples; None where that is not known.
        examples: Size of the split.
        causes: What may be behind it, the likeliest first.
    """

    better: bool | None
    split: str
    metric: str
    value: float | None
    baseline: str = ""
    of_baseline: float | None = None
    difference: float | None = None
    interval: tuple[float, float] | None = None
    examples: int = 0
    causes: tuple[Advice, ...] = ()

    @property
    def judgement(self) -> str:
        """Whether it is better, and by how much, in a sentence."""
        if self.value is None:
            return "There is no score to judge."
        if self.difference is None or self.of_baseline is None:
            return f"There is no baseline to hold {self.metric} {figure(self.value)} against."
        against = f"{self.baseline} ({figure(self.of_baseline)})"
        by = figure(abs(self.difference))
        where = "" if self.split in ("", "test") else f" on the {self.split} split"
        if self.better is None and not self.difference:
            return (
                f"As good as {against}{where}: both have the best {self.metric} there is, so that "
                "these data cannot tell them apart."
            )
        if self.better is False:
            return f"No better than {against}{where}: {self.metric} is {figure(self.value)}."
        if self.interval is None:
            return (
                f"Better than {against} by {by}{where}; whether by more than chance is not known."
            )
        low, high = (f"{'+' * (end >= 0)}{figure(end)}" for end in self.interval)
        if self.better:
            return f"Better than {against} by {by}{where}, more than chance (95%: {low} to {high})."
        return (
            f"Ahead of {against} by {by}{where}, which may be chance (95%: {low} to {high}, over "
            f"{self.examples:,} examples)."
        )

    @property
    def short(self) -> str:
        """The judgement in a few words; empty where there is nothing to hold a score against."""
        if self.difference is None or self.of_baseline is None:
            return ""
        against = f"{self.baseline} ({figure(self.of_baseline)})"
        if self.better is False:
            return f"No better than {against}"
        by = figure(abs(self.difference))
        if self.better is None and not self.difference:
            return f"As good as {against}, which cannot be beaten"
        return (
            f"Better than {against} by {by}"
            if self.better
            else f"Ahead of {against} by {by}, perhaps by chance"
        )

    @property
    def remedy(self) -> str:
        """The likeliest cause and what to try, where the run is not better; empty elsewhere."""
        if self.better or not self.causes:
            return ""
        first = self.causes[0]
        return first.cause + (f"; try {' '.join(first.words)}" if first.words else "")

    @property
    def sentence(self) -> str:
        """The judgement with the likeliest cause and what to try."""
        return f"{self.judgement} Most likely: {self.remedy}." if self.remedy else self.judgement

    def as_dict(self) -> dict[str, Any]:
        """Returns it as JSON values."""
        return {
            "better": self.better,
            "split": self.split,
            "metric": self.metric,
            "value": self.value,
            "baseline": self.baseline or None,
            "of_baseline": self.of_baseline,
            "difference": self.difference,
            "interval": list(self.interval) if self.interval else None,
            "examples": self.examples,
            "causes": [{"cause": one.cause, "try": list(one.words)} for one in self.causes],
            "try": list(self.causes[0].words) if self.causes else [],
            "sentence": self.sentence,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Verdict:
        """Reads back what `as_dict` gave. Raises ValueError, TypeError or KeyError for others."""
        better, interval = document["better"], document["interval"]
        if better not in (True, False, None):
            raise ValueError("better is no truth value")
        return cls(
            better=better,
            split=str(document["split"]),
            metric=str(document["metric"]),
            value=_known(document["value"]),
            baseline=str(document["baseline"] or ""),
            of_baseline=_known(document["of_baseline"]),
            difference=_known(document["difference"]),
            interval=(float(interval[0]), float(interval[1])) if interval else None,
            examples=int(document["examples"]),
            causes=tuple(
                Advice(str(one["cause"]), tuple(map(str, one["try"]))) for one in document["causes"]
            ),
        )


def verdict_of(run: RunSummary) -> Verdict | None:
    """Returns the verdict that a run ended with, or else what its scores say.

    None where it has not ended well, or has no score.
    """
    if run.ended is None or run.ended.get("status") != "finished" or run.scored is None:
        return None
    # Where a file was changed, what is left of it is judged anew.
    return verdict_from(run.ended.get("verdict")) or judge(run)


def verdict_from(document: Any) -> Verdict | None:
    """Reads back what `as_dict` gave; None for anything else."""
    try:
        return Verdict.from_dict(document) if isinstance(document, Mapping) else None
    except (ValueError, TypeError, KeyError, IndexError):
        return None


def judge(
    run: RunSummary,
    scores: ExampleScores | None = None,
    advice: Sequence[Advice] = (),
    resamples: int | None = None,
) -> Verdict | None:
    """Judges a run by its last scores.

    Args:
        run: The run; None is returned where it has no score.
        scores: Scores of single examples of the same split, those of a baseline among them.
        advice: What the task has to say, which goes before what any run may show, except that it
            hardly began.
        resamples: How many sets of examples are drawn; None for as many as usual.
    """
    event = run.scored
    if event is None:
        return None
    baselines = event.get("baselines") or run.started.get("baselines") or {}
    return judge_scores(
        run,
        split=str(event.get("split", "validation")),
        values={**(event.get("metrics") or {}), "loss": event.get("loss")},
        baselines=baselines if isinstance(baselines, Mapping) else {},
        examples=int(event.get("examples") or 0),
        scores=scores,
        advice=advice,
        resamples=resamples,
    )


def judge_scores(
    run: RunSummary,
    split: str,
    values: Mapping[str, Any],
    baselines: Mapping[str, Any],
    examples: int,
    scores: ExampleScores | None = None,
    advice: Sequence[Advice] = (),
    resamples: int | None = None,
    by: tuple[str, bool] | None = None,
) -> Verdict:
    """Judges given scores of a run, as `judge` does.

    Args:
        run: The run.
        split: What was scored.
        values: The loss and the metrics.
        baselines: Those of each baseline.
        examples: Size of the split.
        scores: As `judge` takes them.
        advice: As `judge` takes it.
        resamples: As `judge` takes it.
        by: The metric, and whether higher is better; what `compared_by` finds for None.
    """
    metric, higher = by or compared_by(run.started, baselines)
    value = _known(values.get(metric))
    if value is None:
        return Verdict(None, split, metric, None, examples=examples)
    name, other = best_baseline(baselines, metric, higher)
    if other is None:
        return Verdict(None, split, metric, value, examples=examples)
    difference = value - other if higher else other - value
    interval = None
    if scores is not None:
        from seqkit.runs.over_examples import interval_over_examples

        interval = interval_over_examples(scores, metric, name, difference, higher, resamples)
    better = is_better(value, other, higher, interval)
    causes = tuple(likeliest_first(advice, run))
    if not difference and better is None:
        causes = ()
    if better:
        unfinished = learning_unfinished(run)
        causes = (unfinished,) if unfinished is not None else ()
    return Verdict(
        better,
        split,
        metric,
        value,
        name,
        other,
        difference,
        interval,
        examples,
        causes[:MOST_CAUSES],
    )


def is_better(
    value: float, baseline: float, higher: bool, interval: tuple[float, float] | None
) -> bool | None:
    """Tells whether a score is better than that of a baseline.

    None where it may be by chance, or where neither could be better: both without a mistake.

    Args:
        value: The score.
        baseline: The other one.
        higher: Whether higher is better.
        interval: Of 95%, of the difference, above 0 where the score is better; None if not known.
    """
    if value == baseline == float(higher):
        return None
    if not (value > baseline if higher else value < baseline):
        return False
    return True if interval is None or interval[0] > 0 else None


def compared_by(started: Mapping[str, Any], baselines: Mapping[str, Any]) -> tuple[str, bool]:
    """Returns what runs are held against baselines by, and whether higher is better.

    What chooses the best checkpoint, or else the first metric that a baseline has.
    """
    metric = str(started.get("metric", "loss"))
    higher = bool(started.get("higher_is_better"))
    directions = started.get("directions")
    known = directions if isinstance(directions, Mapping) else {}
    for name in (metric, *known):
        if any(_score(scores, name) is not None for scores in baselines.values()):
            return name, higher if name == metric else bool(known[name])
    return metric, higher


def best_baseline(
    baselines: Mapping[str, Any], metric: str, higher: bool
) -> tuple[str, float | None]:
    """Returns the baseline that is hardest to beat, and its score; an empty name for none."""
    known = {name: _score(scores, metric) for name, scores in baselines.items()}
    found = {name: value for name, value in known.items() if value is not None}
    if not found:
        return "", None
    name = (max if higher else min)(found, key=lambda one: found[one])
    return name, found[name]


def figure(value: float) -> str:
    """Returns a score in three decimals, or in four digits where it is large or tiny."""
    plain = value == 0 or 0.001 <= abs(value) < 100
    return f"{value:.3f}" if plain else f"{value:.4g}"


def _score(scores: Any, metric: str) -> float | None:
    return _known(scores.get(metric)) if isinstance(scores, Mapping) else None


def _known(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None
