"""Which columns of a table tell series apart, and which are nothing to forecast."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from seqkit.data.columns import is_unnamed, names_ids, names_rows, names_rows_alone
from seqkit.data.numbers import MISSING, is_number
from seqkit.data.times import TimesError, read_times

Cells = Mapping[str, Sequence[str]]


def is_a_row(names: Sequence[str], time: str) -> bool:
    """Tells whether what names the columns of a table is plainly a row of times and numbers.

    Years and other whole numbers may well be names; dates and fractions are not.

    Args:
        names: The first row.
        time: The one above the times; empty where there are none.
    """
    numbers = [name for name in names if name.lower() not in MISSING and is_number(name)]
    if not time:
        return len(numbers) == len(names) and any(map(_fraction, numbers))
    if time in numbers:
        return len(numbers) == len(names) > 1 and any(map(_fraction, numbers))
    try:
        read_times([time])
    except TimesError as error:
        return error.open
    return True


def ids_among(cells: Cells, others: Collection[str]) -> tuple[str, ...]:
    """Returns the columns that tell series apart, as their names and their cells have it.

    A column that is named as an id is one, unless it differs in every row or holds fractions. Of
    several, those that add nothing to the others are left out.

    Args:
        cells: The table, column by column.
        others: Columns that are something else.
    """
    found = [name for name in cells if name not in others and names_ids(name)]
    found = [name for name in found if _may_be_ids(cells[name])]
    if len(found) < 2:
        return tuple(found)
    codes = {name: np.unique(np.array(cells[name]), return_inverse=True)[1] for name in found}
    rows = len(codes[found[0]])
    while len(found) > 1 and 2 * _count(codes, found) > rows:
        # Together they differ in every row: the one of most kinds numbers the rows of a series.
        found.remove(max(found, key=lambda name: int(codes[name].max())))
    parted = _count(codes, found)
    for name in reversed(found):
        rest = [other for other in found if other != name]
        if rest and _count(codes, rest) == parted:
            found = rest
    return tuple(found)


def _count(codes: Mapping[str, NDArray[np.int64]], names: Sequence[str]) -> int:
    """Returns how many series some columns part a table into."""
    return len(np.unique(np.stack([codes[name] for name in names], axis=1), axis=0))


def _may_be_ids(column: Sequence[str]) -> bool:
    kinds = {text.strip() for text in column}
    return kinds != {""} and 2 * len(kinds) <= len(column) and not any(map(_fraction, kinds))


def _fraction(text: str) -> bool:
    try:
        return not float(text.replace(",", ".")).is_integer()
    except (ValueError, OverflowError):
        return False


def joined_ids(cells: Cells, columns: Sequence[str]) -> list[str]:
    """Returns the id of each row: of several columns, their cells with `/` between them."""
    if len(columns) == 1:
        return [text.strip() for text in cells[columns[0]]]
    parts = [[_escaped(text.strip()) for text in cells[name]] for name in columns]
    return ["/".join(row) for row in zip(*parts, strict=True)]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("/", "\\/")


def aside(
    values: Mapping[str, NDArray[np.float64]],
    owners: NDArray[np.int64],
    columns: Sequence[str],
    needed: Collection[str],
    no_ids: bool = False,
) -> tuple[dict[str, str], list[str]]:
    """Tells which columns are neither to be forecast nor to be read unless they are named.

    Args:
        values: The columns of numbers, in the order of the file.
        owners: The series of each row.
        columns: All columns of the file.
        needed: Columns that a setting names.
        no_ids: Whether the names of columns that tell series apart mean nothing.

    Returns:
        Why, by the name of the column; and others that count the rows, which are forecast.
    """
    found: dict[str, str] = {}
    doubtful: list[str] = []
    for name, numbers in values.items():
        if name in needed:
            continue
        first = name == columns[0]
        counts = _counts(numbers, owners, sort=names_rows(name))
        if counts and (first or names_rows(name)):
            found[name] = counts
        elif names_rows_alone(name) and _rises(numbers):
            found[name] = "numbers the rows"
        elif is_unnamed(name) and (first or _all_different(numbers)):
            found[name] = "has no name and stands where rows are numbered"
        elif not no_ids and names_ids(name) and not _fractions(numbers):
            found[name] = "is named as an id"
        elif counts:
            doubtful.append(name)
    if len(found) == len(values):
        return {}, []
    return found, doubtful if len(values) - len(found) > 1 else []


def _counts(numbers: NDArray[np.float64], owners: NDArray[np.int64], sort: bool) -> str:
    """Tells how numbers go on where each follows the one before, in the file or in each series.

    Args:
        numbers: The column.
        owners: The series of each row.
        sort: Whether the rows may have another order by now.
    """
    if len(numbers) < 3 or not np.isfinite(numbers).all():
        return ""
    steps = np.diff(np.sort(numbers) if sort else numbers)
    if not _equal(steps, numbers):
        order = np.lexsort((numbers if sort else np.arange(len(numbers)), owners))
        same = np.diff(owners[order]) == 0
        steps = np.diff(numbers[order])[same]
        if not _equal(steps, numbers):
            return ""
    return "counts the rows" if abs(steps[0]) == 1 else "goes on in equal steps"


def _equal(steps: NDArray[np.float64], numbers: NDArray[np.float64]) -> bool:
    """Tells whether steps are one number, but for what rounding and decimals leave of it."""
    if len(steps) < 2 or not steps[0]:
        return False
    rounding = 8 * np.finfo(np.float64).eps * float(np.abs(numbers).max())
    return bool((np.abs(steps - steps[0]) <= rounding).all() and abs(steps[0]) > 2 * rounding)


def _rises(numbers: NDArray[np.float64]) -> bool:
    """Tells whether whole numbers rise, or fall, with every row."""
    if len(numbers) < 3 or _fractions(numbers) or np.isnan(numbers).any():
        return False
    steps = np.diff(numbers)
    return bool((steps > 0).all() or (steps < 0).all())


def _fractions(numbers: NDArray[np.float64]) -> bool:
    known = numbers[~np.isnan(numbers)]
    return not np.isfinite(known).all() or bool((known != np.floor(known)).any())


def _all_different(numbers: NDArray[np.float64]) -> bool:
    return not _fractions(numbers) and len(np.unique(numbers)) == len(numbers)
