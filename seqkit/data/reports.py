"""What is said of rows and columns, in words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seqkit.callbacks import Notify
from seqkit.errors import DataError, nearest


def listed(names: Sequence[str]) -> str:
    """Returns some names for a message, the first dozen of them."""
    shown = ", ".join(repr(name) for name in names[:12])
    return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def shortly(value: Any) -> str:
    """Returns a value as Python writes it, cut to 40 characters."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def counted(number: int, one: str, several: str = "") -> str:
    """Returns a number with its noun, such as `1 empty row` or `1,200 empty rows`."""
    return f"1 {one}" if number == 1 else f"{number:,} {several or one + 's'}"


def report_left_out(
    path: Path, lines: Sequence[int], what: str, notify: Notify, counts: str = "line"
) -> None:
    """Says in one sentence how many rows were left out and where the first of them are.

    Args:
        path: The file.
        lines: Where the rows begin; nothing is said where there are none.
        what: The rows with their number, as `counted` gives it.
        notify: Receives the sentence.
        counts: What the numbers count: lines, or the rows of a sheet.
    """
    if lines:
        first = ", ".join(map(str, lines[:5])) + (", ..." if len(lines) > 5 else "")
        notify(f"{what} in {path} left out ({counts} {first}).")


def missing_column(
    path: Path, column: str, columns: Sequence[str], way: str = "Name one of these"
) -> DataError:
    """Returns the error for a column that a file does not have, naming the nearest that it has.

    Args:
        path: The file.
        column: The column that it lacks.
        columns: Those that it has.
        way: The next step where no other name is near.
    """
    near = nearest(column, columns)
    hint = f"Did you mean {near!r}?" if near else way
    return DataError(f"{path} has no column {column!r}; it has {listed(columns)}. {hint}")
