"""Times as people write them, parsed whole column by whole column."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

_CLOCKS = ("", " %H:%M", " %H:%M:%S")
_DAYS = (
    "%d.%m.%Y",
    "%d.%m.%y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%b %d %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d %b %Y",
    "%d %B %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%b %Y",
    "%B %Y",
    "%b-%Y",
    "%m/%Y",
    "%Y%m%d",
)
_FORMATS = tuple(day + clock for day, clock in product(_DAYS, _CLOCKS))
_YEARS, _DATES = range(1000, 3000), range(1_000_01_01, 3_000_01_01)
_SECONDS_FROM, _MILLISECONDS_FROM = 10**8, 10**11


class TimesError(ValueError):
    """Texts are not times, or may be read in more than one way.

    Attributes:
        row: The first row at fault, from 0.
        reason: What is wrong with it, with the text.
        hint: The next step.
    """

    def __init__(self, row: int, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.row, self.reason, self.hint = row, reason, hint


def parse_times(texts: Sequence[str], time_format: str = "") -> NDArray[Any]:
    """Parses a column of times; see `read_times`."""
    return read_times(texts, time_format)[0]


def read_times(texts: Sequence[str], time_format: str = "") -> tuple[NDArray[Any], str]:
    """Parses a column of times.

    Whole numbers are years (1990), dates (19900131), Unix times in seconds or milliseconds, or else
    positions. Times with an offset are turned into UTC.

    Args:
        texts: ISO 8601, or one of the usual ways to write days and months.
        time_format: As of `strptime`; empty to find it out.

    Returns:
        `datetime64[s]`, or int64 for positions, `(rows,)`; and the format they were found to have,
        empty where it needs none.

    Raises:
        TimesError: A text is no time, or days and months cannot be told apart.
    """
    texts = [text.strip() for text in texts]
    for row, text in enumerate(texts):
        if not text:
            raise TimesError(row, "there is no time", "Fill it in, or leave the row out")
    if time_format:
        return _with_format(texts, time_format), time_format
    numbers = _whole_numbers(texts)
    if numbers is not None:
        return _from_numbers(numbers, texts), ""
    iso = _iso(texts)
    return _by_guess(texts) if iso is None else (iso, "")


def looks_like_times(texts: Sequence[str]) -> bool:
    """Tells whether texts, the first few of a column, are times and not mere numbers."""
    try:
        return bool(texts) and parse_times(texts).dtype.kind == "M" and not _all_numbers(texts)
    except TimesError as error:
        # Which comes first, day or month, can be asked for later.
        return "more than one way" in error.reason


def _all_numbers(texts: Sequence[str]) -> bool:
    return all(re.fullmatch(r"[+-]?\d+([.,]\d+)?", text.strip()) for text in texts)


def _whole_numbers(texts: Sequence[str]) -> NDArray[np.int64] | None:
    if not all(re.fullmatch(r"-?\d{1,18}", text) for text in texts):
        return None
    return np.array([int(text) for text in texts], dtype=np.int64)


def _from_numbers(numbers: NDArray[np.int64], texts: Sequence[str]) -> NDArray[Any]:
    least, most = int(numbers.min()), int(numbers.max())
    if least in _YEARS and most in _YEARS:
        return (numbers - 1970).astype("datetime64[Y]").astype("datetime64[s]")
    if least in _DATES and most in _DATES:
        try:
            return _with_format(texts, "%Y%m%d")
        except TimesError:
            return numbers
    if least >= _MILLISECONDS_FROM:
        return numbers.astype("datetime64[ms]").astype("datetime64[s]")
    if least >= _SECONDS_FROM:
        return numbers.astype("datetime64[s]")
    return numbers


def _iso(texts: Sequence[str]) -> NDArray[Any] | None:
    if not re.match(r"\d{4}[-/]\d", texts[0]):
        return None
    plain = [text.replace("/", "-").removesuffix("Z") for text in texts]
    try:
        with warnings.catch_warnings():
            # Offsets are left to the slower way below, which knows them.
            warnings.simplefilter("error")
            return np.array(plain, dtype="datetime64[ms]").astype("datetime64[s]")
    except (ValueError, UserWarning, DeprecationWarning):
        pass
    found = []
    for row, text in enumerate(plain):
        moment = _loose(text)
        if moment is None:
            raise _no_time(row, texts[row])
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        found.append(np.datetime64(moment, "s"))
    return np.array(found)


def _loose(text: str) -> datetime | None:
    """Parses ISO 8601, also with an offset, and dates whose months and days have one digit."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    match = re.fullmatch(
        r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?", text
    )
    if match is None:
        return None
    try:
        return datetime(*(int(part or 0) for part in match.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return None


def _with_format(texts: Sequence[str], time_format: str) -> NDArray[Any]:
    found = []
    for row, text in enumerate(texts):
        moment = _parsed(text, time_format)
        if moment is None:
            raise _no_time(row, text, f" written as {time_format!r}")
        found.append(moment)
    return np.array(found, dtype="datetime64[s]")


def _by_guess(texts: Sequence[str]) -> tuple[NDArray[Any], str]:
    fitting = [form for form in _FORMATS if _parsed(texts[0], form) is not None]
    read: dict[str, NDArray[Any]] = {}
    worst = TimesError(-1, "", "")
    for form in fitting:
        try:
            read[form] = _with_format(texts, form)
        except TimesError as error:
            worst = max(worst, error, key=lambda failure: failure.row)
    different = read
    if len(read) > 1:
        # Of two readings the true one has its rows in order, and steps that agree.
        spread = {form: _disorder(times) for form, times in read.items()}
        best = min(spread.values())
        different = {form: read[form] for form in spread if spread[form] == best}
    if not different:
        raise _no_time(max(0, worst.row), texts[max(0, worst.row)])
    form, first = next(iter(different.items()))
    if any(not np.array_equal(first, times) for times in different.values()):
        shown = " or ".join(repr(form) for form in different)
        raise TimesError(
            0, f"{texts[0]!r} can be read in more than one way", f"Set time_format to {shown}"
        )
    return first, form


def _disorder(times: NDArray[Any]) -> tuple[int, int]:
    """Returns how often times fall, and how many different steps they have."""
    steps = np.diff(times.astype(np.int64))
    return int((steps < 0).sum()), len(np.unique(steps))


def _parsed(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=None)  # noqa: DTZ007 - rows have none
    except ValueError:
        return None


def _no_time(row: int, text: str, form: str = "") -> TimesError:
    return TimesError(
        row, f"{text!r} is no time{form}", "Write times as 2024-01-31 or set time_format"
    )
