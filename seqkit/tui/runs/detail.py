"""A closer look at the run under the cursor."""

from __future__ import annotations

import textwrap
from typing import ClassVar

from rich.text import Text
from textual.widgets import Static

from seqkit.terminal.cells import fit
from seqkit.terminal.figures import number, short_duration
from seqkit.terminal.safe_text import one_line, visible
from seqkit.tui.runs.rows import RunRow

_MORE = "  o: all of it"
"""What stands behind a message that is cut."""

_LINES = 5
"""Lines that are shown at the most."""

_TRAINER = ("trainer.batch_size", "trainer.learning_rate")
_MODEL_FIRST = 2
"""Settings of the model that stand before those of the trainer; the others follow."""


class RunDetail(Static):
    """Shows what the list has no room for: scores, baseline, settings, message, folder."""

    HELP: ClassVar[str] = "The run under the cursor: every score, its settings and its folder."
    DEFAULT_CSS = """
    RunDetail {
        height: 6; padding: 0 2; background: $panel; color: $foreground;
        border-top: solid $border-blurred; text-wrap: nowrap; text-overflow: ellipsis;
    }
    """

    _shown: tuple[RunRow | None, int] = (None, 0)

    def show(self, row: RunRow | None, marked: int = 0) -> None:
        """Shows a run, or nothing."""
        self._shown = (row, marked)
        self._draw()

    def on_resize(self) -> None:
        """Wraps a message anew."""
        self._draw()

    def _draw(self) -> None:
        row, marked = self._shown
        width = self.content_size.width
        self.update(Text() if row is None else Text("\n").join(lines_of(row, marked, width)))


def lines_of(row: RunRow, marked: int = 0, width: int = 0) -> list[Text]:
    """Returns what is shown of a run, line by line.

    Args:
        row: The run.
        marked: How many runs are marked.
        width: Columns that a message is wrapped to; 0: it stays on one line.
    """
    head = Text(no_wrap=True, overflow="ellipsis")
    head.append(one_line(row.title), "bold")
    if row.label.title:
        head.append(f"  ({row.name})", "dim")
    head.append("".join(f"  #{one_line(tag)}" for tag in row.label.tags), "dim")
    if marked:
        head.append(f"   {marked} marked", "bold")
    about = [text for text in (row.task, row.dataset, row.model, row.device) if text]
    if row.parameters is not None:
        about.append(f"{row.parameters:,} parameters")
    if row.total_steps:
        epochs = f", epoch {row.epoch:.1f} of {row.epochs}" if row.epochs else ""
        about.append(f"step {row.step:,} of {row.total_steps:,}{epochs}")
    if row.elapsed:
        about.append(f"trained {short_duration(row.elapsed)}")
    lines = [head, _line(" · ".join(about))]
    if row.scores:
        scores = "  ".join(f"{name} {number(value)}" for name, value in row.scores.items())
        base = f"  (best baseline {number(row.baseline)})" if row.baseline is not None else ""
        lines.append(_line(f"{row.split} scores  {scores}{base}"))
    remedy = one_line(row.remedy[:1].upper() + row.remedy[1:])
    parts = [one_line(text) for text in (row.message, row.verdict) if text]
    if 0 < width < len(remedy):
        # On a line of its own it would be cut before it says what to try.
        parts, remedy = [*parts, remedy], ""
    said = ". ".join(parts)
    room = max(1, _LINES - len(lines) - bool(remedy))
    wrapped = textwrap.wrap(said, width) if width and said else [said] if said else []
    if len(wrapped) > room:
        rest = " ".join(wrapped[room - 1 :])
        wrapped = [*wrapped[: room - 1], fit(rest, max(1, width - len(_MORE))) + _MORE]
    settings = _settings(row)
    if settings and not row.remedy and len(wrapped) < room:
        lines.append(_line(settings, "dim"))
    lines += [_line(line, "bold") for line in wrapped] or [_line(str(row.folder.path), "dim")]
    if remedy:
        lines.append(_line(remedy))
    return lines


def _line(text: str, style: str = "") -> Text:
    return Text(visible(text), style, no_wrap=True, overflow="ellipsis")


def _settings(row: RunRow) -> str:
    """Returns the settings that tell runs apart most often."""
    own = [key for key in row.settings if key.startswith("model.")]
    trainer = [key for key in _TRAINER if key in row.settings]
    shown = [*own[:_MODEL_FIRST], *trainer, *own[_MODEL_FIRST:]]
    return "  ".join(f"{key.rpartition('.')[2]}={one_line(row.settings[key])}" for key in shown)
