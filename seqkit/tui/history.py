"""A run's events in columns: curves to draw, and the newest of everything else."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson

from seqkit.events import SCHEMA_VERSION, Event, last_kept_step, parse_event
from seqkit.storage.checksums import line_fits
from seqkit.terminal.log_lines import Entry, entry

Column = np.ndarray[Any, np.dtype[np.floating[Any]]]

STEP_COLUMNS = (
    "step",
    "epoch",
    "elapsed",
    "loss",
    "learning_rate",
    "gradient_norm",
    "examples_per_second",
    "tokens_per_second",
)
_ORDERED = ("step", "epoch", "elapsed")
_MOST_ENTRIES = 5000
_MOST_SAMPLES = 100


class Table:
    """Columns of numbers that grow at the end, in the order of their steps.

    `step` is kept in 64 bits, as it is counted; what is only drawn has 32.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.count = 0
        self._columns = {name: self._empty(name, 0) for name in names}

    @staticmethod
    def _empty(name: str, room: int) -> Column:
        return np.empty(room, np.float64 if name == "step" else np.float32)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        return tuple(self._columns)

    def __getitem__(self, name: str) -> Column:
        """Returns a view of a column, `(rows,)`; no rows for a column that is not there."""
        column = self._columns.get(name)
        return np.empty(0, np.float32) if column is None else column[: self.count]

    def extend(self, names: Sequence[str], rows: Column) -> None:
        """Adds rows, `(rows, names)`; columns not named are not a number there.

        A column that is new was not a number before.
        """
        end = self.count + len(rows)
        for name in names:
            if name not in self._columns:
                self._columns[name] = self._empty(name, end)
                self._columns[name][: self.count] = np.nan
        with np.errstate(over="ignore"):
            for name, column in self._columns.items():
                if end > len(column):
                    grown = self._empty(name, max(end, self.count * 3 // 2, 256))
                    grown[: self.count] = column[: self.count]
                    self._columns[name] = column = grown
                column[self.count : end] = rows[:, names.index(name)] if name in names else np.nan
        self.count = end

    def cut(self, step: float) -> None:
        """Forgets the rows after a step."""
        self.count = int(np.searchsorted(self["step"], step, side="right"))

    def last(self, name: str) -> float:
        """Returns the newest value of a column; not a number where there is none."""
        column = self[name]
        return float(column[-1]) if len(column) else float("nan")

    def arrays(self) -> dict[str, Column]:
        """Returns every column by its name."""
        return {name: self[name] for name in self._columns}

    @classmethod
    def of(cls, arrays: Mapping[str, Column]) -> Table:
        """Makes a table of whole columns."""
        table = cls(tuple(arrays))
        table._columns = {name: np.asarray(column) for name, column in arrays.items()}
        table.count = min((len(column) for column in arrays.values()), default=0)
        return table


@dataclass
class History:
    """A run's events, taken in.

    Attributes:
        started: Fields of the newest `started` event.
        steps: Columns of the `step` events, `STEP_COLUMNS`.
        evaluations: Columns of the evaluations that are not on test data: step, epoch, elapsed,
            loss, train_loss and each metric.
        best: The evaluations that were the best so far, the newest last.
        test: The newest evaluation on test data.
        samples: The newest `sample` events.
        marks: Checkpoints, controls and resumptions, to be marked in charts.
        entries: The newest lines of the log.
        entries_before: How many older ones were let go.
        ended: The newest `ended` event, unless the run went on since.
        step: Optimiser steps done.
        epoch: Epochs done.
        eta: Training seconds left.
        damaged: Lines that could not be read, or are out of order.
        version: Changes with every event taken in.
        sparse: Whether only some of the events are known, so that gaps are no damage.
    """

    started: Mapping[str, Any] = field(default_factory=dict)
    steps: Table = field(default_factory=lambda: Table(STEP_COLUMNS))
    evaluations: Table = field(default_factory=lambda: Table(("step", "epoch", "elapsed", "loss")))
    best: deque[Event] = field(default_factory=lambda: deque(maxlen=_MOST_ENTRIES))
    test: Event | None = None
    samples: deque[Event] = field(default_factory=lambda: deque(maxlen=_MOST_SAMPLES))
    marks: deque[Event] = field(default_factory=lambda: deque(maxlen=_MOST_ENTRIES))
    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=_MOST_ENTRIES))
    entries_before: int = 0
    ended: Event | None = None
    step: int = 0
    epoch: float = 0.0
    eta: float | None = None
    damaged: int = 0
    version: int = 0
    sparse: bool = False

    @property
    def elapsed(self) -> float:
        """Training seconds so far."""
        found = [table.last("elapsed") for table in (self.steps, self.evaluations)]
        return max((value for value in found if value == value), default=0.0)

    def feed(self, lines: Iterable[bytes]) -> None:
        """Takes in lines of the log. One that is damaged is counted, and nothing else is lost."""
        rows: list[list[Any]] = []
        for line in lines:
            try:
                if not line_fits(line):
                    raise ValueError("its checksum does not match")
                document = orjson.loads(line)
                if document["event"] == "step" and document["v"] == SCHEMA_VERSION:
                    rows.append([document.get(name) for name in STEP_COLUMNS])
                    eta = document.get("eta")
                    continue
                event = parse_event(line)
            except (ValueError, TypeError, KeyError, RecursionError):
                self.damaged += bool(line.strip())
                continue
            if rows:
                self._add_steps(rows, eta)
                rows = []
            try:
                self._add(event)
            except Exception:
                # Of other types than it should be; what follows is still to be read.
                self.damaged += 1
        if rows:
            self._add_steps(rows, eta)
        self.version += 1

    # --- step events ------------------------------------------------------------------------------

    def _add_steps(self, rows: list[list[Any]], eta: Any) -> None:
        try:
            values: Column = np.array(rows, dtype=np.float64)
        except (ValueError, TypeError, OverflowError):
            values = self._readable(rows)
        values = self._in_order(values)
        if not len(values):
            return
        self.steps.extend(STEP_COLUMNS, values)
        self.step, self.epoch = int(values[-1, 0]), float(self.steps["epoch"][-1])
        self.eta = float(eta) if isinstance(eta, int | float) else None

    def _readable(self, rows: list[list[Any]]) -> Column:
        """Returns the rows that hold numbers alone, counting the others."""
        kept = []
        for row in rows:
            try:
                kept.append(np.array(row, dtype=np.float64))
            except (ValueError, TypeError, OverflowError):
                self.damaged += 1
        return np.array(kept, dtype=np.float64).reshape(-1, len(STEP_COLUMNS))

    def _in_order(self, values: Column) -> Column:
        """Returns the rows that go on from what there is, with nothing running backwards."""
        steps = values[:, 0]
        if self.sparse:
            # Where the run went back, nobody tells; what came before a smaller step is undone.
            least = np.minimum.accumulate(np.nan_to_num(steps, nan=np.inf)[::-1])[::-1]
            values = values[np.isfinite(steps) & (steps <= least)]
            if len(values):
                self.steps.cut(float(values[0, 0]))
        else:
            floor = self.steps.last("step") if self.steps.count else 0.0
            reached = np.maximum.accumulate(
                np.concatenate(([floor], np.nan_to_num(steps, nan=-np.inf)))
            )
            in_order = np.isfinite(steps) & (steps >= reached[:-1])
            self.damaged += int(len(steps) - in_order.sum())
            values = values[in_order]
        if not len(values):
            return values
        for place, name in enumerate(STEP_COLUMNS):
            if name in _ORDERED[1:]:
                before = self.steps.last(name) if self.steps.count else 0.0
                column = np.concatenate(([before], values[:, place]))
                column[~np.isfinite(column)] = -np.inf
                values[:, place] = np.maximum.accumulate(column)[1:]
        return values

    # --- other events -----------------------------------------------------------------------------

    def _add(self, event: Event) -> None:
        self._note(event)
        if event.kind == "started":
            self._restart(event)
            return
        self.step, self.epoch = max(self.step, event.step), max(self.epoch, event.epoch)
        if event.kind == "evaluation":
            self._evaluate(event)
        elif event.kind == "sample":
            self.samples.append(event)
        elif event.kind in ("checkpoint", "control"):
            self.marks.append(event)
        elif event.kind == "ended":
            self.ended = event

    def _note(self, event: Event) -> None:
        if event.kind == "sample":
            return
        if len(self.entries) == self.entries.maxlen:
            self.entries_before += 1
        self.entries.append(entry(event))

    def _restart(self, event: Event) -> None:
        """Forgets what came after the checkpoint that a resumed run goes on from."""
        self.started, self.ended, self.eta = event.data, None, None
        kept_steps = last_kept_step(event)
        self.step, self.epoch, self.test = event.step, event.epoch, None
        self.steps.cut(kept_steps)
        self.evaluations.cut(kept_steps)
        for kept in (self.best, self.samples, self.marks):
            while kept and kept[-1].step > kept_steps:
                kept.pop()
        if kept_steps >= 0:
            self.marks.append(event)

    def _evaluate(self, event: Event) -> None:
        if event.get("split") == "test":
            self.test = event
            return
        table = self.evaluations
        if table.count and event.step < table.last("step"):
            if not self.sparse:
                self.damaged += 1
                return
            table.cut(event.step)
        metrics = event.get("metrics")
        found = {**metrics} if isinstance(metrics, Mapping) else {}
        found |= {name: event.get(name) for name in ("loss", "train_loss", "elapsed")}
        values = {
            name: value
            for name, value in found.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        }
        values |= {"step": event.step, "epoch": event.epoch}
        for name in _ORDERED[1:]:
            before = table.last(name) if table.count else 0.0
            values[name] = max(before, values.get(name, before))
        try:
            table.extend(tuple(values), np.array([list(values.values())], dtype=np.float64))
        except OverflowError:
            self.damaged += 1
            return
        if event.get("best") is True:
            self.best.append(event)
