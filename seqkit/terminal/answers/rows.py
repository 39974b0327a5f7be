"""Answers as rows of a table: the columns of the input first, then what was answered."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from seqkit.events import spell_out
from seqkit.views import Answer, view_of

_INPUTS = {
    "labels": "text",
    "words": "words",
    "text": "prompt",
    "pair": "source",
    "numbers": "text",
}
"""The key of an answer that repeats the input, by view."""

_ANSWERS = {"labels": "label", "words": "tags", "text": "continuation", "pair": "prediction"}
"""The key of an answer that is the answer, by view; its column is `predicted`."""

_SPREAD = {"probabilities": "probability", "values": "predicted"}
"""Keys that hold a number by name, each of which has a column; how the columns begin."""


def as_rows(
    answers: Sequence[Answer], inputs: Sequence[Mapping[str, Any]] = ()
) -> tuple[list[str], list[list[Any]]]:
    """Returns the columns of a table, and a row for each answer.

    Args:
        answers: What was answered.
        inputs: The row of a person's file that each answers, whose columns come first; none where
            the inputs were no table.
    """
    own = list(dict.fromkeys(name for row in inputs for name in row))
    found = [_cells(answer, own if inputs else None) for answer in answers]
    keys = list(dict.fromkeys(key for cells in found for key in cells))
    names = _distinct(keys, own)
    waiting: Iterable[Mapping[str, Any]] = inputs or [{}] * len(found)
    rows = [
        [*(row.get(name) for name in own), *(cells.get(key) for key in keys)]
        for row, cells in zip(waiting, found, strict=True)
    ]
    return [*own, *names], rows


def _cells(answer: Answer, own: Collection[str] | None) -> dict[tuple[str, str], Any]:
    """Returns what becomes a column each, by how its name begins and what it is of.

    Args:
        answer: What was answered.
        own: The columns of the file that hold what it repeats of the input; None without a file.
    """
    view = view_of(answer)
    cells: dict[tuple[str, str], Any] = {}
    for key, value in answer.items():
        repeated = own is not None and key == _INPUTS.get(view)
        if key == "view" or (repeated and (isinstance(value, str) or key in (own or ()))):
            continue
        if key in _SPREAD and view in ("labels", "numbers") and isinstance(value, Mapping):
            cells |= {(_SPREAD[key], name): item for name, item in value.items()}
        else:
            cells["predicted" if key == _ANSWERS.get(view) else key, ""] = value
    return cells


def _distinct(keys: Iterable[tuple[str, str]], taken: Collection[str]) -> list[str]:
    """Returns a name for each column that no other one has, be it of the person's file."""
    seen = set(taken)
    names = []
    for head, tail in keys:
        name = plain = f"{head}_{tail}" if tail else head
        number = 2
        while name in seen:
            name, number = f"{plain}_{number}", number + 1
        seen.add(name)
        names.append(name)
    return names


def cell(value: Any) -> Any:
    """Returns a value as a cell of a table; what is no single value becomes JSON."""
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(spell_out(value), ensure_ascii=False)
    return value
