"""The encoding of a text, found from its bytes."""

from __future__ import annotations

import codecs
import re

WESTERN = "cp1252"
"""What texts that are not UTF-8 are taken for, where they look like it: Windows in the West."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BEGINNING = 4096
_MOSTLY = 0.6
_WORD = re.compile(r"[^\W\d_]*[^\W\d_\x00-\x7f][^\W\d_]*")
_MOST_MARKED = 0.5
"""Of the letters of words with an accent, those that have one: the rest of a word is plain in the
languages of the West, and hardly a letter is in others that are read so."""


def found_encoding(content: bytes, usual: str = "utf-8") -> str:
    """Returns the encoding that a text seems to have.

    That is what its mark says; UTF-8 where it is valid; what such texts `usually` have where it is
    valid so; cp1252 where that makes words of it; and UTF-8 where nothing does, for its error.

    Args:
        content: The text, or its beginning.
        usual: The encoding of others like it.
    """
    for mark, name in _MARKS:
        if content.startswith(mark):
            return name
    wide = _without_a_mark(content[:_BEGINNING])
    if wide:
        return wide
    if b"\0" not in content[:_BEGINNING] and _is_valid(content, "utf-8"):
        return "utf-8"
    if _is_valid(content, usual):
        return usual
    if _is_valid(content, WESTERN) and not _is_damaged(content) and _is_western(content):
        return WESTERN
    return "utf-8"


def a_word_of(text: str) -> str:
    """Returns a word with an accent, to tell an encoding by; empty where there is none."""
    found = _WORD.search(text)
    return found[0][:20] if found else ""


def _is_valid(content: bytes, encoding: str) -> bool:
    try:
        return "\0" not in content.decode(encoding)
    except (LookupError, UnicodeError):
        return False


def _without_a_mark(content: bytes) -> str:
    """Returns which UTF-16 it is where every second byte is NUL; empty where it is none."""
    if len(content) < 4:
        return ""
    for name, begin in (("utf-16-le", 1), ("utf-16-be", 0)):
        half, rest = content[begin::2], content[1 - begin :: 2]
        if half.count(0) > _MOSTLY * len(half) and not rest.count(0):
            return name
    return ""


def _is_damaged(content: bytes) -> bool:
    """Tells whether it is UTF-8 for the most part, and damaged."""
    text = content.decode("utf-8", errors="replace")
    wrong = text.count("\ufffd")
    return sum(character > "\x7f" for character in text) - wrong > wrong


def _is_western(content: bytes) -> bool:
    words = _WORD.findall(content.decode(WESTERN))
    letters = "".join(words)
    marked = sum(letter > "\x7f" for letter in letters)
    return marked <= max(_MOST_MARKED * len(letters), 3)
