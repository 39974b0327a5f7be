"""What may be behind a poor score of forecasts: a level that moves, a season out of sight."""

from __future__ import annotations

from collections.abc import Iterator

from seqkit.api import Advice, Outcome

_FROM_THE_LAST = ("repeat-last", "drift", "linear")
"""Baselines that go on from the last value, whatever its level."""
_SEASONAL = "seasonal-naive"


def advice(outcome: Outcome) -> Iterator[Advice]:
    """Yields what the outcome shows, the likeliest first."""
    settings = outcome.settings
    scaling = str(settings.get("task.normalization", ""))
    losing = [name for name in _FROM_THE_LAST if outcome.beats(name) is False]
    # A network scaled by its training rows alone has never seen the levels that come later.
    if losing and not {"last", "window"} & set(scaling.split("+")):
        yield Advice(
            f"the level of the series moves: {losing[0]} goes on from the last value and is better",
            ("task.normalization=standard+last",),
        )
    if outcome.beats(_SEASONAL) is False and settings.get("task.calendar") == "none":
        yield Advice(
            f"the model does not find the season that {_SEASONAL} repeats",
            ("task.calendar=auto",),
        )
