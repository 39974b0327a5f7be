"""The list of runs, drawn line by line: a thousand of them cost no more than a screenful."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from seqkit.tui.colours import TONE_CLASSES, keeps_tones, tones_css
from seqkit.tui.runs.columns import GAP, layout
from seqkit.tui.runs.rows import RunRow

_GUTTER = 2
_HINT_LINE = 2


class RunTable(ScrollView, can_focus=True):
    """Shows rows under a fixed heading, with a cursor and marks."""

    HELP: ClassVar[str] = """One line a run. The bar is how far it is, with the time that is left;
    the score is on the test split, or else the best on validation, and green when it beats the
    best naive baseline; the curve is the training loss from its start. Click a heading to sort."""
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "runs--head",
        "runs--head-sorted",
        "runs--cursor",
        "runs--marked",
        *TONE_CLASSES,
    }
    DEFAULT_CSS = f"""
    RunTable {{
        height: 1fr; background: $surface; color: $foreground; overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .runs--head {{ background: $surface; color: $foreground 55%; text-style: bold; }}
        & > .runs--head-sorted {{ background: $surface; color: $accent; text-style: bold; }}
        & > .runs--cursor {{ background: $block-cursor-blurred-background; }}
        &:focus > .runs--cursor {{ background: $block-cursor-background; }}
        & > .runs--marked {{ color: $accent; text-style: bold; }}
    }}
    {tones_css("RunTable")}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="list.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="list.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="list.page-up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="list.page-down"),
        Binding("home,g", "jump(0)", "First", show=False, id="list.first"),
        Binding("end,G", "jump(-1)", "Last", show=False, id="list.last"),
        Binding("enter", "open", "Open", key_display="⏎", id="runs.open"),
    ]
    cursor = reactive(0)

    class Moved(Message):
        """The cursor is on another run."""

    class Opened(Message):
        """A run was chosen, with enter or by a click on the one under the cursor."""

    class HeadClicked(Message):
        """A heading was clicked.

        Attributes:
            key: The column.
        """

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[RunRow] = ()
        self.marked: set[str] = set()
        self.hidden: Sequence[RunRow] = ()
        self.sort: tuple[str, bool] = ("state", False)
        self.hint = ""
        self._columns = layout(76)

    @property
    def current(self) -> RunRow | None:
        """The run under the cursor."""
        return self.rows[self.cursor] if 0 <= self.cursor < len(self.rows) else None

    def show(
        self, rows: Sequence[RunRow], sort: tuple[str, bool], hidden: Sequence[RunRow] = ()
    ) -> None:
        """Shows rows; the cursor stays on its run while it is among them.

        Args:
            rows: What is shown.
            sort: What it is sorted by, and whether from the greatest.
            hidden: Rows that are there and not shown, which keep their marks.
        """
        current = self.current
        before = (current.name, current) if current else ("", None)
        self.rows, self.sort = rows, sort
        names = [row.name for row in rows]
        self.marked &= {*names, *(row.name for row in hidden)}
        self.hidden = [row for row in hidden if row.name in self.marked]
        place = names.index(before[0]) if before[0] in names else min(self.cursor, len(rows) - 1)
        self.virtual_size = Size(self.size.width, len(rows) + 1)
        self.set_reactive(RunTable.cursor, max(0, place))
        self._keep_in_view()
        self.refresh()
        if self.current is not before[1]:
            self.post_message(self.Moved())

    def go_to(self, name: str) -> None:
        """Puts the cursor on a run, where it is among those shown."""
        for place, row in enumerate(self.rows):
            if row.name == name:
                self.cursor = place

    def targets(self) -> list[RunRow]:
        """Returns the marked runs, hidden ones last, or else the one under the cursor."""
        marked = [row for row in (*self.rows, *self.hidden) if row.name in self.marked]
        return marked or ([self.current] if self.current else [])

    def mark(self, names: Iterable[str]) -> None:
        """Marks these runs and no others."""
        self.marked = set(names)
        self.hidden = [row for row in self.hidden if row.name in self.marked]
        self.refresh()

    # --- moving -----------------------------------------------------------------------------------

    def watch_cursor(self, before: int, after: int) -> None:
        """Draws the two lines anew."""
        self._keep_in_view()
        for place in (before, after):
            self._refresh_row(place)
        self.post_message(self.Moved())

    def validate_cursor(self, place: int) -> int:
        """Keeps the cursor on a row."""
        return max(0, min(place, len(self.rows) - 1))

    def _refresh_row(self, place: int) -> None:
        line = place + 1 - round(self.scroll_y)
        if 0 < line < self.size.height:
            self.refresh(Region(0, line, self.size.width, 1))

    def _keep_in_view(self) -> None:
        shown = max(1, self.size.height - 1)
        top = round(self.scroll_y)
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, immediate=True)
        elif self.cursor >= top + shown:
            self.scroll_to(y=self.cursor - shown + 1, animate=False, immediate=True)

    def action_move(self, by: int) -> None:
        """Moves the cursor by some rows."""
        self.cursor += by

    def action_page(self, by: int) -> None:
        """Moves the cursor by a screenful."""
        self.cursor += by * max(1, self.size.height - 2)

    def action_jump(self, to: int) -> None:
        """Moves the cursor to the first or last row."""
        self.cursor = to if to >= 0 else len(self.rows) - 1

    def action_open(self) -> None:
        """Opens the run under the cursor."""
        if self.current is not None:
            self.post_message(self.Opened())

    def action_mark(self) -> None:
        """Marks the run under the cursor, or takes its mark away, and goes on to the next."""
        if self.current is not None:
            self.marked ^= {self.current.name}
            self._refresh_row(self.cursor)
            self.cursor += 1

    # --- drawing ----------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Chooses the columns that fit."""
        width = self.scrollable_content_region.width
        self._columns = layout(max(10, width - _GUTTER - 1))
        self.virtual_size = Size(width, len(self.rows) + 1)
        self._keep_in_view()

    def render_line(self, y: int) -> Strip:
        """Draws one line of the widget."""
        width = self.size.width
        if y == 0:
            return self._head().adjust_cell_length(width, self.rich_style)
        place = round(self.scroll_y) + y - 1
        if not self.rows and y == _HINT_LINE and self.hint:
            hint = Segment(f"  {self.hint}", self.get_component_rich_style("tone--muted"))
            return Strip([hint]).adjust_cell_length(width, self.rich_style)
        if place >= len(self.rows):
            return Strip.blank(width, self.rich_style)
        return self._row(self.rows[place], place == self.cursor, width)

    def _head(self) -> Strip:
        plain = self.get_component_rich_style("runs--head")
        chosen = self.get_component_rich_style("runs--head-sorted")
        segments = [Segment(" " * _GUTTER, plain)]
        for column, width in self._columns:
            is_sorted = column.key == self.sort[0]
            arrow = (" ▼" if self.sort[1] else " ▲") if is_sorted else ""
            right = column.key in ("age", "baseline", "loss")
            title = (column.title + arrow)[:width]
            shown = title.rjust(width) if right else title.ljust(width)
            segments += [
                Segment(shown, chosen if is_sorted else plain),
                Segment(" " * GAP, plain),
            ]
        return Strip(segments)

    def _row(self, row: RunRow, under_cursor: bool, width: int) -> Strip:
        base, keeps = self.rich_style, True
        if under_cursor:
            base, keeps = self._cursor_style()
        ground = Style(bgcolor=base.bgcolor)
        sign = "▌ " if row.name in self.marked else "  "
        mark = self.get_component_rich_style("runs--marked") + ground if keeps else base
        segments = [Segment(sign, mark if row.name in self.marked else base)]
        for column, cells in self._columns:
            for text, tone in column.draw(row, cells):
                style = base
                if tone and keeps:
                    style = self.get_component_rich_style(f"tone--{tone}") + ground
                segments.append(Segment(text, style))
            segments.append(Segment(" " * GAP, base))
        return Strip(segments).adjust_cell_length(width, base)

    def _cursor_style(self) -> tuple[Style, bool]:
        """Returns the style of the line with the cursor, and whether tones are kept on it."""
        base = self.rich_style
        if not keeps_tones(self.app.current_theme, self.app.theme_variables):
            return base + Style(reverse=self.has_focus, underline=not self.has_focus), False
        cursor = self.get_component_rich_style("runs--cursor", partial=True)
        return base + Style(bgcolor=cursor.bgcolor), True

    # --- mouse ------------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        """Moves the cursor, opens the run that it is on already, or sorts."""
        if event.y == 0:
            column = _GUTTER
            for shown, width in self._columns:
                if column <= event.x < column + width:
                    self.post_message(self.HeadClicked(shown.key))
                column += width + GAP
            return
        place = round(self.scroll_y) + event.y - 1
        if place >= len(self.rows):
            return
        if place == self.cursor:
            self.action_open()
        else:
            self.cursor = place
