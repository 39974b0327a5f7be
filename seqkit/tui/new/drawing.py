"""Draws the lines of the form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style

from seqkit.experiments.schema import Setting, show
from seqkit.terminal.cells import fit
from seqkit.terminal.safe_text import one_line
from seqkit.tui.new.draft import Draft
from seqkit.tui.new.rows import RUN_NAME, Row, before_text, changed_in, is_changed, value_text

_LABEL = 26


@dataclass(frozen=True)
class Pen:
    """What a line is drawn with.

    Attributes:
        draft: What the lines are about.
        base: Style of ordinary text, with the ground of the line.
        look_up: Returns the style of a tone.
        width: Cells of the line.
    """

    draft: Draft
    base: Style
    look_up: Callable[[str], Style]
    width: int

    def tone(self, name: str) -> Style:
        """Returns the style of a tone on the ground of the line."""
        return self.look_up(name) + Style(bgcolor=self.base.bgcolor)


def draw_heading(pen: Pen, row: Row, folded: bool, wrong: bool) -> list[Segment]:
    """Draws a heading: whether it is folded, how much is changed below it, whether it is wrong."""
    count = changed_in(row, pen.draft)
    return [
        Segment(" " * (2 * row.depth), pen.base),
        Segment("▸ " if folded else "▾ ", pen.tone("muted")),
        Segment(one_line(row.title), pen.tone("title")),
        Segment(f"  ● {count} changed" if count else "", pen.tone("accent")),
        Segment("  ✗" if wrong else "", pen.tone("error")),
    ]


def label_width(row: Row, width: int) -> int:
    """Returns the cells of a setting's name on a line of some width."""
    return min(_LABEL, max(12, width // 3)) - 2 * (row.depth - 1)


def draw_label(pen: Pen, row: Row, setting: Setting, wrong: bool) -> list[Segment]:
    """Draws the name of a setting, and whether it is changed or wrong."""
    changed = is_changed(row, pen.draft)
    mark, tone = ("✗", "error") if wrong else ("●", "accent") if changed else (" ", "muted")
    label = fit((row.title or setting.label).replace("_", " "), label_width(row, pen.width))
    return [
        Segment(" " * (2 * row.depth), pen.base),
        Segment(f"{mark} ", pen.tone(tone)),
        Segment(label, pen.tone("muted")),
        Segment(" ", pen.base),
    ]


def draw_setting(pen: Pen, row: Row, setting: Setting, focused: bool, wrong: bool) -> list[Segment]:
    """Draws a setting with its value, and the one before, or why it was chosen for the data."""
    changed = is_changed(row, pen.draft)
    value = _shown(pen.draft, row, setting, focused)
    room = max(4, pen.width - label_width(row, pen.width) - 8)
    taken = min(room, len(value) + 1)
    style = pen.tone("error") if wrong else pen.base + Style(bold=changed)
    segments = [*draw_label(pen, row, setting, wrong), Segment(fit(value, taken), style)]
    left = room - taken - 2
    if changed and left > 4:
        before = one_line(before_text(row, pen.draft)) or "empty"
        segments.append(Segment(" " + fit(f"← {before}", left), pen.tone("muted")))
    elif left > 4 and (reason := pen.draft.reason(row.key)):
        segments.append(Segment(" " + fit(f"· {one_line(reason)}", left), pen.tone("muted")))
    return segments


def _shown(draft: Draft, row: Row, setting: Setting, focused: bool) -> str:
    if setting.kind == "boolean" and not row.component:
        value = draft.value(row.part, setting)
        return {True: "[✓] yes", False: "[ ] no"}.get(value, show(value))
    text = one_line(value_text(row, draft))
    if row.component:
        return f"{text} ▾"
    if setting.choices:
        return f"◂ {text} ▸" if focused else text
    source = "file" if draft.data else "recipe"
    return text or (f"from the {source} and a number" if setting is RUN_NAME else "·")
