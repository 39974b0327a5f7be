"""What may be behind a poor score of forecasts: a level that moves, a season out of sight."""

from __future__ import annotations

import math
from collections.abc import Iterator

from seqkit.api import Advice, Outcome

_FROM_THE_LAST = ("repeat-last", "drift")
"""Baselines that know nothing but the level of the end."""
_LINEAR = "linear"
_SMOOTHING = "smoothing"
_SEASONAL = "seasonal-naive"


def advice(outcome: Outcome) -> Iterator[Advice]:
    """Yields what the outcome shows, the likeliest first."""
    settings = outcome.settings
    scaling = str(settings.get("task.normalization", ""))
    losing = [name for name in _FROM_THE_LAST if outcome.beats(name) is False]
    cause = ""
    if losing:
        cause = f"the level of the series moves: {losing[0]}, which knows the last level, is better"
    elif outcome.beats(_LINEAR) is False:
        cause = f"{_LINEAR} reads each window from its last value on, and does better so"
    # A network scaled by its training rows alone has never seen the levels that come later.
    smooths = settings.get("task.residual") == _SMOOTHING
    if cause and not smooths and not {"last", "window"} & set(scaling.split("+")):
        yield Advice(cause, ("task.normalization=standard+last",))
    if outcome.beats(_SMOOTHING) is False:
        if not smooths:
            yield Advice(
                f"{_SMOOTHING} reads the whole past, and the model its context alone",
                (f"task.residual={_SMOOTHING}",),
            )
        elif _about_as_good(outcome):
            yield Advice(
                f"the forecasts begin from {_SMOOTHING}, and what it leaves holds little that can "
                "be learnt from these rows"
            )
    if outcome.beats(_SEASONAL) is False and settings.get("task.calendar") == "none":
        yield Advice(
            f"the model does not find the season that {_SEASONAL} repeats",
            ("task.calendar=auto",),
        )


def _about_as_good(outcome: Outcome) -> bool:
    """Tells whether the score is within a tenth of that of smoothing."""
    mine = outcome.scores.get(outcome.metric, math.nan)
    other = outcome.baselines[_SMOOTHING].get(outcome.metric, math.nan)
    return abs(mine - other) <= 0.1 * abs(other)
