"""A column that says which split each row of a table belongs to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from seqkit.callbacks import Notify
from seqkit.config import Field
from seqkit.data import counted, listed, missing_column
from seqkit.data.own import Rows
from seqkit.errors import ConfigurationError, DataError

_WORDS = {
    "train": ("train", "training", "trn"),
    "validation": (
        *("validation", "valid", "val", "dev", "devel", "development"),
        *("eval", "evaluation", "publictest"),
    ),
    "test": ("test", "testing", "tst", "holdout", "heldout", "privatetest"),
}
_SPLITS = {word: split for split, words in _WORDS.items() for word in words}
_NAMES = frozenset({"split", "splits", "subset", "partition", "set", "usage", "fold"})
"""What a column is called that may hold other words too, such as `unused`."""
_BETWEEN = re.compile(r"[\s_-]+")
_SET = re.compile("(set|split|data)$")
_SHOWN = 3
_FEW_KINDS = 10


def split_field() -> Any:
    """The setting `split` of a dataset."""
    return Field(
        "",
        help="Column that says which split a row is of: train, validation (val, dev) or test. "
        "Other rows are left out, and a split without rows is held out from those of train.",
    )


def split_named(cell: Any) -> str:
    """Returns the split that a cell names, or empty for none: `dev` is validation."""
    word = _BETWEEN.sub("", str(cell).lower())
    return _SPLITS.get(word) or _SPLITS.get(_SET.sub("", word), "")


def names_splits(cells: Iterable[Any]) -> bool:
    """Tells whether cells name splits and nothing else, blank ones aside."""
    kinds = {str(cell).strip() for cell in cells if cell is not None} - {""}
    return all(map(split_named, kinds))


def likely_split(rows: Rows, taken: Sequence[str]) -> str:
    """Returns the column that says which rows are for training and for another split, or empty.

    Args:
        rows: The table.
        taken: Columns that hold something else.
    """
    for name in rows.columns:
        cells = rows.whole(name)
        if name in taken or not (name.lower().strip() in _NAMES or names_splits(cells)):
            continue
        found = {split_named(cell) for cell in cells}
        if "train" in found and found & {"validation", "test"}:
            return name
    return ""


def unlikely_split(rows: Rows, taken: Sequence[str]) -> str:
    """Says of a column that is called like one of splits that it is not followed; empty for none.

    Args:
        rows: The table.
        taken: Columns that hold something else.
    """
    for name in rows.columns:
        kinds = {str(cell).strip() for cell in rows.whole(name) if cell is not None} - {""}
        words = [kind for kind in kinds if not kind.isdigit()]
        if name not in taken and name.lower().strip() in _NAMES and 0 < len(words) <= _FEW_KINDS:
            shown = listed(sorted(words)[:_SHOWN])
            return (
                f"column {name!r} ({shown}) does not tell rows for training from others, and rows "
                "are held out by chance"
            )
    return ""


def of_splits(rows: Rows, column: str) -> list[bool]:
    """Tells of each row whether it is of a split; of all, where there is no such column."""
    if not column:
        return [True] * len(rows)
    return [bool(split_named(cell)) for cell in rows.whole(column)]


def divided(
    path: Path, records: Iterable[Mapping[str, Any]], column: str, notify: Notify
) -> dict[str, list[Mapping[str, Any]]]:
    """Returns the records of each split that a column names; `train` is among them.

    Args:
        path: The file, for messages.
        records: Each with a `row` of all columns, which is taken out.
        column: The column.
        notify: Is told what is left out, as it is of no split.

    Raises:
        DataError: There is no such column, or no row of it is for training.
    """
    found: dict[str, list[Mapping[str, Any]]] = {}
    others: Counter[str] = Counter()
    columns: dict[str, None] = {}
    for record in records:
        row = record["row"]
        columns |= dict.fromkeys(row)
        split = split_named(row.get(column))
        if split:
            kept = {name: value for name, value in record.items() if name != "row"}
            found.setdefault(split, []).append(kept)
        else:
            said = row.get(column)
            others["blank" if said is None or not str(said).strip() else repr(str(said))] += 1
    if column not in columns:
        way = "Name one of these: dataset.split=COLUMN"
        raise missing_column(path, column, tuple(columns), way)
    if "train" not in found:
        there = ", ".join([*map(repr, found), *others][:_SHOWN])
        raise DataError(
            f"{path} has no row for training in column {column!r}, which has {there}. "
            "Write train, validation or test there, or leave dataset.split out"
        )
    if others:
        shown = ", ".join(name for name, _ in others.most_common(_SHOWN))
        rows = counted(others.total(), "row")
        notify(f"{rows} of no split left out, in {path}: column {column!r} has {shown}.")
    return found


def require_one_way(config: Any) -> None:
    """Refuses a column of splits beside files of their own. Raises ConfigurationError."""
    for split in ("validation", "test"):
        if config.split and getattr(config, f"{split}_path"):
            raise ConfigurationError(
                f"dataset.split and dataset.{split}_path are both given. Leave one of them out"
            )
