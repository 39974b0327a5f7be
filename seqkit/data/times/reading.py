"""Columns of times as people write them: which way they are written is told by all of the rows."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqkit.data.times.dates import DAY, FORMS, Day, Form, Parts, TimesError, form_of, parts_of
from seqkit.data.times.numbers import DIGITS, from_numbers, from_spreadsheet, is_numeric
from seqkit.data.times.orders import chosen, first_of_hundred

SPREADSHEET = "spreadsheet"
"""The format of days that are counted since 1900, as spreadsheets do."""
_MISSING = frozenset({"", "nat", "nan", "na", "n/a", "null", "none", "-", "?", "missing", "#n/a"})
_CLOCKS = re.compile(r"%[HIMSpfXcTRzZs]")
_FINEST = (np.datetime64("1678-01-01", "s"), np.datetime64("2262-01-01", "s"))


@dataclass(frozen=True)
class ReadTimes:
    """A column of times.

    Attributes:
        times: `datetime64` `(rows,)`, in seconds or finer as needed; int64 for positions.
        form: The format that was found, as `read_times` takes it; empty where it needs none.
        hundred: The first of the hundred years in which two digits name one; 0 for whole years.
        said: What was decided and could have been otherwise, as sentences.
        offsets: Seconds ahead of UTC, `(rows,)`; None where the times have none.
        local: Whether `times` are what a clock shows, and not UTC, where they have offsets.
        zone: That of the times, once it is settled; empty where it is not known.
        unix: Whether they are Unix times.
    """

    times: NDArray[Any]
    form: str = ""
    hundred: int = 0
    said: tuple[str, ...] = ()
    offsets: NDArray[np.int64] | None = None
    local: bool = False
    zone: str = ""
    unix: bool = False


def parse_times(texts: Sequence[str], time_format: str = "") -> NDArray[Any]:
    """Parses a column of times; see `read_times`."""
    return read_times(texts, time_format).times


def is_missing(text: str) -> bool:
    """Tells whether a cell holds no time."""
    return text.strip().lower() in _MISSING


def read_times(texts: Sequence[str], time_format: str = "", hundred: int = 0) -> ReadTimes:
    """Parses a column of times.

    Whole numbers are years (1990), dates (19900131), Unix times in seconds, milli-, micro- or
    nanoseconds, or else positions. Times with an offset are turned into UTC; `settled` makes times
    of a zone of them.

    Args:
        texts: ISO 8601, or one of the usual ways to write days and months.
        time_format: As of `strptime`, or `spreadsheet`; empty to find it out.
        hundred: Where years of two digits begin; 0 to find it out.

    Raises:
        TimesError: A text is no time, or days and months cannot be told apart.
    """
    texts = [" ".join(text.split()) for text in texts]
    for row, text in enumerate(texts):
        if is_missing(text):
            shown = f" ({text})" if text else ""
            raise TimesError(row, f"there is no time{shown}", "Fill it in, or leave the row out")
    if not texts:
        return ReadTimes(np.zeros(0, dtype=np.int64))
    if time_format == SPREADSHEET:
        return ReadTimes(from_spreadsheet(texts), SPREADSHEET)
    if time_format:
        return _with_format(texts, time_format, hundred)
    if is_numeric(texts):
        if digits := DIGITS.get(len(texts[0])):
            found = _of_digits(texts, digits, hundred)
            if found is not None:
                return found
        numbers = from_numbers(texts)
        whole = len(texts[0].lstrip("+-").partition(".")[0])
        return ReadTimes(numbers, unix=numbers.dtype.kind == "M" and whole > 4)
    iso = _iso(texts)
    if iso is None:
        return _by_forms(texts, FORMS, hundred)
    in_utc = texts[0][-1] in "Zz"
    return ReadTimes(iso, offsets=np.zeros(len(iso), dtype=np.int64) if in_utc else None)


def _of_digits(texts: Sequence[str], names: Sequence[str], hundred: int) -> ReadTimes | None:
    """Reads dates of digits alone; None where they are counted or Unix times."""
    if any(len(text) != len(texts[0]) or not text.isdecimal() for text in texts):
        return None
    size = len(texts[0])
    forms = [form for name in names if (form := form_of(name)) and _plausible(texts, name)]
    if not forms:
        return None
    parts = [_digit_parts(text) if size > 8 else Parts(text) for text in texts]
    if None in parts:
        return None
    try:
        found = _of_parts(texts, [part for part in parts if part is not None], forms, hundred)
    except TimesError as error:
        if error.open and size == 6 and forms[0].name == "%Y%m":
            # A year is hardly so short that it has twelve days.
            return _of_parts(texts, [Parts(text) for text in texts], forms[:1], hundred)
        whole = _right_share(parts, forms[0])
        if error.open or (size in (8, 12, 14) and len(texts) > 3 and whole >= 0.8):
            raise
        return None
    return found if size < 10 else replace(found, form="")


def _plausible(texts: Sequence[str], name: str) -> bool:
    """Tells whether years of four digits are of this time, where they may be other numbers."""
    if len(texts[0]) in (6, 10) and name.startswith("%Y"):
        return all("1900" <= text[:4] <= "2100" for text in texts)
    return not name.endswith("%Y") or all("1900" <= text[-4:] <= "2100" for text in texts)


def _digit_parts(text: str) -> Parts | None:
    return parts_of(f"{text[:8]} {text[8:10]}:{text[10:12] or '00'}:{text[12:14] or '00'}")


def _right_share(parts: Sequence[Parts | None], form: Form) -> float:
    days = [form.day(part.date) for part in parts if part is not None]
    return sum(day is not None and day.ordinal() is not None for day in days) / len(parts)


def _iso(texts: Sequence[str]) -> NDArray[Any] | None:
    """Reads ISO 8601 without offsets by numpy, which is fast; None for what it does not know."""
    if not re.match(r"\d{4}[-/]\d", texts[0]) or not all(text[:1].isdecimal() for text in texts):
        return None
    zoned = sum(text[-1] in "Zz" for text in texts)
    if zoned not in (0, len(texts)):
        return None
    plain = [text.rstrip("Zz").replace("/", "-") for text in texts]
    digits = max((len(text) - text.rindex(".") - 1 for text in plain if "." in text), default=0)
    try:
        with warnings.catch_warnings():
            # Offsets are left to the slower way, which knows them.
            warnings.simplefilter("error")
            seconds = np.array(plain, dtype="datetime64[s]")
            if not digits:
                return seconds
            return _finer(seconds, np.array(plain, dtype=f"datetime64[{_code(digits, seconds)}]"))
    except (ValueError, UserWarning, DeprecationWarning):
        return None


def _code(digits: int, seconds: NDArray[Any]) -> str:
    inside = (seconds > _FINEST[0]).all() and (seconds < _FINEST[1]).all()
    return "ns" if digits > 6 and inside else "us"


def _finer(seconds: NDArray[Any], exact: NDArray[Any]) -> NDArray[Any]:
    """Returns times in the coarsest unit that holds them: seconds, micro- or nanoseconds."""
    if (exact == seconds).all():
        return seconds
    micro = exact.astype("datetime64[us]")
    return micro if (micro == exact).all() else exact


def _with_format(texts: Sequence[str], name: str, hundred: int) -> ReadTimes:
    form = None if _CLOCKS.search(name) else form_of(name)
    if form is not None:
        found = _by_forms(texts, [form], hundred, f" written as {name!r}")
        return replace(found, form=name)
    moments = [_parsed(text, name) for text in texts]
    wrong = next((row for row, moment in enumerate(moments) if moment is None), None)
    if wrong is not None:
        raise _no_time(wrong, texts, f" written as {name!r}")
    known = [moment for moment, _ in filter(None, moments)]
    shifts = [shift for _, shift in filter(None, moments)]
    offsets = None if None in shifts else np.array(shifts, dtype=np.int64)
    said: tuple[str, ...] = ()
    if "%y" in name:
        years = np.array([moment.year % 100 for moment in known])
        hundred, said = _hundred(years, hundred)
        try:
            known = [m.replace(year=_year(m.year % 100, hundred)) for m in known]
        except ValueError:
            raise _no_time(0, texts, f" written as {name!r}") from None
    exact = np.array(known, dtype="datetime64[us]")
    times = _finer(exact.astype("datetime64[s]"), exact)
    return ReadTimes(times, name, hundred, said, offsets)


def _parsed(text: str, form: str) -> tuple[datetime, int | None] | None:
    """Returns a time, of UTC where it has an offset, and that offset; None where it is none."""
    try:
        moment = datetime.strptime(text, form)  # noqa: DTZ007 - rows have none
    except ValueError:
        if not re.search(r"\b24:00(:00)?\b", text):
            return None
        before = _parsed(re.sub(r"\b24:00", "00:00", text), form)
        return (before[0] + timedelta(days=1), before[1]) if before else None
    shift = moment.utcoffset()
    if shift is None:
        return moment, None
    return moment.astimezone(UTC).replace(tzinfo=None), int(shift.total_seconds())


def _by_forms(
    texts: Sequence[str], forms: Sequence[Form], hundred: int, written: str = ""
) -> ReadTimes:
    parts: list[Parts] = []
    for row, text in enumerate(texts):
        part = parts_of(text)
        if part is None:
            raise _no_time(row, texts, written)
        if not part.date:
            reason = f"{text!r} is a clock without a date"
            raise TimesError(row, reason, "Write both in one column, as 2024-01-31 13:45")
        parts.append(part)
    return _of_parts(texts, parts, forms, hundred, written)


def _of_parts(
    texts: Sequence[str],
    parts: Sequence[Parts],
    forms: Sequence[Form],
    hundred: int,
    written: str = "",
) -> ReadTimes:
    """Reads by the form that fits all rows, and of several by the one that makes sense of them."""
    kinds, places = _kinds([part.date for part in parts])
    *clock, offsets, local = _clock(texts, parts)
    readings: dict[Form, ReadTimes] = {}
    worst = 0
    for form in forms:
        if form.day(kinds[0]) is None and len(forms) > 1:
            continue
        read = _days(kinds, places, form, hundred)
        if isinstance(read, int):
            worst = max(worst, read)
            continue
        days, first, more = read
        times = _finer_sum(days, *clock)
        # What begins with the whole year is never in doubt.
        name = "" if form.name.startswith("%Y") else form.name
        readings[form] = ReadTimes(times, name, first, more, offsets, local)
    if not readings:
        raise _no_time(worst, texts, written)
    form = _chosen(readings, texts[0])
    if form.yearless:
        raise TimesError(0, f"{texts[0]!r} has no year", "Write times as 2024-01-31")
    return readings[form]


def _kinds(dates: Sequence[str]) -> tuple[list[str], NDArray[np.int64]]:
    """Returns the different dates, and which of them each row has."""
    place: dict[str, int] = {}
    places = np.fromiter((place.setdefault(text, len(place)) for text in dates), dtype=np.int64)
    return list(place), places


def _days(
    kinds: Sequence[str], places: NDArray[np.int64], form: Form, hundred: int
) -> tuple[NDArray[np.int64], int, tuple[str, ...]] | int:
    """Returns the day of each row, in days since 1970; or the first row that is none."""
    found: list[Day] = []
    for kind, text in enumerate(kinds):
        day = form.day(text)
        if day is None:
            return int(np.flatnonzero(places == kind)[0])
        found.append(day)
    said: tuple[str, ...] = ()
    if form.short_years:
        hundred, said = _hundred(np.array([day.year for day in found])[places], hundred)
        found = [day._replace(year=_year(day.year, hundred)) for day in found]
    ordinals = [day.ordinal() for day in found]
    for kind, ordinal in enumerate(ordinals):
        if ordinal is None:
            return int(np.flatnonzero(places == kind)[0])
    days = np.array(ordinals, dtype=np.int64)[places]
    return days, hundred if form.short_years else 0, said


def _hundred(years: NDArray[np.int64], given: int) -> tuple[int, tuple[str, ...]]:
    """Returns where years of two digits begin, and what they are taken for if it is not sure."""
    if given:
        return given, ()
    first, sure = first_of_hundred(years)
    whole = [_year(int(year), first) for year in np.unique(years)]
    low, high = min(whole), max(whole)
    said = () if sure else (f"years of two digits are taken for {low} to {high}",)
    # A hundred around the rows, in which later and earlier rows have their places.
    return (low + high) // 2 - 49, said


def _year(short: int, first: int) -> int:
    return first + (short - first) % 100


def _clock(
    texts: Sequence[str], parts: Sequence[Parts]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64] | None, bool]:
    """Returns what each row has behind its midnight, and how far its clock is ahead of UTC.

    Returns:
        Seconds and nanoseconds, of UTC where there are offsets; the offsets; and whether the
        seconds are of the clock all the same.
    """
    rows = len(parts)
    seconds = np.fromiter((part.second for part in parts), dtype=np.int64, count=rows)
    nanoseconds = np.fromiter((part.nanosecond for part in parts), dtype=np.int64, count=rows)
    zoned = [part.offset is not None for part in parts]
    if not any(zoned):
        return seconds, nanoseconds, None, False
    if not all(zoned):
        row = zoned.index(not zoned[0])
        has = "an offset from UTC, and the rows before" if zoned[row] else "no offset from UTC, and"
        others = "have none" if zoned[row] else "the rows before have one"
        hint = "Write all times with an offset, or none"
        raise TimesError(row, f"{texts[row]!r} has {has} {others}", hint)
    offsets = np.fromiter((part.offset or 0 for part in parts), dtype=np.int64, count=rows)
    # Where the offset changes and the clock does not, rows are days of the clock.
    local = bool((offsets != offsets[0]).any() and (seconds == seconds[0]).all())
    return seconds if local else seconds - offsets, nanoseconds, offsets, local


def _finer_sum(
    days: NDArray[np.int64], second: NDArray[np.int64], nanoseconds: NDArray[np.int64]
) -> NDArray[Any]:
    seconds = (days * DAY + second).astype("datetime64[s]")
    if not nanoseconds.any():
        return np.asarray(seconds)
    digits = 9 if (nanoseconds % 1000).any() else 6
    if _code(digits, seconds) == "us":
        return np.asarray(seconds + (nanoseconds // 1000).astype("timedelta64[us]"))
    return np.asarray(seconds + nanoseconds.astype("timedelta64[ns]"))


def _chosen(readings: Mapping[Form, ReadTimes], text: str) -> Form:
    if len(readings) == 1:
        return next(iter(readings))
    best = chosen({form: read.times for form, read in readings.items()})
    best = [form for form in best if not form.rare] or best
    if len(best) == 1:
        return best[0]
    shown = " or ".join(repr(form.name) for form in best if form.name)
    raise TimesError(
        0, f"{text!r} can be read in more than one way", f"Set time_format to {shown}", open_=True
    )


def _no_time(row: int, texts: Sequence[str], form: str = "") -> TimesError:
    text = texts[row]
    zone = re.search(r":\d\d(?:[.,]\d+)? ?([A-Z]{2,5}|\[?[A-Z][a-z]+/\w+\]?)$", text)
    if zone and not form:
        reason = f"{text!r} has the time zone {zone[1]}, which is not read"
        return TimesError(row, reason, "Write an offset such as +01:00 instead, or leave it out")
    hint = "Write times as 2024-01-31 or set time_format"
    if row and row == len(texts) - 1:
        hint = f"If it sums up the others, delete the row. {hint}"
    return TimesError(row, f"{text!r} is no time{form}", hint)
