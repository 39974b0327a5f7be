"""The line at the top: the screens there are, and what runs now."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

SCREENS = (
    ("runs", "1", "Runs"),
    ("new", "2", "New run"),
    ("components", "3", "Components"),
    ("data", "4", "Data"),
)
"""The screens that are reached by one key: mode, key and title."""


class TopBar(Widget):
    """Names the screens with their keys; a click goes there.

    Args:
        current: The mode of the screen that it stands on.
    """

    HELP: ClassVar[str] = "The screens, each reached by its number; a click goes there too."
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "topbar--name",
        "topbar--tab",
        "topbar--current",
        "topbar--note",
    }
    DEFAULT_CSS = """
    TopBar {
        height: 1; width: 100%; background: $panel; color: $foreground;
        & > .topbar--name { background: $primary; color: $background; text-style: bold; }
        & > .topbar--tab { background: $panel; color: $foreground 65%; }
        & > .topbar--current { background: $surface; color: $primary; text-style: bold; }
        & > .topbar--note { background: $panel; color: $success; }
    }
    """
    note = reactive("")

    class Chosen(Message):
        """A screen was clicked.

        Attributes:
            mode: Which one.
        """

        def __init__(self, mode: str) -> None:
            super().__init__()
            self.mode = mode

    def __init__(self, current: str) -> None:
        super().__init__()
        self._current = current
        self._places: list[tuple[int, int, str]] = []

    def render_line(self, y: int) -> Strip:
        """Draws the line."""
        style = self.get_component_rich_style
        narrow = self.size.width < 64
        name = "" if self.size.width < 48 else " seqkit "
        segments = [Segment(name, style("topbar--name")), Segment(" ", style("topbar--tab"))]
        column = len(name) + 1
        self._places = []
        for mode, key, title in SCREENS:
            shown = f" {key} {title.split()[0] if narrow else title} "
            current = mode == self._current
            segments.append(Segment(shown, style(f"topbar--{'current' if current else 'tab'}")))
            self._places.append((column, column + len(shown), mode))
            column += len(shown)
        note = self.note if column + len(self.note) + 1 <= self.size.width else ""
        gap = max(0, self.size.width - column - len(note) - bool(note))
        segments += [Segment(" " * gap, style("topbar--tab")), Segment(note, style("topbar--note"))]
        return Strip(segments).adjust_cell_length(self.size.width, style("topbar--tab"))

    def on_click(self, event: events.Click) -> None:
        """Goes to the screen that was clicked."""
        for begin, end, mode in self._places:
            if begin <= event.x < end:
                self.post_message(self.Chosen(mode))
