"""Which column of a person's table holds the texts, and which their labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from seqkit.data.cells import kinds_score, prose_score, words_score
from seqkit.data.columns import column_named, names_ids
from seqkit.data.own import Rows
from seqkit.data.split_column import names_splits

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


def likely_columns(rows: Rows, text: str = "", label: str = "") -> tuple[str, str]:
    """Returns the columns of the texts and of the labels by what they hold, and by their names.

    Args:
        rows: The table.
        text: The column of the texts, where it is known.
        label: The column of the labels, where it is known.

    Returns:
        The columns; empty where none looks like it.
    """

    def prose(name: str) -> float:
        return prose_score(rows.spread(name))

    def words(name: str) -> float:
        return 0.0 if names_ids(name) else words_score(rows.spread(name))

    def kinds(name: str) -> float:
        cells = rows.whole(name)
        called = name.lower().strip() in USUAL_COLUMNS["label"]
        return 0.0 if names_splits(cells) and not called else kinds_score(cells)

    text = text or _best((n for n in rows.columns if n != label), USUAL_COLUMNS["text"], prose)
    # Labels come last in most tables.
    others = [name for name in reversed(rows.columns) if name != text]
    label = label or _best(others, USUAL_COLUMNS["label"], kinds)
    if label and not text:
        text = _best((n for n in rows.columns if n != label), USUAL_COLUMNS["text"], words)
    return text, label


def _best(columns: Iterable[str], names: Sequence[str], score: Callable[[str], float]) -> str:
    scored = {column: score(column) for column in columns}
    fitting = [column for column in scored if scored[column] > 0]
    named = [column for name in names for column in fitting if column.lower().strip() == name]
    return named[0] if named else max(fitting, key=lambda column: scored[column], default="")
