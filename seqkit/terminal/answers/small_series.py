"""The view `series` on one line, as the samples of a run show it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from seqkit.terminal.answers.curves import Numbers, curves_of
from seqkit.terminal.answers.marks import known_number
from seqkit.terminal.output import Piece
from seqkit.terminal.safe_text import encodable, one_line
from seqkit.views import Answer


def series_in_short(answer: Answer, width: int) -> list[Piece]:
    """Returns the first column's history and forecast as two small curves, and its last value."""
    curves = curves_of(answer)[0]
    series = one_line(answer["series"], 12) if answer.get("series") else ""
    room = max(8, (width - 46) // 2)
    past, ahead = _drawn([curves.history[-room:], curves.forecast[:room]])
    line: list[Piece] = [f"{series} " if series else ""]
    arrow = " → " if encodable("→") else " > "
    line += [(f"{one_line(curves.name, 16)} ", "bold"), (past, "dim"), (arrow, "dim")]
    line += [(ahead, "cyan"), f" {known_number(curves.forecast[-1])}"]
    if curves.truth and curves.truth[-1] == curves.truth[-1]:
        line.append((f" (is {known_number(curves.truth[-1])})", "dim"))
    return line


def _drawn(parts: Sequence[Numbers]) -> list[str]:
    """Returns each part as a line of blocks, all on one scale; a blank where there is no value."""
    blocks = "▁▂▃▄▅▆▇█" if encodable("▁█") else "_.-=*#"
    known = [value for part in parts for value in part if math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    scale = (len(blocks) - 1) / (high - low) if high > low else 0.0
    return [
        "".join(
            blocks[round((value - low) * scale)] if math.isfinite(value) else " " for value in part
        )
        for part in parts
    ]
