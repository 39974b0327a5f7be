"""A score of a trained run in lines of text: in all, by class, by column, and by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.cells import cell_len

from seqkit.terminal.cells import fit
from seqkit.terminal.figures import count_of, number
from seqkit.terminal.output import Piece
from seqkit.terminal.safe_text import one_line

Line = list[Piece]
_NAME = 24
_MOST_ROWS = 20
_USUAL = 0.5


def heading(score: Mapping[str, Any], checkpoint: str) -> Line:
    """Returns what was scored: the split or file, how many examples, and by which checkpoint."""
    what = f"{score['split']} score" if score.get("split") else "Score"
    title = f"{what[:1].upper()}{what[1:]}"
    words = [count_of(score["examples"], "example"), checkpoint]
    if score.get("file"):
        words.insert(0, one_line(Path(score["file"]).name, 40))
    if score.get("left_out"):
        words.insert(-1, f"{score['left_out']:,} left out")
    return [(title, "bold"), f"  {', '.join(words)}"]


def breakdown(score: Mapping[str, Any], metrics: Sequence[str]) -> list[Line]:
    """Returns the tables of classes, columns and groups, and what is to know of the threshold.

    Args:
        score: What the engine found, as a dictionary.
        metrics: Metrics to show in tables, the first ones where there is no room for all.
    """
    lines = [*_threshold(score.get("threshold"))]
    for metric, rows in score["details"].items():
        lines += [[], [(f"{metric} by class", "bold")], *_rows(rows)]
    for kind, parts in score["parts"].items():
        rows = {
            name: {"examples": part["examples"]}
            | {key: part["metrics"][key] for key in metrics if key in part["metrics"]}
            for name, part in parts.items()
        }
        lines += [[], [(f"By {one_line(kind, _NAME)}", "bold")], *_rows(rows)]
    return lines


def _rows(rows: Mapping[str, Mapping[str, Any]]) -> list[Line]:
    """Returns a table: a name and its numbers."""
    columns = list(dict.fromkeys(key for values in rows.values() for key in values))
    shown = list(rows.items())[:_MOST_ROWS]
    first = max(12, *(cell_len(one_line(name, _NAME)) for name, _ in shown))
    columns = [key for place, key in enumerate(columns) if first + 11 * (place + 1) < 80]
    widths = [max(9, len(key)) for key in columns]
    head = "".join(f"  {key:>{width}}" for key, width in zip(columns, widths, strict=True))
    lines: list[Line] = [[(f"  {'':{first}}{head}", "bold")]]
    for name, values in shown:
        cells = [
            f"  {number(values[key]) if key in values else '-':>{width}}"
            for key, width in zip(columns, widths, strict=True)
        ]
        lines.append([f"  {fit(one_line(name, _NAME), first)}" + "".join(cells)])
    if left := len(rows) - len(shown):
        lines.append([(f"  {left:,} more not shown; --json has all", "dim")])
    return lines


def _threshold(told: Mapping[str, Any] | None) -> list[Line]:
    """Returns from which probability a class is told, and from which it would be best."""
    if not told:
        return []
    value, best = told["value"], told.get("best")
    name = one_line(told["class"], 40)
    what = f"{name!r} is told" if name else "a label is told"
    lines: list[Line] = []
    if value != _USUAL:
        lines.append([f"  {what} from a probability of {value:g} on"])
    if best and best["value"] != value and best["score"] != best["usual"]:
        lines.append(
            [
                (
                    f"  on {best['split']}, {best['metric']} is best from {best['value']:g} on: "
                    f"{number(best['score'])}, and {number(best['usual'])} from {_USUAL} on "
                    "(--threshold best)",
                    "dim",
                )
            ]
        )
    return lines
