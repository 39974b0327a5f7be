"""Numbers as people write them, parsed whole column by whole column."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "?", ".", "missing", "#n/a"})
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[ ’']\d{3})+")
_POINT, _GROUPS = re.compile(r"[+-]?\d*\.\d+"), re.compile(r"[+-]?\d{1,3}\.\d{3}")
_POINTED = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d*)?")
_EITHER = re.compile(r"[+-]?\d{1,3},\d{3}")


class NumbersError(ValueError):
    """A text is no number.

    Attributes:
        row: The first row at fault, from 0.
        reason: What is wrong with it, with the text.
        hint: The next step.
        mostly_text: Whether most of the column is no number either.
        ambiguous: Whether it is a number, once it is known what its comma means.
    """

    def __init__(
        self, row: int, reason: str, hint: str, mostly_text: bool = False, ambiguous: bool = False
    ) -> None:
        super().__init__(reason)
        self.row, self.reason, self.hint = row, reason, hint
        self.mostly_text, self.ambiguous = mostly_text, ambiguous


def parse_numbers(texts: Sequence[str], decimal: str = "") -> NDArray[np.float64]:
    """Parses a column of numbers; empty cells and words such as `NA` are NaN.

    Args:
        texts: The cells.
        decimal: `.` or `,`; empty to find it out: a comma is decimal unless some cell shows that
            the point is.

    Returns:
        `(rows,)`.

    Raises:
        NumbersError: A cell is no number, or a comma may part thousands as well as decimals.
    """
    cells = [text.strip() for text in texts]
    if decimal != ",":
        plain = ["nan" if cell.lower() in MISSING else cell for cell in cells]
        try:
            return np.array(plain, dtype=np.str_).astype(np.float64)
        except ValueError:
            pass
    if not decimal:
        decimal = decimal_of(cells)
    clean = _with_comma if decimal == "," else _with_point
    numbers = np.empty(len(cells))
    wrong: list[int] = []
    for row, cell in enumerate(cells):
        value = _number(cell, clean)
        if value is None:
            wrong.append(row)
            value = np.nan
        numbers[row] = value
    if wrong:
        given = sum(cell.lower() not in MISSING for cell in cells)
        raise NumbersError(
            wrong[0],
            f"{cells[wrong[0]]!r} is no number",
            "Give a number, or leave the cell empty",
            mostly_text=2 * len(wrong) > given,
        )
    return numbers


def decimal_of(cells: Sequence[str]) -> str:
    """Returns `.` or `,`, as the cells show. Raises NumbersError where both are possible."""
    commas = [(row, cell) for row, cell in enumerate(cells) if "," in cell]
    points = any(_POINT.fullmatch(cell) and not _GROUPS.fullmatch(cell) for cell in cells)
    if not commas or points or any(_several(cell) for _, cell in commas):
        return "."
    if all(_EITHER.fullmatch(cell) for _, cell in commas):
        row, cell = commas[0]
        grouped = cell.replace(",", "")
        raise NumbersError(
            row,
            f"{cell!r} may be {grouped} or {cell.replace(',', '.')}",
            "Write decimal=. or decimal=, to say which",
            ambiguous=True,
        )
    return ","


def _several(cell: str) -> bool:
    """Tells whether a comma of a number can only part thousands."""
    return cell.count(",") > 1 or "." in cell[cell.rindex(",") :]


def _with_point(cell: str) -> str:
    return cell.replace(",", "") if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", cell) else cell


def _with_comma(cell: str) -> str:
    if "." in cell and not _POINTED.fullmatch(cell):
        return ""
    return cell.replace(".", "").replace(",", ".")


def _number(cell: str, clean: Callable[[str], str]) -> float | None:
    try:
        return float(clean(cell)) if cell[:1].isdigit() or cell[:1] in "+-.," else _missing(cell)
    except ValueError:
        if _GROUPED.match(cell):
            try:
                return float(clean(re.sub("[ ’']", "", cell)))
            except ValueError:
                return None
        return _missing(cell)


def _missing(cell: str) -> float | None:
    return float("nan") if cell.lower() in MISSING else None
