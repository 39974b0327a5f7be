"""Reads people's own CSV and JSONL files, and says plainly where one of them cannot be read."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator

from seqkit.api import Notify
from seqkit.data.columns import header_of
from seqkit.data.folders import unreadable
from seqkit.data.unpacking import unpacked
from seqkit.errors import DataError, nearest, suggestion

_UNKNOWN_ENCODING = "is not known to Python, which has utf-8, latin-1, cp1252, utf-16 and others"


def _known(encoding: str) -> str:
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        raise ValueError(f"it {_UNKNOWN_ENCODING}") from error
    return encoding


Encoding = Annotated[str, AfterValidator(_known)]
"""The encoding of a text file, in a `Config`."""

Errors = Literal["strict", "replace"]
"""What to do with bytes that the encoding does not allow: refuse the file, or put U+FFFD there."""

DELIMITERS = (",", "\t", ";", "|")
_LONGEST_FIELD = 2**31 - 1
_SNIFFED_ROWS = 20


@dataclass(frozen=True)
class Table:
    """The rows of a CSV file, as text.

    Attributes:
        path: The file.
        columns: Its column names; `1`, `2`, ... where it has no header.
        rows: The fields of each row that is not empty.
        lines: The line each row begins on, counted from 1.
    """

    path: Path
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    lines: Sequence[int]

    def position(self, column: str) -> int:
        """Returns the place of a column. Raises DataError, naming those there are."""
        if column in self.columns:
            return self.columns.index(column)
        raise missing_column(self.path, column, self.columns)


def missing_column(path: Path, column: str, columns: Sequence[str]) -> DataError:
    """Returns the error for a column that a file does not have, naming the nearest that it has."""
    near = nearest(column, columns)
    hint = f"Did you mean {near!r}?" if near else "Name one of these"
    return DataError(f"{path} has no column {column!r}; it has {listed(columns)}. {hint}")


def listed(names: Sequence[str]) -> str:
    """Returns some names for a message, the first dozen of them."""
    shown = ", ".join(repr(name) for name in names[:12])
    return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def read_text(
    path: Path, notify: Notify, *, encoding: str = "utf-8", errors: Errors = "strict"
) -> str:
    """Reads a text file whole, unpacking it where gzip packed it. Line ends stay as they are.

    Args:
        path: The file.
        notify: Told how much was replaced.
        encoding: Its encoding; a byte order mark of UTF-8 is dropped.
        errors: `strict` refuses what the encoding does not allow and NUL bytes; `replace` puts
            U+FFFD in their place.

    Raises:
        DataError: The file cannot be read, or holds what the encoding does not allow.
    """
    content = _read_bytes(path)
    try:
        codec = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    except LookupError as error:
        raise DataError(f"encoding {encoding!r} {_UNKNOWN_ENCODING}, for {path}.") from error
    try:
        text = content.decode(codec)
    except UnicodeDecodeError as error:
        if errors == "strict":
            raise _undecodable(path, content, encoding, error) from error
        text = content.decode(codec, errors="replace")
        replaced = counted(text.count("\ufffd"), f"part of {path} was", f"parts of {path} were")
        notify(f"{replaced} not valid {encoding}, and replaced by U+FFFD.")
    if "\0" in text:
        if errors == "strict":
            line = text.count("\n", 0, text.index("\0")) + 1
            raise DataError(
                f"{path} holds a NUL byte, on line {line}. It may be no text file, or encoded in "
                "UTF-16 (set encoding=utf-16); errors=replace reads it all the same"
            )
        nuls = counted(text.count("\0"), f"NUL byte in {path} was", f"NUL bytes in {path} were")
        notify(f"{nuls} replaced by U+FFFD.")
        text = text.replace("\0", "\ufffd")
    return text


def read_csv(
    path: Path,
    notify: Notify,
    *,
    encoding: str = "utf-8",
    errors: Errors = "strict",
    delimiter: str = "",
    header: bool = True,
    quotes: bool = True,
) -> Table:
    """Reads a CSV file. Empty rows are left out, and counted in one sentence to `notify`.

    Args:
        path: The file, which may be packed by gzip.
        notify: Receives what the user should know.
        encoding: See `read_text`.
        errors: See `read_text`.
        delimiter: What parts the fields; empty to find it out of comma, tab, semicolon and bar.
        header: Whether the first row names the columns.
        quotes: Whether a field may stand in double quotes, to hold delimiters and line breaks.

    Raises:
        DataError: The file cannot be read, is empty, or has a row that does not fit its header.
    """
    text = read_text(path, notify, encoding=encoding, errors=errors)
    if csv.field_size_limit() < _LONGEST_FIELD:
        csv.field_size_limit(_LONGEST_FIELD)
    if len(delimiter) > 1:
        raise DataError(f"delimiter is {delimiter!r}, for {path}. It must be one character")
    delimiter = delimiter or _sniffed(text, quotes, "\t" if ".tsv" in path.suffixes else ",")

    columns: tuple[str, ...] = ()
    rows: list[list[str]] = []
    lines: list[int] = []
    empty: list[int] = []
    reader = _reader(text, delimiter, quotes)
    line = 1
    try:
        for row in reader:
            begins, line = line, reader.line_num + 1
            if not any(field.strip() for field in row):
                empty.append(begins)
            elif not columns:
                columns = _columns(path, row, header)
                if not header:
                    rows.append(row)
                    lines.append(begins)
            elif len(row) != len(columns):
                raise _before_the_header(path, text, delimiter, quotes) or _misfit(
                    path, begins, len(row), len(columns), delimiter
                )
            else:
                rows.append(row)
                lines.append(begins)
    except csv.Error as error:
        raise DataError(
            f"{path} is not valid CSV, in the row that begins on line {line}: {error}. Double the "
            'quotation marks inside a quoted field (""), or set quotes=false'
        ) from error
    if not columns:
        raise DataError(f"{path} is empty. It needs a header and at least one row")
    if not rows:
        raise DataError(f"{path} has a header ({listed(columns)}) and no rows.")
    report_left_out(path, empty, counted(len(empty), "empty row"), notify)
    return Table(path, columns, rows, lines)


def read_jsonl(
    path: Path, notify: Notify, *, encoding: str = "utf-8", errors: Errors = "strict"
) -> list[tuple[int, dict[str, Any]]]:
    """Reads a file of one JSON object a line. Blank lines are left out and counted.

    Args:
        path: The file, which may be packed by gzip.
        notify: Receives what the user should know.
        encoding: See `read_text`.
        errors: See `read_text`.

    Returns:
        The objects, each with its line, counted from 1.

    Raises:
        DataError: The file cannot be read or is empty, or a line is not a JSON object.
    """
    text = read_text(path, notify, encoding=encoding, errors=errors)
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
                f"{path} holds {type(value).__name__} {_shown(value)} on line {number}. "
                "Each line must be one JSON object"
            )
        objects.append((number, value))
    if not objects:
        raise DataError(f"{path} is empty. It needs one JSON object a line")
    report_left_out(path, empty, counted(len(empty), "empty line"), notify)
    return objects


def counted(number: int, one: str, several: str = "") -> str:
    """Returns a number with its noun, such as `1 empty row` or `1,200 empty rows`."""
    return f"1 {one}" if number == 1 else f"{number:,} {several or one + 's'}"


def report_left_out(path: Path, lines: Sequence[int], what: str, notify: Notify) -> None:
    """Says in one sentence how many rows were left out and where the first of them are.

    Args:
        path: The file.
        lines: Where the rows begin; nothing is said where there are none.
        what: The rows with their number, as `counted` gives it.
        notify: Receives the sentence.
    """
    if lines:
        first = ", ".join(map(str, lines[:5])) + (", ..." if len(lines) > 5 else "")
        notify(f"{what} in {path} left out (line {first}).")


def _read_bytes(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        there = [other.name for other in path.parent.glob("*")] if path.parent.is_dir() else []
        hint = suggestion(path.name, there, "Check the path")
        raise DataError(f"there is no file {path}. {hint}") from error
    except IsADirectoryError as error:
        raise DataError(f"{path} is a folder, not a file. Name a file in it") from error
    except OSError as error:
        raise unreadable(path, error) from error
    if content[:2] != b"\x1f\x8b":
        return content
    return unpacked(path, content)


def _undecodable(path: Path, content: bytes, encoding: str, error: UnicodeDecodeError) -> DataError:
    # Past a byte order mark, positions count from what follows it.
    line = error.object.count(b"\n", 0, error.start) + 1
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        hint = "It begins with the mark of UTF-16: set encoding=utf-16"
    else:
        hint = (
            "Set its encoding (encoding=latin-1 or cp1252 are common), or errors=replace to read "
            "it all the same"
        )
    byte = f"byte 0x{error.object[error.start]:02x} on line {line}"
    return DataError(f"{path} is not valid {encoding}: {byte}. {hint}")


def _reader(text: str, delimiter: str, quotes: bool) -> Any:
    return csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE,
        strict=True,
    )


def _sniffed(text: str, quotes: bool, usual: str) -> str:
    """Finds the delimiter under which the first rows have the same number of fields, above one."""
    best, best_score = usual, (0.0, 0)
    for delimiter in sorted(DELIMITERS, key=lambda candidate: candidate != usual):
        widths: list[int] = []
        try:
            for row in _reader(text, delimiter, quotes):
                if row:
                    widths.append(len(row))
                if len(widths) == _SNIFFED_ROWS:
                    break
        except csv.Error:
            pass
        if widths and widths[0] > 1:
            score = (sum(width == widths[0] for width in widths) / len(widths), widths[0])
            if score > best_score:
                best, best_score = delimiter, score
    return best


def _columns(path: Path, row: Sequence[str], header: bool) -> tuple[str, ...]:
    return header_of(path, row if header else list(map(str, range(1, len(row) + 1))))


def _before_the_header(path: Path, text: str, delimiter: str, quotes: bool) -> DataError | None:
    """Returns the error for a file that begins with other lines than its header, if it does."""
    for candidate in dict.fromkeys((delimiter, *DELIMITERS)):
        first = _first_rows(text, candidate, quotes)
        if not first:
            continue
        usual, times = Counter(len(row) for _, row in first).most_common(1)[0]
        place = next(place for place, (_, row) in enumerate(first) if len(row) == usual)
        narrow = all(len(row) < usual for _, row in first[:place])
        if not place or not narrow or times < max(2, len(first) - place):
            continue
        begins, header = first[place]
        lines = "line 1" if begins == 2 else f"lines 1 to {begins - 1}"
        return DataError(
            f"{path} begins with {counted(place, 'row')} of fewer fields than the table, such as "
            f"{_shown(candidate.join(first[0][1]))}. The header seems to be on line {begins} "
            f"({listed([name.strip() for name in header])}): delete {lines}"
        )
    return None


def _first_rows(text: str, delimiter: str, quotes: bool) -> list[tuple[int, list[str]]]:
    """Returns the first rows that are not empty, with the line that each begins on."""
    found: list[tuple[int, list[str]]] = []
    reader, line = _reader(text, delimiter, quotes), 1
    with suppress(csv.Error):
        for row in reader:
            begins, line = line, reader.line_num + 1
            if any(field.strip() for field in row):
                found.append((begins, row))
            if len(found) == _SNIFFED_ROWS:
                break
    return found


def _misfit(path: Path, line: int, fields: int, columns: int, delimiter: str) -> DataError:
    shown = "tab" if delimiter == "\t" else repr(delimiter)
    return DataError(
        f"{path} has {counted(fields, 'field')} in the row on line {line}, where its first row has "
        f"{columns} (the delimiter is {shown}). Put a field that holds the delimiter in double "
        "quotes, or set delimiter"
    )


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
