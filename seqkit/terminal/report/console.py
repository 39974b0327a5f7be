"""Shows a run while it happens: fed with events, it narrates on stderr and reports on stdout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seqkit.events import Event
from seqkit.runs.summary import RunSummary
from seqkit.terminal import output, safe_text
from seqkit.terminal.figures import duration, number, scores
from seqkit.terminal.report import run as report
from seqkit.terminal.safe_text import one_line
from seqkit.terminal.streams import ReaderGoneError, discard_stdout, is_plain, stderr

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn, TaskID

SECONDS_BETWEEN_LINES = 10.0
_SMOOTHING = 0.2
_BESIDE_BAR = 58


class Console:
    """An observer of a run.

    On a terminal a live bar follows the steps; elsewhere a plain line is written now and then.
    A stream that nobody reads any more is left alone, and the run goes on.

    Args:
        quiet: Leave the narration out; warnings stay.
        result: Whether the result goes to stdout; it is narrated on stderr otherwise.
        live: Whether there may be a bar; an event stream on the same terminal would tear it.
    """

    def __init__(self, quiet: bool = False, result: bool = True, live: bool = True) -> None:
        self._quiet = quiet
        self._result = result
        self._live = live and not quiet and not is_plain(stderr())
        self._began = False
        self._evaluations = 0
        self._explained = False
        self._summary = RunSummary()
        self._table: report.ScoreTable | None = None
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._loss: float | None = None
        self._last_line = 0.0

    def preparing(self, what: str) -> None:
        """Says that the data are being read, until the run has started."""
        if self._live:
            from rich.progress import SpinnerColumn, TextColumn

            self._bar = live(SpinnerColumn(), TextColumn("{task.fields[text]}", markup=False))
            self._task = self._bar.add_task("", total=None, text="")
            self._bar.start()
        self.waiting(f"Preparing {what} ...")

    def waiting(self, text: str) -> None:
        """Says what is being done while no step is, on the bar until the next step."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, text=safe_text.visible(text))
        else:
            self._note([safe_text.visible(text)])

    def recall(self, summary: RunSummary) -> None:
        """Takes over what a run did before it is resumed, showing nothing."""
        self._summary = summary

    def note(self, event: Event) -> None:
        """Takes in one event, showing nothing."""
        self._summary.add(event)

    def close(self) -> None:
        """Takes the live parts off the terminal."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def __call__(self, event: Event) -> None:
        """Shows one event."""
        self._summary.add(event)
        show = {
            "started": self._started,
            "step": self._step,
            "evaluation": self._evaluation,
            "sample": self._sample,
            "control": self._control,
            "warning": self._warning,
            "ended": self._ended,
        }.get(event.kind)
        if show is not None:
            show(event)

    # --- events -----------------------------------------------------------------------------------

    def _started(self, event: Event) -> None:
        self.close()
        self._began = True
        for line in report.opening(event.data):
            self._note(line)
        if self._live:
            self._start_bar(event)

    def _step(self, event: Event) -> None:
        loss = event.get("loss")
        if isinstance(loss, int | float) and loss == loss:
            before = self._loss if self._loss is not None else loss
            self._loss = before + _SMOOTHING * (loss - before)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=event.step, text=self._progress(event))
        elif event.time - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = event.time
            total = self._summary.started.get("total_steps")
            self._note([f"  step {event.step} of {total}: {self._progress(event)}"])

    def _progress(self, event: Event) -> str:
        parts = [f"loss {number(self._loss)}" if self._loss is not None else "loss ?"]
        rate = event.get("learning_rate")
        if isinstance(rate, int | float):
            parts.append(f"lr {rate:.1e}")
        speed = event.get("examples_per_second")
        if isinstance(speed, int | float):
            parts.append(f"{speed:,.0f} ex/s")
        parts.append(f"{duration(event.get('eta'))} left")
        return "  ".join(parts)

    def _evaluation(self, event: Event) -> None:
        if event.get("split") == "test":
            return
        if self._table is None:
            metric = self._summary.metric
            names = [name for name, _ in scores(event.get("metrics") or {}, [metric])]
            self._table = report.ScoreTable(self._summary.started, names)
            for line in [[], *self._table.head()]:
                self._note(line)
        self._last_line = event.time
        self._evaluations += 1
        self._note(self._table.row(event.epoch, event.data, duration(event.get("elapsed"))))

    def _sample(self, event: Event) -> None:
        """Shows one example below the scores, another one each time, and all of them at last."""
        items = list(event.get("items") or [])
        if event.get("split") == "test" or not items:
            return
        if event.step < (self._summary.started.get("total_steps") or 0):
            items = [items[max(0, self._evaluations - 1) % len(items)]]
        lines = report.sample_lines(items, min(output.narration().width, 100), faint=True)
        if not self._explained:
            explanation = report.explain_signs(lines, self._summary.started)
            self._explained = bool(explanation)
            lines += [explanation] if explanation else []
        for line in lines:
            self._note(line)

    def _control(self, event: Event) -> None:
        request = event.get("request") or {}
        if request.get("request") == "interrupt":
            self._note(["Saving the state, then stopping; Ctrl-C again quits at once."])
        else:
            self._note([one_line(event.get("message", ""))])

    def _warning(self, event: Event) -> None:
        output.warn(str(event.get("message", "")))

    def _ended(self, event: Event) -> None:
        self.close()
        status, summary = event.get("status"), self._summary
        if status == "failed":
            return
        if status == "finished":
            if not self._began:
                # Nothing was left to do, so that there is nothing new to report either.
                self._report([[one_line(event.get("message", ""))]])
                return
            if event.get("message"):
                self._note([one_line(event["message"])])
            width = min(output.results().width, 100)
            self._report(report.closing(summary, width, explain=not self._explained))
            return
        total = summary.started.get("total_steps")
        where = f"after step {event.step} of {total}" if total else "before the first step"
        self._note([f"{str(status).capitalize()} {where}."])
        if summary.checkpoint:
            folder = Path(str(summary.started.get("folder", "")))
            self._note([f"The state is saved in {report.shown(folder / summary.checkpoint)}"])
        if event.get("resume"):
            self._note([("Go on with it: ", "bold"), (str(event["resume"]), "cyan")])

    # --- writing ----------------------------------------------------------------------------------

    def _note(self, line: report.Line) -> None:
        if not self._quiet:
            output.note(*line)

    def _report(self, lines: list[report.Line]) -> None:
        if not self._result:
            for line in lines:
                self._note(line)
            return
        try:
            for line in lines:
                output.line(*line)
        except (ReaderGoneError, OSError, ValueError):
            discard_stdout()

    def _start_bar(self, event: Event) -> None:
        from rich.progress import BarColumn, TextColumn

        # Some columns stay free, so that the ^C a terminal echoes does not break the line.
        width = max(10, min(60, output.narration().width - _BESIDE_BAR))
        self._bar = live(
            BarColumn(bar_width=width),
            TextColumn("{task.percentage:>3.0f}%", markup=False),
            TextColumn("{task.fields[text]}", markup=False),
        )
        total = event.get("total_steps")
        self._task = self._bar.add_task("", total=total, completed=event.step, text="starting")
        self._bar.start()


def live(*columns: ProgressColumn) -> Progress:
    """Returns a line at the foot of the terminal that vanishes when it is stopped.

    It leaves stdout alone, where events may be streaming to a reader.
    """
    from rich.progress import Progress

    return Progress(
        *columns,
        console=output.narration(),
        transient=True,
        refresh_per_second=4,
        redirect_stdout=False,
    )
