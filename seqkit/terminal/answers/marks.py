"""What several views have in common: a sign for right and wrong, values in a few words."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from seqkit.events import spell_out
from seqkit.terminal.figures import number
from seqkit.terminal.output import Piece
from seqkit.terminal.safe_text import encodable
from seqkit.views import Answer, number_of

_LARGEST = 10**300
"""Whole numbers below this are written as numbers; others are no such thing to a reader."""


def mark(answer: Answer) -> list[Piece]:
    """Returns a sign for a right or a wrong answer; nothing where that is not known."""
    correct = answer.get("correct")
    if correct is True:
        return [("✓ " if encodable("✓") else "+ ", "green")]
    if correct is False:
        return [("✗ " if encodable("✗") else "x ", "red")]
    return []


def tint(answer: Answer) -> str:
    """Returns the colour of a right or a wrong answer, after a space; empty for no other."""
    return {True: " green", False: " red"}.get(answer.get("correct"), "")  # type: ignore[arg-type]


def known_number(value: Any) -> str:
    """Returns a number of an answer in four digits, or a dash where it is not known."""
    found = number_of(value)
    return "-" if found != found else number(found)


def shown_value(value: Any) -> str:
    """Returns a value as people read it: texts as they are, the rest as compact JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return number(value) if math.isfinite(value) else str(spell_out(value))
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST:
        return number(value)
    return compact(value)


def compact(value: Any) -> str:
    """Returns a value as JSON on one line, and the name of a type that JSON has not."""
    try:
        return json.dumps(_plain(value), ensure_ascii=False, default=_named)
    except RecursionError:
        return "(nested too deeply)"
    except (ValueError, TypeError):
        return "(a value that cannot be written)"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return spell_out(value)


def _named(value: object) -> str:
    return f"({type(value).__name__})"
