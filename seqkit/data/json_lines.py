"""JSON lines read from files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from seqkit.callbacks import Notify
from seqkit.data.reports import counted, report_left_out, shortly
from seqkit.data.texts import Errors, read_text
from seqkit.errors import DataError


def read_jsonl(
    path: Path,
    notify: Notify,
    *,
    encoding: str = "utf-8",
    errors: Errors = "strict",
    option: bool = False,
) -> list[tuple[int, dict[str, Any]]]:
    """Reads a file of one JSON object a line. Blank lines are left out and counted.

    Args:
        path: The file, which may be packed by gzip.
        notify: Receives what the user should know.
        encoding: See `read_text`.
        errors: See `read_text`.
        option: See `read_text`.

    Returns:
        The objects, each with its line, counted from 1.

    Raises:
        DataError: The file cannot be read or is empty, or a line is not a JSON object.
    """
    text = read_text(path, notify, encoding=encoding, errors=errors, option=option)
    return objects_of_lines(path, text, notify)


def objects_of_lines(path: Path, text: str, notify: Notify) -> list[tuple[int, dict[str, Any]]]:
    """Returns the objects that stand one on each line of a text; see `read_jsonl`."""
    objects: list[tuple[int, dict[str, Any]]] = []
    empty: list[int] = []
    # Only \n ends a line: other Unicode line breaks may stand inside a JSON text.
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            if number < len(lines):
                empty.append(number)
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DataError(
                f"{path} is not valid JSON on line {number}: {error}. "
                "Each line must be one whole JSON object"
            ) from error
        if not isinstance(value, dict):
            raise DataError(
                f"{path} holds {type(value).__name__} {shortly(value)} on line {number}. "
                "Each line must be one JSON object"
            )
        objects.append((number, value))
    if not objects:
        raise DataError(f"{path} is empty. It needs one JSON object a line")
    report_left_out(path, empty, counted(len(empty), "empty line"), notify)
    return objects
