"""The zone of a column of times: that of a setting, or the one that their offsets tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqkit.data.times.dates import DAY, TimesError
from seqkit.data.times.frequency import infer_frequency
from seqkit.data.times.reading import ReadTimes
from seqkit.data.times.zones import (
    is_offset,
    is_zone,
    local_times,
    moments_of,
    offset_text,
    offsets_at,
)

_USUAL = (
    *("Europe/Berlin", "America/New_York", "America/Chicago", "America/Los_Angeles"),
    *("Europe/London", "America/Denver", "Europe/Athens", "Australia/Sydney", "Pacific/Auckland"),
    *("America/Halifax", "America/Anchorage", "Australia/Adelaide", "America/St_Johns"),
    *("Asia/Jerusalem", "America/Sao_Paulo", "America/Santiago", "Europe/Moscow"),
    *("Europe/Istanbul", "Africa/Cairo", "Asia/Tehran", "America/Havana", "Atlantic/Azores"),
)
"""Zones of many people, each with rules of its own: one stands for all that keep the same clock."""


def settled(
    read: ReadTimes, zone: str = "", local: bool | None = None, owners: Any = None
) -> ReadTimes:
    """Returns times in the zone that a setting names, or else in that of their offsets.

    Times of days and more stay what the clock shows, so that a day may have 23 or 25 hours; finer
    ones are moments of UTC, so that an hour is an hour.

    Args:
        read: As they were read: UTC where they have offsets.
        zone: The name of a zone; empty for that of the offsets, if there are any.
        local: Whether to return what the clock shows, where that is settled already.
        owners: The series of each row.

    Raises:
        TimesError: There is no such zone.
    """
    if read.times.dtype.kind != "M" or not len(read.times):
        return read
    if zone and not is_zone(zone):
        hint = "Write a name such as Europe/Berlin, or an offset such as +01:00"
        raise TimesError(0, f"time_zone is {zone!r}, which is no time zone known here", hint)
    said: tuple[str, ...] = ()
    if read.offsets is None and not (read.unix and zone):
        if not zone:
            return read
        shown = read.times
        moments, never = moments_of(shown, zone, owners)
        if never:
            what = "times that the clocks leave out: those before the change are taken"
            said = (f"{zone} has no {never} of the {what}",)
    else:
        moments, shown = read.times, read.times
        if read.local and read.offsets is not None:
            moments = shown - read.offsets.astype("timedelta64[s]")
        if not zone:
            zone, said = _zone_of(moments, np.asarray(read.offsets))
        shown = local_times(moments, zone)
    if local is None:
        local = zone != "Z" and _is_local(moments, shown, zone)
    times = shown if local else moments
    return replace(read, times=times, zone=zone, local=local, said=(*read.said, *said))


def _zone_of(moments: NDArray[Any], offsets: NDArray[np.int64]) -> tuple[str, tuple[str, ...]]:
    """Returns the zone that has such offsets, and what should be said of it."""
    if (offsets == offsets[0]).all():
        return offset_text(int(offsets[0])), ()
    for name in filter(is_zone, _USUAL):
        if (offsets_at(moments, name) == offsets).all():
            return name, (f"offsets change as in {name} (time_zone names another zone)",)
    last = offset_text(int(offsets[int(np.argmax(moments))]))
    return last, (
        f"offsets change as in no usual time zone: forecasts have the last one, {last}, unless "
        "time_zone names the zone",
    )


def _is_local(moments: NDArray[Any], shown: NDArray[Any], zone: str) -> bool:
    """Tells whether rows follow the clock, and not the hours that pass."""
    if is_offset(zone):
        return True
    by_clock, by_time = (infer_frequency(np.unique(times)) for times in (shown, moments))
    if by_clock.regular and by_clock.seconds >= DAY:
        return True
    return by_clock.regular and not by_time.regular
