"""A task's answers as text, drawn by the keys they have. Text from data is never markup."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.text import Text

from seqkit.terminal.cells import bar, fit
from seqkit.terminal.safe_text import one_line

Answer = Mapping[str, Any]
Colour = Callable[[str], str]
"""Gives the colour of a theme variable."""

_BAR = 10
_SHADES = " ░▒▓█"
_LONGEST = 2000


def kind_of(answer: Answer) -> str:
    """Returns which task's answer this is, told by its keys; empty for one of another task."""
    if "forecast" in answer:
        return "forecasting"
    if "label" in answer:
        return "classification"
    if "continuation" in answer:
        return "language-modeling"
    if "prediction" in answer:
        return "seq2seq"
    return ""


def drawn(answer: Answer, width: int, colour: Colour) -> Text:
    """Returns an answer as text of up to `width` columns."""
    draw = {
        "classification": _classified,
        "language-modeling": _continued,
        "seq2seq": _translated,
    }.get(kind_of(answer), _other)
    return draw(answer, width, colour)


def _line(text: object) -> str:
    return one_line(str(text)[:_LONGEST])


def _number(value: object) -> float | None:
    usual = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if usual and math.isfinite(value) else None  # type: ignore[arg-type]


def _verdict(answer: Answer, colour: Colour) -> tuple[str, str]:
    if "correct" not in answer:
        return "  ", ""
    return ("✓ ", colour("success")) if answer["correct"] else ("✗ ", colour("error"))


def _classified(answer: Answer, width: int, colour: Colour) -> Text:
    sign, tint = _verdict(answer, colour)
    text = Text()
    text.append(sign, f"bold {tint}")
    text.append(
        f"{fit(answer.get('label', ''), min(12, max(4, len(str(answer.get('label'))))))} ",
        f"bold {tint}",
    )
    probability = _number(answer.get("probability"))
    if probability is not None:
        ground = colour("panel-lighten-2")
        text.append(bar(probability, _BAR), f"{colour('primary')} on {ground}")
        text.append(f" {probability:4.0%}")
    if answer.get("correct") is False and "target" in answer:
        text.append(f"  is {_line(answer['target'])}", colour("chart-axis"))
    text.append("\n")
    text.append_text(_indented(_line(answer.get("text", "")), width, 2))
    return text


def _continued(answer: Answer, _width: int, colour: Colour) -> Text:
    text = Text()
    text.append(_line(answer.get("prompt", "")), colour("chart-axis"))
    text.append(" ")
    text.append(_line(answer.get("continuation", "")), "bold")
    notes = []
    if isinstance(answer.get("tokens"), int):
        notes.append(f"{answer['tokens']} tokens")
    if answer.get("ended"):
        ended = answer["ended"]
        notes.append(
            "cut at the length asked for" if ended == "length" else f"ended: {_line(ended)}"
        )
    if notes:
        text.append(f"\n{', '.join(notes)}", f"italic {colour('chart-axis')}")
    return text


def _translated(answer: Answer, width: int, colour: Colour) -> Text:
    dim = colour("chart-axis")
    sign, tint = _verdict(answer, colour)
    rows = [("source", _line(answer.get("source", "")), "")]
    rows.append(("answer", _line(answer.get("prediction", "")), "bold"))
    if "target" in answer:
        rows.append(("target", _line(answer["target"]), colour("success")))
    text = Text()
    for label, content, style in rows:
        text.append(f"{label:<8}", dim)
        text.append_text(_indented(content, width, 8, style, first=False))
        text.append("\n")
    score = _number(answer.get("score"))
    if score is not None:
        text.append(f"{'score':<8}", dim)
        text.append(f"{score:.3f}\n")
    if "correct" in answer:
        text.append(f"{sign}{'right' if answer['correct'] else 'wrong'}\n", tint)
    grid = attention_grid(answer, width, colour)
    return text.append("\n").append_text(grid) if grid is not None else text


