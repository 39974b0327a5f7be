"""What is typed into the Try screen: what it begins with, and what is sent."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from seqkit.views import number_of


def table_of(history: Mapping[str, Any], columns: list[str]) -> str:
    """Returns the history of a series as the text of a CSV table, to be changed by hand."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["time", *columns])
    for place, time in enumerate(history["time"]):
        values = (number_of(column[place]) for column in history["values"])
        writer.writerow([time, *("" if value != value else f"{value:g}" for value in values)])
    return stream.getvalue()


def table_to_begin_with(rows: Sequence[Mapping[str, Any]]) -> str:
    """Returns rows of texts by column as the text of a CSV table; empty for none."""
    if not rows:
        return ""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def inputs_of(text: str, *, live: bool) -> list[Any] | None:
    """Returns the inputs of a request, or None where there is nothing to ask yet.

    Args:
        text: What was typed.
        live: Whether answers follow while one types: a blank text is asked on request alone.
    """
    return None if live and not text.strip() else [text]


def rows_of(text: str, untouched: str) -> list[Any]:
    """Returns the rows of a table that was typed; none to go on from the data of the run.

    Args:
        text: What was typed.
        untouched: The table that the input began with: the model knows it, with all its columns.
    """
    if not text.strip() or text == untouched:
        return []
    rows = [row for row in csv.reader(io.StringIO(text)) if any(map(str.strip, row))]
    if not rows:
        return []
    names, *values = rows
    return [dict(zip(names, row, strict=False)) for row in values]


def option_fields(schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Returns the options of a task that fit on one line each, by name."""
    fields: dict[str, Mapping[str, Any]] = {}
    for name, field in schema.get("properties", {}).items():
        kinds = [field, *field.get("anyOf", ())]
        if any(kind.get("type") in _SIMPLE for kind in kinds):
            fields[name] = field
    return fields


_SIMPLE = ("integer", "number", "string", "boolean")
