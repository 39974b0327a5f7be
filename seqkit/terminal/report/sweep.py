"""The table of a sweep: a row for each run as it ends, and below it those that are running."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from seqkit.experiments.sweep_plan import SweepRun
from seqkit.experiments.words import parse_override
from seqkit.runs.comparison import heading_of, short_label_of
from seqkit.runs.summary import RunSummary
from seqkit.terminal import output
from seqkit.terminal.cells import fit, told_apart
from seqkit.terminal.figures import duration, number
from seqkit.terminal.output import Piece
from seqkit.terminal.report.status import STATUS_COLOURS
from seqkit.terminal.safe_text import one_line
from seqkit.terminal.streams import is_plain, stderr

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

SECONDS_BETWEEN_LINES = 30.0
_LEAST_LABEL = 30
_SCORE, _TIME = 12, 8
_BAR = 20


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
        varies: The settings that vary, without the seed.
    """

    def __init__(self, runs: Sequence[SweepRun], varies: Sequence[str] = ()) -> None:
        self._heading, self._labels = _short_labels(runs, varies)
        self._label = max(map(cell_len, (self._heading, *self._labels.values())))
        self._seed = max(4, *(len(str(run.seed)) for run in runs))
        self._total = len(runs)
        self._metric = ""
        self._bar: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._next_line = 0.0

    def _head(self, metric: str) -> None:
        self._metric = metric
        words = [
            f"  {fit(self._heading, self._label)}",
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
            f"  {fit(self._labels[run.name], self._label)}",
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
                named = self._named(each.run)
                self._tasks[name] = self._bar.add_task("", total=1.0, text=text, run=named)
            self._bar.update(self._tasks[name], completed=each.part, text=text)

    def _plain(self, running: Sequence[Running], done: int, left: str) -> None:
        now = time.monotonic()
        if now < self._next_line or (not left and not self._next_line):
            return
        self._next_line = now + SECONDS_BETWEEN_LINES
        words = [f"{self._named(each.run)} at {each.part:.0%}" for each in running]
        more = f", {left} left" if left else ""
        said = f"{done} of {self._total} runs done{more}; running: {', '.join(words)}"
        output.note((f"  {one_line(said)}", "dim"))

    def _named(self, run: SweepRun) -> str:
        return f"{self._labels[run.name]} (seed {run.seed})"

    def close(self) -> None:
        """Takes the live lines off the terminal."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
            self._tasks = {}


def _short_labels(runs: Sequence[SweepRun], varies: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Returns the settings that vary, and their values in each run, so cut that they differ."""
    found = {run.name: _varied(run, varies) for run in runs}
    heading = heading_of(dict.fromkeys(varies)) or "setting"
    labels = [one_line(short_label_of(values)) or "all" for values in found.values()]
    room = max(_LEAST_LABEL, output.narration().width - _SCORE - _TIME - 16)
    return heading, dict(zip(found, told_apart(labels, room), strict=True))


def _varied(run: SweepRun, varies: Sequence[str]) -> dict[str, Any]:
    given = {".".join(parts): value for parts, value in map(parse_override, run.words)}
    return {key: given.get(key) for key in varies}


def _live() -> Progress:
    from rich.progress import BarColumn, TextColumn

    from seqkit.terminal.report.console import live

    return live(
        TextColumn("  {task.fields[run]}", markup=False),
        BarColumn(bar_width=_BAR),
        TextColumn("{task.percentage:>3.0f}%", markup=False),
        TextColumn("{task.fields[text]}", markup=False),
    )
