"""The one writer of stdout and stderr: results go to stdout, narration and errors to stderr.

Text that comes from data, logs or plugins is shown with its control characters spelt out, so that
nothing but seqkit itself moves the cursor or changes colours. Without a terminal, with `NO_COLOR`
or with `TERM=dumb`, plain lines are written, without a single escape.
"""

from __future__ import annotations

import functools
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from seqkit.cli.streams import ReaderGoneError, is_plain, stderr
from seqkit.events import spell_out

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

Piece = str | tuple[str, str]
"""A text, or a text with its rich style."""

PLAIN_WIDTH = 160
_CONTROL = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Characters that move the cursor, turn the direction of writing or cannot be encoded."""
_ENDLESS = re.compile(r"\S{1000,}")
_warned: set[str] = set()


# --- what may be written --------------------------------------------------------------------------


def visible(text: object) -> str:
    r"""Returns text with every control character but the line break spelt out, as in `\x1b`."""
    return _CONTROL.sub(lambda found: _spelt(found[0]), str(text))


def one_line(text: object, width: int = 0) -> str:
    """Returns visible text on one line, cut with an ellipsis at `width` columns where given."""
    line = visible(" ".join(str(text).split()))
    if width and len(line) > width:
        line = line[: max(0, width - 1)].rstrip() + ("…" if encodable("…") else "~")
    return line


def _spelt(character: str) -> str:
    if character == "\t":
        return "  "
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def encodable(text: str, stream: TextIO | None = None) -> bool:
    """Tells whether a stream's encoding has these characters; stderr's by default."""
    encoding = getattr(stream or stderr(), "encoding", None) or "ascii"
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


# --- streams --------------------------------------------------------------------------------------


def flush() -> None:
    """Writes out what is buffered. Raises ReaderGoneError when nobody reads it."""
    try:
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise ReaderGoneError from error


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
    except BrokenPipeError as error:
        raise ReaderGoneError from error


@functools.cache
def _console(stream: TextIO, columns: str) -> Console:
    from rich import console

    class Console(console.Console):
        """Leaves it to the command line what a reader that has gone means; rich would exit."""

        def on_broken_pipe(self) -> None:
            raise ReaderGoneError

    if is_plain(stream):
        width = int(columns) if columns.isdecimal() and int(columns) > 0 else PLAIN_WIDTH
        return Console(
            file=stream,
            force_terminal=False,
            color_system=None,
            width=width,
            markup=False,
            highlight=False,
            emoji=False,
            legacy_windows=False,
            force_jupyter=False,
        )
    return Console(file=stream, markup=False, highlight=False, emoji=False, force_jupyter=False)


def results() -> Console:
    """Returns the console that writes to stdout."""
    return _console(sys.stdout, os.environ.get("COLUMNS", ""))


def narration() -> Console:
    """Returns the console that writes to stderr."""
    return _console(stderr(), os.environ.get("COLUMNS", ""))


def styled(*pieces: Piece) -> Text:
    """Joins pieces, each made visible, into one text with styles."""
    from rich.text import Text

    text = Text()
    for piece in pieces:
        content, style = (piece, "") if isinstance(piece, str) else piece
        text.append(visible(content), style or None)
    return text


def _render(console: Console, item: RenderableType) -> str:
    with console.capture() as captured:
        console.print(item, soft_wrap=_is_text(item))
    return "\n".join(line.rstrip() for line in captured.get().split("\n"))


def _is_text(item: RenderableType) -> bool:
    from rich.text import Text

    return isinstance(item, Text)


# --- stdout ---------------------------------------------------------------------------------------


def line(*pieces: Piece) -> None:
    """Writes one line of a result."""
    show(styled(*pieces))


def fragment(text: str) -> None:
    """Writes text that is being generated, without ending its line, and at once."""
    _write(visible(text))
    flush()


def show(item: RenderableType) -> None:
    """Writes something rich can draw, as a part of a result."""
    _write(_render(results(), item))


def json_document(document: Any) -> None:
    """Writes the one JSON document of a command."""
    _write(_json(document, indent=2) + "\n")


def json_line(document: Any) -> None:
    """Writes one JSON value on a line of its own, at once, for a program that reads along."""
    _write(_json(document) + "\n")
    flush()


def _json(document: Any, indent: int | None = None) -> str:
    r"""Returns JSON that moves no cursor: what `visible` spells out is written as `\u009b`."""
    text = json.dumps(spell_out(document), ensure_ascii=False, indent=indent, default=str)
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def raw(text: str) -> None:
    """Writes text of our own making as it is: a script, a TOML file."""
    _write(text if text.endswith("\n") else text + "\n")


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Piece]],
    numbers: Sequence[str] = (),
    wide: str = "",
    optional: Sequence[str] = (),
    headings: bool = True,
) -> None:
    """Writes a table.

    Args:
        columns: Its headings.
        rows: Its cells, as many as there are headings.
        numbers: The headings of columns aligned on the right.
        wide: The heading of the column that gives way, and wraps, when space is short.
        optional: The headings of columns that are left out where there is no room, the first first.
        headings: Whether the headings are written.
    """
    from rich.table import Table

    cells = [[styled(cell) for cell in row] for row in rows]
    kept = _fitting(columns, cells, optional, results().width)
    drawn = Table(
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="bold",
        show_header=headings,
    )
    for column in (columns[place] for place in kept):
        drawn.add_column(
            styled(visible(column)),
            justify="right" if column in numbers else "left",
            no_wrap=bool(wide) and column != wide,
            overflow="fold" if column == wide else "ellipsis",
        )
    for row in cells:
        drawn.add_row(*(row[place] for place in kept))
    show(drawn)


def _fitting(
    columns: Sequence[str], cells: Sequence[Sequence[Text]], optional: Sequence[str], width: int
) -> list[int]:
    """Returns the places of the columns that are shown."""
    widths = [
        max([len(column), *(row[place].cell_len for row in cells)])
        for place, column in enumerate(columns)
    ]
    kept = list(range(len(columns)))
    for column in optional:
        if sum(widths[place] + 2 for place in kept) - 2 <= width:
            break
        kept.remove(columns.index(column))
    return kept


# --- stderr ---------------------------------------------------------------------------------------


def note(*pieces: Piece) -> None:
    """Writes one line of narration, above a live progress bar where there is one."""
    narration().print(styled(*pieces), soft_wrap=True)


def warn(message: str) -> None:
    """Writes one warning."""
    note(("seqkit: warning: ", "yellow"), one_line(_bounded(message)))


def warn_once(messages: Iterable[str]) -> None:
    """Writes the warnings that were not written before in this process."""
    for message in messages:
        if message not in _warned:
            _warned.add(message)
            warn(message)


def errors(messages: Iterable[str]) -> None:
    """Writes errors, one line each, or more where a message lists things."""
    for message in messages:
        stderr().write(f"seqkit: error: {visible(_bounded(message))}\n")
    stderr().flush()


def _bounded(message: str) -> str:
    """Cuts words that fill a screen, such as a name of 50,000 characters; paths stay whole."""
    return _ENDLESS.sub(lambda found: f"{found[0][:57]}...", message)


def raw_error(text: str) -> None:
    """Writes a traceback."""
    stderr().write(visible(text))


def end_line() -> None:
    """Starts a fresh line after the `^C` a terminal shows."""
    if stderr().isatty():
        stderr().write("\n")


# --- numbers --------------------------------------------------------------------------------------


def number(value: object) -> str:
    """Returns a score or loss in four significant digits, or other values as they are."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3f}" if value == 0 or 0.001 <= abs(value) < 100 else f"{value:.4g}"


def count_of(number: int, what: str) -> str:
    """Returns a count with its noun, in the singular for one: `1 example`, `1,000 examples`."""
    return f"{number:,} {what if number == 1 else what + 's'}"


def duration(seconds: float | None) -> str:
    """Returns seconds as `0.4 s`, `0:42`, `1:02:03`."""
    if seconds is None or seconds != seconds or seconds in (float("inf"), float("-inf")):
        return "?"
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(count: float) -> str:
    """Returns a number of bytes as `12 kB`, `84 MB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return (
                f"{count:.0f} {unit}" if count >= 10 or unit == "bytes" else f"{count:.1f} {unit}"
            )
        count /= 1000
    return f"{count:.1f} TB"


def scores(values: Mapping[str, Any], names: Iterable[str] = ()) -> list[tuple[str, float]]:
    """Returns the metrics that are single numbers, those in `names` first."""
    flat = {
        key: float(value)
        for key, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    first = [name for name in names if name in flat]
    return [(name, flat[name]) for name in [*first, *(key for key in flat if key not in first)]]
