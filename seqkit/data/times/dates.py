"""Dates and clocks as people write them, a text at a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import NamedTuple

DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
_MONTH_OF = {name: place for place, name in enumerate(_MONTHS, start=1)}
_MONTH_OF |= {name[:3]: place for name, place in _MONTH_OF.items()} | {"sept": 9}
_ZONE = r"Z|(?:UTC|GMT)? ?[+-]\d{1,2}(?::?\d{2})?|UTC|GMT"
_CLOCK = re.compile(
    r"(?<![\d:])(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<rest>\d+))?)?"
    rf"(?![\d:])(?: ?(?P<half>[ap])\.?m\b\.?)?(?: ?(?P<zone>{_ZONE})(?![\d:A-Za-z]))?",
    re.IGNORECASE,
)
_HOUR = re.compile(
    r"(?<![\d:])(?P<hour>\d{1,2})(?P<minute>)(?P<second>)(?P<rest>) ?"
    r"(?P<half>[ap])\.?m\b\.?(?P<zone>)",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d+([-./]?)\d+\1\d+")
_EASTERN = re.compile(r"^(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(?:(\d{1,2}) ?[日일] ?)?(?=$|[\sT\d])")
"""A date or a month in Chinese, Japanese or Korean."""
_BASIC = re.compile(rf"(\d{{8}})T(\d\d)(\d\d)(\d\d)?({_ZONE})?")
_WEEKDAY = re.compile(
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b[., ]*", re.IGNORECASE
)
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b", re.IGNORECASE)
_PIECES = {
    "%Y": r"(?P<Y>\d{4})",
    "%y": r"(?P<y>\d{2})",
    "%m": r"(?P<m>\d{1,2})",
    "%d": r"(?P<d>\d{1,2})",
    "%b": r"(?P<b>[A-Za-z]{3,9})\.?",
    "%B": r"(?P<b>[A-Za-z]{3,9})\.?",
    "%j": r"(?P<j>\d{3})",
}


class TimesError(ValueError):
    """Texts are not times, or may be read in more than one way.

    Attributes:
        row: The first row at fault, from 0.
        reason: What is wrong with it, with the text.
        hint: The next step.
        open: Whether they are times, once it is known in which way to read them.
    """

    def __init__(self, row: int, reason: str, hint: str, open_: bool = False) -> None:
        super().__init__(reason)
        self.row, self.reason, self.hint, self.open = row, reason, hint, open_


class Parts(NamedTuple):
    """A text taken apart: its date, as text, and its clock."""

    date: str
    second: int = 0
    nanosecond: int = 0
    offset: int | None = None


class Day(NamedTuple):
    """A date; the year may be of two digits."""

    year: int
    month: int
    day: int

    def ordinal(self) -> int | None:
        """Returns the days since 1970; None where the calendar has no such day."""
        try:
            return date(self.year, self.month, self.day).toordinal() - _EPOCH
        except ValueError:
            return None


@dataclass(frozen=True)
class Form:
    """A way to write dates.

    Attributes:
        name: As of `strptime`; empty where that has no name for it.
        pattern: Matches a date, with groups named by the letters of `strptime`, and `q`, `h` and
            `w` for quarter, half-year and week.
        rare: Whether it is meant only where it makes more sense than any other.
    """

    name: str
    pattern: re.Pattern[str]
    rare: bool = False

    @property
    def yearless(self) -> bool:
        """Whether the year is missing, so that no time can be told."""
        return not self.pattern.groupindex.keys() & {"Y", "y"}

    @property
    def short_years(self) -> bool:
        """Whether years have two digits."""
        return "y" in self.pattern.groupindex

    def day(self, text: str) -> Day | None:
        """Returns the date; None where the text is none of this form."""
        match = self.pattern.fullmatch(text)
        if match is None:
            return None
        found = match.groupdict()
        year = int(found.get("Y") or found.get("y") or 2000)
        if found.get("w"):
            return _of_week(year, int(found["w"]), int(found.get("u") or 1))
        if found.get("q") or found.get("h"):
            months = 3 * int(found["q"]) - 2 if found.get("q") else 6 * int(found["h"]) - 5
            return Day(year, months, 1)
        if found.get("j"):
            return _of_year(year, int(found["j"]))
        word, number = found.get("b"), found.get("m")
        month = _MONTH_OF.get(word.lower(), 0) if word else int(number or 1)
        return Day(year, month, int(found.get("d") or 1)) if 1 <= month <= 12 else None


def _with_dashes(match: re.Match[str]) -> str:
    return "-".join(part.zfill(2) for part in match.groups() if part) + " "


def parts_of(text: str) -> Parts | None:
    """Takes a clock, an offset and a weekday off a text; None where the clock is none."""
    text = _EASTERN.sub(_with_dashes, text)
    if _DIGITS.fullmatch(text):
        return Parts(text)
    if basic := _BASIC.fullmatch(text):
        day, hour, minute, second, zone = basic.groups()
        text = f"{day} {hour}:{minute}:{second or '00'}{zone or ''}"
    match = _CLOCK.search(text) or _HOUR.search(text)
    if match is None:
        rest = re.sub(r" ?(?:UTC|GMT|(?<=\d)Z)$", "", text)
        return Parts(_plain(rest), offset=None if rest == text else 0)
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    second, zone = int(match["second"] or 0), match["zone"]
    if match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half"].lower() == "p" else 0)
    whole = 3600 * hour + 60 * minute + second
    nanosecond = int((match["rest"] or "")[:9].ljust(9, "0"))
    if minute > 59 or second > 59 or whole > DAY or (whole == DAY and nanosecond):
        return None
    before = text[: match.start()].removesuffix("T").removesuffix("t")
    offset = _offset(zone) if zone else None
    if offset is not None and abs(offset) > DAY:
        return None
    return Parts(_plain(f"{before} {text[match.end() :]}"), whole, nanosecond, offset)


def _offset(zone: str) -> int:
    match = re.search(r"([+-])(\d{1,2}):?(\d{2})?$", zone)
    if match is None:
        return 0
    size = 3600 * int(match[2]) + 60 * int(match[3] or 0)
    return size if match[1] == "+" else -size


@lru_cache(maxsize=1024)
def _plain(text: str) -> str:
    """Returns a date without weekday, commas, and the endings of 1st and 2nd."""
    text = _WEEKDAY.sub("", text.replace(",", " ")) if text[:1].isalpha() else text
    return " ".join(_ORDINAL.sub("", text).replace(",", " ").split()).strip("-@ ")


def _of_week(year: int, week: int, weekday: int) -> Day | None:
    try:
        found = date.fromisocalendar(year, week, weekday)
    except ValueError:
        return None
    return Day(found.year, found.month, found.day)


def _of_year(year: int, day: int) -> Day | None:
    if not 1 <= day <= 366 or year < 1:
        return None
    found = date.fromordinal(date(year, 1, 1).toordinal() + day - 1)
    return Day(found.year, found.month, found.day) if found.year == year else None


@cache
def form_of(name: str, rare: bool = False) -> Form | None:
    """Returns a form of dates by its `strptime` format; None for one that has more than dates."""
    plain = " ".join(name.replace(",", " ").split())
    pieces = re.split(r"(%.)", plain)
    packed = re.fullmatch(r"(%[Ymdy])+", plain)
    pattern = ""
    for piece in pieces:
        if not piece.startswith("%"):
            pattern += re.escape(piece)
        elif piece not in _PIECES:
            return None
        else:
            pattern += _PIECES[piece].replace("{1,2}", "{2}") if packed else _PIECES[piece]
    try:
        return Form(name, re.compile(pattern, re.IGNORECASE), rare)
    except re.error:
        # A directive is there twice.
        return None


def _forms(names: str, rare: bool = False) -> tuple[Form, ...]:
    found = (form_of(name.replace("_", " "), rare) for name in names.split())
    return tuple(form for form in found if form is not None)


_SPECIAL = (
    r"(?P<Y>\d{4})[-/ ]?Q(?P<q>[1-4])",
    r"Q(?P<q>[1-4])[-/ ]?(?P<Y>\d{4})",
    r"(?P<q>[1-4])Q[-/ ]?(?P<Y>\d{4})",
    r"(?P<Y>\d{4})[-/ ]?H(?P<h>[12])",
    r"(?P<Y>\d{4})[-/ ]?(?:K?W)[- ]?(?P<w>\d{1,2})(?:-(?P<u>[1-7]))?",
    r"(?:K?W|WEEK)[- ]?(?P<w>\d{1,2})[-/ ]{0,2}(?P<Y>\d{4})",
)
FORMS: Sequence[Form] = (
    *_forms("%Y-%m-%d %Y/%m/%d %Y.%m.%d %Y:%m:%d %d.%m.%Y %d.%m.%y %m/%d/%Y %d/%m/%Y"),
    *_forms("%m/%d/%y %d/%m/%y %y/%m/%d %d-%m-%Y %m-%d-%Y %d-%m-%y %m-%d-%y %y-%m-%d"),
    *_forms("%b_%d_%Y %d_%b_%Y %d._%b_%Y %d-%b-%Y %d/%b/%Y %b-%d-%Y %Y-%b-%d %Y_%b_%d %d%b%Y"),
    *_forms("%d-%b-%y %d_%b_%y %d/%b/%y %d%b%y %b_%Y %b-%Y %b/%Y %b%Y %Y_%b %Y-%b %Y/%b"),
    *_forms("%b-%y %b_%y %b'%y %b/%y %y-%b %Y-%m %Y/%m %m/%Y %m-%Y %m.%Y %YM%m %m/%y %Y-%j"),
    *_forms("%Y%m%d"),
    *(Form("", re.compile(pattern, re.IGNORECASE)) for pattern in _SPECIAL),
    *_forms("%y.%m.%d", rare=True),
    *_forms("%b-%d %d-%b %b_%d %d_%b %d._%b %d/%b %b/%d %m/%d %d/%m %d.%m.", rare=True),
)
"""Ways to write dates; those that leave out the year are known so that they can be refused."""
