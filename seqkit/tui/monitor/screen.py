"""The monitor: one run, while it happens or as it ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer, Static

from seqkit.runs.folder import RunFolder
from seqkit.terminal.cells import reason
from seqkit.terminal.safe_text import one_line
from seqkit.tui.chart import Chart
from seqkit.tui.messages import TryRun
from seqkit.tui.monitor.answers_pane import AnswersPane
from seqkit.tui.monitor.header import Piece, RunHeader, verdict_note
from seqkit.tui.monitor.layout import CHARTS, LOSS, PANES, Panes
from seqkit.tui.monitor.log import LogLines, LogPane
from seqkit.tui.monitor.machine import MachinePane
from seqkit.tui.monitor.panes import TITLES, Tabs
from seqkit.tui.monitor.steering import STEERING, Steering, shared_context

if TYPE_CHECKING:
    from seqkit.tui.monitor.curves import Curves, View
    from seqkit.tui.watch import Watch

POLL_SECONDS = 0.2
"""How often the events of a live run are looked at."""

REST_SECONDS = 1.0
"""How often the folder of a run that has ended is looked at."""

CATCH_UP_SECONDS = 0.02
"""Pause between two slices of a log that is longer than one."""

_MACHINE_EVERY = 5


class MonitorScreen(Screen[None]):
    """Watches a run, and steers it.

    Args:
        folder: The run.
        read_only: Whether steering is turned off.
    """

    HELP: ClassVar[str] = (
        "One run, while it happens or as it ended. Capital letters jump to the panes; in a chart, "
        "the arrows move a cursor that all charts share, + and - zoom, comma and full stop move "
        "the view, 0 shows all. Signs below the curves: ★ best checkpoint, ◆ checkpoint, ‖ "
        "paused, ▸ went on, η learning rate set, ↻ resumed, × not a number, ∞ infinite."
    )
    DEFAULT_CSS = """
    MonitorScreen {
        layout: vertical;
        background: $background;
        & > RunHeader { height: 2; }
        &.-tall > RunHeader { height: 3; }
        &.-flat > RunHeader { height: 1; }
        &.-flat > Footer { display: none; }
        & > #monitor-message {
            height: auto; max-height: 6; padding: 0 1; background: $panel; color: $error;
            border-bottom: solid $border-blurred; border-subtitle-color: $foreground 60%;
            display: none;
        }
        &.-told > #monitor-message { display: block; }
        &.-flat > #monitor-message { display: none; }
        & > Panes { padding: 0 1; }
    }
    """
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-flat"),
        (16, "-usual"),
        (30, "-tall"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="monitor.back"),
        Binding("p", "pause", "Pause", id="monitor.pause"),
        Binding("s", "steer('save')", "Save", id="monitor.save"),
        Binding("x", "steer('stop')", "Stop", id="monitor.stop"),
        Binding("r", "rate", "Rate", id="monitor.rate"),
        Binding("c", "resume", "Resume", id="monitor.resume"),
        Binding("t", "try", "Try", id="monitor.try"),
        Binding("o", "console", "All that it said", show=False, id="monitor.console"),
        Binding("u", "unit", "Axis", id="monitor.unit"),
        Binding("l", "log_scale", "Logarithmic scale", show=False, id="monitor.log-scale"),
        Binding("w", "smoothing", "Smoothing", show=False, id="monitor.smoothing"),
        Binding("m", "metric", "Next metric", show=False, id="monitor.metric"),
        Binding("z", "maximise", "Max", id="monitor.maximise"),
        Binding("slash", "search", "Search", key_display="/", id="monitor.search"),
        Binding("n", "match(1)", "Next match", show=False, id="monitor.next-match"),
        Binding("N", "match(-1)", "Previous match", show=False, id="monitor.previous-match"),
        *(
            Binding(key, f"jump('{pane}')", title, show=False, id=f"monitor.pane-{pane}")
            for pane, (title, key) in TITLES.items()
        ),
        Binding("right_square_bracket", "turn(1)", "Next pane", show=False, id="monitor.next"),
        Binding("left_square_bracket", "turn(-1)", "Previous pane", show=False, id="monitor.prev"),
    ]

    def __init__(self, folder: RunFolder, read_only: bool = False) -> None:
        super().__init__()
        self.title = "Monitor"
        self.sub_title = folder.name
        self.folder = folder
        self.read_only = read_only
        self.steering = Steering(self, folder, read_only)
        self._watch: Watch | None = None
        self._curves: Curves | None = None
        self._view: View | None = None
        self._cursor: float | None = None
        self._beats = 0
        self._drawn = False
        self._complaint = ""
        self._possible = ("", False)

    def compose(self) -> ComposeResult:
        """Lays the panes out; the first picture is painted before anything is read."""
        yield RunHeader()
        message = Static(id="monitor-message")
        message.border_subtitle = Text("o shows all of it, and what its process wrote")
        yield message
        yield Panes(
            Chart(id=LOSS),
            Tabs(id="tabs"),
            *(Chart(id=name) for name in CHARTS),
            MachinePane(id="machine"),
            AnswersPane(id="answers"),
            LogPane(id="log"),
        )
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Begins to read once the screen has been painted."""
        self._chart(LOSS).focus()
        self.call_after_refresh(self._begin)

    def on_unmount(self) -> None:
        """Ends the helper that reads a long log, if it is still at it."""
        if self._watch is not None:
            self._watch.close()

    # --- reading ----------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Reads what there is, with modules that a first paint does not wait for."""
        from seqkit.tui.monitor.curves import Curves, View
        from seqkit.tui.watch import Watch

        self._watch, self._curves, self._view = Watch(self.folder), Curves(), View()
        try:
            self._watch.open()
        except Exception as error:
            self._complain(error)
        self._beat()

    def _beat(self) -> None:
        """Looks once, shows what changed, and looks again after a while, whatever happened."""
        watch = self._watch
        if watch is None or not self.is_attached:
            return
        pause = REST_SECONDS
        try:
            self._look(watch)
            if watch.live:
                pause = POLL_SECONDS
            if watch.behind:
                pause = CATCH_UP_SECONDS
        except Exception as error:
            self._complain(error)
        self.set_timer(pause, self._beat)

    def _look(self, watch: Watch) -> None:
        changed = watch.poll()
        changed |= watch.look()
        now = (watch.status, self.steering.resuming)
        if changed or not self._drawn or now != self._possible:
            self._show()
        if now != self._possible:
            self.steering.status, self._possible = watch.status, now
            self.refresh_bindings()
        self._measure()

    def _measure(self) -> None:
        """Measures the machine about once a second, where that is seen and the run is live."""
        self._beats += 1
        watch, pane = self._watch, self.query_one(MachinePane)
        if watch is None or not pane.region or (self._beats > 2 and not watch.live):
            return
        if self._beats % _MACHINE_EVERY == 1 or self._beats <= 2:
            started = watch.history.started or watch.info
            pane.show(watch.info, str(started.get("device", "")), watch.live)

    # --- showing ----------------------------------------------------------------------------------

    def _chart(self, name: str) -> Chart:
        return self.query_one(f"#{name}", Chart)

    @property
    def panes(self) -> Panes:
        """The panes, and where they are."""
        return self.query_one(Panes)

    def _show(self) -> None:
        """Shows what there is now; where that cannot be done, it is said once."""
        try:
            self._show_all()
        except Exception as error:
            self._complain(error)

    def _complain(self, error: Exception) -> None:
        self.log.error(f"the run could not be shown: {error!r}")
        words = f"This run cannot be shown: {reason(error)}"
        if words != self._complaint:
            self._complaint = words
            self.notify(words, severity="error", markup=False)

    def _show_all(self) -> None:
        watch, curves, view = self._watch, self._curves, self._view
        if watch is None or curves is None or view is None:
            return
        view = self._view = replace(view, live=watch.live)
        self._tell(self._message(watch))
        self.query_one(RunHeader).show(
            self.folder.name, watch.status, watch.history, watch.info, self._notes(watch)
        )
        for name, plot in curves.plots(watch.history, view).items():
            self._chart(name).show(plot)
        self.query_one(LogPane).show(watch.history)
        self._show_answers()
        self._show_tabs()
        self._drawn = True

    def _show_answers(self) -> None:
        from seqkit.tui.monitor.curves import step_at

        if self._watch is None or self._view is None:
            return
        step = None
        if self._cursor is not None:
            step = step_at(self._watch.history, self._cursor, self._view.unit)
        self.query_one(AnswersPane).show(self._watch.history, step)

    def _show_tabs(self) -> None:
        planned = self.panes.planned
        tabbed = planned.plan.tabbed
        chosen = planned.chosen if planned.chosen in tabbed else next(iter(tabbed), "")
        self.query_one(Tabs).show(tabbed, chosen)

    def _message(self, watch: Watch) -> str:
        """Returns why the run failed or cannot be read; it is longer than the header has room."""
        if watch.status == "gone":
            return ""
        if watch.complaint:
            return watch.complaint
        if watch.status == "failed" and not self.steering.resuming:
            return _said_at_the_end(watch) or "it failed"
        return ""

    def _tell(self, message: str) -> None:
        """Shows a message in full below the header, where there is room for it."""
        self.set_class(bool(message), "-told")
        self.query_one("#monitor-message", Static).update(Text(one_line(message)))

    def _notes(self, watch: Watch) -> list[Piece]:
        """Returns what a person should know of the run now."""
        if watch.status == "gone":
            return [("its folder was deleted or renamed; this is what it held", "$error")]
        if message := self._message(watch):
            return [(one_line(message), "$error")] if self.has_class("-flat") else []
        if self.steering.resuming and not watch.live:
            return [("it is being resumed ...", "$warning")]
        if watch.status == "crashed":
            hint = "" if self.read_only else "; c resumes"
            return [(f"its process is gone{hint}; o shows what it said", "$error")]
        ended = watch.history.ended
        if watch.status in ("stopped", "interrupted") and not self.read_only:
            return [("c resumes", "$warning")]
        if watch.filling:
            return [("reading its history ...", "$chart-axis")]
        return verdict_note(ended) if ended is not None else []

    def on_resize(self) -> None:
        """Shows the tabs of the new plan."""
        self.call_after_refresh(self._show_tabs)
        self.call_after_refresh(self._focus_something)

    # --- panes ------------------------------------------------------------------------------------

    def _focus_something(self) -> None:
        """Moves the focus on when its pane is out of sight."""
        focused = self.focused
        if focused is None or not focused.region:
            self._focus_pane(next(iter(self.panes.planned.plan.panes), LOSS))

    def _focus_pane(self, name: str) -> None:
        pane = self.query_one(f"#{name}")
        if pane.can_focus:
            pane.focus()
            return
        for child in pane.query("*"):
            if child.can_focus and child.display:
                child.focus()
                return

    def _pane_of(self, widget: Widget | None) -> str:
        """Returns the pane that a widget is in; the loss for none."""
        while widget is not None and widget.id not in PANES:
            parent = widget.parent
            widget = parent if isinstance(parent, Widget) else None
        return widget.id if widget is not None and widget.id else LOSS

    def action_jump(self, pane: str) -> None:
        """Goes to a pane, wherever it is."""
        planned = self.panes.planned
        if planned.maximised is not None:
            planned.maximised = pane
        elif pane not in planned.plan.panes:
            planned.chosen = pane
        self._replan(pane)

    def _replan(self, pane: str) -> None:
        self.panes.replan()

        def then() -> None:
            self._show_tabs()
            self._focus_pane(pane)
            self._measure()

        self._beats = 0
        self.call_after_refresh(then)

    def action_turn(self, direction: int) -> None:
        """Goes to the next or the previous pane."""
        place = PANES.index(self._pane_of(self.focused))
        self.action_jump(PANES[(place + direction) % len(PANES)])

    def action_maximise(self) -> None:
        """Gives all the room to one pane, or shares it out again."""
        planned = self.panes.planned
        pane = self._pane_of(self.focused)
        planned.maximised = None if planned.maximised is not None else pane
        if planned.maximised is None and pane != LOSS:
            planned.chosen = pane
        self._replan(pane)

    def on_tabs_chosen(self, event: Tabs.Chosen) -> None:
        """Goes to the pane whose tab was clicked."""
        self.action_jump(event.pane)

    # --- charts -----------------------------------------------------------------------------------

    def on_chart_cursor_moved(self, event: Chart.CursorMoved) -> None:
        """Moves the cursor of every chart, and shows what was said then."""
        if event.chart.id not in PANES or self._watch is None or self._view is None:
            return
        from seqkit.tui.monitor.curves import step_at

        self._cursor = event.x
        for name in (LOSS, *CHARTS):
            self._chart(name).set_cursor(event.x)
        self._show_answers()
        if event.x is not None:
            step = step_at(self._watch.history, event.x, self._view.unit)
            self.query_one(LogLines).near_step(step)

    def on_chart_view_changed(self, event: Chart.ViewChanged) -> None:
        """Shows the same range in every chart."""
        if event.chart.id in PANES:
            for name in (LOSS, *CHARTS):
                self._chart(name).set_view(event.view)

    def on_log_lines_chosen(self, event: LogLines.Chosen) -> None:
        """Puts the cursor of the charts at the step of a line of the log."""
        if self._watch is None or self._view is None:
            return
        from seqkit.tui.monitor.curves import at_step

        self._cursor = at_step(self._watch.history, event.step, self._view.unit)
        for name in (LOSS, *CHARTS):
            self._chart(name).set_cursor(self._cursor)
        self._show_answers()

    def action_unit(self) -> None:
        """Counts x by steps, epochs, time or tokens."""
        if self._watch is None or self._view is None:
            return
        from seqkit.tui.monitor.curves import at_step, step_at, units

        history, before = self._watch.history, self._view.unit
        known = units(history)
        unit = known[(known.index(before) + 1) % len(known)] if before in known else known[0]
        step = None if self._cursor is None else step_at(history, self._cursor, before)
        self._view = replace(self._view, unit=unit)
        self._cursor = None if step is None else at_step(history, step, unit)
        for name in (LOSS, *CHARTS):
            self._chart(name).set_view(None)
            self._chart(name).set_cursor(self._cursor)
        self._show()

    def action_log_scale(self) -> None:
        """Changes between a linear and a logarithmic scale."""
        if self._view is not None:
            self._view = replace(self._view, log=not self._view.log)
            self._show()

    def action_smoothing(self) -> None:
        """Smooths the curves more, or not at all."""
        if self._view is not None:
            from seqkit.tui.monitor.curves import SMOOTHING

            names = list(SMOOTHING)
            chosen = names[(names.index(self._view.smoothing) + 1) % len(names)]
            self._view = replace(self._view, smoothing=chosen)
            self._show()
            self.notify(f"Smoothing: {chosen}", timeout=1.5, markup=False)

    def action_metric(self) -> None:
        """Draws the next metric."""
        if self._view is None or self._watch is None:
            return
        from seqkit.tui.monitor.curves import metric_names, metric_of

        names = metric_names(self._watch.history)
        if names:
            now = metric_of(self._watch.history, self._view.metric)
            self._view = replace(self._view, metric=names[(names.index(now) + 1) % len(names)])
            self._show()

    # --- the log ----------------------------------------------------------------------------------

    def action_search(self) -> None:
        """Searches the log."""
        self.action_jump("log")
        self.call_after_refresh(lambda: self.query_one(LogPane).open_search())

    def action_match(self, direction: int) -> None:
        """Goes to the next or the previous match."""
        self.query_one(LogPane).next_match(direction)

    def action_back(self) -> None:
        """Closes what is open, from the inside out, and the screen at last."""
        log = self.query_one(LogPane)
        planned = self.panes.planned
        if log.searching:
            log.close_search()
        elif self._cursor is not None:
            self._chart(LOSS).action_whole()
        elif planned.maximised is not None:
            self.action_maximise()
        elif len(self.app.screen_stack) > 1:
            self.dismiss()

    # --- steering ---------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hides the keys that mean nothing now."""
        if action in STEERING:
            return self.steering.possible(action)
        if action == "try":
            return shared_context(self) is not None and self.steering.status != "gone"
        return True

    def action_pause(self) -> None:
        """Asks the run to pause, or to go on."""
        self.steering.request("resume" if self.steering.status == "paused" else "pause")

    def action_steer(self, action: str) -> None:
        """Asks the run for something."""
        self.steering.request(action)

    def action_rate(self) -> None:
        """Asks for a learning rate, and asks the run to use it."""
        if self._watch is not None:
            self.steering.request_rate(self._watch.history.steps.last("learning_rate"))

    def action_try(self) -> None:
        """Loads the best checkpoint in a process of its own, to be used."""
        self.post_message(TryRun(self.folder))

    def action_console(self) -> None:
        """Shows how the run ended in full, and what its process wrote."""
        from seqkit.tui.console import console_reading

        watch = self._watch
        if watch is not None:
            said = watch.complaint or _said_at_the_end(watch)
            self.app.push_screen(console_reading(self.folder, said))

    def action_resume(self) -> None:
        """Starts a process that goes on with the run from its newest checkpoint."""
        self.steering.resume()


def _said_at_the_end(watch: Watch) -> str:
    """Returns what a run said when it ended; empty where it has not, or said nothing."""
    ended = watch.history.ended
    return str(ended.get("message") or "") if ended is not None else ""
