"""Files that a person names: written whole or not at all, in text that every program reads."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

from seqkit.runs import write_atomically

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What spreadsheets take a cell for a formula by, or skip before they look for one."""


def save(path: Path, content: str | bytes) -> None:
    """Writes a file aside and renames it: an old one stays as it is until the new one is whole.

    A link stays a link, and what is no regular file is written to as it is.

    Args:
        path: The file.
        content: Its text or bytes. Halves of surrogate pairs, which no encoding has, are written
            as U+FFFD.

    Raises:
        OSError: The file cannot be written.
    """
    encoded = content if isinstance(content, bytes) else well_formed(content).encode()
    target = path.resolve()
    if target.exists() and not target.is_file():
        target.write_bytes(encoded)
        return
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    write_atomically(target, encoded)


def well_formed(text: str) -> str:
    """Returns a text with U+FFFD for each half of a surrogate pair that stands alone."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def csv_cell(value: Any) -> Any:
    """Returns a value for a CSV cell; a text that a spreadsheet would compute gets an apostrophe.

    Numbers stay numbers, those that are written as text too.
    """
    if not isinstance(value, str) or not value.startswith(_FORMULA):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value
