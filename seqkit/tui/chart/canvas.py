"""The grid of characters and styles that a chart is drawn on, and what becomes of it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seqkit.tui.chart.data import Range

Look = tuple[str, str]
"""A colour (a theme variable or a colour) and further words of a style, such as `bold`."""

CURSOR = 128
"""Added to a style's number in the column of the cursor."""

SIGNS: dict[bool, dict[str, str]] = {
    True: {
        "corner": "└",
        "across": "─",
        "tick": "┬",
        "side": "┤",
        "up": "│",
        "grid": "┈",
        "level": "╌",
        "mark": "┊",
        "nan": "×",
        "infinite": "∞",
        "line": "━",
        "area": "▒",
        "more": "…",
    },
    False: {
        "corner": "+",
        "across": "-",
        "tick": "+",
        "side": "+",
        "up": "|",
        "grid": " ",
        "level": "-",
        "mark": "|",
        "nan": "x",
        "infinite": "!",
        "line": "-",
        "area": ":",
        "more": "~",
    },
}


@dataclass(frozen=True, eq=False)
class Picture:
    """What a chart looks like at one moment.

    Attributes:
        codes: Code points, `(height, width)` uint32.
        styles: Numbers of styles, `(height, width)` uint8; `CURSOR` is added where the cursor is.
        looks: What the numbers stand for.
        view: The range of x that is drawn.
        scale: The range of y that is drawn; of decimal logarithms on a logarithmic scale.
        left: Column where the plot begins.
        columns: Columns of the plot.
    """

    codes: np.ndarray[Any, np.dtype[np.uint32]]
    styles: np.ndarray[Any, np.dtype[np.uint8]]
    looks: Sequence[Look]
    view: Range
    scale: Range
    left: int
    columns: int

    def changed(self, before: Picture | None) -> list[tuple[int, int, int]] | None:
        """Returns row, first column and width of what differs, or None when all may."""
        if before is None or before.codes.shape != self.codes.shape or before.looks != self.looks:
            return None
        different = (self.codes != before.codes) | (self.styles != before.styles)
        spans = []
        for row in np.flatnonzero(different.any(axis=1)).tolist():
            columns = np.flatnonzero(different[row])
            spans.append((row, int(columns[0]), int(columns[-1] - columns[0]) + 1))
        return spans

    def text(self, row: int) -> str:
        """Returns a row's characters."""
        return str(self.codes[row].tobytes().decode("utf-32-le"))

    def runs(self, row: int) -> list[tuple[str, int]]:
        """Returns the stretches of a row that share a style: the text and the style's number."""
        styles, text = self.styles[row], self.text(row)
        cuts = [0, *(np.flatnonzero(styles[1:] != styles[:-1]) + 1).tolist(), len(styles)]
        return [(text[start:end], int(styles[start])) for start, end in itertools.pairwise(cuts)]

    def at(self, column: int) -> float:
        """Returns the x of a column of cells of the plot, at its middle."""
        left, right = self.view
        return left + (column - self.left + 0.5) / max(1, self.columns) * (right - left)


@dataclass
class Canvas:
    """A grid that is written to."""

    width: int
    height: int
    unicode: bool
    looks: list[Look] = field(default_factory=lambda: [("", "")])

    def __post_init__(self) -> None:
        self.codes = np.full((self.height, self.width), ord(" "), dtype=np.uint32)
        self.styles = np.zeros((self.height, self.width), dtype=np.uint8)

    def look(self, colour: str, words: str = "") -> int:
        """Returns the number of a style."""
        key = (colour, words)
        if key not in self.looks:
            self.looks.append(key)
        return min(self.looks.index(key), CURSOR - 1)

    def write(self, row: int, column: int, text: str, look: int) -> int:
        """Writes text that does not leave the row, and returns the column behind it."""
        if not 0 <= row < self.height:
            return column
        text = single_width(text)[: max(0, self.width - column)]
        if column < 0:
            text, column = text[-column:], 0
        if text:
            cells = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
            self.codes[row, column : column + len(cells)] = cells
            self.styles[row, column : column + len(cells)] = look
        return column + len(text)


def single_width(text: str) -> str:
    """Returns text in which each character takes one cell; others become question marks."""
    if text.isascii() and text.isprintable():
        return text
    from rich.cells import cell_len

    return "".join(
        character if character.isprintable() and cell_len(character) == 1 else "?"
        for character in text
    )
