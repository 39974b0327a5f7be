"""An answer of the view `series` as curves: the one place that reads it for charts and plots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from seqkit.views import Answer, number_of

Numbers = Sequence[float]
"""Values step by step, NaN where one is not known."""


@dataclass(frozen=True)
class Curves:
    """What is drawn of one column.

    Attributes:
        name: Its name.
        history: Values up to the forecast.
        forecast: Values forecast.
        band: Lowest and highest quantile, step by step; empty without quantiles.
        truth: What the values turned out to be; empty where that is not known.
    """

    name: str
    history: Numbers
    forecast: Numbers
    band: tuple[Numbers, Numbers] | tuple[()] = ()
    truth: Numbers = ()

    def values(self) -> list[float]:
        """Returns every number that has a place in the plot."""
        parts = [self.history, self.forecast, *self.band, self.truth]
        return [value for part in parts for value in part if math.isfinite(value)]


def curves_of(answer: Answer) -> list[Curves]:
    """Returns the curves of each column of an answer of the view `series`."""
    history, forecast = answer["history"]["values"], answer["forecast"]["values"]
    quantiles, levels = answer["forecast"].get("quantiles") or {}, levels_of(answer)
    truth = answer.get("target") or []

    def numbers(values: Sequence[object]) -> list[float]:
        return list(map(number_of, values))

    return [
        Curves(
            str(name),
            numbers(history[place]),
            numbers(forecast[place]),
            (numbers(quantiles[levels[0]][place]), numbers(quantiles[levels[-1]][place]))
            if levels
            else (),
            numbers(truth[place]) if place < len(truth) else (),
        )
        for place, name in enumerate(answer["columns"])
    ]


def levels_of(answer: Answer) -> list[str]:
    """Returns the quantiles, ascending; none where they make no interval."""
    levels = sorted(answer["forecast"].get("quantiles") or {}, key=float)
    return levels if len(levels) > 1 else []


def interval_of(answer: Answer) -> str:
    """Names the interval of an answer, `80% interval`; an empty text where it has none."""
    levels = levels_of(answer)
    return f"{float(levels[-1]) - float(levels[0]):.0%} interval" if levels else ""
