"""The views `labels`, `words` and `numbers`: what a model says of an input, beside the input."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from seqkit.terminal.answers.marks import known_number, mark, shown_value, tint
from seqkit.terminal.output import Piece
from seqkit.terminal.safe_text import encodable, one_line
from seqkit.views import VIEWS, Answer, number_of

Line = list[Piece]
_BAR_WIDTH = 12
_WEAK = 0.005
"""Less than half a point of probability is noise to a reader."""
_NO_TAG = ("", "O")
"""Tags that say that a word has none."""


# --- labels ---------------------------------------------------------------------------------------


def label_lines(answer: Answer, width: int, bar: bool, full: bool) -> list[Line]:
    """Returns labels with their probabilities, and the text, with the weights of its words."""
    if answer.get("words"):
        head = {key: value for key, value in answer.items() if key not in ("words", "text")}
        words = [(word, number_of(weight)) for word, weight in answer["words"]]
        return [label_line(head, width, bar), *_weighed(words, width)]
    return beside(label_line({**answer, "text": ""}, width, bar), answer, width, full)


def label_line(answer: Answer, width: int, bar: bool = False) -> Line:
    """Returns labels and text on one line, cut at `width`."""
    pieces = [*mark(answer), *_labels(answer, bar)]
    known = (*VIEWS["labels"].needs, *VIEWS["labels"].may, "view")
    for key, value in answer.items():
        if key not in known:
            pieces.append(f"{one_line(key, 24)} {one_line(shown_value(value), 60)}  ")
    return beside(pieces, answer, width, False)[0]


def names_of(label: Any) -> str:
    """Returns one or several labels as words."""
    if isinstance(label, str):
        return one_line(label, 24)
    return ", ".join(one_line(name, 24) for name in label) or "none"


def _labels(answer: Answer, bar: bool) -> list[Piece]:
    several = not isinstance(answer["label"], str)
    shown = names_of(answer["label"])
    pieces: list[Piece] = [(shown, f"bold{tint(answer)}")]
    if several:
        pieces += _probabilities(answer)
    probability = number_of(answer.get("probability"))
    if probability == probability:
        if bar and not several:
            widest = max((len(str(name)) for name in answer.get("probabilities", ())), default=0)
            pieces.append(" " * max(0, min(24, widest) - len(shown)))
        pieces.append(f" {probability:4.0%} ")
        if bar:
            pieces += [(_bar(probability), "cyan"), " "]
    if answer.get("correct") is False and "target" in answer:
        gap = "" if probability == probability else " "
        pieces.append(f"{gap}(is {names_of(answer['target'])}) ")
    return [*pieces, " "]


def _probabilities(answer: Answer) -> Iterable[Piece]:
    """Yields the probability of each of several labels."""
    known = answer.get("probabilities", {})
    for name in answer["label"]:
        if name in known and len(answer["label"]) > 1:
            yield (f" {number_of(known[name]):.0%}", "dim")


def _bar(part: float) -> str:
    full, empty = ("█", "░") if encodable("█░") else ("#", ".")
    filled = round(max(0.0, min(1.0, part)) * _BAR_WIDTH)
    return full * filled + empty * (_BAR_WIDTH - filled)


def beside(head: Line, answer: Answer, width: int, full: bool) -> list[Line]:
    """Returns the text of an answer behind a line: cut at `width`, or in full below it."""
    text = one_line(answer.get("text", ""))
    if not text:
        return [head]
    if not full:
        space = width - sum(len(piece if isinstance(piece, str) else piece[0]) for piece in head)
        return [[*head, (one_line(text, max(20, space)), "dim")]]
    parts = textwrap.wrap(text, max(16, width - 2))
    lines: list[Line] = [[("  " + part, "dim")] for part in parts]
    return [head, *lines]


def _weighed(words: Iterable[tuple[str, float]], width: int) -> list[Line]:
    """Returns a text whose words show how much they speak for its label, or against it."""
    words = [(word, weight if weight == weight else 0.0) for word, weight in words]
    largest = max((abs(weight) for _, weight in words), default=0.0)
    shown: list[list[Piece]] = []
    for word, weight in words:
        strong = abs(weight) > _WEAK and abs(weight) >= largest / 5
        text = one_line(word)
        colour = "dim" if not strong else ("green" if weight > 0 else "red")
        shown.append([(f"{text}{weight:+.0%}" if strong else text, colour)])
    return _flowing(shown, width)


def _flowing(words: Iterable[list[Piece]], width: int) -> list[Line]:
    """Returns words one after the other, on as many lines as they need."""
    lines: list[Line] = [[]]
    used = 0
    for pieces in words:
        long = sum(len(piece if isinstance(piece, str) else piece[0]) for piece in pieces)
        if used and used + long + 1 > width:
            lines.append([])
            used = 0
        lines[-1] += [*pieces, " "]
        used += long + 1
    return lines


# --- words ----------------------------------------------------------------------------------------


def word_lines(answer: Answer, width: int) -> list[Line]:
    """Returns words with their tags, a wrong one with the true one; or with their weights."""
    head = mark(answer)
    if "tags" not in answer:
        weights = map(number_of, answer["weights"])
        lines = _weighed(zip(answer["words"], weights, strict=True), width - 2)
    else:
        targets = answer.get("target", answer["tags"])
        known = "target" in answer
        shown = [
            _tagged(word, tag, target, known)
            for word, tag, target in zip(answer["words"], answer["tags"], targets, strict=True)
        ]
        lines = _flowing(shown, width - 2)
    return [[*head, *lines[0]], *lines[1:]]


def _tagged(word: str, tag: str, target: str, known: bool) -> list[Piece]:
    right = tag == target
    if right and tag in _NO_TAG:
        return [one_line(word)]
    colour = ("green" if right else "red") if known else "cyan"
    pieces: list[Piece] = [(one_line(word), "bold"), (f"/{one_line(tag, 24) or '-'}", colour)]
    return pieces if right else [*pieces, (f"(is {one_line(target, 24) or '-'})", "dim")]


# --- numbers --------------------------------------------------------------------------------------


def number_lines(answer: Answer, width: int, full: bool = False) -> list[Line]:
    """Returns numbers with their names and what they truly are, and the text they are read from."""
    head = mark(answer)
    targets: Mapping[str, Any] = answer.get("target", {})
    for name, value in answer["values"].items():
        head += [
            (one_line(name, 24), "dim"),
            " ",
            (known_number(value), f"bold{tint(answer)}"),
        ]
        if name in targets:
            head.append(f" (is {known_number(targets[name])})")
        head.append("  ")
    return beside(head, answer, width, full)
