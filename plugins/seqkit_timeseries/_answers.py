"""Forecasts as answers that people and programs read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Record
from seqkit.errors import ConfigurationError, Problem
from seqkit_timeseries._frequency import Frequency, continued, time_texts


def wanted_rows(asked: int, trained: int) -> int:
    """Returns the rows to answer with. Raises ConfigurationError for more than were trained."""
    if asked > trained:
        message = f"horizon is {asked}, and the run was trained to forecast {trained} rows"
        hint = f"Ask for at most {trained}, or train with task.horizon={asked}"
        raise ConfigurationError(problems=[Problem("horizon", message, hint)])
    return asked or trained


def middle(quantiles: Sequence[float]) -> int:
    """Returns which quantile is the point forecast: the median, or the one nearest to it."""
    return min(range(len(quantiles)), key=lambda place: abs(quantiles[place] - 0.5))


def answers_of(
    forecasts: NDArray[Any],
    records: Sequence[Record],
    columns: Sequence[str],
    frequency: Frequency,
    quantiles: Sequence[float],
    shown: int,
) -> list[dict[str, Any]]:
    """Returns an answer for each record.

    Args:
        forecasts: In the units of the data, `(records, rows, columns[, quantiles])`.
        records: What they continue; one with a `start` holds its target behind that.
        columns: The targets.
        frequency: Continues the times.
        quantiles: Their levels; empty for a point forecast.
        shown: Rows of history in an answer.
    """
    answers = []
    for forecast, record in zip(forecasts, records, strict=True):
        times, rows = record["time"], len(forecast)
        origin = int(record.get("start", len(times)))
        values = [np.asarray(record["values"][name], dtype=np.float64) for name in columns]
        ahead = times[origin : origin + rows]
        if len(ahead) < rows:
            ahead = continued(times[:origin], frequency, rows)
        past = slice(max(0, origin - shown), origin)
        point = forecast[..., middle(quantiles)] if quantiles else forecast
        answer: dict[str, Any] = {
            "series": str(record.get("series", "")),
            "columns": list(columns),
            "history": {
                "time": time_texts(times[past], frequency),
                "values": [numbers(column[past]) for column in values],
            },
            "forecast": {
                "time": time_texts(ahead, frequency),
                "values": [numbers(column) for column in point.T],
            },
        }
        if quantiles:
            answer["forecast"]["quantiles"] = {
                f"{level:g}": [numbers(column) for column in forecast[..., place].T]
                for place, level in enumerate(quantiles)
            }
        if "start" in record:
            answer["target"] = [numbers(column[origin : origin + rows]) for column in values]
        answers.append(answer)
    return answers


def numbers(column: NDArray[Any]) -> list[float | None]:
    """Returns numbers as JSON values, None for NaN; single precision as its shortest decimal."""
    if column.dtype == np.float32:
        return [None if text == "nan" else float(text) for text in column.astype(str).tolist()]
    return [None if value != value else value for value in column.tolist()]
