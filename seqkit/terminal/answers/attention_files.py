"""What outputs attended to, as a drawing by matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from seqkit.terminal.answers.pictures import write_plots
from seqkit.terminal.safe_text import one_line
from seqkit.views import Answer, number_of, view_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDEST_TOKEN = 20
_LEVEL = 3
"""Letters of tokens that stand level below their columns; longer ones would touch."""


def has_attention(answer: Answer) -> bool:
    """Tells whether an answer is a pair that says what was looked at."""
    return view_of(answer) == "pair" and bool(answer.get("attention"))


def write_picture(answers: Sequence[Answer], path: Path) -> None:
    """Draws a grid for each answer, source tokens across and those of the prediction down.

    Raises:
        ConfigurationError: matplotlib is not installed.
        OSError: The file cannot be written.
    """
    heights = [1.2 + 0.25 * len(answer["prediction_tokens"]) for answer in answers]
    write_plots([partial(_draw, answer) for answer in answers], path, "answers", heights)


def _draw(answer: Answer, axes: Axes) -> None:
    weights = [[number_of(weight) for weight in row] for row in answer["attention"]]
    axes.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    for axis, name in ((axes.xaxis, "source"), (axes.yaxis, "prediction")):
        tokens = [one_line(token, _WIDEST_TOKEN) or "␣" for token in answer[f"{name}_tokens"]]
        long = axis is axes.xaxis and max(map(len, tokens)) > _LEVEL
        axis.set_ticks(range(len(tokens)), tokens, rotation=90 if long else 0, fontsize="small")
    axes.set_title(one_line(answer["source"], 80), loc="left", fontsize=10)
