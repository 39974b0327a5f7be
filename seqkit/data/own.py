"""A user's own file or folder, looked into once for every dataset that is asked about it."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqkit.callbacks import ignore
from seqkit.data.endings import OBJECTS, OTHER_KINDS, PARQUET, SHEETS, TABLES, TEXTS, kind_of
from seqkit.errors import DataError, SeqkitError

__all__ = ["LOOKED_AT", "OBJECTS", "TABLES", "TEXTS", "OwnData", "Rows", "kind_of"]

LOOKED_AT = 2000
"""Rows, lines or files that are looked at."""

_FILES = 200
"""Files of a folder whose encoding is looked at."""


@dataclass(frozen=True)
class Rows:
    """The rows of a table, or the objects of a JSON file.

    `len(rows)` is how many there are, and `records()` has them all.

    Attributes:
        path: The file.
        columns: Its columns, or the names that the first objects have.
        values: The first cells of each column, to tell what it holds: texts of a table, values of
            objects. `spread(name)` has cells from all over the file.
        count: How many cells each of these has, at most 2000.
        header: Whether the first row names the columns.
        quotes: Whether it was read with fields in double quotes.
        table: All rows of a table; empty for objects.
        lines: The line on which each row or object begins.
        objects: All objects; empty for a table.
    """

    path: Path
    columns: tuple[str, ...]
    values: Mapping[str, list[Any]]
    count: int
    header: bool = True
    quotes: bool = True
    table: Sequence[Sequence[str]] = ()
    lines: Sequence[int] = ()
    objects: Sequence[Mapping[str, Any]] = ()

    def __len__(self) -> int:
        return len(self.table) or len(self.objects)

    def records(self) -> Iterator[dict[str, Any]]:
        """Yields every row or object by its columns: texts of a table, values of objects."""
        for row in self.table:
            yield dict(zip(self.columns, row, strict=True))
        yield from map(dict, self.objects)

    def spread(self, name: str) -> list[Any]:
        """Returns at most 2000 cells of a column, from all over it: files are often sorted."""
        cells = self.whole(name)
        return cells[:: -(-len(cells) // LOOKED_AT) or 1]

    def known(self, name: str) -> str:
        """Returns the name of a column. Raises DataError where there is no such, naming those."""
        from seqkit.data import missing_column

        if name not in self.columns:
            raise missing_column(self.path, name, self.columns)
        return name

    def whole(self, name: str) -> list[Any]:
        """Returns all cells of a column; None where an object has no such name."""
        if self.objects:
            return [item.get(name) for item in self.objects]
        place = self.columns.index(name)
        return [row[place] for row in self.table]


class OwnData:
    """What a file or folder holds, read when it is asked for and kept.

    What cannot be read raises the same DataError for everyone who asks.

    Args:
        path: The file or folder.
        given: Settings of the dataset that the person gave, such as the encoding or a column.
        usual: The encoding of other files like it.

    Attributes:
        is_folder: Whether it is a folder.
        kind: The ending that tells how a file is read, in small letters; empty for a folder.
    """

    def __init__(
        self, path: Path, given: Mapping[str, Any] | None = None, usual: str = "utf-8"
    ) -> None:
        self.path = path
        self._usual = usual
        self.given: Mapping[str, Any] = given or {}
        self.is_folder = path.is_dir()
        self.kind = "" if self.is_folder else kind_of(path)
        self._kept: dict[object, Any] = {}

    @property
    def as_setting(self) -> str:
        """The path as it stands in an experiment, the same on every system."""
        return str(self.path).replace(os.sep, "/")

    @property
    def holds_rows(self) -> bool:
        """Whether `rows` may be asked for: of a table, objects, or a text that may be one."""
        return self.kind in (*TABLES, *OBJECTS, ".txt")

    @property
    def is_text(self) -> bool:
        """Whether it is a text, or a folder of such, and so has an encoding."""
        return self.kind not in (*SHEETS, *PARQUET)

    def rows(self, **reading: Any) -> Rows:
        """Returns the rows of a table, or the objects of a JSON file: `rows().records()` has all.

        Args:
            **reading: How it is read otherwise than `given` says: `header=False`.

        Raises:
            DataError: It cannot be read as one; says where, and what to do.
            ConfigurationError: What reads such files is not installed.
        """
        return self._rows(_objects if self.kind in OBJECTS else _table, reading)

    def table(self, **reading: Any) -> Rows:
        """Returns the rows of a table as texts, also of objects; see `rows`."""
        return self._rows(_table, reading)

    def _rows(self, read: Callable[[Path, Mapping[str, Any]], Rows], reading: Any) -> Rows:
        from seqkit.data.reading import READING

        given = {name: self.given[name] for name in READING if name in self.given}
        if self.is_text:
            given["encoding"] = self.encoding
        given |= reading
        key = (read, *sorted(given.items(), key=str))
        rows: Rows = self._once(key, lambda: read(self.path, given))
        return rows

    @property
    def names_its_columns(self) -> bool:
        """Whether files of its kind name their columns in any case, as JSON and Parquet do."""
        return self.kind in (*OBJECTS, *PARQUET)

    @property
    def encoding(self) -> str:
        """The encoding of a text: as it is given, or else found. Of a folder, that of its texts.

        Raises:
            DataError: It cannot be read.
        """
        if "encoding" in self.given:
            return str(self.given["encoding"])
        return str(self._once("encoding", self._found_encoding))

    def _found_encoding(self) -> str:
        from seqkit.data.encodings import found_encoding
        from seqkit.data.texts import read_bytes

        paths = self._texts() if self.is_folder else [self.path]
        found = (found_encoding(read_bytes(path), self._usual) for path in paths)
        return next((name for name in found if name != "utf-8"), "utf-8")

    def _texts(self) -> list[Path]:
        texts = [path for path in self.files("*") if kind_of(path) not in (*TABLES, *OTHER_KINDS)]
        return [path for path in texts if path.is_file()][:_FILES]

    @property
    def text(self) -> str:
        """The whole text of a file. Raises DataError where it is none."""
        from seqkit.data import read_text

        given = {"errors": self.given["errors"]} if "errors" in self.given else {}

        def read() -> str:
            return read_text(self.path, ignore, encoding=self.encoding, **given)

        return str(self._once("text", read))

    @property
    def lines(self) -> list[str]:
        """The first lines of a text that hold something."""

        def read() -> list[str]:
            lines = (line for line in self.text.split("\n") if line.strip())
            return list(itertools.islice(lines, LOOKED_AT))

        return list(self._once("lines", read))

    @property
    def tabs(self) -> int:
        """How many tabs are in each line of a text; 0 where they are not as many in all."""
        counts = {line.count("\t") for line in self.lines}
        return counts.pop() if len(counts) == 1 else 0

    @property
    def holds_numbers_alone(self) -> bool:
        """Whether each line of a text is one of numbers, with commas or spaces between."""
        from seqkit.data.numbers import is_number

        parts = (re.split(r"[,;\s]+", line.strip()) for line in self.lines)
        return bool(self.lines) and all(all(map(is_number, line)) for line in parts)

    def files(self, pattern: str) -> list[Path]:
        """Returns the first files of a folder, and of those in it, that match, as `*.txt` does.

        Raises:
            DataError: The folder cannot be read.
        """

        def read() -> list[Path]:
            from seqkit.data import unreadable

            try:
                return list(itertools.islice(self.path.glob(f"**/{pattern}"), LOOKED_AT))
            except OSError as error:
                raise unreadable(self.path, error) from error

        return list(self._once(pattern, read))

    def _once(self, key: object, read: Callable[[], Any]) -> Any:
        if key not in self._kept:
            try:
                self._kept[key] = read()
            except SeqkitError as error:
                self._kept[key] = error
        if isinstance(self._kept[key], SeqkitError):
            raise self._kept[key]
        return self._kept[key]


def _table(path: Path, given: Mapping[str, Any]) -> Rows:
    from seqkit.data.reading import read_table

    try:
        table = read_table(path, ignore, **given)
    except DataError as error:
        if kind_of(path) != ".tsv" or "quotes" in given:
            raise
        # In files of tabs quotation marks are often those of the texts.
        try:
            return _table(path, {**given, "quotes": False})
        except DataError:
            raise error from None
    rows = table.rows[:LOOKED_AT]
    values = {name: [row[place] for row in rows] for place, name in enumerate(table.columns)}
    return Rows(
        path,
        tuple(table.columns),
        values,
        len(rows),
        header=table.headed,
        quotes=bool(given.get("quotes", True)),
        table=table.rows,
        lines=table.lines,
    )


def _objects(path: Path, given: Mapping[str, Any]) -> Rows:
    from seqkit.data.objects import read_objects

    reading = {name: given[name] for name in ("encoding", "errors") if name in given}
    found = read_objects(path, ignore, **reading)
    first = found.items[:LOOKED_AT]
    columns = tuple(dict.fromkeys(name for item in first for name in item))
    values = {name: [item.get(name) for item in first] for name in columns}
    return Rows(path, columns, values, len(first), lines=found.numbers, objects=found.items)
