"""The first look at a person's table: its rows by column, and what its cells are like."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from seqkit.errors import DataError

OTHER_KINDS = {
    ".xlsx": "Save the sheet as .csv. ",
    ".xls": "Save the sheet as .csv. ",
    ".ods": "Save the sheet as .csv. ",
    ".json": "Write its objects one a line, as .jsonl. ",
    ".parquet": "Write it as .csv. ",
    ".zip": "Unpack it. ",
    ".tar": "Unpack it. ",
}
"""Endings of files that are not read, and what to do about them."""

_MOSTLY = 0.9
_LOOKED_AT = 2000
_MOST_CLASSES = 100
_READING = ("encoding", "errors", "delimiter", "header", "quotes")
"""Settings of a dataset that say how its file is read."""


@dataclass(frozen=True)
class Rows:
    """The first rows of a table, column by column.

    Attributes:
        path: The file.
        columns: Its columns.
        values: The cells of each.
        count: How many rows these are.
        kind: Ending of the file.
        given: Settings of the dataset that are known.
        table: All rows; none of a JSONL file.
        lines: Where they begin.
    """

    path: Path
    columns: tuple[str, ...]
    values: Mapping[str, list[Any]]
    count: int
    kind: str
    given: Mapping[str, Any]
    table: Sequence[Sequence[str]] = ()
    lines: Sequence[int] = ()

    @property
    def header(self) -> bool:
        """Whether the first row names the columns."""
        return bool(self.given.get("header", True))

    def known(self, name: str) -> str:
        """Returns the name of a column. Raises DataError where there is no such, naming those."""
        from seqkit.data import missing_column

        if name not in self.columns:
            raise missing_column(self.path, name, self.columns)
        return name

    @cached_property
    def time(self) -> str:
        """The column that a run would take for the times; empty for none.

        Raises:
            DataError: There is none, and one that seems to be it cannot be read.
        """
        from seqkit.data.times import resembles_times, time_column

        if self.given.get("time"):
            return self.known(str(self.given["time"]))
        cells = {name: self.whole(name) for name in self.columns}
        time = time_column(cells)
        seeming = [name for name in self.columns if not time and resembles_times(cells[name])]
        others = [name for name in self.columns if name not in seeming]
        if seeming and any(holds_numbers(self.values[name]) for name in others):
            example = next(text for text in cells[seeming[0]] if text.strip())
            raise DataError(
                f"column {seeming[0]!r} of {self.path} seems to hold times that are not read, such "
                f"as {example!r}. Write them as 2024-01-31, or set dataset.time={seeming[0]} and "
                "dataset.time_format"
            )
        return time

    def whole(self, name: str) -> list[str]:
        """Returns all cells of a column of a table."""
        place = self.columns.index(name)
        return [row[place] for row in self.table]


def csv_rows(path: Path, kind: str, given: Mapping[str, Any]) -> Rows:
    """Reads a table; see `Rows`. Raises DataError where it cannot be read."""
    from seqkit.data import read_csv

    reading = {name: given[name] for name in _READING if name in given}
    try:
        table = read_csv(path, quiet, **reading)
    except DataError:
        if kind != ".tsv" or "quotes" in given:
            raise
        # In files of tabs quotation marks are often those of the texts.
        with suppress(DataError):
            return csv_rows(path, kind, {**given, "quotes": False})
        raise
    rows = table.rows[:_LOOKED_AT]
    values = {name: [row[place] for row in rows] for place, name in enumerate(table.columns)}
    whole = (table.rows, table.lines)
    return Rows(path, tuple(table.columns), values, len(rows), kind, given, *whole)


def jsonl_rows(path: Path, kind: str, given: Mapping[str, Any]) -> Rows:
    """Reads objects, one a line; see `Rows`. Raises DataError where they cannot be read."""
    from seqkit.data import read_jsonl

    reading = {name: given[name] for name in ("encoding", "errors") if name in given}
    objects = [values for _, values in read_jsonl(path, quiet, **reading)[:_LOOKED_AT]]
    columns = tuple(dict.fromkeys(name for item in objects for name in item))
    values = {name: [item.get(name) for item in objects] for name in columns}
    return Rows(path, columns, values, len(objects), kind, given)


def quiet(_message: str) -> None:
    """Leaves aside what the run itself will say again."""


def text_score(values: Sequence[Any]) -> float:
    """Returns the mean number of characters where the values are texts, and 0 elsewhere."""
    texts = [value for value in values if isinstance(value, str) and value.strip()]
    if len(texts) * 2 < len(values) or not any(map(_has_words, texts)):
        return 0.0
    return sum(map(len, texts)) / len(texts)


def _has_words(text: str) -> bool:
    """Tells whether a text has words: parted by spaces, or in a writing that has none."""
    return " " in text or (len(text) > 3 and any(c >= "\u0e00" and c.isalpha() for c in text))


def label_score(values: Sequence[Any]) -> float:
    """Returns more for fewer classes, and 0 where the values cannot be classes."""
    kinds = {str(value) for value in values if value is not None and value != ""}
    if not 2 <= len(kinds) <= min(_MOST_CLASSES, max(2, len(values) // 2)):
        return 0.0
    if max(map(len, kinds)) > 100:
        return 0.0
    return 1 / len(kinds)


def is_given(value: Any) -> bool:
    """Tells whether a cell holds something."""
    return value is not None and bool(str(value).strip())


def holds_numbers(values: Sequence[Any]) -> bool:
    """Tells whether the cells are numbers, or true and false; most of them, if not all."""
    from seqkit.data.numbers import TRUTHS, is_number

    return _share(values, lambda text: is_number(text) or text.lower() in TRUTHS) >= _MOSTLY


def holds_digits(values: Sequence[Any]) -> bool:
    """Tells whether digits are in the cells; in most of them, if not all."""
    return _share(values, lambda text: any(map(str.isdigit, text))) >= _MOSTLY


def _share(values: Sequence[Any], test: Callable[[str], bool]) -> float:
    """Returns the part of the values that are something, of those that are there."""
    given = [str(value).strip() for value in values[:200] if value not in (None, "")]
    return sum(map(test, given)) / len(given) if given else 0.0
