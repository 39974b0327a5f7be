"""Tells whether a person's own file holds texts and labels."""

from __future__ import annotations

from typing import Any

from seqkit.api import Recognition
from seqkit.data.cells import is_given
from seqkit.data.headings import is_an_example
from seqkit.data.own import OBJECTS, TABLES, OwnData, Rows
from seqkit_classification._columns import NAMES, USUAL_COLUMNS, likely_columns

_NAMED, _ALIKE, _ASKED, _PERHAPS = 0.85, 0.6, 0.95, 0.3
"""How sure it is: of columns called so, of cells that look so, if asked, of a text with tabs."""


def recognise_table(data: OwnData, task: str) -> Recognition | None:
    """Looks for texts and labels in a table."""
    if data.kind == ".txt" and not task:
        said = "its lines are parted by tabs"
        return _recognition({"path": data.as_setting}, said, _PERHAPS) if data.tabs else None
    return _found(data, task) if data.kind in (*TABLES, ".txt") else None


def recognise_objects(data: OwnData, task: str) -> Recognition | None:
    """Looks for texts and labels in objects, one a line."""
    return _found(data, task) if data.kind in OBJECTS else None


def _found(data: OwnData, task: str) -> Recognition | None:
    rows = data.rows()
    text, label = _columns(data, rows)
    if not text or not label:
        return _hint(rows, text, label, task)
    settings: dict[str, Any] = {"path": data.as_setting}
    if (
        rows.table
        and "header" not in data.given
        and is_an_example(text, label, rows.whole(label), NAMES)
    ):
        # What was taken for the names of columns is an example.
        rows = data.rows(header=False)
        text, label = _columns(data, rows)
        settings["header"] = False
    settings |= {"text": text, "label": label}
    if not rows.quotes:
        settings["quotes"] = False
    said = f"texts are in column {text!r}, labels in {label!r}"
    return _recognition(settings, said, _confidence(data, task, text, label), len(rows), data)


def _columns(data: OwnData, rows: Rows) -> tuple[str, str]:
    given = [str(data.given.get(field, "")) for field in ("text", "label")]
    return likely_columns(rows.values, *(name and rows.known(name) for name in given))


def _confidence(data: OwnData, task: str, text: str, label: str) -> float:
    if task or data.given.keys() & {"text", "label"}:
        return _ASKED
    named = [
        name.lower().strip() in USUAL_COLUMNS[field]
        for field, name in (("text", text), ("label", label))
    ]
    return _NAMED if all(named) else _ALIKE


def _hint(rows: Rows, text: str, label: str, task: str) -> Recognition | None:
    """Says what to do about a table in which no column looks like texts, or none like labels."""
    for name, cells in rows.values.items():
        kinds = {str(cell).strip() for cell in cells if is_given(cell)}
        if name.lower().strip() in USUAL_COLUMNS["label"] and len(kinds) == 1:
            said = f"column {name!r} holds the class {kinds.pop()!r} alone, and two are needed"
            return _recognition({}, said, 0)
    missing = [field for field, name in (("text", text), ("label", label)) if not name]
    if not task:
        return None
    sought = " and ".join(f"{field}s" for field in missing)
    words = " and ".join(f"dataset.{field}=COLUMN" for field in missing)
    return _recognition({}, f"no column looks like {sought}; name it: {words}", 0)


def _recognition(
    settings: dict[str, Any],
    said: str,
    confidence: float,
    examples: int = 0,
    data: OwnData | None = None,
) -> Recognition:
    title = f"Classes of the texts in {data.path.name}." if data is not None else ""
    return Recognition(
        settings=settings,
        said=said,
        confidence=confidence,
        task="classification",
        examples=examples,
        overrides={"description": title} if title else {},
    )
