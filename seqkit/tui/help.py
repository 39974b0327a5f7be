"""Help: the keys of a screen, and what the focused widget does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Static

Row = tuple[str, str]
"""A key and what it does."""


_NAMES = {"space": "space", "enter": "enter"}
"""Keys that are spelt out where there is room; the footer has signs for them."""


class Help(ModalScreen[None]):
    """Shows a title, a text and keys, until any closing key is pressed.

    Args:
        title: What the help is about.
        text: Some sentences.
        groups: Keys, by what they belong to.
    """

    DEFAULT_CSS = """
    Help {
        align: center middle;
        background: $background 60%;
        & > VerticalScroll {
            width: 84; max-width: 96%; height: auto; max-height: 92%;
            background: $panel; border: round $primary; padding: 0 2; scrollbar-size-vertical: 1;
            border-title-color: $primary; border-subtitle-color: $foreground 60%;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "close", "Close")
    ]

    def __init__(self, title: str, text: str, groups: Iterable[tuple[str, list[Row]]]) -> None:
        super().__init__()
        self._title, self._text, self._groups = title, text, list(groups)

    def compose(self) -> ComposeResult:
        """Lays the help out."""
        box = VerticalScroll()
        box.border_title = Text(self._title)
        box.border_subtitle = Text("escape closes")
        with box:
            if self._text:
                yield Static(Text(self._text + "\n"))
            for heading, rows in self._groups:
                table = Table.grid(padding=(0, 2))
                table.add_column(min_width=16, style="bold")
                table.add_column()
                for key, what in rows:
                    table.add_row(Text(key), Text(what))
                yield Static(Text(heading, "bold underline"))
                yield Static(table)
                yield Static("")

    def action_close(self) -> None:
        """Closes the help."""
        self.dismiss(None)


def keys_of(node: DOMNode, show: object) -> list[Row]:
    """Returns the keys that a node binds itself, with a description, in their order.

    Args:
        node: A screen, widget or app.
        show: Names a binding's keys: `App.get_key_display`.
    """
    rows: dict[str, list[str]] = {}
    for _, binding in node._bindings:
        # What Textual itself binds has no name of ours, and is what one expects of any program.
        if binding.description and binding.id:
            key = _NAMES.get(binding.key) or (show(binding) if callable(show) else binding.key)
            keys = rows.setdefault(binding.description, [])
            if key not in keys:
                keys.append(key)
    return [(" ".join(keys), what) for what, keys in rows.items()]


def screen_help(screen: Screen[object]) -> Help:
    """Returns the help of a screen: its own text, its keys, those of its focus, and the app's."""
    app, focused = screen.app, screen.focused
    groups = [("On this screen", keys_of(screen, app.get_key_display))]
    if focused is not None and (rows := keys_of(focused, app.get_key_display)):
        groups.append((f"In the {_called(focused)}", rows))
    groups.append(("Everywhere", keys_of(app, app.get_key_display)))
    title = str(screen.title or type(screen).__name__)
    return Help(title, help_of(screen), [group for group in groups if group[1]])


def widget_help(widget: Widget, screen: Screen[object]) -> Help:
    """Returns the help of a widget: its own text, or that of the nearest one around it."""
    text = next((found for node in widget.ancestors_with_self if (found := help_of(node))), "")
    keys = keys_of(widget, screen.app.get_key_display)
    return Help(_called(widget).capitalize(), text, [("Keys", keys)] if keys else [])


def help_of(node: object) -> str:
    """Returns the help text of a node's class; empty where it has none."""
    text = vars(type(node)).get("HELP", None) if hasattr(node, "HELP") else None
    return " ".join(str(text).split()) if text else ""


def _called(widget: Widget) -> str:
    """Returns a widget's name in words: `run table` for `RunTable`."""
    name = type(widget).__name__
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in name)
    return words.strip()
