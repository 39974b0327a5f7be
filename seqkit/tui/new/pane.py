"""The pane beside the form: a preview of the experiment, live, and marked where it is stale."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from seqkit.tui.new.pictures import command_text, examples_text, layers_text, toml_text

TABS = (
    ("layers", "l", "Layers"),
    ("examples", "e", "Examples"),
    ("toml", "t", "TOML"),
    ("command", "c", "Command"),
)
"""What the pane shows: name, key, title."""


BUILDING = "building …"
"""What the pane notes while a picture is made."""


class PaneTabs(Widget):
    """Names what the pane can show, with its key; a click shows it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"tabs--tab", "tabs--current", "tabs--note"}
    DEFAULT_CSS = """
    PaneTabs {
        height: 1; background: $panel;
        & > .tabs--tab { background: $panel; color: $foreground 60%; }
        & > .tabs--current { background: $panel; color: $primary; text-style: bold; }
        & > .tabs--note { background: $panel; color: $warning; }
    }
    """
    current = reactive("layers")
    note = reactive("")

    class Chosen(Message):
        """A tab was clicked.

        Attributes:
            name: Which one.
        """

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def render_line(self, y: int) -> Strip:
        """Draws the tabs."""
        style = self.get_component_rich_style
        segments = [
            Segment(
                f" {key} {title} ", style(f"tabs--{'current' if name == self.current else 'tab'}")
            )
            for name, key, title in TABS
        ]
        used = sum(len(segment.text) for segment in segments)
        note = f"{self.note} " if used + len(self.note) + 1 <= self.size.width else ""
        gap = max(0, self.size.width - used - len(note))
        segments += [Segment(" " * gap, style("tabs--tab")), Segment(note, style("tabs--note"))]
        return Strip(segments).adjust_cell_length(self.size.width, style("tabs--tab"))

    def on_click(self, event: events.Click) -> None:
        """Shows what was clicked."""
        column = 0
        for name, key, title in TABS:
            width = len(key) + len(title) + 3
            if column <= event.x < column + width:
                self.post_message(self.Chosen(name))
            column += width


class Pane(Vertical):
    """Shows one of four pictures of the experiment."""

    HELP: ClassVar[str] = """A preview of the experiment. Layers: the network as it is built, with
    the shape of what each part puts out for one batch, its parameters, memory and time, measured
    on one batch. Examples: training data as the model sees them. TOML: the whole experiment.
    Command: how to start the same run from a shell."""
    DEFAULT_CSS = """
    Pane {
        background: $panel;
        & > VerticalScroll { padding: 0 1; scrollbar-size-vertical: 1; background: $panel; }
        & Static { width: 1fr; color: $foreground; }
        &.stale Static { color: $foreground 45%; }
    }
    """
    tab = reactive("layers")

    def __init__(self) -> None:
        super().__init__()
        self._preview: dict[str, Any] | None = None
        self._toml = ""
        self._command = ""
        self._notes: list[str] = []
        self._message = "Reading what is installed …"

    def compose(self) -> ComposeResult:
        """Lays the pane out."""
        yield PaneTabs()
        with VerticalScroll(can_focus=True):
            yield Static()

    def watch_tab(self) -> None:
        """Shows the other picture."""
        if self.is_mounted:
            self.query_one(PaneTabs).current = self.tab
            self.query_one(VerticalScroll).scroll_home(animate=False)
            self._draw()

    def on_pane_tabs_chosen(self, event: PaneTabs.Chosen) -> None:
        """Shows what was clicked."""
        self.tab = event.name

    def on_resize(self) -> None:
        """Draws to the new width."""
        self._draw()

    @property
    def built(self) -> bool:
        """Whether there are layers and examples to show."""
        return self._preview is not None

    @property
    def copied(self) -> str:
        """What is copied from here: the TOML where that is shown, and the command elsewhere."""
        return self._toml if self.copies_toml else self._command

    @property
    def copies_toml(self) -> bool:
        """Whether it is the TOML that is shown, and copied."""
        return self.tab == "toml"

    def set_stale(self, stale: bool, why: str = "") -> None:
        """Marks the pictures as those of an earlier form, or not."""
        self.set_class(stale, "stale")
        self.query_one(PaneTabs).note = why
        if stale and self._preview is None and why == BUILDING:
            self._message = "Building the model, to try it on one batch of the data …"
            self._draw()

    def show_command(self, command: str, notes: list[str]) -> None:
        """Takes the command that does the same."""
        self._command, self._notes = command, notes
        self._draw()

    def show_toml(self, toml: str) -> None:
        """Takes the experiment file."""
        self._toml = toml
        self._draw()

    def show_preview(self, preview: dict[str, Any]) -> None:
        """Takes layers and examples."""
        self._preview, self._message = preview, ""
        self._draw()

    def say(self, message: str) -> None:
        """Says why there are no layers and examples."""
        self._preview, self._message = None, message
        self._draw()

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        width = max(20, self.size.width - 3)
        picture = Text(self._message)
        if self.tab == "toml":
            picture = toml_text(self._toml)
        elif self.tab == "command":
            picture = command_text(self._command, self._notes)
        elif self._preview is not None:
            drawn = layers_text(self._preview, width)
            picture = drawn if self.tab == "layers" else examples_text(self._preview)
        self.query_one(Static).update(picture)
