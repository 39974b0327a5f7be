"""Tables read from files of comma- or otherwise separated values."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqkit.callbacks import Notify
from seqkit.data.columns import are_numbered, header_of
from seqkit.data.reports import counted, listed, missing_column, report_left_out, shortly
from seqkit.data.texts import Errors, read_text
from seqkit.errors import DataError

DELIMITERS = (",", "\t", ";", "|")


_LONGEST_FIELD = 2**31 - 1


_SNIFFED_ROWS = 20


# Excel's first line, which tells the delimiter.
_TOLD = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)


# A carriage return that is no part of a line's end; the csv module takes it for one.
_LONE_RETURN = re.compile(r"\r(?!\r*\n)")


@dataclass(frozen=True)
class Table:
    """The rows of a CSV file, as text.

    Attributes:
        path: The file.
        columns: Its column names; `1`, `2`, ... where it has no header.
        rows: The fields of each row that is not empty.
        lines: The line each row begins on, counted from 1.
        counts: What these count: lines of a file, rows of a sheet, or objects.
        headed: Whether the file names its columns.
    """

    path: Path
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    lines: Sequence[int]
    counts: str = "line"
    headed: bool = True

    def position(self, column: str) -> int:
        """Returns the place of a column. Raises DataError, naming those there are."""
        if column in self.columns:
            return self.columns.index(column)
        raise missing_column(self.path, column, self.columns)


def read_csv(
    path: Path,
    notify: Notify,
    *,
    encoding: str = "utf-8",
    errors: Errors = "strict",
    delimiter: str = "",
    header: bool = True,
    quotes: bool = True,
    keep_empty: bool = False,
    option: bool = False,
    usual: str = "utf-8",
) -> Table:
    r"""Reads a CSV file. Empty rows are left out, and counted in one sentence to `notify`.

    Rows end with `\n` or `\r\n`; with `\r` in a file that has no other line end.

    Args:
        path: The file, which may be packed by gzip.
        notify: Receives what the user should know.
        encoding: See `read_text`.
        errors: See `read_text`.
        delimiter: What parts the fields; empty to find it out of comma, tab, semicolon and bar.
        header: Whether the first row names the columns.
        quotes: Whether a field may stand in double quotes, to hold delimiters and line breaks.
        keep_empty: Whether rows without anything in them are kept, but for those at the end.
        option: See `read_text`.
        usual: See `read_text`.

    Raises:
        DataError: The file cannot be read, is empty, or has a row that does not fit its header.
    """
    text = read_text(path, notify, encoding=encoding, errors=errors, option=option, usual=usual)
    if len(delimiter) > 1:
        raise DataError(f"delimiter is {delimiter!r}, for {path}. It must be one character")
    text, stand_in = _without_lone_returns(text)
    delimiter = delimiter or _sniffed(text, quotes, "\t" if ".tsv" in path.suffixes else ",")

    columns: tuple[str, ...] = ()
    rows: list[list[str]] = []
    lines: list[int] = []
    empty: list[int] = []
    # Series that are one a row, under V1, V2, ..., end where they end.
    numbered = False
    for begins, row in _numbered(path, text, delimiter, quotes, stand_in, option):
        if not any(field.strip() for field in row):
            empty.append(begins)
            if not (keep_empty and columns):
                continue
            row = [""] * len(columns)
        elif not columns:
            names = row if header else list(map(str, range(1, len(row) + 1)))
            columns = header_of(path, names, option=option)
            if header:
                numbered = are_numbered(columns)
                _check_titles(path, row, text, delimiter, quotes)
                continue
        row = [*row, *[""] * (len(columns) - len(row))] if numbered else row
        if len(row) != len(columns):
            raise _before_the_header(path, text, delimiter, quotes) or _misfit(
                path, begins, row, len(columns), delimiter, quotes, option
            )
        rows.append(row)
        lines.append(begins)
    while keep_empty and rows and not any(rows[-1]):
        rows.pop()
        lines.pop()
    if not columns:
        raise DataError(f"{path} is empty. It needs a header and at least one row")
    if not rows:
        raise DataError(f"{path} has a header ({listed(columns)}) and no rows.")
    if not keep_empty:
        report_left_out(path, empty, counted(len(empty), "empty row"), notify)
    return Table(path, columns, rows, lines, headed=header)


def _without_lone_returns(text: str) -> tuple[str, str]:
    r"""Puts a character that the text lacks in the place of each lone `\r`.

    Returns:
        The text and that character, which is empty where nothing was to be replaced, or where
        `\r` ends the lines, as in files of old Macintoshes.
    """
    if "\r" not in text or "\n" not in text or not _LONE_RETURN.search(text):
        return text, ""
    # No character of Unicode has one of these numbers.
    stand_in = next(chr(code) for code in range(0xFDD0, 0xFDF0) if chr(code) not in text)
    return _LONE_RETURN.sub(stand_in, text), stand_in


def _numbered(
    path: Path, text: str, delimiter: str, quotes: bool, stand_in: str, option: bool
) -> Iterator[tuple[int, list[str]]]:
    """Yields rows, each with the line it begins on."""
    reader, line = _reader(text, delimiter, quotes), 1
    try:
        for row in reader:
            begins, line = line, reader.line_num + 1
            if begins == 1 and _TOLD.match(text):
                continue
            yield begins, [f.replace(stand_in, "\r") for f in row] if stand_in else row
    except csv.Error as error:
        way = "" if option else ", or set dataset.quotes=false"
        raise DataError(
            f"{path} is not valid CSV, in the row that begins on line {line}: {error}. Double the "
            f'quotation marks inside a quoted field (""){way}'
        ) from error


def _reader(text: str, delimiter: str, quotes: bool) -> Any:
    if csv.field_size_limit() < _LONGEST_FIELD:
        csv.field_size_limit(_LONGEST_FIELD)
    return csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE,
        strict=True,
    )


def _sniffed(text: str, quotes: bool, usual: str) -> str:
    """Finds the delimiter under which the first rows have the same number of fields, above one."""
    if told := _TOLD.match(text):
        return told[1]
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
        return _below(path, first, place, candidate)
    return None


def _below(
    path: Path, first: Sequence[tuple[int, Sequence[str]]], place: int, delimiter: str
) -> DataError:
    """Returns the error for a header that stands below other rows."""
    begins, header = first[place]
    lines = "line 1" if begins == 2 else f"lines 1 to {begins - 1}"
    return DataError(
        f"{path} begins with {counted(place, 'row')} of fewer fields than the table, such as "
        f"{shortly(delimiter.join(first[0][1]).rstrip(delimiter))}. The header seems to be on line "
        f"{begins} ({listed([name.strip() for name in header])}): delete {lines}"
    )


def _is_a_title(row: Sequence[str]) -> bool:
    return len(row) > 2 and bool(row[0].strip()) and not any(field.strip() for field in row[1:])


def _check_titles(
    path: Path, header: Sequence[str], text: str, delimiter: str, quotes: bool
) -> None:
    first = _first_rows(text, delimiter, quotes) if _is_a_title(header) else []
    if error := below_titles(path, first, delimiter):
        raise error


def below_titles(
    path: Path, first: Sequence[tuple[int, Sequence[str]]], delimiter: str
) -> DataError | None:
    """Returns the error for a header that has a first field alone, before a row of names.

    Args:
        path: The file.
        first: Its first rows that are not empty, each with its number.
        delimiter: What parts fields in the message.
    """
    place = next((place for place, (_, row) in enumerate(first) if not _is_a_title(row)), 0)
    names = [name.strip() for name in first[place][1]] if place else []
    if place and all(names) and not any(name[0].isdigit() or name[0] in "+-.," for name in names):
        return _below(path, first, place, delimiter)
    return None


def _first_rows(text: str, delimiter: str, quotes: bool) -> list[tuple[int, list[str]]]:
    """Returns the first rows that are not empty, with the line that each begins on."""
    found: list[tuple[int, list[str]]] = []
    reader, line = _reader(text, delimiter, quotes), 1
    with suppress(csv.Error):
        for row in reader:
            begins, line = line, reader.line_num + 1
            if begins == 1 and _TOLD.match(text):
                continue
            if any(field.strip() for field in row):
                found.append((begins, row))
            if len(found) == _SNIFFED_ROWS:
                break
    return found


def _misfit(
    path: Path,
    line: int,
    row: Sequence[str],
    columns: int,
    delimiter: str,
    quotes: bool,
    option: bool,
) -> DataError:
    shown = "tab" if delimiter == "\t" else repr(delimiter)
    held = " (and one of its fields holds a carriage return)" if "\r" in "".join(row) else ""
    if len(row) < columns:
        hint = "Fill in the fields that are missing, or leave the row out"
    elif quotes:
        hint = "Put a field that holds the delimiter in double quotes"
    else:
        hint = f"Take the {shown} out of the field that holds it"
    if not option and quotes:
        hint += ", or set dataset.delimiter"
    elif not option and (len(row) > columns or '"' in "".join(row)):
        hint += ", or set dataset.quotes=true"
        hint += "" if _quoted(row) else " and put such fields in double quotes"
    return DataError(
        f"{path} has {counted(len(row), 'field')} in the row on line {line}{held}, where its first "
        f"row has {columns} (the delimiter is {shown}). {hint}"
    )


def _quoted(row: Sequence[str]) -> bool:
    """Tells whether double quotes seem to hold some fields of a row together."""
    return any(field.startswith('"') for field in row) and any(field.endswith('"') for field in row)
