"""Small parts that panes share: their titles, and the line of tabs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from seqkit.terminal.safe_text import one_line

TITLES = {
    "loss": ("Loss", "L"),
    "metrics": ("Metrics", "M"),
    "rate": ("Rate", "R"),
    "gradient": ("Gradient", "G"),
    "speed": ("Speed", "T"),
    "machine": ("Device", "D"),
    "answers": ("Answers", "A"),
    "log": ("Events", "E"),
}
"""Title and jump key of each pane."""


class PaneTitle(Static):
    """The first line of a pane that is no chart; it stands out while the pane has the focus."""

    DEFAULT_CSS = """
    PaneTitle {
        height: 1;
        color: $foreground;
        text-style: bold;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    """

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._note = ""
        self._focused = False

    def on_mount(self) -> None:
        """Shows the title."""
        self._draw()

    def describe(self, note: str, title: str | None = None) -> None:
        """Shows something behind the title, in a quieter voice."""
        title = self._title if title is None else title
        if (note, title) != (self._note, self._title):
            self._note, self._title = note, title
            self._draw()

    def stand_out(self, focused: bool) -> None:
        """Tells whether the pane has the focus."""
        self._focused = focused
        self._draw()

    def _draw(self) -> None:
        head = (f" {self._title} ", "reverse") if self._focused else (f"{self._title} ", "")
        note = (f" {one_line(self._note)}", "not bold dim")
        self.update(Text.assemble(head, note, no_wrap=True, overflow="ellipsis"))


class Tabs(Widget):
    """The panes that take turns in one place, with their jump keys; a click goes there."""

    HELP: ClassVar[str] = "The panes that share this place; press the key in brackets or click."
    COMPONENT_CLASSES: ClassVar[set[str]] = {"tabs--tab", "tabs--chosen", "tabs--key"}
    DEFAULT_CSS = """
    Tabs.-monitor {
        height: 1;
        background: $panel;
        & > .tabs--tab { color: $foreground 70%; background: $panel; }
        & > .tabs--key { color: $accent; background: $panel; }
        & > .tabs--chosen { color: $primary; background: $panel; text-style: bold underline; }
    }
    """

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, pane: str) -> None:
            self.pane = pane
            super().__init__()

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id, classes="-monitor")
        self._names: Sequence[str] = ()
        self._chosen = ""
        self._places: list[tuple[int, int, str]] = []

    def show(self, names: Sequence[str], chosen: str) -> None:
        """Shows these panes, one of them chosen."""
        if (names, chosen) != (self._names, self._chosen):
            self._names, self._chosen = names, chosen
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draws the tabs; where they have no room, their titles are cut."""
        style = self.get_component_rich_style
        words = {name: TITLES[name] for name in self._names}
        longest = max(3, (self.size.width - 1) // max(1, len(words)) - 4)
        if sum(len(title) + 4 for title, _ in words.values()) < self.size.width:
            longest = self.size.width
        segments, column, self._places = [Segment(" ", style("tabs--tab"))], 1, []
        for name, (title, key) in words.items():
            look = "tabs--chosen" if name == self._chosen else "tabs--tab"
            short = title[:longest]
            segments += [Segment(key, style("tabs--key")), Segment(" ", style("tabs--tab"))]
            segments += [Segment(short, style(look)), Segment("  ", style("tabs--tab"))]
            self._places.append((column, column + len(short) + 2, name))
            column += len(short) + 4
        return Strip(segments).adjust_cell_length(self.size.width, style("tabs--tab"))

    def on_click(self, event: events.Click) -> None:
        """Goes to the pane whose tab was clicked."""
        for start, end, name in self._places:
            if start <= event.x < end:
                self.post_message(self.Chosen(name))
