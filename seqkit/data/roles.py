"""Which columns of a table tell series apart, and which are nothing to forecast."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqkit.data.columns import is_unnamed, names_ids, names_rows, names_rows_alone
from seqkit.data.numbers import MISSING, is_number
from seqkit.data.times import TimesError, read_times

Cells = Mapping[str, Sequence[str]]
STATIC = "is the same in all rows of each series"
"""Why a column is put aside that says something of the series."""
_REPEATED = 1.2
"""Rows for each time, at least, where series are many; fewer are rows that are there twice."""
_MOST_PAIRED = 8
_NEARLY = 0.01
"""How much the steps of numbers that were rounded may differ, relative to the steps."""


def is_a_row(names: Sequence[str], time: str) -> bool:
    """Tells whether what names the columns of a table is plainly a row of times and numbers.

    Years and other whole numbers may well be names; dates and fractions are not.

    Args:
        names: The first row.
        time: The one above the times; empty where there are none.
    """
    numbers = [name for name in names if name.lower() not in MISSING and is_number(name)]
    if not time:
        written = [name for name in numbers if _fraction(name) or "." in name]
        # A column that no row names is called 1.
        alone = len(names) == 1 and list(names) != ["1"]
        return len(numbers) == len(names) and (alone or bool(written))
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


def ids_by_content(
    cells: Cells, moments: NDArray[Any], found: Sequence[str], others: Collection[str]
) -> tuple[str, ...]:
    """Returns columns of few kinds that tell rows of one time apart, whatever they are called.

    Texts come before numbers, and of several the column of the fewest kinds. Two are taken
    together where no single one tells rows apart.

    Args:
        cells: The table, column by column.
        moments: The time of each row.
        found: Columns that are ids by their names; others are added to these.
        others: Columns that are something else.

    Returns:
        `found` where rows of one time are few, or nothing tells them apart.
    """
    times = np.unique(moments, return_inverse=True)[1].reshape(-1)
    held = np.zeros(len(times), dtype=np.int64)
    if found:
        held = np.unique(np.array(joined_ids(cells, found)), return_inverse=True)[1].reshape(-1)
    rows, base = len(times), _parted([times, held])
    if base == rows or rows < _REPEATED * base:
        return tuple(found)
    taken = {*found, *others}
    kinds: dict[str, NDArray[np.int64]] = {}
    texts: set[str] = set()
    for name in cells:
        if name not in taken and (coded := _coded(cells[name])) is not None:
            kinds[name] = coded[0]
            texts |= {name} if coded[1] else set()
    singles = [
        name
        for name, codes in kinds.items()
        if _parted([times, held, codes]) == rows
        and (name in texts or rows * 2 >= _parted([held, codes]) * _parted([times]))
    ]
    if singles:
        best = min(singles, key=lambda name: (name not in texts, int(kinds[name].max())))
        return (*found, best)
    for first, second in combinations([name for name in kinds if name in texts][:_MOST_PAIRED], 2):
        if _parted([times, held, kinds[first], kinds[second]]) == rows:
            return (*found, first, second)
    return tuple(found)


def _parted(codes: Sequence[NDArray[np.int64]]) -> int:
    """Returns how many different rows some columns of codes have together."""
    joined = codes[0]
    for more in codes[1:]:
        joined = np.unique(joined * (int(more.max(initial=0)) + 1) + more, return_inverse=True)[1]
        joined = joined.reshape(-1)
    return len(np.unique(joined))


def _coded(column: Sequence[str]) -> tuple[NDArray[np.int64], bool] | None:
    """Returns the kind of each cell, and whether kinds are texts; None where they are none."""
    stripped = [text.strip() for text in column]
    kinds = {text: place for place, text in enumerate(dict.fromkeys(stripped))}
    if len(kinds) < 2 or "" in kinds or 2 * len(kinds) > len(column):
        return None
    if any(map(_fraction, kinds)):
        return None
    return np.array([kinds[text] for text in stripped]), not all(map(is_number, kinds))


def same_in_each(column: NDArray[np.float64], owners: NDArray[np.int64]) -> bool:
    """Tells whether a column has one value in each series, and not the same one in all."""
    known = ~np.isnan(column)
    if not known.any() or not owners.any():
        return False
    order = np.lexsort((column[known], owners[known]))
    values, whose = column[known][order], owners[known][order]
    same = np.diff(whose) == 0
    return not np.diff(values)[same].any() and bool((values != values[0]).any())


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
        elif same_in_each(numbers, owners):
            found[name] = STATIC
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
    return "counts the rows" if abs(float(np.median(steps))) == 1 else "goes on in equal steps"


def _equal(steps: NDArray[np.float64], numbers: NDArray[np.float64]) -> bool:
    """Tells whether steps are one number, but for what rounding leaves of it."""
    if len(steps) < 2:
        return False
    usual = float(np.median(steps))
    rounding = 8 * np.finfo(np.float64).eps * float(np.abs(numbers).max())
    if abs(usual) <= 2 * rounding:
        return False
    return bool((np.abs(steps - usual) <= max(rounding, _NEARLY * abs(usual))).all())


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
