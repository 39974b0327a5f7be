"""Small screens over the others: a question, a line to write, a list to choose from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from seqkit.terminal.safe_text import one_line
from seqkit.tui.narrowing import narrowed

_LONGEST_LIST = 24
_BOX_PART = 0.9
"""Part of the screen's height that a box may take."""

_BOX = """
    align: center middle;
    background: $background 60%;
    & > .dialog--box {
        width: 76; max-width: 96%; height: auto; max-height: 90%;
        background: $panel; border: round $primary; padding: 0 1;
        border-title-color: $primary; border-subtitle-color: $foreground 60%;
    }
    & .dialog--text { color: $foreground 80%; margin: 0 0 1 0; }
"""


class Confirm(ModalScreen[bool]):
    """A question, answered by `y` or enter, and `n` or escape.

    Args:
        question: One sentence.
        detail: What happens then; may be empty.
        yes: The word for going on.
    """

    DEFAULT_CSS = f"Confirm {{ {_BOX} & > .dialog--box {{ width: 60; }} }}"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer(True)", "Yes"),
        Binding("n,escape,q", "answer(False)", "No"),
    ]

    def __init__(self, question: str, detail: str = "", yes: str = "Yes") -> None:
        super().__init__()
        self._question, self._detail, self._yes = question, detail, yes

    def compose(self) -> ComposeResult:
        """Lays the question out."""
        box = Vertical(classes="dialog--box")
        box.border_title = Text(self._question)
        box.border_subtitle = Text(f"y {self._yes} · n No")
        with box:
            yield Static(Text(self._detail or self._question), classes="dialog--text")

    def action_answer(self, answer: bool) -> None:
        """Closes with an answer."""
        self.dismiss(answer)


