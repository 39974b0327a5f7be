"""The lines at the top of the monitor: what runs, how far it is, and how well it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from seqkit.events import Event
from seqkit.runs.folder import LIVE
from seqkit.runs.verdict import verdict_from
from seqkit.terminal.cells import bar
from seqkit.terminal.figures import duration, number
from seqkit.terminal.plot import epoch_number
from seqkit.terminal.safe_text import bare, one_line
from seqkit.tui.colours import STATUS_SIGNS, colour
from seqkit.tui.history import History
from seqkit.tui.monitor.curves import baselines, metric_names

_BAR = 24
_LEAST_BAR = 8
_NEWEST = 15
Piece = tuple[str, str]


class RunHeader(Widget):
    """Status, recipe, task, ETA, progress and the best checkpoint."""

    HELP: ClassVar[str] = (
        "What runs, on what, how far it is, how long it will take, and its best checkpoint so far."
    )
    DEFAULT_CSS = """
    RunHeader {
        height: 2;
        padding: 0 1;
        background: $panel;
        color: $foreground;
    }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[tuple[list[Piece], list[Piece]]] = []

    def show(
        self,
        name: str,
        status: str,
        history: History,
        info: Mapping[str, Any],
        notes: list[Piece],
    ) -> None:
        """Shows a run.

        Args:
            name: Its name.
            status: Its status, or `gone`.
            history: What happened so far.
            info: Its `run.json`, which knows what it is before the first event.
            notes: What a person should know of it now: words and a colour each.
        """
        lines = [
            _first(name, status, history, info),
            (_progress(history, self.size.width), notes or _best(history)),
            (_facts(history, info), []),
        ]
        if lines != self._lines:
            self._lines = lines
            self.refresh()

    def render(self) -> RenderResult:
        """Draws the lines; what has no room is left out from the right."""
        width = self.content_size.width
        drawn = [self._joined(*line, width) for line in self._lines[: self.content_size.height]]
        return Text("\n").join(drawn)

    def _joined(self, left: list[Piece], right: list[Piece], width: int) -> Text:
        start, end = self._styled(left), self._styled(right)
        room = width - end.cell_len
        if start.cell_len > room - 2 and end.cell_len:
            kept = list(left)
            while len(kept) > 2 and self._styled(kept).cell_len > room - 2:
                kept.pop()
            start = self._styled(kept)
            # What has to be known begins with what matters, and is to be read in full elsewhere.
            end.truncate(max(0, width - start.cell_len - 2), overflow="ellipsis")
            room = width - end.cell_len
        start.truncate(max(0, room - 2) if end.cell_len else width, overflow="ellipsis")
        return Text.assemble(start, " " * max(0, room - start.cell_len), end)

    def _styled(self, pieces: list[Piece]) -> Text:
        text = Text(no_wrap=True)
        for words, style in pieces:
            text.append(words, self._style_of(style))
        return text

    def _style_of(self, style: str) -> str:
        variables = self.app.theme_variables
        return " ".join(
            colour(variables, word) if word.startswith("$") else word for word in style.split()
        )


def _first(
    name: str, status: str, history: History, info: Mapping[str, Any]
) -> tuple[list[Piece], list[Piece]]:
    sign, tone = STATUS_SIGNS.get(status, ("✗", "error"))
    tint = "$chart-axis" if tone == "muted" else f"${tone}"
    started = history.started or info
    words = {key: one_line(bare(started.get(key)) or "?") for key in ("model", "dataset", "task")}
    left = [
        (f"{sign} ", f"{tint} bold"),
        (f"{status}  ", f"{tint} bold"),
        (f"{one_line(name)}  ", "bold"),
        (f"{words['model']} on {words['dataset']}", "$chart-axis"),
        (f", {words['task']}", "$chart-axis"),
    ]
    recipe = started.get("recipe")
    if recipe:
        left.append((f", recipe {one_line(recipe)}", "$chart-axis"))
    if status in LIVE and history.eta is not None:
        paused = status == "paused"
        right = [("paused, " if paused else "", "$warning"), ("ETA ", "$chart-axis")]
        return left, [*right, (duration(history.eta), "bold")]
    if history.elapsed:
        return left, [("took ", "$chart-axis"), (duration(history.elapsed), "bold")]
    return left, []


def _progress(history: History, width: int) -> list[Piece]:
    started = history.started
    total, epochs = started.get("total_steps"), started.get("epochs")
    if not isinstance(total, int) or total < 1:
        return [("preparing the data", "$chart-axis")] if not history.started else []
    part = min(1.0, history.step / total)
    pieces = [
        (bar(part, min(_BAR, max(_LEAST_BAR, width // 8))), "$primary on $panel-lighten-2"),
        (f" {part:4.0%}  ", "bold"),
        (f"epoch {epoch_number(history.epoch)}", ""),
        (f"/{epochs}" if isinstance(epochs, int) else "", "$chart-axis"),
        (f"  step {history.step:,}", ""),
        (f"/{total:,}", "$chart-axis"),
    ]
    speed = _speed(history)
    if speed is not None:
        pieces.append((f"  {speed:,.0f} ex/s", "$chart-axis"))
    return pieces


def _speed(history: History) -> float | None:
    """Returns the usual speed of the newest steps, which a single slow one does not change."""
    newest = history.steps["examples_per_second"][-_NEWEST:]
    known = sorted(value for value in newest.tolist() if value == value)
    return known[len(known) // 2] if known else None


def verdict_note(ended: Event) -> list[Piece]:
    """Returns whether a run that ended is better than its baselines, in a few words."""
    verdict = verdict_from(ended.get("verdict"))
    if verdict is None or not verdict.short:
        return []
    colours = {True: "$success bold", False: "$warning bold", None: "bold"}
    return [(one_line(verdict.short), colours[verdict.better])]


def _best(history: History) -> list[Piece]:
    """Returns the best score so far beside the baseline that is hardest to beat."""
    if not history.best:
        return []
    event = history.best[-1]
    metric = str(history.started.get("metric", "loss"))
    metrics = event.get("metrics")
    values = metrics if isinstance(metrics, Mapping) else {}
    value = event.get("loss") if metric == "loss" else values.get(metric)
    if metric not in ("loss", *metric_names(history)) or not isinstance(value, int | float):
        return []
    pieces = [
        ("★ ", "$success"),
        (f"{one_line(metric)} {number(value)}", "bold"),
        (f" at epoch {epoch_number(event.epoch)}", "$chart-axis"),
    ]
    found = [level for _, level in baselines(history, metric)]
    if found:
        higher = history.started.get("higher_is_better") is not False
        pieces.append((f"  baseline {number(max(found) if higher else min(found))}", "$chart-axis"))
    return pieces


def _facts(history: History, info: Mapping[str, Any]) -> list[Piece]:
    started = history.started
    device = started.get("device") or info.get("device")
    parts = [one_line(device)] if device else []
    parameters = started.get("parameters")
    if isinstance(parameters, int):
        parts.append(f"{parameters:,} parameters")
    if started.get("precision"):
        parts.append(one_line(started["precision"]))
    examples = started.get("examples")
    if isinstance(examples, Mapping):
        counts = ", ".join(
            f"{one_line(split)} {count:,}"
            for split, count in examples.items()
            if type(count) is int
        )
        parts.append(counts)
    batch = started.get("batch_size")
    if isinstance(batch, int):
        parts.append(f"batches of {batch}")
    return [("  ".join(parts), "$chart-axis")]
