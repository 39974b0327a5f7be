"""Events: what a run says while it happens, one JSON object a line of `events.jsonl`.

Every event has `v` (schema version), `event` (its kind), `time` (seconds since 1970), `step`
(optimiser steps done) and `epoch` (a float; 1.5 is half-way through the second). As it is written
it ends with `crc`, the checksum of the bytes before it, as `storage.checksums` says; a line that
does not fit its own is damaged, and none of it is believed. By kind:

    started      run, folder, experiment (resolved, nested), recipe, task, dataset, model, device,
                 device_reason, precision, parameters (count), layers (list of {name, parameters}),
                 examples ({split: count}), tokens ({split: count}), facts (what the task tells of
                 the training data: {name: sentence or {name: count}}), batch_size, steps_per_epoch,
                 total_steps, epochs, estimate (seconds of the steps left, timed on a copy of the
                 model, or null), metric, higher_is_better, about (positive, the class that a
                 metric is of, and names, of the rows of its table, by metric), directions (which
                 way each metric is better: {name: higher}), baselines (of the validation split:
                 {name: {metric: value}}), encoding ({seconds, cached}), resumed_from (step or
                 null), plugins (paths of local ones), outputs (their kind), legend (what the
                 marks of answers mean), next (commands of the task, each with what it is for),
                 versions
    step         loss (mean since the last step event), learning_rate, gradient_norm (largest
                 before clipping since the last step event), examples_per_second,
                 tokens_per_second, elapsed and eta (training seconds)
    evaluation   split, loss, train_loss, metrics ({name: value}), baselines ({name: {metric:
                 value}}), examples, seconds, best (bool), elapsed, unknown (part of the input
                 tokens that the vocabulary does not have, or null), unknown_targets (the same of
                 those to be told), classes ({name: [examples, times told, times rightly told]})
    sample       split, items (list of dicts made by the task)
    checkpoint   path, best (bool), reason (epoch, interval, requested, interrupted, error)
    control      request (the line of control.jsonl), applied (bool), message
    warning      message
    ended        status (finished, stopped, interrupted, failed), message, elapsed, best
                 ({step, epoch, metric, value} or null), resume (command, when there is more to do),
                 verdict (whether a run that finished is better than its baselines, or null: what
                 `Verdict.as_dict` of `seqkit.runs.verdict` returns)

A value that is not a finite number is written as the string "NaN", "Infinity" or "-Infinity", as
JSON has no other way, and is read back as a float everywhere but in `sample` events.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import time as clock
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from seqkit.errors import CheckpointError
from seqkit.storage.checksums import LINE_SEAL, line_fits, sealed_line
from seqkit.storage.regular_files import is_at, open_regular

__all__ = ["KINDS", "Event", "read_events"]

SCHEMA_VERSION = 1
KINDS = (
    "started",
    "step",
    "evaluation",
    "sample",
    "checkpoint",
    "control",
    "warning",
    "ended",
)
"""Every kind of event; what each holds, the module's docstring lists."""
STEP_BEGINS = b'{"v":%d,"event":"step",' % SCHEMA_VERSION
"""How the line of a step event begins, as it is written here."""
_NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


@dataclass(frozen=True)
class Event:
    """One thing that happened in a run.

    Attributes:
        kind: One of `KINDS`.
        step: Optimiser steps done when it happened.
        epoch: Epochs done, as a float.
        data: The fields of its kind, as the module's docstring lists them.
        time: Seconds since 1970.
    """

    kind: str
    step: int = 0
    epoch: float = 0.0
    data: Mapping[str, Any] = field(default_factory=dict)
    time: float = field(default_factory=clock.time)

    def __getitem__(self, key: str) -> Any:
        return self.data[key]

    def get(self, key: str, default: Any = None) -> Any:
        """Returns a field of this event's kind, or `default` where it has none."""
        return self.data.get(key, default)

    def as_dict(self) -> dict[str, Any]:
        """Returns the event as one flat dictionary, as it is written."""
        head = {
            "v": SCHEMA_VERSION,
            "event": self.kind,
            "time": round(self.time, 3),
            "step": self.step,
            "epoch": round(self.epoch, 6),
        }
        kept = (*head, LINE_SEAL)
        return head | {key: value for key, value in self.data.items() if key not in kept}


