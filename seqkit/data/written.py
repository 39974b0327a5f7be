"""Files that are written for people: whole or not at all, and safe to open in a spreadsheet."""

from __future__ import annotations

import contextlib
import csv
import errno
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

_SURROGATE = re.compile("[\ud800-\udfff]")
# What a spreadsheet may compute, full-width signs included; an apostrophe before it is its quote.
_FORMULA = re.compile(r"'*\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Gives the path of a new file to write, which takes the place of `path` when all went well.

    When writing fails, the disk is full or the process is killed, `path` is what it was before. A
    link stays one, what it points to being replaced; a device or a pipe is written directly.

    Args:
        path: The file to make or to replace.

    Yields:
        A path with the same ending, in the same folder.

    Raises:
        OSError: The file cannot be written.
    """
    if path.exists() and not path.is_file():
        yield path
        return
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    aside = target.with_name(f".seqkit-{secrets.token_hex(8)}{target.suffix}")
    try:
        yield aside
        if target.exists():
            aside.chmod(target.stat().st_mode & 0o7777)
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        aside.replace(target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Writes a text as UTF-8, whole or not at all; half a surrogate pair becomes U+FFFD."""
    with written_whole(path) as aside:
        aside.write_text(without_surrogates(text), encoding="utf-8")


def write_table(
    path: Path, heads: Sequence[str], rows: Iterable[Sequence[Any]], *, delimiter: str = ","
) -> None:
    """Writes a CSV file, whole or not at all, with `table_cell` of each value."""
    with written_whole(path) as aside, aside.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=delimiter)
        writer.writerow([table_cell(head) for head in heads])
        writer.writerows([table_cell(value) for value in row] for row in rows)


def table_cell(value: Any) -> Any:
    """Returns a value as a table holds it: no text of it is a formula to a spreadsheet.

    A text that begins with `=`, `+`, `-` or `@`, be it behind white space, gets an apostrophe in
    front, unless it is a number; so does one that has such apostrophes already. To read it back,
    take one apostrophe off where they stand before such a sign. None is an empty cell.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    text = without_surrogates(value)
    guarded = _FORMULA.match(text) and not _NUMBER.fullmatch(text.strip())
    return f"'{text}" if guarded else text


def without_surrogates(text: str) -> str:
    """Returns a text with U+FFFD for each half of a surrogate pair, which no encoding has."""
    return _SURROGATE.sub("\ufffd", text)
