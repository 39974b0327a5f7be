"""The views `text` and `pair`: texts that a model wrote, behind what they were made of."""

from __future__ import annotations

import textwrap

from seqkit.terminal.answers.marks import mark
from seqkit.terminal.figures import count_of
from seqkit.terminal.output import Piece
from seqkit.terminal.safe_text import encodable, one_line, visible
from seqkit.views import Answer, number_of

Line = list[Piece]

_ENDINGS = {"length": "cut at the length asked for", "stop": "ended where it was to stop"}
"""Why a text ends, by the word that an answer has for it."""


# --- text -----------------------------------------------------------------------------------------


def text_lines(answer: Answer, width: int, full: bool) -> list[Line]:
    """Returns a prompt and what follows it, as often as it was asked for."""
    lines = continued(answer, width)
    for other in other_samples(answer):
        lines += [[], *continued(other, width)]
    known = []
    if full and "tokens" in answer:
        known.append(count_of(answer["tokens"], "token"))
    if full and answer.get("ended"):
        known.append(_ENDINGS.get(answer["ended"]) or f"ended: {one_line(answer['ended'], 40)}")
    return [*lines, [(", ".join(known), "dim")]] if known else lines


def other_samples(answer: Answer) -> list[Answer]:
    """Returns the answers beside the first one, where several were asked for."""
    samples = answer.get("samples") or []
    return [{"prompt": answer["prompt"], **sample} for sample in samples[1:]]


def continued(answer: Answer, width: int) -> list[Line]:
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


# --- pair -----------------------------------------------------------------------------------------


def pair_lines(answer: Answer, width: int, full: bool) -> list[Line]:
    """Returns a source, below it what was made of it, best first, and what was looked at.

    In full, each line is called as its key of the view is.
    """
    lines = _wrapped(
        [*mark(answer), *_label("source", full)], one_line(answer["source"]), "dim", width
    )
    best = answer.get("n_best") or [answer]
    for rank, other in enumerate(best):
        arrow = "  " if full else "  " + _arrow()
        head: Line = [(arrow, "cyan"), *_label("prediction", full)]
        if rank:
            head = [" " * _width_of(head)]
        lines += _wrapped(head, one_line(other["prediction"]), "" if rank else "bold", width)
        score = number_of(other.get("score"))
        if score == score and (full or len(best) > 1):
            lines[-1].append((f"  {score:.3f}", "dim"))
    if "target" in answer and not answer.get("correct"):
        head = ["  ", *_label("target", full)] if full else [("  = ", "dim")]
        lines += _wrapped(head, one_line(answer["target"]), "dim", width)
    if "attention" in answer:
        from seqkit.terminal.answers.attention import attention_lines

        lines += attention_lines(answer, min(width, 120))
    return lines


def pair_in_short(answer: Answer, width: int) -> list[Line]:
    """Returns source, prediction and a target that it is not, each on one line."""
    lines: list[Line] = [
        [*mark(answer), (one_line(answer["source"], width - 2), "dim")],
        [("  " + _arrow(), "cyan"), (one_line(answer["prediction"], width - 12), "bold")],
    ]
    if "target" in answer and not answer.get("correct"):
        lines.append([("  = ", "dim"), (one_line(answer["target"], width - 4), "dim")])
    return lines


def _label(key: str, full: bool) -> Line:
    return [(f"{key:<12}", "dim")] if full else []


def _width_of(line: Line) -> int:
    return sum(len(piece if isinstance(piece, str) else piece[0]) for piece in line)


def _arrow() -> str:
    return "→ " if encodable("→") else "> "


def _wrapped(head: Line, text: str, style: str, width: int) -> list[Line]:
    """Returns a text behind a head, its further lines below its first one."""
    margin = _width_of(head)
    parts = textwrap.wrap(text, max(20, width - margin - 8)) or [""]
    lines: list[Line] = [[*head, (parts[0], style) if style else parts[0]]]
    return lines + [[" " * margin, (part, style) if style else part] for part in parts[1:]]
