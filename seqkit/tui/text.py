"""Text as the screens draw it: safe, on one line, of an exact width in cells."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from seqkit.cli.output import visible
from seqkit.errors import SeqkitError

BLOCKS = "▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def plain(text: object) -> str:
    """Returns text from data or logs on one line, with every control character spelt out."""
    return visible(" ".join(str(text).split()))


def fit(text: object, width: int, right: bool = False) -> str:
    """Returns text of exactly `width` cells: padded, or cut with an ellipsis."""
    line = visible(text).replace("\n", " ")
    length = cell_len(line)
    if length > width:
        return set_cell_size(line, width - 1) + "…" if width > 0 else ""
    padding = " " * (width - length)
    return padding + line if right else line + padding


def reason(error: Exception) -> str:
    """Returns why something failed: an error's words, after its kind where they are not ours."""
    if isinstance(error, SeqkitError):
        return str(error)
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def bare(name: object) -> str:
    """Returns a component's name without its plugin's."""
    return str(name).rpartition(":")[2] if name else ""


def sparkline(values: Sequence[float], width: int) -> str:
    """Draws values as one row of blocks, the newest on the right; `!` marks what is not finite."""
    if not values or width < 1:
        return " " * max(0, width)
    count = min(width, len(values))
    groups = [
        values[index * len(values) // count : (index + 1) * len(values) // count]
        for index in range(count)
    ]
    finite = [value for value in values if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 0.0)
    drawn = []
    for group in groups:
        if not all(map(math.isfinite, group)):
            drawn.append("!")
            continue
        part = (sum(group) / len(group) - low) / (high - low) if high > low else 0.0
        drawn.append(BLOCKS[min(len(BLOCKS) - 1, int(part * len(BLOCKS)))])
    return "".join(drawn).rjust(width)


def bar(part: float, width: int) -> str:
    """Draws a part from 0 to 1 as a bar, to an eighth of a cell."""
    eighths = round(max(0.0, min(1.0, part)) * width * 8)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (_EIGHTHS[rest] if rest else "")).ljust(width)


def age(created: float, now: float | None = None) -> str:
    """Returns how long ago a time was: `5 min`."""
    if not created:
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
