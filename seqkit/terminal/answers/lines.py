"""Answers of any task as lines of text: what `predict` prints, a run shows and the UI draws.

Pieces carry the styles `bold`, `dim`, `green` (right), `red` (wrong), `cyan`, `blue` and `magenta`.
"""

from __future__ import annotations

from seqkit.terminal.answers import labelled, table, written
from seqkit.terminal.output import Piece
from seqkit.views import Answer, view_of

Line = list[Piece]
_SAMPLE_LINES = 3
_WIDEST_PLOT = 100


def answer_lines(
    answer: Answer, width: int = 80, bar: bool = False, full: bool = False
) -> list[Line]:
    """Returns one answer, drawn as its view says.

    Args:
        answer: What a task's codec made.
        width: Columns there are.
        bar: Whether a probability is also drawn.
        full: Whether an input is shown in full, and what else is known of the answer; else a long
            input is cut, so that each of many answers stays on one line.
    """
    match view_of(answer):
        case "labels":
            return labelled.label_lines(answer, width, bar, full)
        case "words":
            return labelled.word_lines(answer, width)
        case "numbers":
            return labelled.number_lines(answer, width, full)
        case "text":
            return written.text_lines(answer, width, full)
        case "pair":
            return written.pair_lines(answer, width, full)
        case "series":
            from seqkit.terminal.answers.series import series_lines

            return series_lines(answer, min(width, _WIDEST_PLOT))
    return table.table_lines(answer, width)


def sample_lines(answer: Answer, width: int = 80) -> list[Line]:
    """Returns one answer in few lines, as the samples of a run show it."""
    match view_of(answer):
        case "labels":
            return [labelled.label_line(answer, width)]
        case "words":
            return labelled.word_lines(answer, width)[:_SAMPLE_LINES]
        case "numbers":
            return labelled.number_lines(answer, width)
        case "text":
            return written.continued(answer, width)[:_SAMPLE_LINES]
        case "pair":
            return written.pair_in_short(answer, width)
        case "series":
            from seqkit.terminal.answers.small_series import series_in_short

            return [series_in_short(answer, width)]
    return [table.table_line(answer, width)]
