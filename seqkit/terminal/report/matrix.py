"""Nested lists of numbers as aligned rows, with the names of rows and columns they have."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from seqkit.terminal.cells import fit
from seqkit.terminal.figures import number
from seqkit.terminal.output import Piece
from seqkit.terminal.safe_text import one_line

Line = list[Piece]
_LONGEST = 12
"""Letters of a name above a column."""
_WIDEST = 76


def matrix(values: Sequence[object], names: Sequence[str] = ()) -> list[Line]:
    """Returns nested lists as rows; a square of named classes has the true ones down the side."""
    rows = [row if isinstance(row, list) else [row] for row in values]
    cells = [[number(cell) for cell in row] for row in rows]
    if len(names) != len(cells) or any(len(row) != len(names) for row in cells):
        width = max((len(cell) for row in cells for cell in row), default=1)
        return [["  " + "  ".join(f"{cell:>{width}}" for cell in row)] for row in cells]
    heads = [one_line(name, _LONGEST) or "''" for name in names]
    if len(set(heads)) < len(heads):
        heads = [f"{place}" for place in range(1, len(heads) + 1)]
    first = max(len("true"), *map(cell_len, heads))
    widths = [
        max(cell_len(head), *(len(row[place]) for row in cells)) for place, head in enumerate(heads)
    ]
    if first + sum(width + 2 for width in widths) > _WIDEST:
        return _most_mistaken(values, names)
    head = "".join(
        f"  {fit(text, width, right=True)}" for text, width in zip(heads, widths, strict=True)
    )
    lines: list[Line] = [[(f"  {'true':<{first}}{head}", "bold"), ("  predicted", "dim")]]
    for place, row in enumerate(cells):
        line: Line = [(f"  {fit(heads[place], first)}", "bold")]
        for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
            line.append((f"  {cell:>{width}}", "green" if column == place else ""))
        lines.append(line)
    return lines


def _most_mistaken(values: Sequence[object], names: Sequence[str]) -> list[Line]:
    """Returns the largest counts off the diagonal, where a table would be too wide to read."""
    rows = [row for row in values if isinstance(row, list)]
    pairs = [
        (float(cell), names[true], names[told])
        for true, row in enumerate(rows)
        for told, cell in enumerate(row)
        if true != told and isinstance(cell, int | float) and cell
    ]
    pairs.sort(key=lambda pair: -pair[0])
    lines: list[Line] = [
        [f"  {number(int(count)):>7}  {one_line(true, 24)} told as {one_line(told, 24)}"]
        for count, true, told in pairs[:12]
    ]
    left = len(pairs) - len(lines)
    more: list[Line] = [[(f"  and {left:,} more kinds of mistakes; --json has all", "dim")]]
    return lines + (more if left > 0 else [])
