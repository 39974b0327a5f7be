"""What the list shows of a run; of a long one first what a bounded part of its log tells."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seqkit.errors import CheckpointError, SeqkitError
from seqkit.events import Event, parse_event
from seqkit.runs.folder import LIVE, RunFolder
from seqkit.runs.labels import FILE, NO_LABEL, Label, read_label
from seqkit.runs.listing import UNREADABLE
from seqkit.runs.log import RunLog, damage_of
from seqkit.runs.summary import RunSummary, flatten, summarise
from seqkit.runs.verdict import verdict_of
from seqkit.storage.regular_files import open_regular
from seqkit.terminal.cells import reason
from seqkit.terminal.safe_text import bare

WHOLE = 2**20
"""Bytes of a log that are read at once; of a longer one, first its ends and places in between."""

_HEAD, _TAIL, _PLACES, _PLACE = 2**18, 2**19, 48, 2**12
_CURVE = 48
_NEVER = 2.0**40
_STEP = b'"event":"step"'
_SAMPLE = b'"event":"sample"'


@dataclass(frozen=True)
class RunRow:
    """A run at a glance.

    Attributes:
        folder: Where it is.
        label: Its title and tags.
        status: running, paused, finished, stopped, interrupted, failed, crashed or unreadable.
        created: Seconds since 1970.
        progress: Part of its steps that is done, from 0 to 1; None before it started.
        eta: Training seconds left, while it runs.
        metric: Name of what chooses its best checkpoint.
        value: Its score by that metric, on `split`.
        baseline: The best naive baseline by the same metric.
        higher_is_better: Which way the metric is better.
        losses: Training losses, evenly chosen, the oldest first.
        scores: Every score of the split: `{metric: value}`.
        settings: Every setting, flat.
        message: How it ended, or what is wrong with it.
        verdict: Whether it is better than its baselines, in a few words; empty while that is open.
        remedy: If it is not, the likeliest cause and what to try.
    """

    folder: RunFolder
    label: Label = NO_LABEL
    status: str = ""
    created: float = 0.0
    recipe: str = ""
    task: str = ""
    dataset: str = ""
    model: str = ""
    device: str = ""
    parameters: int | None = None
    step: int = 0
    total_steps: int | None = None
    epoch: float = 0.0
    epochs: int | None = None
    progress: float | None = None
    eta: float | None = None
    elapsed: float = 0.0
    metric: str = ""
    value: float | None = None
    split: str = ""
    baseline: float | None = None
    higher_is_better: bool | None = None
    losses: tuple[float, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""
    verdict: str = ""
    remedy: str = ""

    @property
    def name(self) -> str:
        """Name of the folder, which is what identifies the run."""
        return self.folder.name

    @property
    def title(self) -> str:
        """What the list calls it."""
        return self.label.title or self.name

    @property
    def live(self) -> bool:
        """Whether its process goes on."""
        return self.status in LIVE

    @property
    def loss(self) -> float | None:
        """The newest training loss."""
        return self.losses[-1] if self.losses else None

    @property
    def beats_baseline(self) -> bool | None:
        """Whether its score is better than the best naive one; None where that is not known."""
        if self.value is None or self.baseline is None or self.higher_is_better is None:
            return None
        if self.higher_is_better:
            return self.value > self.baseline
        return self.value < self.baseline


Stamp = tuple[int, ...]
"""Sizes and modification times of the files that a row is read from."""

LOG_SIZE = 3
"""Place of the size of the log in a stamp."""


def stamp(folder: str) -> Stamp:
    """Returns what changes whenever a row may have changed; begins with 0 without a `run.json`."""
    found: list[int] = []
    for name in ("run.json", "events.jsonl", FILE):
        try:
            # Plain texts: paths as objects would cost more than the calls, for a thousand runs.
            status = os.stat(f"{folder}/{name}")  # noqa: PTH116
            found += [status.st_mtime_ns, status.st_size]
        except OSError:
            found += [0, 0]
    return tuple(found)


def first_row(run: RunFolder) -> RunRow:
    """Reads a run in a few milliseconds however long its log is: what is read of that is right.

    Of a long log its best evaluation, and damage, may lie where it is not read.
    """

    def read(_info: Mapping[str, Any], _status: str) -> tuple[RunSummary, str]:
        damage = Damage()
        return summarise(some_events(run.events_file, damage)), damage.said

    return _row_of(run, read)


def read_row(run: RunFolder, log: RunLog | None = None) -> RunRow:
    """Reads a run; one that is damaged has the status `unreadable`, and a message that says why.

    Args:
        run: The run.
        log: Its log, where that is read already; what it has not read yet is read.
    """
    whole = log or RunLog(run.events_file)

    def read(info: Mapping[str, Any], status: str) -> tuple[RunSummary, str]:
        whole.read_all()
        return whole.summary, damage_of(run, info, status in LIVE, whole)

    return _row_of(run, read)


def _row_of(
    run: RunFolder, read: Callable[[Mapping[str, Any], str], tuple[RunSummary, str]]
) -> RunRow:
    label = read_label(run.path)
    try:
        info, status = run.info(), run.status()
        return _row(run, label, info, status, *read(info, status))
    except Exception as error:
        # Whatever is wrong with one run, the others are still to be shown.
        return damaged_row(run, label, error)


def damaged_row(run: RunFolder, label: Label, error: Exception) -> RunRow:
    """Returns the line of a run that cannot be read."""
    said = reason(error)
    if not isinstance(error, SeqkitError):
        said = f"{run.path} cannot be read: {said}. Its checkpoints may still be whole"
    return RunRow(run, label, UNREADABLE, created=_modified(run.path), message=said)


def _row(
    run: RunFolder,
    label: Label,
    info: Mapping[str, Any],
    status: str,
    summary: RunSummary,
    damage: str,
) -> RunRow:
    started = summary.started
    scored, score = summary.scored, summary.score()
    value, split = (score[2], score[0]) if score else (None, "")
    better = started.get("higher_is_better")
    baselines = (scored.get("baselines") if scored else None) or started.get("baselines") or {}
    losses = [loss for _, loss in summary.train]
    ended = str(summary.ended.get("message") or "") if summary.ended else ""
    message = ". ".join(filter(None, (damage, label.damage, ended)))
    verdict = verdict_of(summary)
    return RunRow(
        run,
        label,
        status,
        created=_time(info.get("created")),
        recipe=str(started.get("recipe") or info.get("recipe") or ""),
        **{key: bare(started.get(key)) for key in ("task", "dataset", "model")},
        device=str(started.get("device") or ""),
        parameters=_whole(started.get("parameters")),
        step=summary.step,
        total_steps=_whole(started.get("total_steps")),
        epoch=summary.epoch,
        epochs=_whole(started.get("epochs")),
        progress=summary.progress() if started else None,
        eta=_number(summary.eta) if status in LIVE else None,
        elapsed=_number(summary.elapsed) or 0.0,
        metric=summary.metric,
        value=value,
        split=split,
        baseline=_best(baselines, summary.metric, better),
        higher_is_better=better if isinstance(better, bool) else None,
        losses=tuple(_evenly(losses, _CURVE)),
        scores=_scores(scored),
        settings=flatten(started.get("experiment") or {}),
        message=message,
        verdict=verdict.short if verdict is not None else "",
        remedy=verdict.remedy if verdict is not None else "",
    )


@dataclass
class Damage:
    """What of a log could not be read.

    Attributes:
        said: A sentence without its full stop; empty where all of it could.
    """

    said: str = ""


def some_events(path: Path, damage: Damage | None = None) -> Iterator[Event]:
    """Reads what a summary needs of a log, however long it is; damaged lines are left out.

    Of the step events only some are read, evenly chosen, and the last one; samples are left out.

    Args:
        path: The log.
        damage: Receives what could not be read. A last line that is torn, as by a crash, is none.
    """
    damage = damage or Damage()
    try:
        found = _lines(path)
    except FileNotFoundError:
        return
    except (OSError, SeqkitError) as error:
        damage.said = f"{path} cannot be read: {reason(error)}"
        return
    except CheckpointError as error:
        damage.said = str(error).rstrip(".")
        return
    lines = [line for line in found if _SAMPLE not in line[:48]]
    steps = [index for index, line in enumerate(lines) if _STEP in line[:48]]
    chosen = {*_evenly(steps, _CURVE), *steps[-1:]}
    skipped = set(steps) - chosen
    unreadable = 0
    for index, line in enumerate(lines):
        if index in skipped or not line:
            continue
        try:
            yield parse_event(line)
        except (ValueError, RecursionError):
            unreadable += index < len(lines) - 1
    if unreadable:
        damage.said = f"lines of {path} are damaged and left out"


def _lines(path: Path) -> list[bytes]:
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size <= WHOLE:
            return file.read().splitlines()
        lines = file.read(_HEAD).splitlines()[:-1]
        room = size - _HEAD - _TAIL
        for place in range(_PLACES if room > _PLACES * _PLACE else 0):
            file.seek(_HEAD + room * place // _PLACES)
            lines += file.read(_PLACE).splitlines()[1:-1][:1]
        file.seek(size - _TAIL)
        return lines + file.read().splitlines()[1:]


def _evenly(values: list[Any], count: int) -> list[Any]:
    if len(values) <= count:
        return values
    return [values[round(index * (len(values) - 1) / (count - 1))] for index in range(count)]


def _scores(event: Event | None) -> dict[str, float]:
    if event is None:
        return {}
    values = dict(event.get("metrics") or {}) | {"loss": event.get("loss")}
    return {
        name: number for name, value in values.items() if (number := _number(value)) is not None
    }


def _best(baselines: Any, metric: str, higher: Any) -> float | None:
    if not isinstance(baselines, Mapping) or not isinstance(higher, bool):
        return None
    found = [
        number
        for scores in baselines.values()
        if isinstance(scores, Mapping) and (number := _number(scores.get(metric))) is not None
    ]
    return (max if higher else min)(found, default=None)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return None
    return float(value)


def _modified(folder: Path) -> float:
    try:
        return (folder / "run.json").stat().st_mtime
    except OSError:
        return 0.0


def _time(value: Any) -> float:
    """Returns seconds since 1970; 0 for what is none."""
    found = _number(value)
    return found if found is not None and 0 <= found < _NEVER else 0.0


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def as_json(row: RunRow) -> dict[str, Any]:
    """Returns a row as plain values, without its folder and label, to be kept between starts."""
    hidden = ("folder", "label")
    return {key: value for key, value in vars(row).items() if key not in hidden}


def from_json(run: RunFolder, values: Mapping[str, Any]) -> RunRow:
    """Makes a row of what `as_json` returned. Raises TypeError when it is of another version."""
    known = dict(values) | {"losses": tuple(values.get("losses", ()))}
    return RunRow(run, read_label(run.path), **known)
