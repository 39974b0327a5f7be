"""A run's history as plots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seqkit.events import Event
from seqkit.terminal.figures import number as written
from seqkit.terminal.safe_text import one_line
from seqkit.tui.chart import Axis, Level, Mark, Plot, Series, clock, number, whole
from seqkit.tui.chart.smooth import Smoothed
from seqkit.tui.history import Column, History, Table

UNITS = ("step", "epoch", "time", "tokens")
AXES: Mapping[str, Axis] = {
    "step": Axis("step", whole, "whole"),
    "epoch": Axis("epoch", number),
    "time": Axis("time", clock, "seconds"),
    "tokens": Axis("tokens", whole, "whole"),
}
SMOOTHING: Mapping[str, float] = {"off": 0.0, "light": 0.01, "medium": 0.03, "strong": 0.1}
"""Windows of the moving average, as parts of all points."""

_SMOOTHED = {"light": "smoothed lightly", "medium": "smoothed", "strong": "smoothed strongly"}
"""What the legend calls a moving average whose window a person may choose."""

_TOKENS = ("tokens", "next-tokens")
"""Kinds of output whose training is paced by tokens."""

_MOST_CHECKPOINTS = 40
_REQUESTS = {
    "pause": ("‖", "paused"),
    "resume": ("▸", "went on"),
    "save": ("◆", "saved"),
    "stop": ("■", "stopped"),
    "interrupt": ("■", "interrupted"),
    "set-learning-rate": ("η", "learning rate"),
}


@dataclass(frozen=True)
class View:
    """How curves are looked at.

    Attributes:
        unit: What x counts, one of `UNITS`.
        smoothing: One of `SMOOTHING`.
        log: Whether losses and rates are on a logarithmic scale.
        metric: The metric that is drawn; the run's main one when empty.
        live: Whether more points are coming.
    """

    unit: str = "step"
    smoothing: str = "medium"
    log: bool = False
    metric: str = ""
    live: bool = True


@dataclass
class Curves:
    """Makes plots of a history, and keeps the moving averages of its long curves."""

    _smoothed: dict[tuple[str, str], Smoothed] = field(default_factory=dict)

    def plots(self, history: History, view: View) -> dict[str, Plot]:
        """Returns the plot of each chart pane."""
        marks = _marks(history, view.unit)
        return {
            "loss": self._plot("Loss", history, view, self._loss(history, view), marks, view.log),
            "metrics": self._metrics(history, view, marks),
            "rate": self._one(history, view, "Learning rate", "learning_rate", "", view.log),
            "gradient": self._one(
                history, view, "Gradient norm", "gradient_norm", "strong", view.log
            ),
            "speed": self._one(history, view, *_speed(history), smooth="strong", log=False),
        }

    def _plot(
        self,
        title: str,
        history: History,
        view: View,
        series: Sequence[Series],
        marks: Sequence[Mark],
        log: bool,
        levels: Sequence[Level] = (),
    ) -> Plot:
        ends = [
            float(xs(table, view.unit, history)[-1])
            for table in (history.steps, history.evaluations)
            if table.count
        ]
        return Plot(
            title,
            series,
            levels=levels,
            marks=marks,
            axis=AXES[view.unit],
            domain=(0.0, max(ends)) if ends else None,
            live=view.live,
            log=log,
            empty="waiting for the first step" if view.live else "nothing was logged",
        )

    def _loss(self, history: History, view: View) -> list[Series]:
        found = self._curve(
            history, view, "loss", "train", view.smoothing, _SMOOTHED.get(view.smoothing, "")
        )
        table = history.evaluations
        if table.count:
            x = xs(table, view.unit, history)
            found.append(Series("validation", x, table["loss"], "chart-2", marker="●"))
        return found

    def _curve(
        self,
        history: History,
        view: View,
        column: str,
        name: str,
        smoothing: str,
        called: str = "smoothed",
    ) -> list[Series]:
        """Returns a curve of the steps, behind its moving average where there is one."""
        x, y = xs(history.steps, view.unit, history), history.steps[column]
        part = SMOOTHING.get(smoothing, 0.0) if view.smoothing != "off" else 0.0
        if not part or len(y) < 8:
            return [Series(name, x, y, "chart-1")]
        smoothed = self._smoothed.setdefault((column, smoothing), Smoothed(part))
        finite = np.isfinite(y)
        if not finite.all():
            averaged = Series(called, x[finite], smoothed.follow(y[finite]), "chart-1")
        else:
            averaged = Series(called, x, smoothed.follow(y), "chart-1")
        return [Series(name, x, y, "chart-raw", behind=True), averaged]

    def _one(
        self,
        history: History,
        view: View,
        title: str,
        column: str,
        smooth: str = "",
        log: bool = False,
    ) -> Plot:
        name = "raw" if smooth else title.split()[-1].lower()
        series = self._curve(history, view, column, name, smooth)
        return self._plot(title, history, view, series, (), log)

    def _metrics(self, history: History, view: View, marks: Sequence[Mark]) -> Plot:
        name = metric_of(history, view.metric)
        table = history.evaluations
        if not name:
            empty = "no metric yet" if view.live else "no metric was measured"
            return Plot("Metrics", empty=empty)
        x = xs(table, view.unit, history)
        series = [Series("validation", x, table[name], "chart-3", marker="●")]
        starred = [mark for mark in marks if mark.sign == "★"]
        levels = [
            Level(f"{one_line(baseline)} {written(value)}", value)
            for baseline, value in baselines(history, name)
        ]
        return self._plot(one_line(name), history, view, series, starred[-1:], False, levels)


# --- what there is --------------------------------------------------------------------------------


def xs(table: Table, unit: str, history: History) -> Column:
    """Returns the x of each row of a table, `(rows,)`."""
    if unit == "time":
        return table["elapsed"]
    if unit == "tokens":
        tokens: Column = table["epoch"] * np.float32(tokens_per_epoch(history))
        return tokens
    return table[unit]


def at_step(history: History, step: float, unit: str) -> float:
    """Returns the x at which a step was done."""
    table = history.steps if history.steps.count else history.evaluations
    if unit == "step" or not table.count:
        return step
    return float(np.interp(step, table["step"], xs(table, unit, history)))


def step_at(history: History, x: float, unit: str) -> int:
    """Returns the step that was done at an x."""
    table = history.steps if history.steps.count else history.evaluations
    if unit == "step" or not table.count:
        return round(x)
    return round(float(np.interp(x, xs(table, unit, history), table["step"])))


def tokens_per_epoch(history: History) -> float:
    """Returns the tokens or time steps of the training split; 0 where that is not known."""
    tokens = history.started.get("tokens")
    train = tokens.get("train") if isinstance(tokens, Mapping) else None
    return float(train) if isinstance(train, int | float) else 0.0


def units(history: History) -> list[str]:
    """Returns what x can count in this run."""
    return [unit for unit in UNITS if unit != "tokens" or tokens_per_epoch(history) > 0]


def metric_names(history: History) -> list[str]:
    """Returns the metrics that were measured, the main one first."""
    left_out = ("step", "epoch", "elapsed", "loss", "train_loss")
    found = [name for name in history.evaluations.names if name not in left_out]
    main = history.started.get("metric")
    return sorted(found, key=lambda name: name != main)


def metric_of(history: History, wanted: str) -> str:
    """Returns the metric to draw: the wanted one, or the main one; empty when there is none."""
    found = metric_names(history)
    return wanted if wanted in found else (found[0] if found else "")


def baselines(history: History, metric: str) -> list[tuple[str, float]]:
    """Returns the naive answers that were scored by a metric, with their values."""
    found = history.started.get("baselines")
    if not isinstance(found, Mapping):
        return []
    return [
        (str(name), float(values[metric]))
        for name, values in found.items()
        if isinstance(values, Mapping)
        and isinstance(values.get(metric), int | float)
        and np.isfinite(values[metric])
    ]


def _speed(history: History) -> tuple[str, str]:
    """Returns tokens per second for what puts out tokens, and examples per second for others."""
    if history.started.get("outputs") in _TOKENS:
        return "Tokens per second", "tokens_per_second"
    return "Examples per second", "examples_per_second"


def _marks(history: History, unit: str) -> list[Mark]:
    """Returns what is marked: what people asked for, and the checkpoints."""
    checkpoints = [event for event in history.marks if event.kind == "checkpoint"]
    best = [event for event in checkpoints if event.get("best")][-1:]
    if len(checkpoints) > _MOST_CHECKPOINTS:
        # So many would hide the axis; those that a person asked for are marked as requests.
        checkpoints = []
    others: Iterable[Event] = (event for event in history.marks if event.kind != "checkpoint")
    found = [
        mark
        for event in (*checkpoints, *others)
        if (mark := _mark(event, at_step(history, event.step, unit))) is not None
    ]
    stars = (at_step(history, event.step, unit) for event in best)
    return found + [Mark(x, "★", "best checkpoint", "success", line=False) for x in stars]


def _mark(event: Event, x: float) -> Mark | None:
    if event.kind == "checkpoint":
        return Mark(x, "◆", "checkpoint", "chart-axis", line=False)
    if event.kind == "started":
        return Mark(x, "↻", "resumed", "accent")
    request: Any = event.get("request")
    action = request.get("request") if isinstance(request, Mapping) else None
    if event.get("applied") is not True or action not in _REQUESTS:
        return None
    sign, name = _REQUESTS[action]
    return Mark(x, sign, name, "warning")
