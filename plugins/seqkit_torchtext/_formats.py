"""The formats of torchtext's datasets: files to records."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import IO

from seqkit.api import Record
from seqkit.errors import DataError

Contents = Mapping[str, IO[bytes]]
"""The files of a split, open for reading, by name."""

_LARGEST_TEXT = 2**30

_LONGEST_FIELD = 2**31 - 1


def numbered_rows(contents: Contents, classes: Sequence[str]) -> Iterator[Record]:
    """Reads CSV: the number of a class, from 1, and fields of text, which spaces join.

    Raises:
        DataError: The file is damaged; says which row.
    """
    ((name, file),) = contents.items()
    if csv.field_size_limit() < _LONGEST_FIELD:
        csv.field_size_limit(_LONGEST_FIELD)
    # The largest of these files have more than a gigabyte, so that they are decoded in passing.
    lines = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    number = 0
    try:
        for number, row in enumerate(csv.reader(lines), start=1):
            if len(row) < 2:
                raise _damaged(name, number, f"it has {len(row)} fields instead of 2 or more")
            yield {
                "id": str(number),
                "text": " ".join(row[1:]),
                "label": _class(name, number, row[0], classes, first=1),
            }
    except csv.Error as error:
        raise _damaged(name, number + 1, str(error)) from error
    except UnicodeDecodeError as error:
        raise _damaged(name, _wrong_line(file), "it is not valid UTF-8") from error
    finally:
        # Left to itself, it would close the file; which is closed where a few rows were enough.
        with suppress(ValueError):
            lines.detach()


def _wrong_line(file: IO[bytes]) -> int:
    """Returns the first line that is not UTF-8."""
    file.seek(0)
    lines = enumerate(file, start=1)
    return next((number for number, line in lines if not _is_utf8(line)), 0)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def sentences_of_glue(contents: Contents, classes: Sequence[str]) -> Iterator[Record]:
    """Reads a sentence and the number of its class, from 0, a line, below a header.

    Raises:
        DataError: The file is damaged; says which line.
    """
    for name, number, fields in _tabbed(contents, fields=2):
        if number > 1:
            label = _class(name, number, fields[1], classes)
            yield {"id": str(number - 1), "text": fields[0].strip(), "label": label}


def sentences_of_cola(contents: Contents, classes: Sequence[str]) -> Iterator[Record]:
    """Reads a source, the number of a class, from 0, the author's mark and a sentence, a line.

    Raises:
        DataError: The file is damaged; says which line.
    """
    for name, number, fields in _tabbed(contents, fields=4):
        label = _class(name, number, fields[1], classes)
        yield {"id": str(number), "text": fields[3], "label": label}


def whole_text(contents: Contents) -> Iterator[Record]:
    """Gives a file as one text."""
    for _, text in _texts(contents):
        yield {"text": text}


def pairs(contents: Contents) -> Iterator[Record]:
    """Pairs the lines of two files, the first of which holds the sources.

    Raises:
        DataError: The files have not the same number of lines.
    """
    (source_name, sources), (target_name, targets) = _texts(contents)
    source_lines, target_lines = _lines(sources), _lines(targets)
    if len(source_lines) != len(target_lines):
        raise DataError(
            f"{source_name} has {len(source_lines):,} lines and {target_name} "
            f"{len(target_lines):,}. Give files that belong together"
        )
    for number, (source, target) in enumerate(
        zip(source_lines, target_lines, strict=True), start=1
    ):
        yield {"id": str(number), "source": source.strip(), "target": target.strip()}


def _tabbed(contents: Contents, fields: int) -> Iterator[tuple[str, int, list[str]]]:
    ((name, text),) = _texts(contents)
    for number, line in enumerate(_lines(text), start=1):
        row = line.rstrip("\r").split("\t")
        if len(row) != fields:
            raise _damaged(name, number, f"it has {len(row)} fields instead of {fields}")
        yield name, number, row


def _texts(contents: Contents) -> Iterator[tuple[str, str]]:
    for name, file in contents.items():
        content = file.read(_LARGEST_TEXT + 1)
        if len(content) > _LARGEST_TEXT:
            raise DataError(f"{name} has more than {_LARGEST_TEXT:,} bytes. Get the file again")
        yield name, _decoded(name, content)


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _damaged(name, line, "it is not valid UTF-8") from error


def _lines(text: str) -> list[str]:
    # Other Unicode line breaks stand inside of sentences.
    return text.removesuffix("\n").split("\n")


def _class(name: str, number: int, value: str, classes: Sequence[str], first: int = 0) -> str:
    known = {str(place): label for place, label in enumerate(classes, start=first)}
    if value.strip() not in known:
        raise _damaged(name, number, f"its class is {value!r:.40}, none of {', '.join(known)}")
    return known[value.strip()]


def _damaged(name: str, number: int, reason: str) -> DataError:
    return DataError(f"{name} is damaged on line {number}: {reason}. Get the file again")
