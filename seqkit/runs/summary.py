"""A run summarised from its events: its progress, curves and scores. Torch-free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from seqkit.errors import CheckpointError
from seqkit.events import Event, last_kept_step
from seqkit.runs.folder import RunFolder
from seqkit.storage.checksums import check_text_seal
from seqkit.storage.regular_files import LARGEST_TEXT, read_regular
from seqkit.storage.toml_text import parse_toml

Point = tuple[float, float]
"""An epoch and a loss."""

MOST_STEPS = 2048
"""Step events that a summary keeps at the most."""


@dataclass
class RunSummary:
    """A run at a glance, in some hundred kilobytes however long it trains.

    Attributes:
        started: Fields of its newest `started` event; empty when it never got that far.
        validation: Validation losses by epoch.
        evaluations: Its `evaluation` events on validation data, the oldest first.
        test: The newest `evaluation` event on the test split.
        samples: The newest `sample` event of each split.
        checkpoints: The `checkpoint` events, the oldest first.
        ended: Its newest `ended` event, unless it was resumed since.
        step: Optimiser steps done.
        epoch: Epochs done.
        elapsed: Training seconds.
        eta: Training seconds left, while it runs.
        every: Of how many step events it keeps one: 1 until there are too many to keep them all.
    """

    started: Mapping[str, Any] = field(default_factory=dict)
    validation: list[Point] = field(default_factory=list)
    evaluations: list[Event] = field(default_factory=list)
    test: Event | None = None
    samples: dict[str, Event] = field(default_factory=dict)
    checkpoints: list[Event] = field(default_factory=list)
    ended: Event | None = None
    step: int = 0
    epoch: float = 0.0
    elapsed: float = 0.0
    eta: float | None = None
    every: int = 1
    _steps: list[tuple[float, float, float]] = field(default_factory=list, repr=False)
    _counted: int = field(default=0, repr=False)

    def copy(self) -> RunSummary:
        """Returns a summary that stays as it is while this one takes in further events."""
        return replace(
            self,
            validation=[*self.validation],
            evaluations=[*self.evaluations],
            samples={**self.samples},
            checkpoints=[*self.checkpoints],
            _steps=[*self._steps],
        )

    def add(self, event: Event) -> None:
        """Takes in the next event of the log."""
        if event.kind == "started":
            self._restart(event)
            return
        self.reach(event)
        if event.kind == "step":
            if self.steps_to_pass == 0:
                self._keep(event)
            self._counted += 1
        elif event.kind == "evaluation":
            if event.get("split") == "test":
                self.test = event
            else:
                self.evaluations.append(event)
                self.validation.append((event.epoch, float(event.get("loss", "nan"))))
        elif event.kind == "sample":
            self.samples[str(event.get("split"))] = event
        elif event.kind == "checkpoint":
            self.checkpoints.append(event)
        elif event.kind == "ended":
            self.ended = event

    def reach(self, event: Event) -> None:
        """Takes in how far the run is by an event, and nothing else of it."""
        self.step, self.epoch = event.step, event.epoch
        self.elapsed = float(event.get("elapsed") or self.elapsed)
        if event.kind == "step":
            self.eta = event.get("eta")

    @property
    def steps_to_pass(self) -> int:
        """How many step events come before the next one that is kept."""
        return -self._counted % self.every

    def pass_over(self, steps: int) -> None:
        """Counts step events that are not kept, up to `steps_to_pass`."""
        self._counted += steps

    def _keep(self, event: Event) -> None:
        speed = event.get("examples_per_second")
        known = float(speed) if isinstance(speed, int | float) else 0.0
        self._steps.append((event.epoch, float(event.get("loss", "nan")), known))
        if len(self._steps) > MOST_STEPS:
            self._steps = self._steps[::2]
            self.every *= 2

    def _restart(self, event: Event) -> None:
        """Forgets what came after the checkpoint that a resumed run goes on from."""
        self.started = event.data
        self.ended = None
        kept_steps = last_kept_step(event)
        self.step, self.epoch = event.step, event.epoch
        self._steps = [kept for kept in self._steps if kept[0] <= event.epoch and kept_steps >= 0]
        self.evaluations = [kept for kept in self.evaluations if kept.step <= kept_steps]
        self.validation = [(kept.epoch, float(kept["loss"])) for kept in self.evaluations]
        self.test = None

    @property
    def train(self) -> list[Point]:
        """Training losses by epoch, of the step events that are kept."""
        return [(epoch, loss) for epoch, loss, _ in self._steps]

    @property
    def speed(self) -> float | None:
        """Examples per second, the mean over the step events that are kept."""
        known = [speed for _, _, speed in self._steps if speed > 0]
        return sum(known) / len(known) if known else None

    @property
    def checkpoint(self) -> str:
        """Path of the newest checkpoint, as its event gives it; empty where there is none."""
        return str(self.checkpoints[-1].get("path", "")) if self.checkpoints else ""

    @property
    def best(self) -> Event | None:
        """The evaluation that the best checkpoint comes from."""
        marked = [event for event in self.evaluations if event.get("best")]
        return marked[-1] if marked else None

    @property
    def metric(self) -> str:
        """Name of what chooses the best checkpoint."""
        return str(self.started.get("metric", ""))

    @property
    def scored(self) -> Event | None:
        """The evaluation a person asks for first: on test data, or else the best one."""
        return self.test or self.best

    def score(self) -> tuple[str, str, float] | None:
        """Returns split, metric and value of the run's score, when it has one."""
        event = self.scored
        if event is None:
            return None
        value = event.get("loss") if self.metric == "loss" else event["metrics"].get(self.metric)
        if not isinstance(value, int | float):
            return None
        return str(event.get("split", "validation")), self.metric, float(value)

    def progress(self) -> float | None:
        """Returns the part of the steps that is done, from 0 to 1."""
        total = self.started.get("total_steps")
        return min(1.0, self.step / total) if total else None


