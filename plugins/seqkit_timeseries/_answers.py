"""Forecasts as answers that people and programs read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Record
from seqkit.data import listed
from seqkit.errors import DataError
from seqkit_timeseries._frequency import Frequency, continued, time_texts
from seqkit_timeseries._kinds import tell_new, with_kinds
from seqkit_timeseries._layout import Layout, named


def middle(quantiles: Sequence[float]) -> int:
    """Returns which quantile is the point forecast: the median, or the one nearest to it."""
    return min(range(len(quantiles)), key=lambda place: abs(quantiles[place] - 0.5))


def answers_of(
    forecasts: NDArray[np.float64],
    locations: NDArray[np.float64],
    records: Sequence[Record],
    columns: Sequence[str],
    frequency: Frequency,
    quantiles: Sequence[float],
    shown: int,
) -> list[dict[str, Any]]:
    """Returns an answer for each record.

    Args:
        forecasts: In the units of the data, `(records, rows, columns[, quantiles])`.
        locations: What was added to what the network put out, `(records, columns)`.
        records: What they continue; one with a `start` holds its target behind that.
        columns: The targets.
        frequency: Continues the times.
        quantiles: Their levels; empty for a point forecast.
        shown: Rows of history in an answer.
    """
    answers = []
    for forecast, location, record in zip(forecasts, locations, records, strict=True):
        _check_finite(forecast, record, columns)
        digits = [decimals(forecast[:, place], at) for place, at in enumerate(location)]
        times, rows = record["time"], len(forecast)
        origin = int(record.get("start", len(times)))
        values = [np.asarray(record["values"][name], dtype=np.float64) for name in columns]
        ahead = times[origin : origin + rows]
        if len(ahead) < rows:
            ahead = continued(times[:origin], frequency, rows)
        past = slice(max(0, origin - shown), origin)
        point = forecast[..., middle(quantiles)] if quantiles else forecast
        answer: dict[str, Any] = {
            "view": "series",
            "series": str(record.get("series", "")),
            "columns": list(columns),
            "history": {
                "time": time_texts(times[past], frequency),
                "values": [numbers(column[past]) for column in values],
            },
            "forecast": {
                "time": time_texts(ahead, frequency),
                "values": list(map(numbers, point.T, digits)),
            },
        }
        if quantiles:
            answer["forecast"]["quantiles"] = {
                f"{level:g}": list(map(numbers, forecast[..., place].T, digits))
                for place, level in enumerate(quantiles)
            }
        if "start" in record:
            answer["target"] = [numbers(column[origin : origin + rows]) for column in values]
        answers.append(answer)
    return answers


def note_of_record(record: Record, layout: Layout) -> list[str]:
    """Returns what to know of a forecast that goes on from a record, in sentences."""
    notes = []
    if assumed := record.get("assumed", ()):
        was = "it mostly was" if len(assumed) == 1 else "they mostly were"
        notes.append(
            f"{listed(assumed)} ahead taken for what {was}: give rows ahead with the targets empty "
            "to say otherwise"
        )
    if "start" not in record and (new := with_kinds(record, layout.kinds)[1]):
        notes.append(tell_new(new))
    return notes


def decimals(forecast: NDArray[np.float64], location: float) -> int | None:
    """Returns how many decimals of a forecast single precision gave, below 0 for tens and more.

    None where it gave nothing to round.

    Args:
        forecast: Of one column.
        location: What was added to the network's numbers in double precision.
    """
    most = float(np.abs(forecast - location).max())
    if not 0 < most < math.inf:
        return None
    return -math.floor(math.log10(most * float(np.finfo(np.float32).eps)))


def numbers(column: NDArray[np.float64], digits: int | None = None) -> list[float | None]:
    """Returns numbers as JSON values, rounded to so many decimals, None for NaN."""
    values = column.tolist()
    if digits is not None:
        values = [round(value, digits) for value in values]
    return [None if value != value else value for value in values]


def _check_finite(forecast: NDArray[np.float64], record: Record, columns: Sequence[str]) -> None:
    """Raises DataError where there is no forecast; samples of a run may have none."""
    if "start" in record or np.isfinite(forecast).all():
        return
    row, column = np.argwhere(~np.isfinite(forecast))[0][:2]
    raise DataError(
        f"the forecast of column {columns[column]!r} of {named(record)} is no finite number in row "
        f"{row + 1}. Check the weights and the last rows of the inputs"
    )
