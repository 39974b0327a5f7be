"""A small plot of losses in text: braille dots where the encoding has them, ASCII elsewhere."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from seqkit.terminal.figures import number
from seqkit.terminal.output import Piece

Point = tuple[float, float]

# Bits of the dots of a braille character, by row and column.
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_TRAIN, _VALIDATION = "cyan", "bold magenta"
_MARGIN = 8


def plot_losses(
    train: Sequence[Point],
    validation: Sequence[Point],
    width: int = 64,
    height: int = 8,
    unicode: bool = True,
    axis: tuple[str, str, str] | None = None,
) -> list[list[Piece]]:
    """Draws the training loss as a curve and the validation losses as marks, from epoch 0 on.

    Args:
        train: Epoch and loss of each step event.
        validation: Epoch and loss of each evaluation.
        width: Columns, the labels included.
        height: Lines of the plot itself.
        unicode: Whether braille may be used.
        axis: What is written below in place of epochs, left, middle and right: the curve is then of
            something else, drawn from its first point on and without a legend.

    Returns:
        The lines, as pieces with styles; none when the finite points are all of one epoch.
    """
    train, validation = _finite(train), _finite(validation)
    points = [*train, *validation]
    if len({x for x, _ in points}) < 2:
        return []
    left, right = 0.0 if axis is None else min(x for x, _ in points), max(x for x, _ in points)
    low, high = min(y for _, y in points), max(y for _, y in points)
    high = high if high > low else low + max(abs(low) * 0.1, 1e-6)
    columns = max(10, width - _MARGIN - 2)
    across, down = (2, 4) if unicode else (1, 1)

    def place(point: Point) -> tuple[int, int]:
        x = (point[0] - left) / (right - left) * (columns * across - 1)
        y = (high - point[1]) / (high - low) * (height * down - 1)
        return round(x), round(y)

    dots = dots_between([place(point) for point in train])
    marks = {(x // across, y // down) for x, y in map(place, validation)}
    lines: list[list[Piece]] = []
    for row in range(height):
        label = {0: high, height - 1: low}.get(row)
        head = f"{number(label) if label is not None else '':>{_MARGIN - 1}} "
        lines.append([head + ("┤" if unicode else "|"), *_row(row, columns, dots, marks, unicode)])
    line = ("─" if unicode else "-") * columns
    lines.append([" " * _MARGIN + ("└" if unicode else "+") + line])
    start, what, end = axis or (epoch_number(left), "epoch", epoch_number(right))
    middle = what.center(max(len(what) + 2, columns - 2 * len(end)))
    lines.append([" " * (_MARGIN + 1) + start.ljust(len(end)) + middle + end])
    if axis is not None:
        return lines
    lines.append(_legend(bool(train), bool(validation), unicode))
    return lines


def epoch_number(epoch: float) -> str:
    """Returns an epoch as a person writes it: `15`, `0.67`."""
    return f"{epoch:.2f}".rstrip("0").rstrip(".")


def _finite(points: Sequence[Point]) -> list[Point]:
    return [point for point in points if math.isfinite(point[0]) and math.isfinite(point[1])]


def dots_between(places: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Returns every dot on the straight lines from each place to the next."""
    dots = set(places)
    for (x1, y1), (x2, y2) in itertools.pairwise(places):
        steps = max(abs(x2 - x1), abs(y2 - y1), 1)
        for step in range(1, steps):
            part = step / steps
            dots.add((round(x1 + part * (x2 - x1)), round(y1 + part * (y2 - y1))))
    return dots


def _row(
    row: int, columns: int, dots: set[tuple[int, int]], marks: set[tuple[int, int]], unicode: bool
) -> list[Piece]:
    pieces: list[tuple[str, str]] = []
    for column in range(columns):
        if (column, row) in marks:
            cell = ("●" if unicode else "o", _VALIDATION)
        else:
            cell = (dot_character(column, row, dots, unicode), _TRAIN)
        if pieces and pieces[-1][1] == cell[1]:
            pieces[-1] = (pieces[-1][0] + cell[0], cell[1])
        else:
            pieces.append(cell)
    return list(pieces)


def dot_character(
    column: int, row: int, dots: set[tuple[int, int]], unicode: bool, plain: str = "."
) -> str:
    """Returns what a place of the screen shows of the dots: braille, or in ASCII `plain`."""
    if not unicode:
        return plain if (column, row) in dots else " "
    bits = 0
    for y, pair in enumerate(_DOTS):
        for x, bit in enumerate(pair):
            if (column * 2 + x, row * 4 + y) in dots:
                bits |= bit
    return chr(0x2800 + bits) if bits else " "


def block_character(
    column: int, row: int, dots: set[tuple[int, int]], unicode: bool, plain: str = "*"
) -> str:
    """Returns the same in heavy half blocks, which stand out from braille without any colour."""
    if not unicode:
        return dot_character(column, row, dots, unicode, plain)
    across = (2 * column, 2 * column + 1)
    upper, lower = (
        any((x, 4 * row + y) in dots for x in across for y in half) for half in ((0, 1), (2, 3))
    )
    return {(True, True): "█", (True, False): "▀", (False, True): "▄"}.get((upper, lower), " ")


def _legend(train: bool, validation: bool, unicode: bool) -> list[Piece]:
    pieces: list[Piece] = [" " * (_MARGIN + 1)]
    if train:
        pieces += [("⠒⠒" if unicode else "..", _TRAIN), " train loss   "]
    if validation:
        pieces += [("●" if unicode else "o", _VALIDATION), " validation loss"]
    return pieces
