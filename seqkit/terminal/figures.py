"""Numbers, amounts and times as people read them."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from typing import Any


def number(value: object) -> str:
    """Returns a score or loss in four significant digits, or other values as they are."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3f}" if value == 0 or 0.001 <= abs(value) < 100 else f"{value:.4g}"


def count_of(number: int, what: str) -> str:
    """Returns a count with its noun, in the singular for one: `1 example`, `1,000 examples`."""
    return f"{number:,} {what if number == 1 else what + 's'}"


def duration(seconds: float | None) -> str:
    """Returns seconds as `0.4 s`, `0:42`, `1:02:03`."""
    if seconds is None or seconds != seconds or seconds in (float("inf"), float("-inf")):
        return "?"
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(count: float) -> str:
    """Returns a number of bytes as `12 kB`, `84 MB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return (
                f"{count:.0f} {unit}" if count >= 10 or unit == "bytes" else f"{count:.1f} {unit}"
            )
        count /= 1000
    return f"{count:.1f} TB"


def scores(values: Mapping[str, Any], names: Iterable[str] = ()) -> list[tuple[str, float]]:
    """Returns the metrics that are single numbers, those in `names` first."""
    flat = {
        key: float(value)
        for key, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    first = [name for name in names if name in flat]
    return [(name, flat[name]) for name in [*first, *(key for key in flat if key not in first)]]


def age(created: object, now: float | None = None) -> str:
    """Returns how long ago a time was, as `5 min`; empty where it is no time."""
    if not isinstance(created, int | float) or isinstance(created, bool) or not created:
        return ""
    seconds = max(0.0, (time.time() if now is None else now) - created)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return "now"


def short_duration(seconds: float | None) -> str:
    """Returns seconds in at most six characters: `42 s`, `12 min`, `3.5 h`, `2.1 d`."""
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return ""
    if seconds < 100:
        return f"{seconds:.0f} s"
    for unit, length in (("min", 60.0), ("h", 3600.0)):
        amount = seconds / length
        if amount < 100 and not (unit == "min" and amount >= 90):
            return f"{amount:.0f} {unit}" if amount >= 10 else f"{amount:.1f} {unit}"
    return f"{seconds / 86400:.1f} d"
