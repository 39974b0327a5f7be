"""Tables whose rows are years and columns months, or whose rows are days and columns hours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from seqkit.api import Notify
from seqkit.data import listed
from seqkit.data.adorned import bared
from seqkit.data.numbers import MISSING, NumbersError, parse_numbers
from seqkit.data.times import TimesError, read_times, without_midnight
from seqkit.errors import DataError
from seqkit_timeseries._table import read_series
from seqkit_timeseries._tabled import Reading, Tabled
from seqkit_timeseries._wide import VALUE

_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
_SUMS = {"annual", "ann", "total", "sum", "mean", "average", "avg"}
_YEAR = re.compile(r"(?:1[5-9]|2[01])\d\d")
_YEARS = ("year", "years", "yr")
_HOURS = (r"0?{}(?::00(?::00)?)?", 0), (r"HE ?0?{}", 1)
"""What stands above hours, and the number of the first: HE1 is the hour that ends at 1:00."""


@dataclass(frozen=True)
class Grid:
    """Such a table, as one of a time and a value in each row.

    Attributes:
        columns: The first column, which has the times, and `value`.
        rows: The time and the value of each cell, as text.
        lines: Where each of them stands.
        said: What was found.
    """

    columns: tuple[str, str]
    rows: Sequence[Sequence[str]]
    lines: Sequence[int]
    said: str

    def holds_numbers(self, decimal: str = "") -> bool:
        """Tells whether all cells are numbers, or nothing; with a decimal sign that is given."""
        cells = [cell for _, cell in self.rows]
        if bared({VALUE: cells}, [VALUE], decimal).signs:
            return True
        try:
            numbers = parse_numbers(cells, decimal)
        except NumbersError:
            return False
        return not np.isinf(numbers).any() and not np.isnan(numbers).all()


def grid_of(
    columns: Sequence[str], rows: Sequence[Sequence[str]], lines: Sequence[int]
) -> Grid | None:
    """Returns a table of a month or an hour a column as one of a value a row; None for others.

    The first column has years or days, each once, and the others are the twelve months or the 24
    hours in their order. Behind December a sum or a mean may stand, which is left out. The cells
    that are empty before the first value and behind the last are no rows.

    Args:
        columns: Names of the columns.
        rows: Their fields, as text.
        lines: Where each row stands.
    """
    ends = _ends(columns)
    if ends is None or columns[0] == VALUE:
        return None
    first = [row[0].strip() for row in rows]
    months = len(ends) == len(_MONTHS)
    if months:
        plain = all(map(_YEAR.fullmatch, first)) and len(set(first)) == len(first)
    else:
        first = [without_midnight(text) for text in first]
        plain = len(set(first)) == len(first) and _are_days(first)
    if not plain:
        return None
    found = [
        ((time + end, cell), line)
        for place, (time, row, line) in enumerate(zip(first, rows, lines, strict=True))
        for end, cell in _held(ends, row[1:], place in (0, len(rows) - 1))
    ]
    if not found:
        return None
    what, part = ("year", "a month") if months else ("day", "an hour")
    said = f"each row is a {what}, and each column {part} of it"
    if len(columns) > 1 + len(ends):
        said += f"; {columns[-1]!r} is left out"
    return Grid((columns[0], VALUE), [row for row, _ in found], [line for _, line in found], said)


def read_grid(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    lines: Sequence[int],
    how: Reading,
    notify: Notify,
) -> Tabled:
    """Reads such a table as the series that it holds.

    Args:
        columns: Names of the columns.
        rows: Their fields, as text.
        lines: Where each row stands, for messages.
        how: What is known of the table.
        notify: Receives messages.

    Raises:
        DataError: It is none, or a field is no number.
    """
    grid = grid_of(columns, rows, lines)
    if grid is None:
        raise DataError(
            f"{how.source} has no year in each row under Jan, Feb, ... Dec, and no day in each row "
            f"under 0:00, 1:00, ... 23:00; it has {listed(columns)}. Write {how.key}wide=none"
        )
    how = replace(how, time=how.time or grid.columns[0])
    tabled = read_series(grid.columns, grid.rows, grid.lines, how, notify)
    return replace(tabled, names={**tabled.names, "wide": "grid"})


def _ends(columns: Sequence[str]) -> Sequence[str] | None:
    """Returns what makes a time of the first column, for each of the others; None for no grid."""
    heads = [name.strip().lower().removesuffix(".") for name in columns]
    months = len(_MONTHS)
    if len(heads) == months + 2 and heads[-1] in _SUMS:
        heads.pop()
    if len(heads) == months + 1:
        named = all(
            head in (month, month[:3]) or (head, month) == ("sept", "september")
            for head, month in zip(heads[1:], _MONTHS, strict=True)
        )
        counted = heads[0] in _YEARS and [head.lstrip("0") for head in heads[1:]] == [
            str(month) for month in range(1, months + 1)
        ]
        return [f"-{month:02}" for month in range(1, months + 1)] if named or counted else None
    if len(heads) == 25:
        for pattern, first in _HOURS:
            hours = [re.compile(pattern.format(hour + first), re.IGNORECASE) for hour in range(24)]
            if all(hour.fullmatch(head) for hour, head in zip(hours, heads[1:], strict=True)):
                return [f" {hour:02}:00" for hour in range(24)]
    return None


def _are_days(texts: Sequence[str]) -> bool:
    try:
        return read_times([f"{text} 00:00" for text in texts]).times.dtype.kind == "M"
    except TimesError as error:
        return error.open


def _held(ends: Sequence[str], cells: Sequence[str], outer: bool) -> Sequence[tuple[str, str]]:
    """Returns the cells of a row; of the first and the last one, those that hold something."""
    found = list(zip(ends, cells, strict=False))
    filled = [place for place, (_, cell) in enumerate(found) if cell.strip().lower() not in MISSING]
    if not outer:
        return found
    return found[filled[0] : filled[-1] + 1] if filled else []
