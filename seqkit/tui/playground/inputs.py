"""What is typed into the Try screen, by task: what it begins with, and what is sent."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

HINTS = {
    "classification": "Type a text; the answer follows as you type.",
    "language-modeling": "Type the beginning of a text, then press ctrl+r to have it continued.",
    "seq2seq": "Type a sentence; its translation follows as you type.",
    "forecasting": "The end of the data; change it, and the forecast follows.",
}
LIVE = ("classification", "seq2seq", "forecasting")
"""Tasks that answer while one types; the others on request."""

WANTED = {"words": True, "attention": True}
"""Options that are off on the command line and on here, where there is a screen to draw them on."""


def table_of(history: Mapping[str, Any], columns: list[str]) -> str:
    """Returns a forecast's history as the text of a CSV table, to be changed by hand."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["time", *columns])
    for place, time in enumerate(history["time"]):
        values = (column[place] for column in history["values"])
        writer.writerow([time, *("" if value is None else f"{value:g}" for value in values)])
    return stream.getvalue()


def inputs_of(task: str, text: str, untouched: str) -> list[Any] | None:
    """Returns the inputs of a request, or None where there is nothing to ask yet.

    Args:
        task: The task of the run.
        text: What was typed.
        untouched: The table that a forecast began with: the model knows it, with all its columns.
    """
    if task == "forecasting":
        if not text.strip() or text == untouched:
            return []
        rows = [row for row in csv.reader(io.StringIO(text)) if any(map(str.strip, row))]
        if not rows:
            return []
        names, *values = rows
        return [dict(zip(names, row, strict=False)) for row in values]
    if task == "language-modeling":
        return [text]
    return [text] if text.strip() else None


def option_fields(schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Returns the options of a task that fit on one line each, by name."""
    fields: dict[str, Mapping[str, Any]] = {}
    for name, field in schema.get("properties", {}).items():
        kinds = [field, *field.get("anyOf", ())]
        if any(kind.get("type") in _SIMPLE for kind in kinds):
            fields[name] = field
    return fields


_SIMPLE = ("integer", "number", "string", "boolean")
