"""The table of a sweep: a row for each run as it ends, and below it those that are running."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seqkit.experiments.sweep_plan import SweepRun
from seqkit.runs.summary import RunSummary
from seqkit.terminal import output
from seqkit.terminal.figures import duration, number
from seqkit.terminal.output import Piece
from seqkit.terminal.report.status import STATUS_COLOURS
from seqkit.terminal.safe_text import one_line
from seqkit.terminal.streams import is_plain, stderr

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

SECONDS_BETWEEN_LINES = 30.0
_WIDEST_LABEL = 30
_SCORE, _TIME = 12, 8
_BAR = 20
_WIDTH = 80


@dataclass(frozen=True)
class Running:
    """How far a running run is: the part that is done, from 0 to 1, and that in words."""

    run: SweepRun
    part: float
    text: str


class SweepTable:
    """Narrates a sweep on stderr.

    On a terminal there is a live line for each running run; elsewhere a line now and then.

    Args:
        runs: All runs of the sweep.
    """

    def __init__(self, runs: Sequence[SweepRun]) -> None:
        widest = max(len(run.label) for run in runs)
        self._label = min(max(widest, len("setting")), _WIDEST_LABEL)
        self._seed = max(4, *(len(str(run.seed)) for run in runs))
        self._total = len(runs)
        self._metric = ""
        self._bar: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._next_line = 0.0

    def _head(self, metric: str) -> None:
        self._metric = metric
        words = [
            f"  {'setting':<{self._label}}",
            f"{'seed':>{self._seed}}",
            f"{one_line(metric, _SCORE):>{_SCORE}}",
            f"{'time':>{_TIME}}",
        ]
        output.note(("  ".join(words), "bold"))

    def row(self, run: SweepRun, summary: RunSummary, status: str, message: str) -> None:
        """Writes the row of a run that ended."""
        if not self._metric:
            self._head(summary.metric or "score")
        first = [
            f"  {one_line(run.label, self._label):<{self._label}}",
            f"{run.seed:>{self._seed}}",
        ]
        if status == "failed":
            space = max(20, min(output.narration().width, 100) - self._label - self._seed - 16)
            failure = ("failed: " + one_line(message, space), STATUS_COLOURS["failed"])
            output.note("  ".join(first), "  ", failure)
            return
        score = summary.score()
        shown = number(score[2]) if score is not None else "-"
        cells = [*first, f"{shown:>{_SCORE}}", f"{duration(summary.elapsed):>{_TIME}}"]
        after: Piece = (
            "" if status == "finished" else (f"  {status}", STATUS_COLOURS.get(status, ""))
        )
        output.note("  ".join(cells), after)

    def watch(self, running: Sequence[Running], done: int, left: str) -> None:
        """Shows how far the running runs are.

        Args:
            running: They, and how far each is.
            done: Runs that need nothing more.
            left: How long all that is left will take, in words; may be empty.
        """
        if is_plain(stderr()):
            self._plain(running, done, left)
            return
        overall = f"{done} of {self._total} runs done" + (f", {left} left" if left else "")
        if self._bar is None:
            self._bar = _live()
            self._bar.start()
            self._tasks[""] = self._bar.add_task("", total=self._total, text=overall, run="")
        self._bar.update(self._tasks[""], completed=done, text=overall)
        for name in set(self._tasks) - {"", *(each.run.name for each in running)}:
            self._bar.remove_task(self._tasks.pop(name))
        for each in running:
            name, text = each.run.name, each.text
            if name not in self._tasks:
                named = _named(each.run)
                self._tasks[name] = self._bar.add_task("", total=1.0, text=text, run=named)
            self._bar.update(self._tasks[name], completed=each.part, text=text)

    def _plain(self, running: Sequence[Running], done: int, left: str) -> None:
        now = time.monotonic()
        if now < self._next_line or (not left and not self._next_line):
            return
        self._next_line = now + SECONDS_BETWEEN_LINES
        words = [f"{_named(each.run)} {each.part:.0%}" for each in running]
        more = f", {left} left" if left else ""
        said = f"{done} of {self._total} runs done{more}; running: {', '.join(words)}"
        output.note((f"  {one_line(said, _WIDTH - 2)}", "dim"))

    def close(self) -> None:
        """Takes the live lines off the terminal."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
            self._tasks = {}


def _named(run: SweepRun) -> str:
    return f"{one_line(run.label, 20)} {run.seed}"


def _live() -> Progress:
    from rich.progress import BarColumn, TextColumn

    from seqkit.terminal.report.console import live

    return live(
        TextColumn("  {task.fields[run]}", markup=False),
        BarColumn(bar_width=_BAR),
        TextColumn("{task.percentage:>3.0f}%", markup=False),
        TextColumn("{task.fields[text]}", markup=False),
    )
