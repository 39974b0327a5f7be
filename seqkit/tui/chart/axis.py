"""Round numbers along an axis, and ranges that change in steps."""

from __future__ import annotations

import math
from typing import Literal

Kind = Literal["number", "whole", "seconds"]
Range = tuple[float, float]

_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200)
_DAY = 86400
_MOST_UNITS = 1e15
"""Values from here on have no letter for their size."""

_SLACK = 0.55
"""Part of its range that data must use; below it, the range shrinks."""


def round_step(rough: float, kind: Kind = "number") -> float:
    """Returns the round distance between ticks that is nearest above a rough one."""
    if not math.isfinite(rough) or rough <= 0:
        return 1.0
    if kind == "seconds" and rough <= _SECONDS[-1]:
        return float(next((step for step in _SECONDS if step >= rough), _DAY))
    unit = _DAY if kind == "seconds" else 1
    rough /= unit
    if kind != "number" and rough < 1:
        return float(unit)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step for step in (1, 2, 2.5, 5, 10) if step * power >= rough * (1 - 1e-9))
    if kind != "number" and step == 2.5 and power < 10:
        step = 5
    return step * power * unit


def ticks(low: float, high: float, most: int, kind: Kind = "number") -> tuple[list[float], float]:
    """Returns up to `most` round values from `low` to `high`, and the distance between them."""
    if most < 1 or not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return [], 1.0
    step = round_step((high - low) / most, kind)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    if last - first >= most and last - first > 1:
        step = round_step(step * 1.01, kind)
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)], step


def log_ticks(low: float, high: float, most: int) -> tuple[list[float], float]:
    """Returns round values between two powers of ten, and the distance between two.

    The distance is 0 where it grows with the values: then each is written in its own digits.

    Args:
        low: The lower end, as a decimal logarithm.
        high: The upper end, as a decimal logarithm.
        most: How many there may be.
    """
    if most < 1 or high <= low:
        return [], 1.0
    if high - low < 0.7:
        return ticks(10.0**low, 10.0**high, most)
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    found: list[float] = []
    for digits in ((1, 2, 5), (1, 3), (1,)):
        found = [
            digit * 10.0**power
            for power in range(first - 1, last + 1)
            for digit in digits
            if low - 1e-9 <= math.log10(digit) + power <= high + 1e-9
        ]
        if len(found) <= most:
            return found, 0.0
    every = -(-len(found) // most)
    return found[::every], 0.0


def stepped(low: float, high: float, before: Range | None, rows: int, live: bool) -> Range:
    """Returns a range around data that stays as it is while the data change a little.

    Args:
        low: The least value.
        high: The greatest value.
        before: The range so far.
        rows: Rows of cells to draw them on.
        live: Whether more data are coming; an old range is kept only then.
    """
    if high - low < 1e-12 * max(abs(low), abs(high), 1e-30):
        margin = abs(high) * 0.05 or 1.0
        low, high = low - margin, high + margin
    if live and before is not None:
        bottom, top = before
        if bottom <= low and high <= top and high - low >= _SLACK * (top - bottom):
            return before
    room = (high - low) * (0.06 if live else 0.02)
    step = round_step((high - low) / max(4, min(2 * rows, 20)))
    bottom, top = math.floor((low - room) / step) * step, math.ceil((high + room) / step) * step
    if low >= 0 > bottom:
        bottom = 0.0
    return bottom, top


def stepped_end(start: float, end: float, live: bool) -> float:
    """Returns where an x axis ends: beyond the data while they grow, at their end after that."""
    if end <= start:
        return start + 1.0
    if not live:
        return end
    step = round_step((end - start) / 12)
    return start + math.ceil((end - start) / step + 1e-9) * step


# --- numbers as text ------------------------------------------------------------------------------


def number(value: float, step: float) -> str:
    """Writes a tick as short as its distance to the next one allows: `0.25`, `2e-5`, `1.5M`."""
    if value == 0:
        return "0"
    size = max(abs(value), abs(step))
    if 10_000 <= size < _MOST_UNITS:
        return _in_units(value, step)
    if size < 0.000_999 or size >= _MOST_UNITS:
        power = math.floor(math.log10(abs(value)) + 1e-9)
        return f"{shortest(value / 10.0**power, step / 10.0**power)}e{power}"
    return shortest(value, step)


def fitting(value: float, step: float, room: int) -> str:
    """Writes a tick in so many characters; empty where it would be taken for another number."""
    text = number(value, step)
    digits = 2
    while len(text) > room and digits >= 0:
        text = f"{value:.{digits}e}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")
        digits -= 1
    near = len(text) <= room and (digits == 2 or abs(float(text) - value) <= abs(step) / 20)
    return text if near else ""


def shortest(value: float, step: float) -> str:
    """Writes a value with as many decimals as tell it from its neighbour a `step` away."""
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 3
    if round(step * 10**decimals, 6) % 1 and decimals < 12:
        decimals += 1
    return f"{value:.{min(decimals, 12)}f}"


def _in_units(value: float, step: float) -> str:
    size = max(abs(value), abs(step))
    for unit, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size >= unit:
            return f"{shortest(value / unit, step / unit)}{letter}"
    return shortest(value, step)


def whole(value: float, step: float) -> str:
    """Writes a whole number, in thousands and millions where it is long: `250`, `1.5M`."""
    return number(value, max(step, 1.0))


def clock(value: float, step: float) -> str:
    """Writes seconds: `45s`, `2:30`, `1:05:00`, `3d 4h`."""
    seconds = round(value)
    if value < 60 and step < 60:
        return f"{shortest(value, max(step, 0.1))}s" if step < 1 else f"{seconds}s"
    days, rest = divmod(seconds, _DAY)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    if days:
        return f"{days}d" if step >= _DAY else f"{days}d {hours}h"
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def plain(value: float) -> str:
    """Writes a value that is read, not scanned: four significant digits."""
    if value == 0 or 0.001 <= abs(value) < 100:
        return f"{value:.4f}" if abs(value) < 10 else f"{value:.2f}"
    if 100 <= abs(value) < 1e6:
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}"
    return f"{value:.2e}".replace("e-0", "e-").replace("e+0", "e")
