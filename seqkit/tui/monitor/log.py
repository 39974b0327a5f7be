"""The run's log: searchable, and linked to the charts by its steps."""

from __future__ import annotations

from collections.abc import Sequence
from time import localtime, strftime
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Input

from seqkit.terminal.log_lines import Entry
from seqkit.tui.dialogs import Reading
from seqkit.tui.history import History
from seqkit.tui.monitor.panes import PaneTitle

_CLOCK_FROM = 64
"""Columns from which the time of day is shown."""

_SIGNS = {True: ("★ ", "good"), False: ("! ", "bad")}


class LogLines(ScrollView, can_focus=True):
    """Lines of the log, the newest last; one of them is chosen."""

    HELP: ClassVar[str] = (
        "What happened, the newest last. The chosen line puts the cursor of the charts at its "
        "step, and enter shows all of it. / searches, n and N go from match to match."
    )
    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "log--line",
        "log--step",
        "log--good",
        "log--bad",
        "log--match",
        "log--chosen",
    }
    DEFAULT_CSS = """
    LogLines {
        height: 1fr;
        scrollbar-size: 0 1;
        background: transparent;
        & > .log--line { color: $foreground; }
        & > .log--step { color: $chart-axis; }
        & > .log--good { color: $success; }
        & > .log--bad { color: $warning; }
        & > .log--match { color: $background; background: $warning; }
        & > .log--chosen { background: $block-cursor-blurred-background; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "choose(-1)", "Earlier line", show=False, id="log.up"),
        Binding("down", "choose(1)", "Later line", show=False, id="log.down"),
        Binding("pageup", "choose(-10)", "10 lines up", show=False, id="log.page-up"),
        Binding("pagedown", "choose(10)", "10 lines down", show=False, id="log.page-down"),
        Binding("home", "ends(0)", "First line", show=False, id="log.first"),
        Binding("end", "ends(-1)", "Newest line", show=False, id="log.last"),
        Binding("enter", "read", "Read the line", show=False, id="log.read"),
    ]

    class Chosen(Message):
        """A person chose a line."""

        def __init__(self, step: int) -> None:
            self.step = step
            super().__init__()

    def __init__(self) -> None:
        super().__init__()
        self._entries: Sequence[Entry] = ()
        self._before = 0
        self._chosen: int | None = None
        self._following = True
        self._wanted = ""
        self._styles_by_name: dict[tuple[str, bool], Style] = {}

    # --- what is shown ----------------------------------------------------------------------------

    def show(self, entries: Sequence[Entry], before: int) -> None:
        """Shows these lines.

        Args:
            entries: The lines.
            before: How many older ones were let go.
        """
        gone = before - self._before
        self._entries, self._before = list(entries), before
        if self._chosen is not None and gone:
            self._chosen = max(0, self._chosen - gone)
        if self._chosen is not None and self._chosen >= len(self._entries):
            self._chosen = None
        longest = max((len(line.text) for line in self._entries), default=0)
        self.virtual_size = Size(self._indent() + longest + 1, len(self._entries))
        self.refresh()
        self._follow()

    def _follow(self) -> None:
        """Keeps the newest line in view, unless a person looks at another one."""
        if self._following and self._chosen is None:
            self.call_after_refresh(self.scroll_end, animate=False, immediate=True)

    def on_resize(self) -> None:
        """Keeps the newest line in view, also when the pane is first seen."""
        self._follow()

    def on_mouse_scroll_up(self) -> None:
        """Lets go of the newest line."""
        self._following = False

    def on_mouse_scroll_down(self) -> None:
        """Follows the newest line again once it is reached."""
        self._following = self.scroll_offset.y >= self.max_scroll_y - 1

    def search(self, wanted: str) -> int:
        """Marks a text wherever it occurs. Returns how many lines have it."""
        self._wanted = wanted.casefold()
        self.refresh()
        return len(self._matches())

    def _matches(self) -> list[int]:
        if not self._wanted:
            return []
        return [
            place
            for place, line in enumerate(self._entries)
            if self._wanted in line.text.casefold()
        ]

    def go_to_match(self, direction: int) -> tuple[int, int]:
        """Chooses the next or the previous match. Returns its number from 1, and how many."""
        found = self._matches()
        if not found:
            return 0, 0
        here = self._chosen if self._chosen is not None else len(self._entries)
        later = [place for place in found if place > here]
        earlier = [place for place in found if place < here]
        if direction > 0:
            place = later[0] if later else found[0]
        else:
            place = earlier[-1] if earlier else found[-1]
        self._choose(place)
        return found.index(place) + 1, len(found)

    def near_step(self, step: float) -> None:
        """Shows the last line that is not after a step, choosing nothing."""
        place = 0
        for index, line in enumerate(self._entries):
            if line.step <= step:
                place = index
        self._chosen = place if self._entries else None
        self._into_view()

    # --- choosing ---------------------------------------------------------------------------------

    def _choose(self, place: int) -> None:
        if not self._entries:
            return
        self._chosen = min(max(place, 0), len(self._entries) - 1)
        self._into_view()
        # Told by the lines themselves: a message that a parent has its child post goes no further.
        self.call_later(self._tell)

    def _tell(self) -> None:
        if self._chosen is not None and self._chosen < len(self._entries):
            self.post_message(self.Chosen(self._entries[self._chosen].step))

    def _into_view(self) -> None:
        if self._chosen is not None:
            line = Region(self.scroll_offset.x, self._chosen, 1, 1)
            self.scroll_to_region(line, animate=False, force=True)
        self.refresh()

    def action_choose(self, lines: int) -> None:
        """Moves the choice; from nowhere, to the newest line."""
        here = len(self._entries) if self._chosen is None else self._chosen
        self._choose(here + lines)

    def action_ends(self, place: int) -> None:
        """Chooses the first line, or lets go and follows the newest ones."""
        if place == 0:
            self._choose(0)
            return
        self._chosen, self._following = None, True
        self._follow()
        self.refresh()

    def action_read(self) -> None:
        """Shows all of the chosen line, or of the newest one."""
        if not self._entries:
            return
        line = self._entries[-1 if self._chosen is None else self._chosen]
        time = strftime("%H:%M:%S", localtime(_timestamp(line.time)))
        title = f"{line.kind}, step {line.step:,}, {time}"
        self.app.push_screen(Reading(title, line.whole or line.text))

    def on_click(self, event: events.Click) -> None:
        """Chooses the line that was clicked."""
        self._choose(event.y + self.scroll_offset.y)

    # --- drawing ----------------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        """Forgets the colours of another theme."""
        super().notify_style_update()
        self._styles_by_name.clear()

    def _style(self, name: str, chosen: bool) -> Style:
        key = (name, chosen)
        if key not in self._styles_by_name:
            style = self.get_component_rich_style(f"log--{name}", partial=name != "line")
            if chosen:
                style = style + self.get_component_rich_style("log--chosen", partial=True)
            self._styles_by_name[key] = style
        return self._styles_by_name[key]

    def _indent(self) -> int:
        return 22 if self.size.width >= _CLOCK_FROM else 12

    def render_line(self, y: int) -> Strip:
        """Draws a line of the log."""
        place = y + self.scroll_offset.y
        width = self.size.width
        if place >= len(self._entries):
            return Strip.blank(width, self.rich_style)
        line, chosen = self._entries[place], place == self._chosen
        head = f"{line.step:>8,}  "
        if self.size.width >= _CLOCK_FROM:
            head = strftime("%H:%M:%S", localtime(_timestamp(line.time))) + "  " + head
        segments = [Segment(head, self._style("step", chosen))]
        quiet = "step" if line.kind == "checkpoint" else "line"
        segments += self._marked(line.text, quiet, chosen)
        strip = Strip(segments).crop_extend(
            self.scroll_offset.x, self.scroll_offset.x + width, self._style("line", chosen)
        )
        return strip.apply_style(self.rich_style) if not chosen else strip

    def _marked(self, text: str, look: str, chosen: bool) -> list[Segment]:
        style = self._style(look, chosen)
        start = text.casefold().find(self._wanted) if self._wanted else -1
        if start < 0 or len(text) != len(text.casefold()):
            return [Segment(text, style)]
        end = start + len(self._wanted)
        return [
            Segment(part, kind)
            for part, kind in (
                (text[:start], style),
                (text[start:end], self._style("match", False)),
                (text[end:], style),
            )
            if part
        ]


def _timestamp(time: float) -> float:
    """Returns a time that the platform can show; a hostile one is shown as the beginning."""
    return time if 0 <= time < 2**33 else 0.0


class LogPane(Vertical):
    """The log below its title, with a line to search in."""

    DEFAULT_CSS = """
    LogPane {
        & > Input, & > Input:focus {
            border: none; height: 1; padding: 0; background: $panel; display: none;
        }
        &.-searching > Input, &.-searching > Input:focus { display: block; }
    }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._known: tuple[int, ...] = ()
        self._note = ""

    def compose(self) -> ComposeResult:
        """Lays the pane out."""
        yield PaneTitle("Events")
        yield LogLines()
        yield Input(placeholder="search; enter and escape close")

    @property
    def lines(self) -> LogLines:
        """The lines."""
        return self.query_one(LogLines)

    def show(self, history: History) -> None:
        """Shows the log of a history, if it has changed."""
        known = (len(history.entries), history.entries_before, history.damaged)
        if known == self._known:
            return
        self._known = known
        self.lines.show(history.entries, history.entries_before)
        self._note = f"{len(history.entries) + history.entries_before:,}"
        if history.damaged:
            self._note += f", {history.damaged:,} damaged lines skipped"
        if history.entries:
            self._note += ", enter reads one"
        self._describe()

    def _describe(self, note: str = "") -> None:
        self.query_one(PaneTitle).describe(note or self._note)

    def open_search(self) -> None:
        """Opens the line to search in."""
        self.add_class("-searching")
        self.query_one(Input).focus()

    def close_search(self) -> None:
        """Closes it; the matches stay marked until the next search."""
        self.remove_class("-searching")
        self.lines.focus()

    @property
    def searching(self) -> bool:
        """Whether the line to search in is open."""
        return self.has_class("-searching")

    def next_match(self, direction: int) -> None:
        """Goes to the next or the previous match."""
        place, count = self.lines.go_to_match(direction)
        self._describe(f"match {place} of {count}" if count else "no match")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Marks what is searched for."""
        event.stop()
        found = self.lines.search(event.value)
        self._describe(f"{found:,} lines match" if event.value else "")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Goes to the newest match."""
        event.stop()
        self.close_search()
        if event.value:
            self.next_match(-1)

    def on_descendant_focus(self) -> None:
        """Makes the title stand out."""
        self.query_one(PaneTitle).stand_out(True)

    def on_descendant_blur(self) -> None:
        """Lets the title stand back."""
        self.query_one(PaneTitle).stand_out(False)
