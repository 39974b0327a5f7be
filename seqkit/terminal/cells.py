"""Text as the screens draw it: safe, on one line, of an exact width in cells."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from seqkit.errors import SeqkitError
from seqkit.terminal.safe_text import visible

BLOCKS = "▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def fit(text: object, width: int, right: bool = False) -> str:
    """Returns text of exactly `width` cells: padded, or cut with an ellipsis."""
    line = visible(text).replace("\n", " ")
    length = cell_len(line)
    if length > width:
        return set_cell_size(line, width - 1) + "…" if width > 0 else ""
    padding = " " * (width - length)
    return padding + line if right else line + padding


def fit_ends(text: object, width: int) -> str:
    """Returns text of exactly `width` cells, cut before its end: a group's names differ there."""
    line = visible(text)
    if cell_len(line) <= width:
        return fit(line, width)
    room = width - max(5, width // 4)
    tail = line[len(line) - room :] if room > 0 else ""
    while cell_len(tail) > room:
        tail = tail[1:]
    return fit(line, width - cell_len(tail)) + tail


def reason(error: Exception) -> str:
    """Returns why something failed: an error's words, after its kind where they are not ours."""
    if isinstance(error, SeqkitError):
        return str(error)
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


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


def told_apart(texts: Sequence[str], width: int) -> list[str]:
    """Returns texts cut to a width so that they still differ.

    What all of them begin and end with is cut first, and then the middle of each. Where they would
    not differ any more, they are left as they are.
    """
    if max(map(len, texts), default=0) <= width:
        return list(texts)
    head = _shared(texts)
    tail = min(_shared([text[::-1] for text in texts]), min(map(len, texts)) - head)
    cut = []
    for text in texts:
        own = text[head : len(text) - tail]
        before = "…" if head > 1 else text[:head]
        after = "…" if tail > 1 else text[len(text) - tail :]
        cut.append(before + own + after)
    half = max(1, (width - 1) // 2)
    cut = [text if len(text) <= width else f"{text[:half]}…{text[-half:]}" for text in cut]
    return cut if len(set(cut)) == len(set(texts)) else list(texts)


def _shared(texts: Sequence[str]) -> int:
    """Returns how many characters all texts begin with."""
    count = 0
    for letters in zip(*texts, strict=False):
        if len(set(letters)) > 1:
            break
        count += 1
    return count
