"""Time zones: what the clock of a place shows, and how far it is ahead of UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from seqkit.data.times.dates import DAY

_FIXED = re.compile(r"([+-])(\d\d):(\d\d)")
_FIRST, _LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def is_zone(name: str) -> bool:
    """Tells whether a name is that of a time zone which is known here, or an offset."""
    try:
        _edges(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def is_offset(name: str) -> bool:
    """Tells whether a zone is an offset that never changes, such as `+01:00`."""
    return _FIXED.fullmatch(name) is not None


def offsets_at(moments: NDArray[Any], zone: str) -> NDArray[np.int64]:
    """Returns the seconds by which a zone's clock is ahead of UTC, `(rows,)`.

    Args:
        moments: `datetime64` of UTC.
        zone: `Europe/Berlin`, `+01:00` or `Z`.
    """
    edges, offsets = _edges(zone)
    seconds = moments.astype("datetime64[s]").astype(np.int64)
    return np.asarray(offsets[np.searchsorted(edges, seconds, side="right")])


def local_times(moments: NDArray[Any], zone: str) -> NDArray[Any]:
    """Returns what a zone's clock shows at moments of UTC."""
    return np.asarray(moments + offsets_at(moments, zone).astype("timedelta64[s]"))


def moments_of(
    local: NDArray[Any], zone: str, owners: NDArray[np.int64] | None = None
) -> tuple[NDArray[Any], int]:
    """Returns the moments of UTC at which a zone's clock shows times.

    An hour that comes twice, as summer ends, is the earlier one where it stands first in its
    series. One that never is, as summer begins, goes by the clock before.

    Args:
        local: Of the clock, in the order of the file.
        zone: The zone.
        owners: The series of each row; one for all without.

    Returns:
        The moments, and how many times there never were.
    """
    day = np.timedelta64(DAY, "s")
    ways = [offsets_at(local - day, zone), offsets_at(local + day, zone)]
    early, late = (local - offsets.astype("timedelta64[s]") for offsets in ways)
    right = [
        offsets_at(moment, zone) == offsets
        for moment, offsets in zip((early, late), ways, strict=True)
    ]
    found = np.where(right[0] | ~right[1], early, late)
    twice = np.flatnonzero(right[0] & right[1] & (early != late))
    if len(twice):
        again = _second_times(local, twice, owners)
        found[again] = late[again]
    return found, int((~right[0] & ~right[1]).sum())


def offset_text(offset: int) -> str:
    """Returns an offset in seconds as times have it: `+01:00`, or `Z` for UTC."""
    if not offset:
        return "Z"
    hours, rest = divmod(abs(offset), 3600)
    return f"{'-' if offset < 0 else '+'}{hours:02}:{rest // 60:02}"


def _second_times(
    local: NDArray[Any], rows: NDArray[np.int64], owners: NDArray[np.int64] | None
) -> NDArray[np.int64]:
    """Returns those rows whose time stood there before, in a file that goes forward in time."""
    found = []
    whose = np.zeros(len(local), dtype=np.int64) if owners is None else owners
    for owner in np.unique(whose[rows]):
        own = local[whose == owner]
        steps = np.diff(own).astype(np.int64)
        mine = rows[whose[rows] == owner]
        seen: set[int] = set()
        for row in mine[::-1] if (steps < 0).sum() > (steps > 0).sum() else mine:
            time = int(local[row].astype(np.int64))
            if time in seen:
                found.append(int(row))
            seen.add(time)
    return np.array(found, dtype=np.int64)


@lru_cache(maxsize=16)
def _edges(name: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns when a zone's offset changes, in seconds since 1970, and the offset of each part.

    Raises:
        ZoneInfoNotFoundError, ValueError, OSError: There is no such zone.
    """
    none = np.zeros(0, dtype=np.int64)
    if name in ("Z", "UTC"):
        return none, np.zeros(1, dtype=np.int64)
    if match := _FIXED.fullmatch(name):
        size = int(match[2]) * 3600 + int(match[3]) * 60
        return none, np.array([-size if match[1] == "-" else size])
    zone = ZoneInfo(name)

    def offset(moment: datetime) -> int:
        shift = moment.astimezone(zone).utcoffset()
        return int(shift.total_seconds()) if shift is not None else 0

    edges, offsets = [], [offset(_FIRST)]
    moment, step = _FIRST, timedelta(days=7)
    while moment < _LAST:
        after = moment + step
        if offset(after) != offsets[-1]:
            low, high = moment, after
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                low, high = (low, middle) if offset(middle) != offsets[-1] else (middle, high)
            edges.append(round((high - _EPOCH).total_seconds()))
            offsets.append(offset(after))
        moment = after
    return np.array(edges, dtype=np.int64), np.array(offsets, dtype=np.int64)