class Reading(ModalScreen[None]):
    """A text to read, wrapped and to scroll in, until a closing key is pressed.

    Args:
        title: What it is.
        text: The text.
    """

    DEFAULT_CSS = f"""
    Reading {{ {_BOX}
        & > .dialog--box {{ width: 96; scrollbar-size-vertical: 1; }}
    }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "close", "Close"),
        Binding("y", "yank", "Copy"),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        """Lays the text out."""
        box = VerticalScroll(classes="dialog--box")
        box.border_title = Text(self._title)
        box.border_subtitle = Text("y copies · escape closes")
        with box:
            yield Static(Text(self._text))

    def action_close(self) -> None:
        """Closes it."""
        self.dismiss(None)

    def action_yank(self) -> None:
        """Copies the text."""
        self.app.copy_to_clipboard(self._text)
        self.app.notify("Copied.", timeout=2)


class Ask(ModalScreen[str | None]):
    """One line to write; enter takes it, escape gives up.

    Args:
        title: What is asked for.
        value: What stands there at first.
        detail: How it is to be written; may be empty.
        complaint: Says what is wrong with a line, or nothing; a wrong one is not taken.
    """

    DEFAULT_CSS = f"""
    Ask {{ {_BOX}
        & .wrong {{ color: $error; }}
        & Input, & Input:focus {{
            border: none; height: 1; padding: 0; background: $surface; margin: 1 0;
        }}
    }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "give_up", "Cancel")]

    def __init__(
        self,
        title: str,
        value: str = "",
        detail: str = "",
        complaint: Callable[[str], str] = lambda _line: "",
    ) -> None:
        super().__init__()
        self._title, self._value, self._detail = title, value, detail
        self._complaint = complaint

    def compose(self) -> ComposeResult:
        """Lays the line out."""
        box = Vertical(classes="dialog--box")
        box.border_title = Text(self._title)
        box.border_subtitle = Text("enter OK · escape Cancel")
        with box:
            yield Input(self._value)
            yield Static(Text(self._detail), classes="dialog--text")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Closes with what was written, or says what is wrong with it."""
        wrong = self._complaint(event.value)
        if wrong:
            self.query_one(".dialog--text", Static).update(Text(wrong))
            self.query_one(".dialog--text").add_class("wrong")
        else:
            self.dismiss(event.value)

    def action_give_up(self) -> None:
        """Closes with nothing."""
        self.dismiss(None)


@dataclass(frozen=True)
class Choice:
    """One thing to choose.

    Attributes:
        value: What is returned.
        label: What it is called.
        about: One line about it.
        why_not: Why it cannot be chosen; empty when it can.
        words: What else it is found by.
    """

    value: str
    label: str
    about: str = ""
    why_not: str = ""
    words: str = ""


class Choose(ModalScreen[str | None]):
    """A list to choose from, narrowed by typing; what cannot be chosen says why.

    Args:
        title: What is chosen.
        choices: Everything there is.
        current: The one that is chosen now.
    """

    DEFAULT_CSS = f"""
    Choose {{ {_BOX}
        & > .dialog--box {{ width: 100; }}
        & Input, & Input:focus {{ border: none; height: 1; padding: 0; background: $surface; }}
        & OptionList {{
            border: none; background: $panel; padding: 0; margin: 1 0 0 0;
            scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis;
        }}
        & OptionList > .option-list--option-highlighted {{
            background: $block-cursor-background; color: $block-cursor-foreground;
        }}
    }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "Cancel"),
        Binding("down", "move('cursor_down')", "Down", show=False),
        Binding("up", "move('cursor_up')", "Up", show=False),
        Binding("pagedown", "move('page_down')", "Page down", show=False),
        Binding("pageup", "move('page_up')", "Page up", show=False),
    ]

    def __init__(self, title: str, choices: Sequence[Choice], current: str = "") -> None:
        super().__init__()
        self._title, self._choices, self._current = title, list(choices), current

    def compose(self) -> ComposeResult:
        """Lays the list out."""
        box = Vertical(classes="dialog--box")
        box.border_title = Text(self._title)
        box.border_subtitle = Text("type to narrow · enter Choose · escape Cancel")
        with box:
            yield Input(placeholder="type to narrow")
            yield OptionList(compact=True)

    def on_mount(self) -> None:
        """Shows everything."""
        self._fill("")

    def on_resize(self) -> None:
        """Gives the list as many lines as there are choices, however few of them are shown."""
        give_lines(self.query_one(OptionList), len(self._choices), self.size.height, 4)

    def _fill(self, wanted: str) -> None:
        words = wanted.split()
        shown = narrowed(
            self._choices, wanted, lambda one: one.label, lambda one: f"{one.about} {one.words}"
        )
        shown.sort(key=lambda choice: bool(choice.why_not))
        widest = max((len(choice.label) for choice in shown), default=0)
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(
            Option(self._drawn(choice, widest), id=choice.value, disabled=bool(choice.why_not))
            for choice in shown
        )
        if not shown:
            nothing = Text(f"  Nothing matches {one_line(wanted)!r}.", "dim")
            options.add_option(Option(nothing, disabled=True))
        able = [index for index, choice in enumerate(shown) if not choice.why_not]
        values = [choice.value for choice in shown]
        here = self._current in values and not shown[values.index(self._current)].why_not
        if here and not words:
            options.highlighted = values.index(self._current)
        elif able:
            options.highlighted = able[0]

    def _drawn(self, choice: Choice, widest: int) -> Text:
        mark = "● " if choice.value == self._current else "  "
        text = Text(mark + one_line(choice.label).ljust(widest))
        if choice.why_not:
            text.append(f"  ✗ {one_line(choice.why_not)}", "italic")
        elif choice.about:
            text.append(f"  {one_line(choice.about)}", "dim")
        return text

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrows the list."""
        self._fill(event.value)

    def on_input_submitted(self) -> None:
        """Takes the highlighted one."""
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            self.dismiss(options.get_option_at_index(options.highlighted).id)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Takes the one that was clicked."""
        self.dismiss(event.option.id)

    def action_move(self, how: str) -> None:
        """Moves in the list while the line above it is written in."""
        getattr(self.query_one(OptionList), f"action_{how}")()

    def action_give_up(self) -> None:
        """Closes with nothing."""
        self.dismiss(None)


def give_lines(options: OptionList, count: int, height: int, others: int) -> None:
    """Gives a list in a box the lines that it needs, as far as the screen has them.

    Args:
        options: The list.
        count: How many choices there are.
        height: Lines of the screen.
        others: Lines that the box has beside the list.
    """
    room = int(height * _BOX_PART) - others
    options.styles.height = max(1, min(count, room, _LONGEST_LIST))
