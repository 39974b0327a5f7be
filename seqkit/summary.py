"""What a run came to, read from its folder: how far it is, its curves, its scores. Torch-free."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from seqkit.checksums import check_text_seal
from seqkit.errors import CheckpointError, SeqkitError
from seqkit.events import Event
from seqkit.runs import LIVE, RunFolder
from seqkit.toml_text import parse_toml

UNREADABLE = "unreadable"
"""What `listed` says is the status of a run that cannot be read."""

_DESCRIBED = (
    *("name", "path", "status", "created", "group", "recipe", "task", "dataset", "model"),
    *("device", "parameters", "step", "total_steps", "epoch", "epochs", "progress", "eta"),
    *("elapsed", "examples_per_second", "score", "metrics", "higher_is_better", "message"),
)

Point = tuple[float, float]
"""An epoch and a loss."""


@dataclass
class RunSummary:
    """A run at a glance.

    Attributes:
        started: Fields of its newest `started` event; empty when it never got that far.
        train: Training losses by epoch.
        validation: Validation losses by epoch.
        evaluations: Its `evaluation` events on validation data, the oldest first.
        test: The newest `evaluation` event on the test split.
        samples: The newest `sample` event of each split.
        checkpoint: Path of the newest checkpoint, as the event gives it.
        ended: Its newest `ended` event, unless it was resumed since.
        step: Optimiser steps done.
        epoch: Epochs done.
        elapsed: Training seconds.
        eta: Training seconds left, while it runs.
        speed: Examples per second, the mean over its step events.
    """

    started: Mapping[str, Any] = field(default_factory=dict)
    train: list[Point] = field(default_factory=list)
    validation: list[Point] = field(default_factory=list)
    evaluations: list[Event] = field(default_factory=list)
    test: Event | None = None
    samples: dict[str, Event] = field(default_factory=dict)
    checkpoint: str = ""
    ended: Event | None = None
    step: int = 0
    epoch: float = 0.0
    elapsed: float = 0.0
    eta: float | None = None
    speed: float | None = None
    _speeds: int = field(default=0, repr=False)
    _speed_total: float = field(default=0.0, repr=False)

    def add(self, event: Event) -> None:
        """Takes in the next event of the log."""
        if event.kind == "started":
            self._restart(event)
            return
        self.step, self.epoch = event.step, event.epoch
        self.elapsed = float(event.get("elapsed") or self.elapsed)
        if event.kind == "step":
            self.train.append((event.epoch, float(event.get("loss", "nan"))))
            self.eta = event.get("eta")
            speed = event.get("examples_per_second")
            if isinstance(speed, int | float) and speed > 0:
                self._speeds += 1
                self._speed_total += float(speed)
                self.speed = self._speed_total / self._speeds
        elif event.kind == "evaluation":
            if event.get("split") == "test":
                self.test = event
            else:
                self.evaluations.append(event)
                self.validation.append((event.epoch, float(event.get("loss", "nan"))))
        elif event.kind == "sample":
            self.samples[str(event.get("split"))] = event
        elif event.kind == "checkpoint":
            self.checkpoint = str(event.get("path", ""))
        elif event.kind == "ended":
            self.ended = event

    def _restart(self, event: Event) -> None:
        """Forgets what came after the checkpoint that a resumed run goes on from."""
        self.started = event.data
        self.ended = None
        if event.get("resumed_from") is None:
            return
        self.step, self.epoch = event.step, event.epoch
        self.train = [point for point in self.train if point[0] <= event.epoch]
        self.evaluations = [kept for kept in self.evaluations if kept.step <= event.step]
        self.validation = [(kept.epoch, float(kept["loss"])) for kept in self.evaluations]
        self.test = None

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
    """Returns the settings a run was made with, flat: `{"model.hidden_size": 128, ...}`.

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
        return flatten(parse_toml(path.read_text(encoding="utf-8")))
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


def describe(run: RunFolder) -> dict[str, Any]:
    """Returns what a front end lists of a run, as JSON values.

    Raises:
        CheckpointError: Its `run.json` is missing or damaged.
    """
    info, status = run.info(), run.status()
    with reading(run):
        return _described(run, info, status)


def _check_types(started: Mapping[str, Any]) -> None:
    """Refuses fields that front ends show or count with, where they are of another type."""
    for keys, kind, what in (
        (("recipe", "task", "dataset", "model", "device"), str, "a text"),
        (("parameters", "total_steps", "epochs"), int | float, "a number"),
    ):
        for key in keys:
            if not isinstance(started.get(key), kind | None):
                raise TypeError(f"{key} is {str(started[key])[:40]!r}; it must be {what}")


@contextmanager
def reading(run: RunFolder) -> Iterator[None]:
    """Turns whatever damaged events lead to into an error that names them.

    Events are checked where they are used: a field may be of any type in a file that was changed.
    """
    try:
        yield
    except SeqkitError:
        raise
    except Exception as error:
        raise CheckpointError(
            f"what is kept of run {run.name} is damaged, in {run.path}: "
            f"{type(error).__name__}: {error}. Its checkpoints may still be whole"
        ) from error


def listed(run: RunFolder) -> dict[str, Any]:
    """Returns what `describe` does and `error`: why the run cannot be read, or empty."""
    try:
        return describe(run) | {"error": ""}
    except SeqkitError as error:
        nothing = dict.fromkeys(_DESCRIBED)
        known = {"name": run.name, "path": str(run.path), "status": UNREADABLE, "group": ""}
        return nothing | known | {"metrics": {}, "message": "", "error": str(error)}


def _described(run: RunFolder, info: Mapping[str, Any], status: str) -> dict[str, Any]:
    summary = summarise(run.events())
    started = summary.started
    _check_types(started)
    score = summary.score()
    return {
        "name": run.name,
        "path": str(run.path),
        "status": status,
        "created": info.get("created"),
        "group": str(info.get("group") or ""),
        **{key: started.get(key) for key in ("recipe", "task", "dataset", "model", "device")},
        "parameters": started.get("parameters"),
        "step": summary.step,
        "total_steps": started.get("total_steps"),
        "epoch": summary.epoch,
        "epochs": started.get("epochs"),
        "progress": summary.progress(),
        "eta": summary.eta if status in LIVE else None,
        "elapsed": summary.elapsed,
        "examples_per_second": summary.speed,
        "score": dict(zip(("split", "metric", "value"), score, strict=True)) if score else None,
        "metrics": {
            event.get("split"): dict(event.get("metrics", {})) | {"loss": event.get("loss")}
            for event in (summary.best, summary.test)
            if event is not None
        },
        "higher_is_better": started.get("higher_is_better"),
        "message": summary.ended.get("message", "") if summary.ended else "",
    }
