"""Numbers that are times: years, dates of digits, Unix times; or positions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqkit.data.times.dates import TimesError

_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d*)?(?:[eE]\+?\d{1,2})?")
_WHOLE = re.compile(r"[+-]?\d{1,19}(?:[.,]0*)?")
_MONTHS = re.compile(r"(?:0?[1-9]|1[0-2])\.(?:19|20)\d\d")
_YEARS = range(1000, 3000)
DIGITS = {
    6: ("%Y%m", "%y%m%d", "%d%m%y"),
    8: ("%Y%m%d", "%d%m%Y", "%m%d%Y"),
    10: ("%Y%m%d",),
    12: ("%Y%m%d",),
    14: ("%Y%m%d",),
}
"""Ways to write dates in digits alone, by how many there are with those of a clock."""
_DATE_NAMES = re.compile(r"date|datum|fecha|data\b|dato|day|tag\b|time|zeit|giorno", re.IGNORECASE)
_SERIAL = re.compile(r"\d{1,7}(?:[.,]\d*)?")
_SERIALS = range(18_264, 73_051)
"""Days of a spreadsheet of the years 1950 to 2099."""
_UNIX_SERIAL, _LAST_SERIAL, _DAY = 25_569, 2_958_466, 86_400
_FIRST, _LAST = 10**8, 5 * 10**9
_LOWEST = -(10**15)
_UNITS = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}
"""Unix times from 1973 to 2128 by their unit; its ranges do not meet."""


def is_numeric(texts: Sequence[str]) -> bool:
    """Tells whether all texts are numbers, and not months as in 01.2024."""
    if not all(map(_NUMBER.fullmatch, texts)):
        return False
    return not all(map(_MONTHS.fullmatch, texts))


def from_numbers(texts: Sequence[str]) -> NDArray[Any]:
    """Reads numbers as years, Unix times or positions.

    Raises:
        TimesError: They are too large for positions and no Unix times, or have decimals.
    """
    written_whole = all(map(_WHOLE.fullmatch, texts))
    numbers: Sequence[int | Decimal] = _whole(texts) if written_whole else _exact(texts)
    least, most = min(numbers), max(numbers)
    # 2e3 is whole too.
    whole = written_whole or all(number == int(number) for number in numbers)
    if whole and least in _YEARS and most in _YEARS:
        return (
            (np.array(numbers, dtype=np.int64) - 1970)
            .astype("datetime64[Y]")
            .astype("datetime64[s]")
        )
    if most >= _FIRST:
        return _unix(numbers, texts)
    if least <= _LOWEST:
        row = numbers.index(least)
        raise TimesError(
            row,
            f"{texts[row]!r} is too far below 0 for a position, and no Unix time",
            "Count the rows from 0, or write times as 2024-01-31",
        )
    if whole:
        return np.array(numbers, dtype=np.int64)
    row = next(row for row, number in enumerate(numbers) if number != int(number))
    raise TimesError(
        row,
        f"{texts[row]!r} is a number with decimals, and no Unix time",
        "Count the rows in whole numbers, or write times as 2024-01-31",
    )


def are_spreadsheet_days(column: str, texts: Sequence[str]) -> bool:
    """Tells whether numbers are days as spreadsheets count them, such as 45292 for 2024-01-01.

    Whole numbers are where their column is named as a date; those with decimals, which are clocks,
    where it is named as a time too.
    """
    first = next(iter(texts), "")
    if not re.fullmatch(r"\s*\d{5}(?:[.,]\d+)?\s*", first) or not _DATE_NAMES.search(column):
        return False
    stripped = [text.strip() for text in texts]
    if not all(map(_SERIAL.fullmatch, stripped)):
        return False
    days = [float(text.replace(",", ".")) for text in stripped]
    return bool(min(days) >= _SERIALS.start and max(days) < _SERIALS.stop)


def from_spreadsheet(texts: Sequence[str]) -> NDArray[Any]:
    """Reads days as spreadsheets count them since 1900, and their parts to the second.

    Raises:
        TimesError: A text is no number, or none of such a day.
    """
    for row, text in enumerate(texts):
        if not _SERIAL.fullmatch(text) or not float(text.replace(",", ".")) < _LAST_SERIAL:
            reason = f"{text!r} is no day of a spreadsheet"
            raise TimesError(row, reason, "Write days since 1900, such as 45292.5, or 2024-01-31")
    days = np.array([text.replace(",", ".") for text in texts], dtype=np.float64)
    seconds = np.rint((days - _UNIX_SERIAL) * _DAY).astype(np.int64)
    return np.asarray(seconds.astype("datetime64[s]"))


def _whole(texts: Sequence[str]) -> list[int]:
    return [int(text.partition(".")[0].partition(",")[0]) for text in texts]


def _exact(texts: Sequence[str]) -> list[Decimal]:
    return [Decimal(text.replace(",", ".")) for text in texts]


def _unix(numbers: Sequence[int | Decimal], texts: Sequence[str]) -> NDArray[Any]:
    unit = _unit(max(numbers))
    if not unit or unit != _unit(min(numbers)):
        unit = _unit(sorted(numbers)[len(numbers) // 2]) or unit
        units = [_unit(number) for number in numbers]
        if unit == "seconds" and all(number % 60 == 0 for number in numbers):
            # Those before 1973 are too small to be told from positions by themselves.
            units = [unit if -_LAST < number < _LAST else "" for number in numbers]
        wrong = next((row for row, name in enumerate(units) if not name or name != unit), -1)
    else:
        wrong = -1
    if wrong >= 0:
        what = f"in {unit}, as others are" if unit else "of the years 1973 to 2128"
        raise TimesError(
            wrong,
            f"{texts[wrong]!r} is no Unix time {what}",
            "Write all times in one unit, or as 2024-01-31",
        )
    size = _UNITS[unit]
    # Parts of a second that a double cannot tell are none.
    parts = 10**6 if unit == "seconds" else 10**9
    exact = [round(number * (parts // size)) for number in numbers]
    return _coarsest(np.array(exact, dtype=np.int64), parts)


def _coarsest(moments: NDArray[np.int64], parts: int) -> NDArray[Any]:
    """Returns times in the coarsest unit that holds them."""
    if not (moments % parts).any():
        return (moments // parts).astype("datetime64[s]")
    micro = parts // 10**6
    if not (moments % micro).any():
        return (moments // micro).astype("datetime64[us]")
    return moments.astype("datetime64[ns]")


def _unit(number: int | Decimal) -> str:
    return next((n for n, size in _UNITS.items() if _FIRST <= number / size < _LAST), "")