def summarise(events: Iterable[Event]) -> RunSummary:
    """Reads a run's events into a summary."""
    summary = RunSummary()
    for event in events:
        summary.add(event)
    return summary


def words_to_go_on(started: Mapping[str, Any], done: int) -> list[str]:
    """Returns settings that let a run go on for about as long again: those that end it now.

    Args:
        started: Fields of its `started` event.
        done: Optimiser steps that it has done.
    """
    epochs, per_epoch = started.get("epochs"), started.get("steps_per_epoch")
    if not isinstance(epochs, int) or not isinstance(per_epoch, int) or per_epoch < 1:
        return []
    limit = (started.get("experiment") or {}).get("trainer", {}).get("max_steps") or 0
    planned = epochs * per_epoch
    words = []
    if limit and limit <= planned:
        words.append(f"trainer.max_steps={2 * max(limit, done)}")
    if not limit or limit >= planned or done >= planned:
        words.append(f"trainer.epochs={2 * max(epochs, -(-done // per_epoch))}")
    return words


def settings(run: RunFolder) -> dict[str, Any]:
    """Returns the settings a run was made with, flat: `{"trainer.batch_size": 32, ...}`.

    A component's name is at `model`, and the metrics are joined by commas. A run whose file is
    missing or damaged has none.
    """
    try:
        return read_settings(run)
    except CheckpointError:
        return {}


def read_settings(run: RunFolder) -> dict[str, Any]:
    """Returns the same as `settings`.

    Raises:
        CheckpointError: The file is missing or damaged.
    """
    path = run.experiment_file
    check_text_seal(path, "Nothing is said of its settings")
    try:
        return flatten(parse_toml(read_regular(path, LARGEST_TEXT).decode("utf-8")))
    except OSError as error:
        raise CheckpointError(
            f"the settings of run {run.name} are not known: {path} cannot be read: "
            f"{error.strerror}."
        ) from error
    except (ValueError, TypeError, RecursionError) as error:
        raise CheckpointError(
            f"the settings of run {run.name} are not known: {path} is damaged: {error}."
        ) from error


def flatten(document: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the nested tables of an experiment as dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in document.items():
        if key == "metrics":
            flat[key] = ",".join(_named(metric) for metric in value)
        elif isinstance(value, Mapping):
            flat |= {
                key if inner == "name" else f"{key}.{inner}": item
                for inner, item in flatten(value).items()
            }
        else:
            flat[key] = value
    return flat


def _named(metric: Any) -> str:
    return str(metric.get("name", "")) if isinstance(metric, Mapping) else str(metric)


def differing(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Returns the settings, in their first order, that are not the same in every run."""
    keys = dict.fromkeys(key for values in runs for key in values)
    missing = object()
    return [
        key
        for key in keys
        if any(values.get(key, missing) != runs[0].get(key, missing) for values in runs[1:])
    ]
