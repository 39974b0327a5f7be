"""The last guard between text and the terminal: no control character of a text is written.

Screens spell such characters out where they draw text from data and logs. What slips through, in a
dialog or a text that Textual draws itself, ends here.
"""

from __future__ import annotations

import re

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


class Harmless(LineFilter):
    """Leaves control characters out of everything that is drawn, keeping each text's width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Returns the segments, those with control characters made anew."""
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [
            segment
            if segment.control or segment.text.isprintable()
            else Segment(without_controls(segment.text), segment.style)
            for segment in segments
        ]


def without_controls(text: str) -> str:
    """Returns text of the same width in cells without what a terminal or an encoder acts on."""
    return _HARMFUL.sub(lambda found: "?" * cell_len(found.group()), text)