def dump_event(event: Event) -> str:
    """Returns an event as one line of strict JSON with its checksum, without its line break."""
    return _line(event).decode("utf-8")


def _line(event: Event) -> bytes:
    document = event.as_dict()
    try:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:
        text = json.dumps(spell_out(document), ensure_ascii=False, separators=(",", ":"))
    return sealed_line(text)


def last_kept_step(started: Event) -> int:
    """Returns the last step whose events stand when a run goes on; -1 where it begins anew.

    A run that goes on from a checkpoint undoes what came after it, and one that crashed before its
    first checkpoint begins anew.
    """
    return -1 if started.get("resumed_from") is None else started.step


def parse_event(line: str | bytes) -> Event:
    """Reads one line of an event log.

    Raises:
        ValueError: The line is not an event: cut short, damaged, or of an unknown kind of schema.
    """
    if isinstance(line, bytes):
        content, line = line, line.decode("utf-8")
    else:
        content = line.encode("utf-8", "surrogatepass")
    if not line_fits(content):
        raise ValueError("a damaged event: its checksum does not match")
    document = json.loads(line)
    if not isinstance(document, dict) or not isinstance(document.get("event"), str):
        raise ValueError("not an event: no 'event' key")
    if document.pop("v", None) != SCHEMA_VERSION:
        raise ValueError("an event of another schema version")
    document.pop(LINE_SEAL, None)
    kind = document.pop("event")
    time, step, epoch = (document.pop(key, 0) for key in ("time", "step", "epoch"))
    try:
        time, step, epoch = float(time), int(step), float(epoch)
    except (TypeError, OverflowError) as error:
        raise ValueError("time, step and epoch of an event must be numbers") from error
    data = (
        document
        if kind == "sample"
        else {key: _read_back(value) for key, value in document.items()}
    )
    return Event(kind, step, epoch, data, time)


def spell_out(value: Any) -> Any:
    """Returns a JSON value with each number that is not finite as its name."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, Mapping):
        return {key: spell_out(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [spell_out(item) for item in value]
    return value


def _read_back(value: Any) -> Any:
    if isinstance(value, str):
        return _NON_FINITE.get(value, value)
    if isinstance(value, dict):
        return {key: _read_back(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_read_back(item) for item in value]
    return value


class EventLog:
    """The one writer of a run's `events.jsonl`: appends and flushes a line an event.

    A line that a killed process left unfinished is closed first, so that it spoils no other line.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open()

    def _open(self) -> None:
        self._file: IO[bytes] = open_regular(self._path, append=True)
        self._unfinished = False
        if self._file.seek(0, os.SEEK_END) > 0:
            self._file.seek(-1, os.SEEK_END)
            self._unfinished = self._file.read(1) != b"\n"

    def write(self, event: Event) -> None:
        """Appends an event. Raises OSError when the disk is full."""
        self._file.write((b"\n" if self._unfinished else b"") + _line(event) + b"\n")
        self._file.flush()
        self._unfinished = False

    def renew(self) -> bool:
        """Opens the log anew where its file was deleted or replaced; tells whether it was.

        Raises:
            CheckpointError: What lies in its place is no regular file.
            OSError: It cannot be opened; the old one still is.
        """
        if is_at(self._file, self._path):
            return False
        before = self._file
        self._open()
        before.close()
        return True

    def close(self) -> None:
        """Closes the file; no event is lost but those that could not be written before."""
        with contextlib.suppress(OSError):
            self._file.close()


def read_events(path: Path, damaged: list[int] | None = None) -> Iterator[Event]:
    """Reads a log from its start, skipping lines that are damaged or still being written.

    Args:
        path: The log; one that does not exist has no events.
        damaged: When given, receives the number (from 1) of each line that was skipped.

    Raises:
        CheckpointError: The log is no regular file, or cannot be read.
    """
    try:
        file = open_regular(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}.") from error
    with file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                yield parse_event(line)
            except (ValueError, RecursionError):
                if damaged is not None:
                    damaged.append(number)
