"""The view `series` as files: the rows of a long table, or a drawing by matplotlib."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqkit.terminal.answers.curves import Curves, curves_of, interval_of
from seqkit.terminal.answers.pictures import write_plots
from seqkit.views import Answer

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def as_rows(answers: Sequence[Answer]) -> tuple[list[str], Iterator[list[Any]]]:
    """Returns the columns of a table, and a row for each series, column and time.

    Columns are `series`, `column`, `time`, `forecast`, one for each quantile (`q0.1`), and
    `target` where it is known; cells of unknown values are empty.
    """
    levels = sorted({level for answer in answers for level in _quantiles(answer)}, key=float)
    with_target = any(answer.get("target") for answer in answers)
    heads = ["series", "column", "time", "forecast", *(f"q{level}" for level in levels), "target"]
    end = None if with_target else -1
    return heads[:end], (row[:end] for answer in answers for row in _rows(answer, levels))


def _quantiles(answer: Answer) -> Mapping[str, Sequence[Sequence[float | None]]]:
    return answer["forecast"].get("quantiles") or {}


def _rows(answer: Answer, levels: Sequence[str]) -> Iterator[list[Any]]:
    forecast, quantiles = answer["forecast"], _quantiles(answer)
    target = answer.get("target") or []
    for place, column in enumerate(answer["columns"]):
        truth = target[place] if place < len(target) else []
        for step, time in enumerate(forecast["time"]):
            cells = [forecast["values"][place][step]]
            cells += [quantiles[q][place][step] if q in quantiles else None for q in levels]
            cells.append(truth[step] if step < len(truth) else None)
            yield [answer.get("series", ""), column, time, *cells]


def write_picture(answers: Sequence[Answer], path: Path) -> None:
    """Draws history, forecast, interval and truth of each column; the file's ending is the format.

    Raises:
        ConfigurationError: matplotlib is not installed.
        OSError: The file cannot be written.
    """
    plots = [partial(_draw, answer, curves) for answer in answers for curves in curves_of(answer)]
    write_plots(plots, path, "columns", [2.4] * len(plots))


def _draw(answer: Answer, curves: Curves, axes: Axes) -> None:
    past, ahead = list(answer["history"]["time"]), list(answer["forecast"]["time"])
    times = _times([*past, *ahead])
    before, after = times[: len(past)], times[len(past) :]
    history, forecast = curves.history, curves.forecast
    axes.plot(before, history, color="0.35", linewidth=1.2, label="history")
    if curves.band:
        low, high = curves.band
        label = interval_of(answer)
        axes.fill_between(after, low, high, color="C0", alpha=0.2, linewidth=0, label=label)
    # Joined to the history, so that no gap looks like a missing step.
    axes.plot(
        [*before[-1:], *after],
        [*history[-1:], *forecast],
        color="C0",
        linewidth=1.6,
        # Points, as colours are lost in print.
        marker="o",
        markersize=2.5,
        label="forecast",
    )
    if any(not math.isnan(value) for value in curves.truth):
        axes.plot(after, curves.truth, color="C3", linewidth=1.0, linestyle="--", label="actual")
    series = answer.get("series") or ""
    axes.set_title(f"{series}  {curves.name}" if series else curves.name, loc="left", fontsize=10)
    if times and getattr(times[-1], "tzinfo", None) is not None:
        axes.set_xlabel(str(times[-1].tzinfo), fontsize="small")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize="small")


def _times(texts: Sequence[str]) -> list[Any]:
    """Returns times as dates; positions as numbers, and by their order what cannot be drawn."""
    if all(text.removeprefix("-").isdecimal() for text in texts):
        return list(map(int, texts))
    try:
        times = [datetime.fromisoformat(text) for text in texts]
    except ValueError:
        return list(range(len(texts)))
    zone = times[-1].tzinfo if times else None
    if zone is None:
        return times
    # The axis has one clock: that of the last time, where offsets change.
    return [time.astimezone(zone) for time in times]
