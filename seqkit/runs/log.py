"""A run's log read: its summary, and what of it is damaged. Torch-free.

A log that grows is read on from where it ended the last time. Every line is held against its
checksum; of very many step events, which are nearly all of a long log, only those that a summary
keeps are parsed, and the newest.

Nothing of it is kept on disk from one command to the next. 500,000 step events, of half a day of
training or more (150 MB), take 0.6 seconds of processor time, and the thousands that are usual a
few milliseconds (`tests/benchmarks/test_logs.py`); and reading again is what finds damage that has
come since, which an answer kept from before would hide. The terminal UI, which is open for long,
reads on where it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from seqkit.errors import CheckpointError
from seqkit.events import STEP_BEGINS, Event, parse_event
from seqkit.runs.folder import RunFolder
from seqkit.runs.summary import RunSummary
from seqkit.runs.tail import SLICE, Tail
from seqkit.storage.checksums import line_is_sealed

_ENDED = ("finished", "stopped", "interrupted", "failed")
_MOST_NAMED = 5


class RunLog:
    """A run's log, as far as it was read.

    Attributes:
        path: The log; one that does not exist has no events.
        summary: The summary of its events.
        damaged: The numbers, from 1, of the lines that are damaged and left out.
        began: When its first event happened, in seconds since 1970; None where it has none.
        reached: The latest step of any event, those included that a resumed run did again.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tail = Tail(path)
        self._forget()

    def _forget(self) -> None:
        self.summary = RunSummary()
        self.damaged: list[int] = []
        self.began: float | None = None
        self.reached = 0

    def read(self, limit: int = SLICE) -> bool:
        """Takes in what is new, up to so many bytes. Returns whether more can be read at once.

        Raises:
            CheckpointError: The log is no regular file, or cannot be read.
        """
        news = self._tail.read(limit)
        if self._tail.problem:
            raise CheckpointError(self._tail.problem)
        if news.restarted:
            self._forget()
        self.damaged += [news.first] * news.skipped
        left, newest = self.summary.steps_to_pass, b""
        for number, line in enumerate(news.lines, start=news.first):
            if left and line.startswith(STEP_BEGINS) and line_is_sealed(line):
                left, newest = left - 1, line
                continue
            self.summary.pass_over(self.summary.steps_to_pass - left)
            if self._take(line, newest):
                newest = b""
            elif line.strip():
                self.damaged.append(number)
            left = self.summary.steps_to_pass
        self.summary.pass_over(self.summary.steps_to_pass - left)
        if newest:
            self._reach(newest)
        if not news.more:
            self._take_rest()
        return news.more

    def read_all(self) -> Self:
        """Takes in all there is. Raises as `read` does."""
        while self.read():
            continue
        return self

    def _take(self, line: bytes, passed: bytes = b"") -> bool:
        """Takes in the event of a line, where it is one, after the step that was passed over."""
        try:
            event = parse_event(line)
        except (ValueError, RecursionError):
            return False
        if passed and event.kind != "step":
            self._reach(passed)
        self.summary.add(self._as_called_now(event))
        if self.began is None:
            self.began = event.time
        self.reached = max(self.reached, event.step)
        return True

    def _as_called_now(self, event: Event) -> Event:
        """Returns an event with the present name of its run, whose folder may be renamed since."""
        if event.kind != "started" or "run" not in event.data:
            return event
        folder = self.path.parent.resolve()
        return replace(event, data={**event.data, "run": folder.name, "folder": str(folder)})

    def _reach(self, line: bytes) -> None:
        event = parse_event(line)
        self.summary.reach(event)
        self.reached = max(self.reached, event.step)

    def _take_rest(self) -> None:
        """Takes in a last line that is whole but for its line break; a piece of one has to wait."""
        rest = self._tail.rest
        if rest and self._take(rest):
            self._tail.take_rest()


def read_log(run: RunFolder) -> RunLog:
    """Reads the whole log of a run.

    Raises:
        CheckpointError: The log is no regular file, or cannot be read.
    """
    return RunLog(run.events_file).read_all()


def damage_of(run: RunFolder, info: Mapping[str, Any], live: bool, log: RunLog) -> str:
    """Returns what of a run's log is damaged or lost, in a sentence; empty where nothing is.

    A log that is cut short shows by what `run.json` knows: how the run ended, and the step of its
    newest evaluation. What a killed process had no time to write is no damage.

    Args:
        run: The run.
        info: Its `run.json`, read before the log was.
        live: Whether it runs.
        log: What was read.
    """
    said = damaged_lines(log.path, log.damaged)
    if live or not _is_cut(info, log) or run.held(info):
        return said
    cut = f"{log.path} breaks off before the end of what the run did: the rest of it is lost"
    return f"{said}, and {cut}" if said else cut


def damaged_lines(path: Path, numbers: Sequence[int]) -> str:
    """Returns a sentence about lines that are damaged; empty for none."""
    if not numbers:
        return ""
    shown = ", ".join(f"{number:,}" for number in numbers[:_MOST_NAMED])
    more = ", ..." if len(numbers) > _MOST_NAMED else ""
    what = "1 line of {} is" if len(numbers) == 1 else f"{len(numbers):,} lines of {{}} are"
    return f"{what.format(path)} damaged and left out: line {shown}{more}"


def _is_cut(info: Mapping[str, Any], log: RunLog) -> bool:
    if info.get("status") in _ENDED and "ended" in info and log.summary.ended is None:
        return True
    evaluation = info.get("evaluation")
    step = evaluation.get("step") if isinstance(evaluation, Mapping) else None
    return isinstance(step, int) and step > log.reached