def attention_grid(answer: Answer, width: int, colour: Colour) -> Text | None:
    """Returns which source tokens each token of the answer looked at, as shaded cells.

    Rows are the tokens of the answer, columns those of the source, headed by their beginnings.
    None where the answer holds no such grid, or a damaged one.
    """
    source, rows, weights = (
        answer.get(key) for key in ("source_tokens", "prediction_tokens", "attention")
    )
    if not (isinstance(source, list) and isinstance(rows, list) and isinstance(weights, list)):
        return None
    if not source or not rows or len(weights) != len(rows):
        return None
    label = min(12, max(len(str(token)) for token in rows) + 1)
    cell = max(1, min(8, (width - label) // len(source)))
    shown = source[: (width - label) // cell]
    text = Text(no_wrap=True)
    gap = 1 if cell > 1 else 0
    text.append(" " * label)
    for token in shown:
        text.append(fit(token, cell - gap) + " " * gap, colour("chart-axis"))
    for token, row in zip(rows, weights, strict=True):
        text.append("\n" + fit(token, label - 1, right=True) + " ")
        values = row if isinstance(row, list) else []
        for value in [*values, *([0.0] * len(shown))][: len(shown)]:
            weight = min(1.0, max(0.0, _number(value) or 0.0))
            shade = _SHADES[min(len(_SHADES) - 1, int(weight * len(_SHADES)))]
            text.append(shade * cell, colour("chart-1"))
    if len(shown) < len(source):
        text.append(f"\n{len(source) - len(shown)} more source tokens", colour("chart-axis"))
    return text


def _other(answer: Answer, _width: int, colour: Colour) -> Text:
    text = Text()
    for key, value in answer.items():
        text.append(f"{one_line(key)}  ", colour("chart-axis"))
        text.append(f"{_line(value)}\n")
    return text


def _indented(content: str, width: int, indent: int, style: str = "", first: bool = True) -> Text:
    """Returns text wrapped beside an indent; the first line has one only where asked for."""
    import textwrap

    lines = textwrap.wrap(content, max(8, width - indent)) or [""]
    padding = " " * indent
    text = Text((padding if first else "") + lines[0], style)
    for line in lines[1:]:
        text.append(f"\n{padding}{line}")
    return text


# --- forecasts ------------------------------------------------------------------------------------


def columns_of(answer: Answer) -> list[str]:
    """Returns the names of the columns of a forecast."""
    names = answer.get("columns")
    if isinstance(names, list) and names:
        return [one_line(name) for name in names]
    part = answer.get("forecast")
    values = part.get("values") if isinstance(part, Mapping) else None
    return [
        f"column {place + 1}" for place in range(len(values) if isinstance(values, list) else 0)
    ]


def values_of(part: Any, column: int) -> list[float]:
    """Returns a column of lists of numbers; what is no number is not a number."""
    values = part.get("values") if isinstance(part, Mapping) else part
    if not isinstance(values, list) or not 0 <= column < len(values):
        return []
    row = values[column]
    if not isinstance(row, list):
        return []
    found = (_number(value) for value in row)
    return [math.nan if value is None else value for value in found]


def interval_of(answer: Answer, column: int) -> tuple[str, Sequence[float], Sequence[float]] | None:
    """Returns the widest interval of a forecast: its name, and its lower and upper ends."""
    part = answer.get("forecast")
    quantiles = part.get("quantiles") if isinstance(part, Mapping) else None
    quantiles = quantiles if isinstance(quantiles, Mapping) else answer.get("quantiles")
    if not isinstance(quantiles, Mapping) or len(quantiles) < 2:
        return None
    try:
        levels = sorted(quantiles, key=float)
        name = f"{float(levels[-1]) - float(levels[0]):.0%} interval"
    except (TypeError, ValueError):
        return None
    low, high = (values_of(quantiles[level], column) for level in (levels[0], levels[-1]))
    return (name, low, high) if low and len(low) == len(high) else None
