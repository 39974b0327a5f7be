"""What an output attended to, as a grid in text: source tokens across, output tokens down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqkit.terminal.output import Piece
from seqkit.terminal.safe_text import encodable, one_line
from seqkit.views import Answer, number_of

_SHADES = (" ", "░", "▒", "▓", "█")
_ASCII_SHADES = (" ", ".", "-", "+", "#")
_WIDEST_TOKEN = 14
_CELL = 2
_STYLE = "cyan"


def attention_lines(
    answer: Answer, width: int = 80, unicode: bool | None = None
) -> list[list[Piece]]:
    """Draws the attention of an answer; a source too wide for `width` goes into several grids.

    Args:
        answer: Of the view `pair`, with `source_tokens`, `prediction_tokens` and `attention`, whose
            rows belong to the prediction's tokens and whose columns to the source's.
        width: Columns there are.
        unicode: Whether blocks may be used, or else ASCII; None where the encoding has them.

    Returns:
        The lines, as pieces with styles; none without attention. Source tokens stand above their
        columns, letter under letter.
    """
    if unicode is None:
        unicode = encodable("".join(_SHADES))
    weights: Sequence[Sequence[Any]] = answer.get("attention") or ()
    sources = [_name(token, unicode) for token in answer.get("source_tokens") or ()]
    written = [_name(token, unicode) for token in answer.get("prediction_tokens") or ()]
    if not weights or not sources:
        return []
    margin = max(_columns(token) for token in written) + 1
    across = max(1, (width - margin) // _CELL)
    lines: list[list[Piece]] = []
    for start in range(0, len(sources), across):
        if lines:
            lines.append([])
        part = slice(start, start + across)
        lines += _heading(sources[part], margin)
        for token, row in zip(written, weights, strict=True):
            cells = "".join(_shade(number_of(weight), unicode) * _CELL for weight in row[part])
            name = " " * (margin - 1 - _columns(token)) + token
            lines.append([(name, "bold"), " ", (cells.rstrip(), _STYLE)])
    return lines


def _name(token: object, unicode: bool) -> str:
    shown = one_line(token, _WIDEST_TOKEN)
    if not unicode:
        shown = shown.encode("ascii", "replace").decode("ascii")
    return shown or ("␣" if unicode else "_")


def _heading(tokens: Sequence[str], margin: int) -> list[list[Piece]]:
    """Writes each token downwards above its column, ending on the last line."""
    height = max(len(token) for token in tokens)
    upright = [token.rjust(height) for token in tokens]
    lines: list[list[Piece]] = []
    for row in range(height):
        letters = (token[row] + " " * (_CELL - _columns(token[row])) for token in upright)
        lines.append([(" " * margin + "".join(letters).rstrip(), "bold")])
    return lines


def _columns(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def _shade(weight: float, unicode: bool) -> str:
    shades = _SHADES if unicode else _ASCII_SHADES
    # A weight that is not a number is drawn as none.
    share = min(1.0, max(0.0, weight)) if weight == weight else 0.0
    return shades[min(len(shades) - 1, round(share * (len(shades) - 1)))]
