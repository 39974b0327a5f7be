"""Answers of a task as lines of text: what `predict` prints and what samples show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seqkit.cli.output import Piece, encodable, number, one_line

_BAR_WIDTH = 12
_LEFT_OUT = ("correct", "probabilities", "text", "label", "probability", "target")


def answer_line(answer: Mapping[str, Any], width: int = 80, bar: bool = False) -> list[Piece]:
    """Returns one answer on one line: the label, its probability, and the text, cut at `width`.

    Args:
        answer: What a task's encoder made; `label` with `probability` and `text` for
            classification, any fields for others.
        width: Columns there are.
        bar: Whether the probability is also drawn.
    """
    pieces: list[Piece] = []
    if "correct" in answer:
        pieces.append(_mark(bool(answer["correct"])))
    if "label" in answer:
        pieces += _label(answer, bar)
    for key, value in answer.items():
        if key not in _LEFT_OUT:
            pieces.append(f"{key} {_short(value)}  ")
    if "text" in answer:
        used = sum(len(piece if isinstance(piece, str) else piece[0]) for piece in pieces)
        pieces.append((one_line(answer["text"], max(20, width - used)), "dim"))
    return pieces


def _mark(correct: bool) -> Piece:
    if correct:
        return ("✓ " if encodable("✓") else "+ ", "green")
    return ("✗ " if encodable("✗") else "x ", "red")


def _label(answer: Mapping[str, Any], bar: bool) -> list[Piece]:
    label = one_line(answer["label"], 24)
    colour = "" if "correct" not in answer else ("green" if answer["correct"] else "red")
    pieces: list[Piece] = [(label, f"bold {colour}".strip())]
    probability = answer.get("probability")
    if isinstance(probability, int | float):
        if bar:
            widest = max((len(str(name)) for name in answer.get("probabilities", ())), default=0)
            pieces.append(" " * max(0, min(24, widest) - len(label)))
        pieces.append(f" {probability:4.0%} ")
        if bar:
            pieces += [(_bar(float(probability)), "cyan"), " "]
    if answer.get("correct") is False:
        pieces.append(f"(is {one_line(answer.get('target'), 24)}) ")
    return [*pieces, " "]


def _bar(part: float) -> str:
    full, empty = ("█", "░") if encodable("█░") else ("#", ".")
    filled = round(max(0.0, min(1.0, part)) * _BAR_WIDTH)
    return full * filled + empty * (_BAR_WIDTH - filled)


def _short(value: Any) -> str:
    return one_line(number(value) if isinstance(value, int | float) else value, 60)
