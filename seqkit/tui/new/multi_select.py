"""A list of things to tick, in an order that counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from seqkit.terminal.safe_text import one_line
from seqkit.tui.dialogs import Choice, give_lines


class Tick(ModalScreen[list[str] | None]):
    """Space ticks, enter takes what is ticked, in the order of ticking.

    Args:
        title: What is chosen.
        choices: Everything there is.
        ticked: What is ticked at first.
    """

    DEFAULT_CSS = """
    Tick {
        align: center middle; background: $background 60%;
        & > Vertical {
            width: 90; max-width: 96%; height: auto; max-height: 90%; padding: 0 1;
            background: $panel; border: round $primary; border-title-color: $primary;
            border-subtitle-color: $foreground 60%;
        }
        & OptionList {
            border: none; background: $panel; padding: 0; scrollbar-size-vertical: 1;
            text-wrap: nowrap; text-overflow: ellipsis;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", "Tick"),
        Binding("f", "first", "Make it the first"),
        Binding("enter", "take", "Take", priority=True),
        Binding("escape", "give_up", "Cancel"),
    ]

    def __init__(self, title: str, choices: Sequence[Choice], ticked: Sequence[str]) -> None:
        super().__init__()
        self._title = title
        self._choices = sorted(choices, key=lambda choice: bool(choice.why_not))
        self._ticked = list(ticked)

    def compose(self) -> ComposeResult:
        """Lays the list out."""
        box = Vertical()
        box.border_title = Text(self._title)
        box.border_subtitle = Text("space ticks · f makes it the first · enter takes · escape")
        with box:
            yield OptionList(compact=True)

    def on_mount(self) -> None:
        """Shows everything."""
        self._fill()

    def on_resize(self) -> None:
        """Gives the list the lines that there are."""
        give_lines(self.query_one(OptionList), len(self._choices), self.size.height, 2)

    def _fill(self) -> None:
        options = self.query_one(OptionList)
        place = options.highlighted or 0
        widest = max((len(choice.label) for choice in self._choices), default=0)
        options.clear_options()
        options.add_options(
            Option(self._drawn(choice, widest), id=choice.value, disabled=bool(choice.why_not))
            for choice in self._choices
        )
        options.highlighted = place

    def _drawn(self, choice: Choice, widest: int) -> Text:
        number = self._ticked.index(choice.value) + 1 if choice.value in self._ticked else 0
        text = Text(f"[{number or ' '}] ")
        text.append(one_line(choice.label).ljust(widest), "bold" if number else "")
        about = f"✗ {choice.why_not}" if choice.why_not else choice.about
        return text.append(f"  {one_line(about)}", "dim")

    def _highlighted(self) -> str | None:
        options = self.query_one(OptionList)
        if options.highlighted is None:
            return None
        return options.get_option_at_index(options.highlighted).id

    def action_tick(self) -> None:
        """Ticks the highlighted one, or not."""
        name = self._highlighted()
        if name is not None:
            if name in self._ticked:
                self._ticked.remove(name)
            else:
                self._ticked.append(name)
            self._fill()

    def action_first(self) -> None:
        """Puts the highlighted one before the others."""
        name = self._highlighted()
        if name is not None:
            self._ticked = [name, *(other for other in self._ticked if other != name)]
            self._fill()

    def action_take(self) -> None:
        """Closes with what is ticked."""
        self.dismiss(self._ticked)

    def on_option_list_option_selected(self) -> None:
        """Ticks the one that was clicked."""
        self.action_tick()

    def action_give_up(self) -> None:
        """Closes with nothing."""
        self.dismiss(None)
