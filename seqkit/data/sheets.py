"""Sheets of .xlsx files, as tables of texts. Their formulas are read as what they came to."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from seqkit.data.cell_texts import column_texts
from seqkit.data.folders import opened_regular, unreadable
from seqkit.data.reports import listed
from seqkit.data.unpacking import check_unpacked
from seqkit.errors import ConfigurationError, DataError, suggestion

MOST_ROWS = 2**20
"""Rows that a sheet can have."""
MOST_CELLS = 2**26
"""Cells of a sheet that are read, empty ones among them."""


def sheet_rows(path: Path, sheet: str) -> tuple[list[list[str]], str]:
    """Reads a sheet, all its rows as wide as the widest.

    Args:
        path: An .xlsx file.
        sheet: The sheet; the first one that holds something when empty.

    Returns:
        The rows, and what to say where the file has other sheets: may be empty.

    Raises:
        DataError: The file is damaged, is refused for its size, or has no such sheet.
        ConfigurationError: openpyxl is not installed.
    """
    try:
        import openpyxl
    except ImportError as error:
        raise missing(path, "openpyxl", "excel") from error
    try:
        with opened_regular(path) as file, warnings.catch_warnings():
            # What openpyxl leaves out of a sheet, such as its rules for what may be typed.
            warnings.simplefilter("ignore")
            _check_size(path, file)
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            names = [one.title for one in book.worksheets]
            if sheet and sheet not in names:
                raise DataError(
                    f"{path} has no sheet {sheet!r}; it has {listed(names)}. "
                    f"{suggestion(sheet, names)}"
                )
            for name in [sheet] if sheet else names:
                rows = _cells(path, book[name])
                if rows:
                    break
            else:
                raise DataError(f"{path} is empty. It needs a header and at least one row")
            _check_formulas(path, file, name, rows)
    except DataError:
        raise
    except OSError as error:
        raise unreadable(path, error) from error
    except Exception as error:
        # openpyxl raises whatever a wrong part of a file leads to.
        reason = str(error) or type(error).__name__
        raise DataError(
            f"{path} is damaged, or no .xlsx file: {reason}. Save it anew in a spreadsheet program"
        ) from error
    others = [other for other in names if other != name]
    said = f"sheet {name!r} is read, and not {listed(others)}" if others and not sheet else ""
    width = max(map(len, rows))
    columns = [
        column_texts([row[place] if place < len(row) else None for row in rows])
        for place in range(width)
    ]
    return [list(row) for row in zip(*columns, strict=True)], said


def missing(path: Path, package: str, extra: str) -> ConfigurationError:
    """Returns the error for a kind of file that a package reads which is not installed."""
    return ConfigurationError(
        f"{path} would be read by {package}, which is not installed. "
        f"Install it: pip install 'seqkit[{extra}]'"
    )


def _check_size(path: Path, file: Any) -> None:
    """Raises DataError where what is packed in the file would fill the memory."""
    try:
        with zipfile.ZipFile(file) as parts:
            size = sum(part.file_size for part in parts.infolist())
    except (zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path} is damaged, or no .xlsx file: {error}. Copy it again") from error
    check_unpacked(path, path.stat().st_size, size, "Save the sheet as .csv, if it is so large")
    file.seek(0)


def _cells(path: Path, sheet: Any) -> list[tuple[Any, ...]]:
    """Returns the rows of a sheet, from the first that holds something to the last."""
    # What a sheet says of its size may be wrong, and is often far too large.
    sheet.reset_dimensions()
    found: list[tuple[Any, ...]] = []
    cells = filled = 0
    for row in _numbered(path, sheet):
        width = next((len(row) - n for n, cell in enumerate(reversed(row)) if not _no(cell)), 0)
        cells += len(row)
        if cells > MOST_CELLS:
            raise DataError(
                f"{path} is refused: sheet {sheet.title!r} has more than {MOST_CELLS:,} cells. "
                "Save it as .csv"
            )
        found.append(row[:width])
        filled = len(found) if width else filled
    return found[:filled]


def _numbered(path: Path, sheet: Any) -> Iterator[tuple[Any, ...]]:
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        if number > MOST_ROWS:
            raise DataError(f"{path} is refused: a row has a number above {MOST_ROWS:,}.")
        yield tuple(row)


def _no(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _check_formulas(path: Path, file: Any, name: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Raises DataError where a column with a name is empty, as its formulas were never computed."""
    import openpyxl

    first = next(row for row in rows if any(not _no(cell) for cell in row))
    empty = [
        place
        for place, head in enumerate(first)
        if not _no(head) and sum(place < len(row) and not _no(row[place]) for row in rows) == 1
    ]
    if not empty or len(rows) < 2:
        return
    file.seek(0)
    book = openpyxl.load_workbook(file, read_only=True)
    for row in book[name].iter_rows(max_row=len(rows), max_col=len(first), values_only=True):
        for place in empty:
            cell = row[place] if place < len(row) else None
            if isinstance(cell, str) and cell.startswith("="):
                raise DataError(
                    f"{path}: column {first[place]!r} holds formulas that were never computed, "
                    f"such as {cell[:40]!r}. Open the file in a spreadsheet program and save it"
                )
