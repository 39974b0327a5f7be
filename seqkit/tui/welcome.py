"""What a first start shows: what this is, and one key that trains something."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static


class Welcome(Vertical, can_focus=True):
    """Stands in place of the list while there are no runs.

    Args:
        runs_dir: Where runs are looked for.
        read_only: Whether nothing may be started.
    """

    HELP: ClassVar[str] = "There are no runs yet. Enter trains the demonstration."
    DEFAULT_CSS = """
    Welcome {
        height: 1fr; align: center middle; background: $surface;
        & > Static { width: 66; max-width: 92%; }
        & > #welcome-title { color: $primary; text-style: bold; margin-bottom: 1; }
        & > #welcome-demo {
            background: $panel; padding: 1 2; margin: 1 0; border-left: thick $accent;
        }
        & > #welcome-place { color: $foreground 60%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,d", "demo", "Train the demonstration", id="welcome.demo"),
    ]

    class Demo(Message):
        """The demonstration is wanted."""

    def __init__(self, runs_dir: Path, read_only: bool) -> None:
        super().__init__()
        self._runs_dir, self._read_only = runs_dir, read_only

    def compose(self) -> ComposeResult:
        """Lays the page out."""
        yield Static(Text("Train, watch and use sequence models"), id="welcome-title")
        yield Static(
            Text(
                "seqkit puts models, data and tasks together, trains them in the background, "
                "and shows them here while they learn."
            )
        )
        demo = Text()
        if self._read_only:
            demo.append("This is read-only: nothing can be started from here.")
        else:
            demo.append("enter", "bold reverse")
            demo.append("  trains a first model in under 2 minutes, offline.\n\n")
            demo.append("2", "bold")
            demo.append("  puts together a run of your own     ")
            demo.append("?", "bold")
            demo.append("  explains the keys")
        yield Static(demo, id="welcome-demo")
        place = f"There are no runs in {self._runs_dir} yet. Training goes on when you quit."
        yield Static(Text(place), id="welcome-place")

    def action_demo(self) -> None:
        """Asks for the demonstration."""
        if not self._read_only:
            self.post_message(self.Demo())
