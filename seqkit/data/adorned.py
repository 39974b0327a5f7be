"""Columns of numbers that all carry the same sign: one of a currency, or that of percents."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seqkit.data.numbers import MISSING, NumbersError, parse_numbers, settle_decimal

_BEFORE = re.compile(r"([+-]?)\s*([^\w\s+-])\s*([+-]?)\s*((?:\d|[.,]\d).*)")
_BEHIND = re.compile(r"([+-]?(?:\d|[.,]\d).*?)\s*([^\w\s.,])")


@dataclass(frozen=True)
class Bared:
    """Columns of adorned numbers without what adorned them.

    Attributes:
        cells: The cells of each, less the sign.
        signs: The sign of each, such as `$` or `%`.
        decimal: The decimal sign that they show, where the other columns show none.
    """

    cells: Mapping[str, Sequence[str]]
    signs: Mapping[str, str]
    decimal: str = ""

    def __str__(self) -> str:
        names = list(self.signs.items())
        more = ", ..." if names[5:] else ""
        return ", ".join(f"{name!r} ({sign})" for name, sign in names[:5]) + more

    def less(self, names: Iterable[str]) -> Bared:
        """Returns the same without some columns."""
        gone = set(names)
        signs = {name: sign for name, sign in self.signs.items() if name not in gone}
        return Bared({name: self.cells[name] for name in signs}, signs, self.decimal)


def bared(
    cells: Mapping[str, Sequence[str]], names: Iterable[str], decimal: str = "", usual: str = ""
) -> Bared:
    """Takes the signs off columns in which every number carries the same one, in the same place.

    A column is passed over where a cell carries another sign or none, and where it stays open what
    parts its decimals.

    Args:
        cells: The table, column by column.
        names: The columns to look at.
        decimal: `.` or `,`, as it is given; empty to find it out.
        usual: What it is where a column leaves it open.
    """
    found: dict[str, Sequence[str]] = {}
    signs: dict[str, str] = {}
    for name in names:
        if (bare := _bare(cells[name])) is not None:
            found[name], signs[name] = bare
    shown = "" if decimal or usual else settle_decimal(found.values())
    for name in tuple(found):
        try:
            read = not np.isinf(parse_numbers(found[name], decimal, usual or shown)).any()
        except NumbersError:
            read = False
        if not read:
            del found[name], signs[name]
    return Bared(found, signs, shown if found else "")


def _bare(texts: Sequence[str]) -> tuple[list[str], str] | None:
    """Returns the cells of a column without their sign, and the sign; None where they have none."""
    how: tuple[str, bool] | None = None
    cells = []
    for text in texts:
        cell = text.strip().replace("\u2212", "-")
        if cell.lower() in MISSING:
            cells.append(cell)
            continue
        parts = _parts(cell)
        if parts is None or (how is not None and parts[1:] != how):
            return None
        how = parts[1:]
        cells.append(parts[0])
    return (cells, how[0]) if how is not None else None


def _parts(cell: str) -> tuple[str, str, bool] | None:
    """Returns a number, its sign, and whether that stands behind; None for what is neither."""
    if _is_sign(cell[-1]):
        match = _BEHIND.fullmatch(cell)
        return (match[1], match[2], True) if match else None
    match = _BEFORE.fullmatch(cell)
    if match is None or not _is_sign(match[2]) or (match[1] and match[3]):
        return None
    return match[1] + match[3] + match[4], match[2], False


def _is_sign(character: str) -> bool:
    return character == "%" or unicodedata.category(character) == "Sc"
