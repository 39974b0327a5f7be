"""Which column of a person's table holds the texts, and which their labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from seqkit.data.cells import kinds_score, prose_score
from seqkit.data.columns import column_named

TEXT_NAMES = (("text", "review", "sentence", "content", "comment", "message", "body"), ("tweet",))
LABEL_NAMES = (
    ("label", "sentiment", "class", "category", "target"),
    ("rating", "topic", "y"),
)
"""Names that people give to the columns: the usual ones, and others that count without those."""

USUAL_COLUMNS = {
    "text": tuple(name for names in TEXT_NAMES for name in names),
    "label": tuple(name for names in LABEL_NAMES for name in names),
}
NAMES = frozenset(name for names in USUAL_COLUMNS.values() for name in names)


def named_columns(columns: Sequence[str], text: str = "", label: str = "") -> tuple[str, str]:
    """Returns the columns of the texts and of the labels by their names; empty where unclear.

    Args:
        columns: The columns of the table.
        text: The column of the texts, where it is known.
        label: The column of the labels, where it is known.
    """
    text = text or column_named(columns, *TEXT_NAMES)
    label = label or column_named(columns, *LABEL_NAMES)
    if len(columns) == 2 and bool(text) != bool(label):
        other = columns[1 - columns.index(text or label)]
        text, label = text or other, label or other
    return text, label


def likely_columns(
    values: Mapping[str, Sequence[Any]], text: str = "", label: str = ""
) -> tuple[str, str]:
    """Returns the columns of the texts and of the labels by what they hold, and by their names.

    Args:
        values: The cells of each column.
        text: The column of the texts, where it is known.
        label: The column of the labels, where it is known.

    Returns:
        The columns; empty where none looks like it.
    """
    others = [name for name in values if name != label]
    text = text or _best(others, USUAL_COLUMNS["text"], lambda name: prose_score(values[name]))
    others = [name for name in values if name != text]
    label = label or _best(others, USUAL_COLUMNS["label"], lambda name: kinds_score(values[name]))
    return text, label


def _best(columns: Sequence[str], names: Sequence[str], score: Callable[[str], float]) -> str:
    scored = {column: score(column) for column in columns}
    fitting = [column for column in columns if scored[column] > 0]
    named = [column for name in names for column in fitting if column.lower().strip() == name]
    return named[0] if named else max(fitting, key=lambda column: scored[column], default="")
