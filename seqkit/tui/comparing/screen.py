"""The Compare screen: curves of several runs in one chart, and what sets them apart below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.console import Group, RenderableType
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Static, TabbedContent, TabPane

from seqkit.runs.folder import RunFolder
from seqkit.terminal.cells import reason
from seqkit.terminal.safe_text import one_line
from seqkit.tui.chart import Axis, Chart, Plot, Series, clock, whole
from seqkit.tui.colours import colour
from seqkit.tui.comparing import panes
from seqkit.tui.comparing.reading import Order, Reader, Side, directions
from seqkit.tui.context import Context

_REFRESH_SECONDS = 3.0
_AXES = ("step", "epoch", "elapsed")


class CompareScreen(Screen[None]):
    """Two to eight runs laid over each other.

    Args:
        context: What every screen is given.
        runs: The runs.
    """

    HELP: ClassVar[str] = """Several runs in one chart: their validation curves of the loss or of a
    metric, m for the next one. Below: scores, with what there is evidence of; the settings in
    which the runs differ; and test examples that some answer right and others wrong. Runs that are
    still training are read again every few seconds."""
    TITLE = "Compare"
    DEFAULT_CSS = """
    CompareScreen {
        & > #compare-head { height: 1; background: $panel; padding: 0 1; }
        & > Chart { height: 45%; min-height: 7; margin: 0 1; }
        & > TabbedContent { height: 1fr; }
        & TabPane { padding: 0; }
        & VerticalScroll { padding: 0 1; }
        & Static { height: auto; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "metric", "Metric", id="compare.metric"),
        Binding("s", "pane('scores')", "Scores", id="compare.scores"),
        Binding("d", "pane('settings')", "Settings", id="compare.settings"),
        Binding("e", "pane('examples')", "Examples", id="compare.examples"),
        Binding("x", "axis", "Axis", id="compare.axis"),
        Binding("l", "log", "Log scale", id="compare.log", show=False),
        Binding("escape", "app.pop_screen", "Back", id="compare.back"),
    ]
    AUTO_FOCUS = "Chart"

    def __init__(self, context: Context, runs: Sequence[RunFolder]) -> None:
        super().__init__()
        self.context = context
        self.runs = list(runs)
        self.side: Side | None = None
        self._reader = Reader(self.runs)
        self._order = Order()
        self._axis = _AXES[0]
        self._log = False
        self._complaint = ""

    def compose(self) -> ComposeResult:
        """Lays the screen out."""
        yield Static(id="compare-head")
        yield Chart(Plot(empty="reading the runs …"))
        with TabbedContent(initial="scores"):
            for name in ("scores", "settings", "examples"):
                with TabPane(name.capitalize(), id=name), VerticalScroll():
                    yield Static(id=f"compare-{name}")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Begins to read."""
        self._read()
        self.set_interval(_REFRESH_SECONDS, self._read_again)

    def _read_again(self) -> None:
        live = ("running", "paused")
        if self.is_current and self.side and any(r.status in live for r in self.side.runs):
            self._read()

    @work(thread=True, exclusive=True)
    def _read(self) -> None:
        side = self._reader.read()
        self.app.call_from_thread(self._take, side)

    def _take(self, side: Side) -> None:
        first = self.side is None
        self.side = side
        if first and side.metrics:
            self._order = Order(side.metrics[0], directions(side))
        self.redraw()

    # --- keys -------------------------------------------------------------------------------------

    def action_metric(self) -> None:
        """Shows the next metric, and sorts by it."""
        if self.side and self.side.metrics:
            names = self.side.metrics
            place = names.index(self._order.metric) if self._order.metric in names else -1
            self._order.metric = names[(place + 1) % len(names)]
            self.redraw()

    def action_pane(self, name: str) -> None:
        """Shows a pane."""
        self.query_one(TabbedContent).active = name

    def action_axis(self) -> None:
        """Draws over steps, epochs, or time."""
        self._axis = _AXES[(_AXES.index(self._axis) + 1) % len(_AXES)]
        self.redraw()

    def action_log(self) -> None:
        """Turns the logarithmic scale on or off."""
        self._log = not self._log
        self.redraw()

    # --- drawing ----------------------------------------------------------------------------------

    def redraw(self) -> None:
        """Draws everything again; where that cannot be done, it is said once."""
        try:
            self._draw_all()
        except Exception as error:
            words = f"These runs cannot be shown: {reason(error)}"
            if words != self._complaint:
                self._complaint = words
                self.notify(words, severity="error", markup=False)

    def _draw_all(self) -> None:
        side = self.side
        if side is None:
            return
        order = self._order.places(side)
        head = Text.assemble((" Compare ", "bold"), f"{len(side.runs)} runs by ")
        head.append(self._order.metric, "bold")
        self.query_one("#compare-head", Static).update(head)
        self.query_one(Chart).show(self._plot(side))
        colours = [self.colour(place) for place in range(len(side.runs))]
        width = max(40, self.size.width - 4)
        self._fill("scores", panes.scores(side, order, colours, self._order.metric, width))
        self._fill("settings", panes.settings(side, order, colours, width))
        self._fill("examples", panes.examples(side, colours, width))

    def colour(self, place: int) -> str:
        """Returns the colour of a run."""
        return colour(self.app.theme_variables, f"chart-{place + 1}")

    def _fill(self, name: str, parts: Sequence[RenderableType]) -> None:
        self.query_one(f"#compare-{name}", Static).update(Group(*parts))

    def _plot(self, side: Side) -> Plot:
        import numpy as np

        metric, series = self._order.metric, []
        for place, run in enumerate(side.runs):
            points = []
            for event in run.summary.evaluations:
                scores = event.get("metrics", {})
                value = event.get("loss") if metric == "loss" else scores.get(metric)
                at = {"step": event.step, "epoch": event.epoch}.get(
                    self._axis, event.get("elapsed") or 0.0
                )
                if isinstance(value, int | float) and isinstance(at, int | float):
                    points.append((float(at), float(value)))
            x, y = (
                (np.array(part, np.float64) for part in zip(*points, strict=True))
                if points
                else (
                    np.empty(0),
                    np.empty(0),
                )
            )
            colour = f"chart-{place + 1}"
            series.append(Series(one_line(run.name), x, y, colour=colour, marker="•"))
        axis = Axis(self._axis)
        if self._axis == "elapsed":
            axis = Axis("time", write=clock, kind="seconds")
        elif self._axis == "step":
            axis = Axis("step", write=whole, kind="whole")
        title = f"validation {metric}"
        return Plot(title, series, axis=axis, log=self._log, empty="no evaluation yet")

    def on_resize(self) -> None:
        """Draws for the new size."""
        self.redraw()
