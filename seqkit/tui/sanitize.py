"""The last guard between text and the terminal: nothing is written that it would act on.

Screens spell control characters out where they draw text from data and logs. What slips through, in
a dialog or a text that Textual draws itself, ends here. Where the terminal's encoding is not
Unicode, signs and frames become characters that it has.
"""

from __future__ import annotations

import re
import sys

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


_LIKENESSES = {
    unknown: known
    for known, several in {
        "-": "─━┈╌┄╴╶▔▁▂▃–",
        "|": "│┃┊╎▏▎▍▌▐▕‖",
        "+": "┌┐└┘├┤┬┴┼╭╮╰╯╔╗╚╝┏┓┗┛✓",
        "=": "▄▅▀",
        "#": "█▆▇▉▊▋▟▙▛▜▓⠿⣿",
        "*": "●◆★■•",
        ">": "▸→▶⏎",
        "<": "◂←⌫",
        "^": "▲↑",
        "v": "▼▾↓",
        ".": "░▒·",
        "x": "✗×",
        "~": "…≈",
        "o": "○",
        "_": "␣",
        "n": "η",
        "@": "↻",
        "8": "∞",
        "'": "’",
    }.items()
    for unknown in several
}
"""What stands for a sign where the terminal's encoding lacks it."""


class Harmless(LineFilter):
    """Leaves control characters out of everything that is drawn, keeping each text's width.

    Args:
        encoding: What the terminal is written in; that of standard error when empty, as Textual
            draws there.
    """

    def __init__(self, encoding: str = "") -> None:
        super().__init__()
        self._encoding = encoding or getattr(sys.__stderr__, "encoding", None) or "utf-8"
        self._unicode = _can_write("✓─█⣿", self._encoding)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Returns the segments, those with such characters made anew."""
        if all(self._is_fine(segment.text) for segment in segments):
            return segments
        return [
            segment
            if segment.control or self._is_fine(segment.text)
            else Segment(self._made_fine(segment.text), segment.style)
            for segment in segments
        ]

    def _is_fine(self, text: str) -> bool:
        return text.isprintable() and (self._unicode or text.isascii())

    def _made_fine(self, text: str) -> str:
        text = without_controls(text)
        if self._unicode:
            return text
        return "".join(
            character
            if character.isascii() or _can_write(character, self._encoding)
            else _LIKENESSES.get(character, "?" * cell_len(character))
            for character in text
        )


def without_controls(text: str) -> str:
    """Returns text of the same width in cells without what a terminal or an encoder acts on."""
    return _HARMFUL.sub(lambda found: "?" * cell_len(found.group()), text)


def _can_write(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
