"""An answer in a few words, to set it beside another one or to copy it."""

from __future__ import annotations

from typing import Any

from seqkit.terminal.answers.labelled import names_of
from seqkit.terminal.answers.marks import compact, known_number, shown_value
from seqkit.views import Answer, number_of, view_of

_ASKED = {"labels": "text", "text": "prompt", "pair": "source", "numbers": "text"}
_SAID = {"labels": "label", "words": "tags", "text": "continuation", "pair": "prediction"}


def asked(answer: Answer) -> str:
    """Returns what was asked: the text, the source, the words; empty where that is not told."""
    view = view_of(answer)
    if view == "words":
        return " ".join(answer["words"])
    return str(answer.get(_ASKED.get(view, ""), ""))


def said(answer: Answer) -> str:
    """Returns what was answered."""
    view = view_of(answer)
    if view in _SAID:
        return _worded(answer.get(_SAID[view], ""))
    if view == "numbers":
        return _worded(answer["values"])
    return compact({key: value for key, value in answer.items() if key != "view"})


def wanted(answer: Answer) -> str:
    """Returns what the answer should be; empty where that is not known."""
    target = answer.get("target")
    if target is None or view_of(answer) not in (*_SAID, "numbers"):
        return ""
    return _worded(target)


def probability(answer: Answer) -> float | None:
    """Returns how likely a label is; None for other answers."""
    if view_of(answer) != "labels":
        return None
    value = number_of(answer.get("probability"))
    return value if value == value else None


def _worded(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return names_of(value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {known_number(item)}" for name, item in value.items())
    return shown_value(value)
