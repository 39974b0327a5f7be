"""Text that may come from anyone, such as data and logs, made safe to show.

Control characters are spelt out, so that nothing but seqkit itself moves the cursor or changes
colours.
"""

from __future__ import annotations

import re
from typing import TextIO

from seqkit.terminal.streams import stderr

CONTROL = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Characters that move the cursor, turn the direction of writing or cannot be encoded."""


def visible(text: object) -> str:
    r"""Returns text with every control character but the line break spelt out, as in `\x1b`."""
    return CONTROL.sub(lambda found: _spelt(found[0]), str(text))


def one_line(text: object, width: int = 0) -> str:
    """Returns visible text on one line, cut with an ellipsis at `width` columns where given."""
    line = visible(" ".join(str(text).split()))
    if width and len(line) > width:
        line = line[: max(0, width - 1)].rstrip() + ("…" if encodable("…") else "~")
    return line


def _spelt(character: str) -> str:
    if character == "\t":
        return "  "
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def encodable(text: str, stream: TextIO | None = None) -> bool:
    """Tells whether a stream's encoding has these characters; stderr's by default."""
    encoding = getattr(stream or stderr(), "encoding", None) or "ascii"
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def bare(name: object) -> str:
    """Returns a component's name without its plugin's; empty where there is none."""
    return str(name).rpartition(":")[2] if name else ""
