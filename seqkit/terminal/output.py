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
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from seqkit.terminal.safe_text import CONTROL, one_line, visible
from seqkit.terminal.streams import ReaderGoneError, is_plain, stderr, stdout

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

Piece = str | tuple[str, str]
"""A text, or a text with its rich style."""

PLAIN_WIDTH = 160
_ENDLESS = re.compile(r"\S{1000,}")
_warned: set[str] = set()


# --- streams --------------------------------------------------------------------------------------


def flush() -> None:
    """Writes out what is buffered. Raises ReaderGoneError when nobody reads it."""
    try:
        stdout().flush()
    except BrokenPipeError as error:
        raise ReaderGoneError from error


def _write(text: str) -> None:
    try:
        stdout().write(text)
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
    return _console(stdout(), os.environ.get("COLUMNS", ""))


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
    from seqkit.events import spell_out

    text = json.dumps(spell_out(document), ensure_ascii=False, indent=indent, default=str)
    return CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


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
