"""Numbers as people write them, parsed whole column by whole column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MISSING = frozenset(
    {"", "na", "n/a", "n.a.", "nan", "<na>", "#n/a", "#na", "null", "\\n", "none", "missing"}
    | {"-", "--", "\u2013", "\u2014", ".", "..", "?"}
)
"""Words and signs for no number, in small letters."""
TRUTHS = {"true": "1", "false": "0"}

_LOOKED_AT = 1000
_SPACES = " \u00a0\u2009\u202f’'"
_GROUPED = re.compile(rf"[+-]?\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?!\d)")
_POWER = r"(?:[eE][+-]?\d+)?"
# Three digits behind a comma may be thousands; not behind a zero, nor behind four digits.
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
# Money, percents, a minus behind, a mark or a unit; not codes, such as 12A.
_ADORNED = re.compile(
    r"\(.*\d.*\)|.*\d\s*[%$€£¥₹*†°-]|[+-]?\s*[$€£¥₹]\s*[+-]?\d.*|[<>≤≥~≈]\s*\d.*|"
    r"[+-]?\d[\d.,]*(?:\s+[^\W\d_]{1,5}|\s*(?:°[CF]|[kcm]?m[²³]?|[kM]?[gW]|[kMG]?Wh))"
)


def _certain(decimal: str, group: str) -> re.Pattern[str]:
    """Matches numbers that can only be written with this decimal sign, a line each."""
    groups = rf"\d{{1,3}}(?:{group}\d{{3}})"
    plain = rf"(?![1-9]\d{{0,2}}{decimal}\d{{3}}$)\d*{decimal}\d+{_POWER}"
    many = rf"{groups}+{decimal}\d*|{groups}{{2,}}|{plain}"
    return re.compile(rf"^[+-]?(?:{many})$", re.MULTILINE)


_CERTAIN = {".": _certain(r"\.", ","), ",": _certain(",", r"\.")}
_GROUPS = {
    ".": re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?"),
    ",": re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d*)?"),
}
_SCIENTIFIC = re.compile(r"[+-]?\d*\.?\d+[eE][+-]?\d+")


class NumbersError(ValueError):
    """A text is no number.

    Attributes:
        row: The first row at fault, from 0.
        reason: What is wrong with it, with the text.
        hint: The next step.
        mostly_text: Whether most of the column is no number either.
        adorned: Whether it is a number with something around it, such as `$5` or `(5)`.
    """

    def __init__(
        self, row: int, reason: str, hint: str, mostly_text: bool = False, adorned: bool = False
    ) -> None:
        super().__init__(reason)
        self.row, self.reason, self.hint = row, reason, hint
        self.mostly_text, self.adorned = mostly_text, adorned


@dataclass(frozen=True)
class Signs:
    """What the numbers of a column, or of a whole file, show of their decimal sign.

    Attributes:
        certain: The signs that some number can only be written with, of `.` and `,`.
        open: Whether a number is there that may be written with either, such as `1,234`.
    """

    certain: frozenset[str] = frozenset()
    open: bool = False

    @property
    def decimal(self) -> str:
        """The sign, where the numbers agree on one; else empty."""
        return next(iter(self.certain)) if len(self.certain) == 1 else ""


def signs_of(texts: Iterable[str]) -> Signs:
    """Tells what a column shows of its decimal sign; one that is mostly text shows nothing."""
    cells = [_bare(text) for text in texts]
    joined = "\n".join(cells)
    if "." not in joined and "," not in joined:
        return Signs()
    if any(space in joined for space in _SPACES):
        cells = [_ungrouped(cell) for cell in cells]
        joined = "\n".join(cells)
    certain = frozenset(sign for sign, pattern in _CERTAIN.items() if pattern.search(joined))
    is_open = not certain and any(map(_EITHER.fullmatch, cells))
    if (certain or is_open) and _share(cells[:: len(cells) // _LOOKED_AT + 1]) < 0.5:
        return Signs()
    return Signs(certain, is_open)


def settle_decimal(columns: Iterable[Sequence[str]]) -> str:
    """Returns the decimal sign of a file: the one that its columns show, empty where none does."""
    certain: set[str] = set()
    for column in columns:
        certain |= signs_of(column).certain
    return certain.pop() if len(certain) == 1 else ""


def is_number(text: str) -> bool:
    """Tells whether a text is a number or a word for none, whatever its decimal sign is."""
    cell = _bare(text)
    return any(_number(cell, decimal) is not None for decimal in ".,")


def parse_numbers(texts: Sequence[str], decimal: str = "", usual: str = "") -> NDArray[np.float64]:
    """Parses a column of numbers; empty cells and words such as `NA` are NaN.

    A column of `True` and `False`, in any case, is one of 1 and 0.

    Args:
        texts: The cells.
        decimal: `.` or `,`; empty to find it out.
        usual: What it is where the column leaves it open, as other columns of the file show.

    Returns:
        `(rows,)`.

    Raises:
        NumbersError: A cell is no number, or its point or comma may part thousands as well as
            decimals.
    """
    cells = [_bare(text) for text in texts]
    if not decimal:
        signs = signs_of(cells)
        decimal = signs.decimal or usual or ("" if signs.open else ".")
    if not decimal:
        raise _unsettled(cells)
    if decimal == ".":
        plain = ["nan" if cell.lower() in MISSING else cell for cell in cells]
        try:
            return np.array(plain, dtype=np.str_).astype(np.float64)
        except ValueError:
            pass
    return _one_by_one(_as_truths(cells), decimal)


def _one_by_one(cells: Sequence[str], decimal: str) -> NDArray[np.float64]:
    numbers = np.empty(len(cells))
    wrong: list[int] = []
    for row, cell in enumerate(cells):
        value = _number(cell, decimal)
        if value is None:
            wrong.append(row)
            value = np.nan
        numbers[row] = value
    if wrong:
        cell = cells[wrong[0]]
        given = sum(cell.lower() not in MISSING for cell in cells)
        adorned = bool(_ADORNED.fullmatch(cell))
        reason, hint = f"{cell!r} is no number", _hint(adorned, wrong)
        raise NumbersError(wrong[0], reason, hint, 2 * len(wrong) > given, adorned)
    return numbers


def _hint(adorned: bool, wrong: Sequence[int]) -> str:
    if adorned:
        return "Write the digits alone, with a minus below zero"
    if wrong[-1] < 5:
        return "Give a number, or delete the lines that stand before or below the header"
    return "Give a number, or leave the cell empty"


def _unsettled(cells: Sequence[str]) -> NumbersError:
    row, cell = next((row, cell) for row, cell in enumerate(cells) if _EITHER.fullmatch(cell))
    whole, parted = re.sub("[.,]", "", cell), cell.replace(",", ".")
    hint = "Write decimal=. or decimal=, to say which"
    return NumbersError(row, f"{cell!r} may be {whole} or {parted}", hint)


def _as_truths(cells: Sequence[str]) -> Sequence[str]:
    """Makes 1 and 0 of `True` and `False`, where no other number than 1 and 0 is beside them."""
    kinds = {cell.lower() for cell in cells} - MISSING
    others = kinds - TRUTHS.keys() - {"0", "1", "0.0", "1.0"}
    if others == kinds or any(map(is_number, others)):
        return cells
    return [TRUTHS.get(cell.lower(), cell) for cell in cells]


def _share(cells: Sequence[str]) -> float:
    given = [cell for cell in cells if cell.lower() not in MISSING]
    return sum(map(is_number, given)) / len(given) if given else 0.0


def _bare(text: str) -> str:
    """Returns a cell without spaces around it, and with the minus sign of keyboards."""
    return text.strip().replace("\u2212", "-")


def _ungrouped(cell: str) -> str:
    """Takes the spaces and apostrophes out that part thousands."""
    return re.sub(f"[{_SPACES}]", "", cell) if _GROUPED.match(cell) else cell


def _number(cell: str, decimal: str) -> float | None:
    """Returns a number, NaN for a word for none, and None for what is neither."""
    if cell.lower() in MISSING:
        return float("nan")
    if not (cell[0].isdigit() or cell[0] in "+-.,"):
        return None
    cell = _ungrouped(cell)
    if _GROUPS[decimal].fullmatch(cell):
        cell = cell.replace("," if decimal == "." else ".", "")
    elif decimal == "," and "." in cell and not _SCIENTIFIC.fullmatch(cell):
        return None
    if decimal == ",":
        cell = cell.replace(",", ".")
    try:
        return float(cell)
    except ValueError:
        return None
