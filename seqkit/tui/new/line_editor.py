"""A line of text being written: what it holds, where the caret is, and what keys do to it."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style


@dataclass
class LineEditor:
    """A line that is edited in place.

    Attributes:
        text: What it holds.
        at: Where the caret is, in characters.
        before: What it held at first.
    """

    text: str
    at: int
    before: str

    def press(self, key: str, character: str | None) -> bool:
        """Does what a key does. Returns whether the text was changed."""
        text, at = self.text, self.at
        moves = {
            "left": max(0, at - 1),
            "right": min(len(text), at + 1),
            "home": 0,
            "ctrl+a": 0,
            "end": len(text),
            "ctrl+e": len(text),
            "ctrl+left": text.rstrip().rfind(" ", 0, at) + 1 if at else 0,
        }
        if key in moves:
            self.at = moves[key]
            return False
        if key == "backspace":
            self.text, self.at = text[: max(0, at - 1)] + text[at:], max(0, at - 1)
        elif key == "delete":
            self.text = text[:at] + text[at + 1 :]
        elif key == "ctrl+u":
            self.text, self.at = text[at:], 0
        elif key == "ctrl+k":
            self.text = text[:at]
        elif character is not None and character.isprintable():
            self.insert(character)
        return self.text != text

    def insert(self, piece: str) -> None:
        """Writes at the caret; what cannot be shown is left out."""
        piece = "".join(character for character in piece if character.isprintable())
        self.text = self.text[: self.at] + piece + self.text[self.at :]
        self.at += len(piece)

    def draw(self, style: Style, caret: Style, width: int) -> list[Segment]:
        """Draws it in some cells, the caret always among them."""
        text = "".join(c if c.isprintable() else "·" for c in self.text) + " "
        first = 0
        while cell_len(text[first : self.at + 1]) > width:
            first += 1
        last = self.at + 1
        while last < len(text) and cell_len(text[first : last + 1]) <= width:
            last += 1
        segments = [
            Segment(text[first : self.at], style),
            Segment(text[self.at : self.at + 1], caret),
            Segment(text[self.at + 1 : last], style),
        ]
        return [*segments, Segment(" " * (width - cell_len(text[first:last])), style)]
