"""Which settings suit a person's own series. Each rule was measured: docs/own-data.md."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqkit.api import Choice, Record
from seqkit.choosing import step_seconds, threads, training
from seqkit.data import counted
from seqkit_timeseries._frequency import Frequency, infer_frequency
from seqkit_timeseries._seasons import Floats
from seqkit_timeseries._strength import found_season

HORIZON = 8
"""Rows that are forecast where the step of the rows tells nothing."""

SPEED = 4e6
"""Context rows times batch times units that one core trains in a second."""

UNLIKE = 3.0
"""Largest spread of a target or series above the smallest, from which on MAE hides the smaller."""

FEW = 300
"""Windows below which a network learns them by heart."""

MANY = 3
"""Series from which on each is smoothed by itself."""

MOST_WINDOWS = 2000
"""Windows of an evaluation: more take time, and tell the same."""


@dataclass(frozen=True)
class Facts:
    """What the rules rest on.

    Attributes:
        frequency: The step of the rows.
        rows: Rows of training that three of four series have.
        held: Rows of the shorter one of validation and test, of half of the series.
        columns: The values of each target of each series, `(rows,)` each.
        targets: How many columns are forecast.
        season: Rows of the season that is in them; 1 for none.
    """

    frequency: Frequency
    rows: int
    held: int
    columns: Sequence[Floats]
    targets: int
    season: int

    @property
    def counted(self) -> str:
        """The rows, for reasons."""
        return f"{self.rows:,} {_step(self.frequency)} of training"


def choose(splits: Mapping[str, Sequence[Record]], cores: int) -> list[Choice]:
    """Returns the settings for series, by what the training split holds."""
    facts = facts_of(splits)
    if facts is None:
        return []
    horizon = _horizon(facts)
    context = _context(facts, horizon)
    windows = sum(max(0, len(record["time"]) - context - horizon + 1) for record in splits["train"])
    few = windows < FEW
    # By its own scale one window of growth is like another: there is less to learn by heart.
    small = few and not _grows(facts)
    smooths = small or len(splits["train"]) >= MANY
    units = 8 if small else 32
    batch_size = 32 if few or windows >= 3000 else 16
    numbers = batch_size * context * units
    return [
        Choice("task.horizon", horizon, _why_horizon(facts, horizon)),
        Choice("task.context", context, _why_context(facts, context)),
        *_season(facts),
        *_calendar(facts, few),
        *_normalization(facts),
        *_residual(splits, smooths, small),
        *_metrics(facts),
        *_thinned(splits, horizon),
        *_training(windows, batch_size, few, small, step_seconds(numbers, SPEED)),
        Choice("model", _model(units, small), _why_model(small)),
        threads(numbers, cores),
    ]


def _model(units: int, small: bool) -> dict[str, Any]:
    return {"name": "gru", "hidden_size": units} | ({} if small else {"linear": True})


def _why_model(small: bool) -> str:
    if small:
        return "few units for what smoothing leaves: more learn few windows by heart"
    return "a linear map of the context, and a small network for what it leaves"


def _residual(splits: Mapping[str, Sequence[Record]], smooths: bool, small: bool) -> list[Choice]:
    """Smoothing tells a season from few rows, and one series from another; a network cannot."""
    if not smooths:
        return []
    why = "few windows to learn from: forecasts begin from exponential smoothing"
    if not small:
        why = (
            f"{len(splits['train'])} series: each is smoothed by itself, and what is left is learnt"
        )
    return [Choice("task.residual", "smoothing", why)]


def _training(
    windows: int, batch_size: int, few: bool, small: bool, seconds: float
) -> list[Choice]:
    """Few windows are soon learnt: they are looked at often."""
    steps, rate = (500, 0.003 if small else 0.02) if few else (2000, 0.005)
    why = f"{windows:,} windows to train on"
    return [
        Choice("trainer.batch_size", batch_size, why),
        Choice("trainer.learning_rate", rate, why),
        *training(windows, batch_size, steps=steps, epochs=(1, 1000), seconds=seconds),
    ]


def facts_of(splits: Mapping[str, Sequence[Record]]) -> Facts | None:
    """Returns what the rules rest on; None where nothing is to be trained."""
    records = splits.get("train", ())
    if not records:
        return None
    longest = max(records, key=lambda record: len(record["time"]))
    frequency = infer_frequency(longest["time"]) if len(longest["time"]) > 1 else Frequency()
    targets = _targets(longest)
    columns = [
        np.asarray(record["values"][name], dtype=np.float64)
        for record in records
        for name in targets
        if name in record["values"]
    ]
    held = [
        int(np.median([len(record["time"]) - record["start"] for record in others]))
        for name, others in splits.items()
        if name != "train" and others
    ]
    rows = int(np.quantile([len(record["time"]) for record in records], 0.25, method="lower"))
    usual = int(longest.get("period", 0)) or frequency.period
    sampled = columns[:: math.ceil(len(columns) / 50)]
    return Facts(
        frequency,
        rows,
        min(held, default=rows // 4),
        columns,
        len(targets),
        found_season(sampled, usual),
    )


def _targets(record: Record) -> list[str]:
    left = record.get("aside", {})
    names = record.get("targets") or [name for name in record["values"] if name not in left]
    return list(names)


def _step(frequency: Frequency) -> str:
    return f"{frequency} rows" if frequency.dated else "rows"


def _horizon(facts: Facts) -> int:
    """What people ask for, such as a day of hours, as far as it can be tried out twice."""
    return max(1, min(_usual_horizon(facts.frequency), facts.held // 2, facts.rows // 4))


def _usual_horizon(frequency: Frequency) -> int:
    match frequency.unit, frequency.count:
        case "months", count:
            # A year; of years themselves some.
            return 12 // count if count <= 3 else 4
        case "business days", 1:
            return 10
        case "seconds", 86_400:
            return 14
        case "seconds", count if count < 86_400 and frequency.period > 1:
            # A day, or an hour of rows that are finer than a quarter of one.
            return frequency.period if count >= 900 else max(HORIZON, min(60, 3600 // count))
        case _:
            return HORIZON


def _why_horizon(facts: Facts, horizon: int) -> str:
    usual = _usual_horizon(facts.frequency)
    if horizon < usual:
        return f"{facts.held:,} rows held out: no more can be tried out twice"
    return f"rows are {facts.frequency}" if facts.frequency.dated else "rows without times"


def _context(facts: Facts, horizon: int) -> int:
    """Two seasons, as the calendar tells longer ones; half of the rows are left for windows."""
    most = max(1, (facts.rows - horizon) // 2)
    if facts.season <= 1:
        return min(most, max(3 * horizon, 24))
    return next((n * facts.season for n in (2, 1) if n * facts.season <= most), most)


def _why_context(facts: Facts, context: int) -> str:
    if facts.season <= 1:
        return f"{facts.counted}, without a season"
    if context % facts.season:
        return f"{facts.counted}, too few for a season of {facts.season:,}"
    what = "a season is" if context == facts.season else "two seasons are"
    return f"{what} {counted(context, 'row')}, told from the values"


def _season(facts: Facts) -> list[Choice]:
    if facts.season in (1, facts.frequency.period):
        return []
    why = f"the values repeat every {counted(facts.season, 'row')}"
    return [Choice("task.season", facts.season, why)]


def _calendar(facts: Facts, few: bool) -> list[Choice]:
    """What has not come round in training at least twice cannot be learnt, and leads astray.

    Of few windows the context tells the season, and more inputs tell them apart.
    """
    if few:
        return []
    days = facts.rows * facts.frequency.seconds / 86_400
    cycles = {"hour": 1, "weekday": 7, "month": 365, "day-of-year": 365}
    names = [name for name in facts.frequency.calendar if days >= 2 * cycles[name]]
    if not names:
        return []
    why = f"{facts.counted}, in which {' and '.join(names)} came round twice"
    return [Choice("task.calendar", names, why)]


def _normalization(facts: Facts) -> list[Choice]:
    if _grows(facts):
        why = "the last values are beyond all earlier ones: each window by its own scale"
        return [Choice("task.normalization", "standard+window", why)]
    why = "levels shift: what is forecast is the change from the last value"
    return [Choice("task.normalization", "standard+last", why)]


def _grows(facts: Facts) -> bool:
    """Tells whether most columns leave the range of their past, and have no season."""
    if facts.season > 1:
        return False
    return float(np.mean([_leaves(values) for values in facts.columns])) > 0.5


def _leaves(values: Floats) -> bool:
    known = values[~np.isnan(values)]
    if len(known) < 8:
        return False
    first, last = known[: len(known) // 2], known[-(len(known) // 4) :]
    return bool((last > first.max()).all() or (last < first.min()).all())


def _metrics(facts: Facts) -> list[Choice]:
    """A mean over targets of unlike units is that of the largest."""
    spreads = [float(np.nanstd(values)) for values in facts.columns if not _constant(values)]
    if len(spreads) < 2 or max(spreads) < UNLIKE * min(spreads):
        return []
    what = "targets" if facts.targets > 1 else "series"
    why = f"{what} of unlike sizes: an error that is scaled chooses"
    return [Choice("metrics", ["mase", "mae", "rmse"], why)]


def _constant(values: Floats) -> bool:
    known = values[~np.isnan(values)]
    return len(known) < 2 or float(np.ptp(known)) == 0


def _thinned(splits: Mapping[str, Sequence[Record]], horizon: int) -> list[Choice]:
    """Evaluates no more windows than tell something."""
    windows = max(
        (
            sum(max(0, len(record["time"]) - record["start"] - horizon + 1) for record in records)
            for name, records in splits.items()
            if name != "train"
        ),
        default=0,
    )
    stride = windows // MOST_WINDOWS
    if stride <= 1:
        return []
    why = f"{windows:,} windows held out: one of {stride} tells as much"
    return [Choice("task.evaluation_stride", stride, why)]
