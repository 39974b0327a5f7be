"""Times in two columns, a day and a clock or an hour, as times in one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from seqkit.data.times.dates import TimesError, parts_of
from seqkit.data.times.reading import is_missing

_HOURS = ("hour", "hours", "hr", "hrs", "time", "stunde", "uhrzeit", "heure", "hora", "ora", "uur")
_HOUR = re.compile(r"(?:[01]?\d|2[0-3])(?:\.0+)?")
_MIDNIGHT = re.compile(r"[T ]0?0:00(?::00(?:\.0+)?)?$")


def clock_column(cells: Mapping[str, Sequence[str]], days: str) -> str:
    """Returns the only column of clocks, or of hours of 0 to 23 that are named so; else nothing."""
    found = [
        name
        for name in cells
        if name != days
        and cells[name]
        and (_are_hours(cells[name], name) or all(map(_is_clock, cells[name])))
    ]
    return found[0] if len(found) == 1 else ""


def joined_times(days: Sequence[str], clocks: Sequence[str]) -> list[str]:
    """Returns a day and a clock of each row in one text, as `read_times` takes it.

    Args:
        days: As of `read_times`; a midnight behind it, as programs write it, counts for nothing.
        clocks: An hour of 0 to 23, or a clock such as 13:45, 13:45:10 and 1:45 PM.

    Raises:
        TimesError: A clock is none.
    """
    found = []
    for row, (day, clock) in enumerate(zip(days, clocks, strict=True)):
        if is_missing(day):
            found.append(day)
            continue
        hour = clock.strip()
        if _HOUR.fullmatch(hour):
            hour = f"{int(float(hour)):02}:00"
        elif not _is_clock(hour):
            reason = f"{clock!r} is no clock" if hour else "there is no clock"
            raise TimesError(row, reason, "Write it as 13:45, or as an hour of 0 to 23")
        found.append(f"{without_midnight(day)} {hour}")
    return found


def without_midnight(day: str) -> str:
    """Returns a day without the midnight that programs write behind it."""
    return _MIDNIGHT.sub("", day.strip())


def _are_hours(texts: Sequence[str], name: str) -> bool:
    named = name.lower().strip() in _HOURS
    return named and all(_HOUR.fullmatch(text.strip()) for text in texts)


def _is_clock(text: str) -> bool:
    parts = parts_of(" ".join(text.split()))
    return parts is not None and not parts.date and bool(text.strip()) and parts.offset is None
