"""Answers of a task as lines of text: what `predict` prints and what samples show."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from seqkit.terminal.figures import number
from seqkit.terminal.output import Piece
from seqkit.terminal.safe_text import encodable, one_line, visible

Line = list[Piece]
_BAR_WIDTH = 12
_SAMPLE_LINES = 3
_WEAK = 0.005
"""Less than half a point of probability is noise to a reader."""
_LEFT_OUT = ("correct", "probabilities", "text", "label", "probability", "target")


def answer_lines(answer: Mapping[str, Any], width: int = 80, bar: bool = False) -> list[Line]:
    """Returns one answer in full: a forecast drawn, a text wrapped, a translation with its like.

    Args:
        answer: What a task's codec made.
        width: Columns there are.
        bar: Whether a probability is also drawn.
    """
    if "forecast" in answer:
        from seqkit.terminal.answers.forecast import forecast_lines

        return forecast_lines(answer, min(width, 100))
    if "continuation" in answer:
        return _all_continued(answer, width)
    if "prediction" in answer and "source" in answer:
        return _translated(answer, width)
    if answer.get("words"):
        plain = {key: value for key, value in answer.items() if key not in ("words", "text")}
        return [answer_line(plain, width, bar), *_weighed(answer["words"], width)]
    return [answer_line(answer, width, bar)]


def _weighed(words: Sequence[Sequence[Any]], width: int) -> list[Line]:
    """Returns a text whose words show how much they speak for its label, or against it."""
    largest = max((abs(weight) for _, weight in words), default=0.0)
    lines: list[Line] = [[]]
    used = 0
    for word, weight in words:
        text = one_line(word)
        strong = abs(weight) > _WEAK and abs(weight) >= largest / 5
        shown = f"{text}{weight:+.0%}" if strong else text
        if used and used + len(shown) + 1 > width:
            lines.append([])
            used = 0
        colour = "dim" if not strong else ("green" if weight > 0 else "red")
        lines[-1] += [(shown, colour), " "]
        used += len(shown) + 1
    return lines


def sample_lines(answer: Mapping[str, Any], width: int = 80) -> list[Line]:
    """Returns one answer in few lines, as the samples of a run show it."""
    if "forecast" in answer:
        return [_forecast_in_short(answer, width)]
    if "continuation" in answer:
        return _continued(answer, width)[:_SAMPLE_LINES]
    if "prediction" in answer and "source" in answer:
        short = {key: answer[key] for key in answer if key not in ("attention", "n_best")}
        return _translated(short, width)
    return [answer_line(answer, width)]


def other_samples(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Returns the answers beside the first one, where several were asked for."""
    samples = answer.get("samples") or []
    return [{"prompt": answer.get("prompt", ""), **sample} for sample in samples[1:]]


def _all_continued(answer: Mapping[str, Any], width: int) -> list[Line]:
    lines = _continued(answer, width)
    for other in other_samples(answer):
        lines += [[], *_continued(other, width)]
    return lines


def _continued(answer: Mapping[str, Any], width: int) -> list[Line]:
    """Returns a prompt, faint, and the text that goes on from it, with their own line breaks."""
    prompt, text = visible(answer["prompt"]), visible(answer["continuation"])
    lines: list[Line] = []
    at = 0
    for written in (prompt + text).split("\n"):
        for part in textwrap.wrap(
            written, max(20, width), drop_whitespace=False, replace_whitespace=False
        ) or [""]:
            known = max(0, min(len(part), len(prompt) - at))
            lines.append([(part[:known], "dim"), part[known:]] if known else [part])
            at += len(part)
        at += 1
    if answer.get("note"):
        lines.append([(f"({one_line(answer['note'])})", "dim")])
    return lines


def _translated(answer: Mapping[str, Any], width: int) -> list[Line]:
    mark: Line = [_mark(bool(answer["correct"]))] if "correct" in answer else []
    lines: list[Line] = [[*mark, (one_line(answer["source"], width - 2), "dim")]]
    arrow = "→ " if encodable("→") else "> "
    best = answer.get("n_best") or [{"prediction": answer["prediction"]}]
    for rank, other in enumerate(best):
        text = one_line(other["prediction"], width - 12)
        head: Piece = ("  " + arrow, "cyan") if not rank else "    "
        line: Line = [head, (text, "bold") if not rank else text]
        score = other.get("score")
        if len(best) > 1 and isinstance(score, int | float):
            line.append((f"  {score:.3f}", "dim"))
        lines.append(line)
    if "target" in answer and not answer.get("correct"):
        lines.append([("  = ", "dim"), (one_line(answer["target"], width - 4), "dim")])
    if "attention" in answer:
        from seqkit.terminal.answers.attention import attention_lines

        lines += attention_lines(answer, min(width, 120))
    return lines


def _forecast_in_short(answer: Mapping[str, Any], width: int) -> Line:
    """Returns the first column's history and forecast as two small curves, and its last value."""
    name = one_line((answer.get("columns") or ["value"])[0], 16)
    series = one_line(answer["series"], 12) if answer.get("series") else ""
    forecast = list(answer["forecast"]["values"][0])
    truth = (answer.get("target") or [[]])[0]
    room = max(8, (width - 44) // 2)
    history = list(answer["history"]["values"][0])[-room:]
    drawn = _curves([history, forecast[:room]])
    line: Line = [f"{series} " if series else "", (f"{name} ", "bold"), (drawn[0], "dim"), " "]
    line += [(drawn[1], "cyan"), f" {number(forecast[-1])}"]
    if truth and isinstance(truth[-1], int | float):
        line.append((f" (is {number(truth[-1])})", "dim"))
    return line


def _curves(parts: Sequence[Sequence[float | None]]) -> list[str]:
    """Returns each part as a line of blocks, all on one scale; a blank where there is no value."""
    blocks = "▁▂▃▄▅▆▇█" if encodable("▁█") else "_.-=*#"
    known = [value for part in parts for value in part if value is not None and value == value]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    scale = (len(blocks) - 1) / (high - low) if high > low else 0.0
    return [
        "".join(
            " " if value is None or value != value else blocks[round((value - low) * scale)]
            for value in part
        )
        for part in parts
    ]


def answer_line(answer: Mapping[str, Any], width: int = 80, bar: bool = False) -> list[Piece]:
    """Returns one answer on one line: the label, its probability, and the text, cut at `width`.

    Args:
        answer: What a task's codec made; `label` with `probability` and `text` for
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
