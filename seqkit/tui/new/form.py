"""The form: every setting on a line of its own, drawn and edited in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from seqkit.errors import Problem
from seqkit.tui.colours import TONE_CLASSES, keeps_tones, tones_css
from seqkit.tui.new.draft import Draft
from seqkit.tui.new.drawing import Pen, draw_heading, draw_label, draw_setting, label_width
from seqkit.tui.new.line_editor import LineEditor
from seqkit.tui.new.rows import RUN_NAME, SOURCE, Row, form_rows, problems_by_row, value_text


class Form(ScrollView, can_focus=True):
    """Shows a draft and lets it be changed.

    Posts `Changed` when a value was changed, `Moved` when another line has the cursor, and
    `ChoiceWanted` when a list is to be chosen from.
    """

    HELP: ClassVar[str] = """One setting a line. Enter edits or chooses, space ticks, left and right
    go through choices and change numbers. While a line is edited, ctrl+u empties it, enter ends it
    and escape takes it back. Changed settings have a ● and the value before; backspace takes a
    change back. Headings fold with enter. What is wrong is marked ✗, and said at the bottom."""
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "form--cursor",
        "form--editor",
        "form--caret",
        *TONE_CLASSES,
    }
    DEFAULT_CSS = f"""
    Form {{
        height: 1fr; background: $surface; color: $foreground; overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .form--cursor {{ background: $block-cursor-blurred-background; }}
        &:focus > .form--cursor {{ background: $block-cursor-background; }}
        & > .form--editor {{ background: $background; color: $foreground; }}
        & > .form--caret {{ background: $accent; color: $background; }}
    }}
    {tones_css("Form")}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="form.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="form.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="form.page-up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="form.page-down"),
        Binding("home", "jump(0)", "First", show=False, id="form.first"),
        Binding("end", "jump(-1)", "Last", show=False, id="form.last"),
        Binding("enter", "edit", "Edit", key_display="⏎", id="form.edit"),
        Binding("space", "tick", "Tick or choose", show=False, id="form.tick"),
        Binding("left", "step(-1)", "Choice or number before", show=False, id="form.less"),
        Binding("right", "step(1)", "Choice or number after", show=False, id="form.more"),
        Binding("backspace", "reset", "Reset", key_display="⌫", id="form.reset"),
        Binding("left_square_bracket", "heading(-1)", "Heading before", show=False, id="form.back"),
        Binding(
            "right_square_bracket", "heading(1)", "Heading after", show=False, id="form.forward"
        ),
    ]
    cursor = reactive(1)

    class Changed(Message):
        """A value was changed."""

    class Moved(Message):
        """The cursor is on another line, or what is said of it has changed."""

    class ChoiceWanted(Message):
        """A list is to be chosen from.

        Attributes:
            row: For which line.
        """

        def __init__(self, row: Row) -> None:
            super().__init__()
            self.row = row

    def __init__(self) -> None:
        super().__init__()
        self.draft: Draft | None = None
        self.folded = {"dataset", "task", "loss"}
        self.rows: list[Row] = []
        self.problems: Mapping[str, Problem] = {}
        self._all_problems: list[Problem] = []
        self._editor: LineEditor | None = None

    # --- what is shown ----------------------------------------------------------------------------

    def show(self, draft: Draft) -> None:
        """Shows a draft."""
        self.draft = draft
        self.rebuild()

    def rebuild(self) -> None:
        """Lays the lines out anew, with the cursor on the same one."""
        if self.draft is None:
            return
        current = self.current
        self.rows = form_rows(self.draft, self.folded)
        keys = [(row.key, row.fold) for row in self.rows]
        place = self.cursor
        if current is not None and (current.key, current.fold) in keys:
            place = keys.index((current.key, current.fold))
        self.problems = problems_by_row(self.rows, self._all_problems)
        self.virtual_size = Size(self.size.width, len(self.rows))
        self.cursor = min(place, len(self.rows) - 1)
        self._keep_in_view()
        self.refresh()
        self.post_message(self.Moved())

    def mark_problems(self, problems: list[Problem]) -> None:
        """Marks the lines that something is wrong with."""
        self._all_problems = problems
        self.problems = problems_by_row(self.rows, problems) if self.rows else {}
        self.refresh()
        self.post_message(self.Moved())

    @property
    def current(self) -> Row | None:
        """The line with the cursor."""
        return self.rows[self.cursor] if 0 <= self.cursor < len(self.rows) else None

    # --- moving -----------------------------------------------------------------------------------

    def validate_cursor(self, place: int) -> int:
        """Keeps the cursor on a line."""
        return max(0, min(place, len(self.rows) - 1)) if self.rows else place

    def watch_cursor(self) -> None:
        """Shows the line, and says that it is another one."""
        self._editor = None
        self._keep_in_view()
        self.refresh()
        self.post_message(self.Moved())

    def _keep_in_view(self) -> None:
        height, top = max(1, self.size.height), round(self.scroll_y)
        if self.cursor < top:
            # The heading above the first setting belongs to it.
            self.scroll_to(y=max(0, self.cursor - 1), animate=False, immediate=True)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, immediate=True)

    def action_move(self, by: int) -> None:
        """Moves the cursor."""
        self.cursor += by

    def action_page(self, by: int) -> None:
        """Moves the cursor by a screenful."""
        self.cursor += by * max(1, self.size.height - 1)

    def action_jump(self, to: int) -> None:
        """Moves the cursor to the first or last line."""
        self.cursor = to if to >= 0 else len(self.rows) - 1

    def action_heading(self, by: int) -> None:
        """Moves the cursor to another heading."""
        places = [place for place, row in enumerate(self.rows) if row.setting is None]
        found = [place for place in places if (place - self.cursor) * by > 0]
        if found:
            self.cursor = min(found) if by > 0 else max(found)

    # --- changing ---------------------------------------------------------------------------------

    def action_edit(self) -> None:
        """Edits the line, chooses, ticks, or folds."""
        row = self.current
        if row is None:
            return
        if row.setting is None:
            self.folded ^= {row.fold}
            self.rebuild()
        elif row.component or (row.setting.choices and len(row.setting.choices) > 1):
            self.post_message(self.ChoiceWanted(row))
        elif row.setting.kind == "boolean":
            self.action_tick()
        else:
            self._edit(self._text(row))

    def action_tick(self) -> None:
        """Ticks a box, or does what enter does."""
        row = self.current
        if row is None or self.draft is None:
            return
        if row.setting is not None and row.setting.kind == "boolean" and not row.component:
            self.put(row, not self.draft.value(row.part, row.setting))
        else:
            self.action_edit()

    def action_step(self, by: int) -> None:
        """Takes the choice or number before or after."""
        row = self.current
        if row is None or self.draft is None:
            return
        if row.setting is None:
            if (by > 0) == (row.fold in self.folded):
                self.action_edit()
            return
        if row.component or row.part == "run":
            return
        setting, value = row.setting, self.draft.value(row.part, row.setting)
        if setting.kind == "boolean":
            self.put(row, by > 0)
        elif setting.choices:
            place = setting.choices.index(value) if value in setting.choices else 0
            self.put(row, setting.choices[(place + by) % len(setting.choices)])
        elif setting.kind == "integer" and isinstance(value, int):
            self.put(row, value + by)
        elif setting.kind == "number" and isinstance(value, int | float):
            # A learning rate is doubled and halved; a share of one goes by tenths.
            step = value * 2**by if 0 < value < 0.05 else round(value + by * 0.1, 10)
            self.put(row, step)

    def action_reset(self) -> None:
        """Takes the change of the line back."""
        row = self.current
        if row is None or row.setting in (None, SOURCE) or self.draft is None:
            return
        assert row.setting is not None
        if row.setting is RUN_NAME:
            self.draft.run_name = ""
        elif row.key == "metrics":
            self.draft.metrics = None
        elif row.component:
            self.draft.choose(row.part, self.draft.base_name(row.part))
        else:
            self.draft.reset(row.part, row.setting)
        self._changed()

    def put(self, row: Row, value: object) -> None:
        """Gives a setting a value."""
        if row.setting is None or self.draft is None:
            return
        if row.part == "run":
            self.draft.run_name = str(value).strip()
        else:
            self.draft.set(row.part, row.setting, value)
        self._changed()

    def _changed(self) -> None:
        self.rebuild()
        self.post_message(self.Changed())

    # --- writing ----------------------------------------------------------------------------------

    def _text(self, row: Row) -> str:
        return value_text(row, self.draft) if self.draft else ""

    def _edit(self, text: str) -> None:
        self._editor = LineEditor(text, at=len(text), before=text)
        self.refresh()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Tells which keys are written, and no commands of the screen."""
        return self._editor is not None and character is not None and character.isprintable()

    def on_key(self, event: events.Key) -> None:
        """Writes into the line that is edited."""
        if self._editor is None:
            return
        if event.key in ("up", "down", "tab", "shift+tab", "pageup", "pagedown"):
            self._editor = None
            return
        event.stop()
        event.prevent_default()
        if event.key == "escape":
            self._give_up()
        elif event.key == "enter":
            self._editor = None
            self.refresh()
        else:
            self._type(event)

    def _type(self, event: events.Key) -> None:
        if self._editor is not None and self._editor.press(event.key, event.character):
            self._take(self._editor.text)
        self.refresh()

    def on_paste(self, event: events.Paste) -> None:
        """Writes what is pasted."""
        if self._editor is not None:
            event.stop()
            self._editor.insert(" ".join(event.text.split()))
            self._take(self._editor.text)

    def _take(self, text: str) -> None:
        """Gives the setting what is written so far, so that it is checked meanwhile."""
        row, editor = self.current, self._editor
        if row is not None and row.setting is not None:
            self.put(row, row.setting.read(text))
        self._editor = editor

    def _give_up(self) -> None:
        editor, self._editor = self._editor, None
        row = self.current
        if editor is not None and row is not None and row.setting is not None:
            self.put(row, row.setting.read(editor.before))

    # --- drawing ----------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Keeps the cursor in view."""
        self.virtual_size = Size(self.scrollable_content_region.width, len(self.rows))
        self._keep_in_view()

    def render_line(self, y: int) -> Strip:
        """Draws one line."""
        width, base = self.size.width, self.rich_style
        place = round(self.scroll_y) + y
        if place >= len(self.rows) or self.draft is None:
            return Strip.blank(width, base)
        focused = place == self.cursor
        keeps = True
        if focused:
            base, keeps = self._cursor_style()
        row = self.rows[place]
        pen = Pen(self.draft, base, self._tone if keeps else lambda _name: base, width)
        wrong = row.key in self.problems
        if row.setting is None:
            segments = draw_heading(pen, row, row.fold in self.folded, wrong)
        elif focused and self._editor is not None:
            editor = self.get_component_rich_style("form--editor")
            caret = self.get_component_rich_style("form--caret")
            room = max(12, width - label_width(row, width) - 8)
            segments = draw_label(pen, row, row.setting, wrong)
            segments += self._editor.draw(editor, caret, room)
        else:
            segments = draw_setting(pen, row, row.setting, focused, wrong)
        return Strip(segments).adjust_cell_length(width, base)

    def _cursor_style(self) -> tuple[Style, bool]:
        """Returns the style of the line with the cursor, and whether tones are kept on it."""
        base = self.rich_style
        if not keeps_tones(self.app.current_theme, self.app.theme_variables):
            return base + Style(reverse=self.has_focus, underline=not self.has_focus), False
        cursor = self.get_component_rich_style("form--cursor", partial=True)
        return base + Style(bgcolor=cursor.bgcolor), True

    def _tone(self, name: str) -> Style:
        return self.get_component_rich_style(f"tone--{name}")

    # --- mouse ------------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        """Moves the cursor; a click on the line that has it edits it."""
        place = round(self.scroll_y) + event.y
        if place < len(self.rows):
            if place == self.cursor or self.rows[place].setting is None:
                self.cursor = place
                self.action_edit()
            else:
                self.cursor = place
