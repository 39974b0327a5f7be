"""The task's own pane: what the model answers now, on a few examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from seqkit.events import Event
from seqkit.terminal.answers.curves import Curves, curves_of, interval_of
from seqkit.terminal.answers.lines import answer_lines
from seqkit.terminal.safe_text import one_line
from seqkit.tui.chart import Axis, Band, Chart, Mark, Plot, Series
from seqkit.tui.colours import themed
from seqkit.tui.history import History
from seqkit.tui.monitor.panes import PaneTitle
from seqkit.views import Answer, view_of

_PAST = 2.5
"""How much of the history is shown, in lengths of the forecast."""

_ONE_BY_ONE = ("pair", "table")
"""Views that are too tall to stand one below the other."""

_LONGEST = 2000
"""Characters of a text that are drawn; the rest is in no pane to be read."""


class AnswerText(VerticalScroll, can_focus=True):
    """Answers as text, to scroll in."""

    HELP: ClassVar[str] = (
        "What the model answers on some examples of the data. Left and right go from example to "
        "example, v from column to column of a forecast; with a cursor in the charts, these are "
        "the answers of that time."
    )
    DEFAULT_CSS = "AnswerText { height: 1fr; scrollbar-size: 1 1; background: transparent; }"


class AnswersPane(Vertical):
    """The newest answers, or those of the step under the cursor."""

    HELP: ClassVar[str] = AnswerText.HELP
    DEFAULT_CSS = """
    AnswersPane {
        & > Chart { display: none; }
        &.-series > Chart { display: block; }
        &.-series > AnswerText { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-1)", "Previous example", show=False, id="answers.previous"),
        Binding("right", "turn(1)", "Next example", show=False, id="answers.next"),
        Binding("v", "column", "Next column", show=False, id="answers.column"),
    ]

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._event: Event | None = None
        self._item = 0
        self._column = 0
        self._shown: tuple[Any, ...] = ()

    def compose(self) -> ComposeResult:
        """Lays the pane out."""
        yield PaneTitle("Answers")
        with AnswerText():
            yield Static(id="answers--text")
        yield Chart(id="answers--chart")

    def show(self, history: History, step: float | None) -> None:
        """Shows the newest answers, or the newest ones that are not after a step."""
        events = list(history.samples)
        if step is not None:
            events = [event for event in events if event.step <= step] or events[:1]
        self._event = events[-1] if events else None
        self._draw()

    @property
    def _items(self) -> Sequence[Any]:
        items = self._event.get("items") if self._event is not None else None
        return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []

    def on_resize(self) -> None:
        """Wraps the text anew."""
        self._draw()

    def _draw(self) -> None:
        if not self.is_mounted or not self.size.width:
            return
        key = (id(self._event), self._item, self._column, self.size, self.app.theme)
        if key == self._shown:
            return
        self._shown = key
        items = self._items
        self._item %= max(1, len(items))
        view = view_of(items[self._item]) if items else ""
        self.set_class(view == "series", "-series")
        if not items:
            self._describe("")
            self._write(Text("no answers yet", "dim"))
        elif view == "series":
            self._series(items[self._item])
        elif view in _ONE_BY_ONE:
            self._describe(f"{self._item + 1} of {len(items)}")
            self._write(self._drawn(items[self._item]))
        else:
            self._describe(_score(items))
            parts = [self._drawn(item) for item in items]
            self._write(Text("\n\n" if self.size.height > 16 else "\n").join(parts))

    def _drawn(self, answer: Answer) -> Text:
        short = {
            key: value[:_LONGEST] if isinstance(value, str) else value
            for key, value in answer.items()
        }
        lines = answer_lines(short, self._width, bar=True, full=True)
        return themed(lines, self.app.theme_variables)

    @property
    def _width(self) -> int:
        return max(16, self.size.width - 2)

    def _describe(self, note: str) -> None:
        event = self._event
        where = (
            f"{one_line(event.get('split', ''))}, step {event.step:,}" if event is not None else ""
        )
        parts = [part for part in (where, note) if part]
        self.query_one(PaneTitle).describe(", ".join(parts))

    def _write(self, text: Text) -> None:
        self.query_one("#answers--text", Static).update(text)

    # --- series -----------------------------------------------------------------------------------

    def _series(self, answer: Answer) -> None:
        columns = curves_of(answer)
        self._column %= len(columns)
        curves = columns[self._column]
        what = f"{one_line(answer.get('series', ''))} {one_line(curves.name)}".strip()
        times, count = answer["history"]["time"], len(self._items)
        known = f"after {one_line(times[-1])[:16]}" if times else ""
        which = f"{self._item + 1} of {count}" if count > 1 else ""
        self._describe(", ".join(part for part in (what, which, known) if part))
        self.query_one(Chart).show(series_plot(curves, interval_of(answer)))

    # --- keys -------------------------------------------------------------------------------------

    def action_turn(self, direction: int) -> None:
        """Goes to the next or the previous example."""
        self._item += direction
        self._draw()

    def action_column(self) -> None:
        """Goes to the next column of a forecast."""
        self._column += 1
        self._draw()

    def on_descendant_focus(self) -> None:
        """Makes the title stand out."""
        self.query_one(PaneTitle).stand_out(True)

    def on_descendant_blur(self) -> None:
        """Lets the title stand back."""
        self.query_one(PaneTitle).stand_out(False)


def _score(items: Sequence[dict[str, Any]]) -> str:
    judged = [item["correct"] for item in items if "correct" in item]
    right = sum(map(bool, judged))
    # As few as these are no score, and at the end they are chosen for being right and wrong.
    return f"{right} right, {len(judged) - right} wrong" if judged else ""


def series_plot(curves: Curves, interval: str) -> Plot:
    """Returns a forecast over the history before it, with its interval and what really came.

    x counts time steps from the last one that is known; 0 is that one.

    Args:
        curves: One column of an answer.
        interval: What the band is called.
    """
    import numpy as np

    count, rows = len(curves.history), len(curves.forecast)
    past = np.arange(1 - count, 1, dtype=np.float64)
    ahead = np.arange(1, rows + 1, dtype=np.float64)
    known = list(curves.history[-1:])

    def joined(values: Sequence[float]) -> tuple[Any, Any]:
        """Joins what comes to the last value that is known, so that there is no gap."""
        y = np.array([*known, *values], dtype=np.float64)
        return np.arange(1 - len(known), len(values) + 1, dtype=np.float64), y

    series = [Series("history", past, np.array(curves.history, dtype=np.float64), "chart-axis")]
    if curves.truth:
        series.append(Series("actual", *joined(curves.truth), "chart-3", "×"))
    series.append(Series("forecast", *joined(curves.forecast), "chart-2", "●"))
    bands = []
    if curves.band:
        low, high = (np.array(values, np.float64) for values in curves.band)
        bands.append(Band(interval, ahead, low, high, "chart-raw"))
    return Plot(
        "",
        series,
        bands=bands,
        marks=[Mark(0.0, "┴", "now")],
        axis=Axis("steps", lambda value, _step: f"{value:+.0f}" if value else "0", "whole"),
        domain=(max(float(1 - count), -_PAST * rows), float(rows)),
        empty="an empty forecast",
    )
