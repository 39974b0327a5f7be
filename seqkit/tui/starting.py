"""Waits until a command that was started has a run to show, or says why it has none."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from seqkit.processes.launch import Launch, keep_log, run_of
from seqkit.runs.folder import RunFolder
from seqkit.terminal.safe_text import one_line
from seqkit.tui.context import Context

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Starting(ModalScreen[RunFolder | None]):
    """Closes with the run once it is there; escape leaves it to come by itself.

    Args:
        launch: What was started.
        context: Whose folder of runs it goes to.
    """

    DEFAULT_CSS = """
    Starting {
        align: center middle; background: $background 60%;
        & > Vertical {
            width: 76; max-width: 96%; height: auto; max-height: 80%; padding: 0 1;
            background: $panel; border: round $primary; border-title-color: $primary;
            border-subtitle-color: $foreground 60%;
        }
        &.failed > Vertical { border: round $error; border-title-color: $error; }
        & #command { color: $foreground 60%; margin: 0 0 1 0; }
        & #said { margin: 0 0 1 0; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,q", "leave", "Close")]

    def __init__(self, launch: Launch, context: Context) -> None:
        super().__init__()
        self._launch, self._shared = launch, context
        self._turns = 0

    def compose(self) -> ComposeResult:
        """Lays the box out."""
        box = Vertical()
        box.border_title = Text("Starting")
        box.border_subtitle = Text("escape leaves it to go on by itself")
        with box:
            yield Static(Text("seqkit " + one_line(" ".join(self._launch.words))), id="command")
            yield Static(Text("⠋ starting Python and PyTorch"), id="said")

    def on_mount(self) -> None:
        """Begins to look."""
        self._timer = self.set_interval(0.25, self._look)

    def _look(self) -> None:
        if self.app.screen is not self:
            # Something lies over it, such as the command palette; closing would close that.
            return
        self._turns += 1
        run = run_of(self._launch, self._shared.runs_dir)
        if run is not None:
            self._timer.stop()
            keep_log(self._launch, run)
            self.dismiss(run)
            return
        failure = self._launch.failure()
        said = self.query_one("#said", Static)
        if failure or not self._launch.running():
            self._timer.stop()
            self.add_class("failed")
            box = self.query_one(Vertical)
            box.border_title = Text("It could not be started")
            box.border_subtitle = Text("escape closes")
            said.update(Text("\n".join(map(one_line, (failure or "It has ended.").splitlines()))))
            return
        said.update(Text(f"{_SPINNER[self._turns % len(_SPINNER)]} starting Python and PyTorch"))

    def action_leave(self) -> None:
        """Closes without a run."""
        self.dismiss(None)
