"""The grid of attention weights: what it shows, and that it fits."""

import math

import pytest

from seqkit.terminal.answers.attention import attention_lines
from seqkit.terminal.output import Piece


def drawn(lines: list[list[Piece]]) -> list[str]:
    return [
        "".join(piece if isinstance(piece, str) else piece[0] for piece in line) for line in lines
    ]


def diagonal(size: int) -> dict[str, object]:
    weights = [[float(row == column) for column in range(size)] for row in range(size)]
    tokens = [f"t{number}" for number in range(size)]
    return {"source_tokens": tokens, "prediction_tokens": tokens, "attention": weights}


def test_source_tokens_stand_above_their_columns_and_output_tokens_beside_their_rows() -> None:
    answer = {
        "source_tokens": ["ein", "Hund"],
        "prediction_tokens": ["a", "dog"],
        "attention": [[1.0, 0.0], [0.25, 0.75]],
    }
    assert drawn(attention_lines(answer, unicode=True)) == [
        "      H",
        "    e u",
        "    i n",
        "    n d",
        "  a ██",
        "dog ░░▓▓",
    ]
    assert drawn(attention_lines(answer, unicode=False))[-2:] == ["  a ##", "dog ..++"]


@pytest.mark.parametrize("width", [1, 20, 80])
@pytest.mark.parametrize("size", [1, 12, 60])
def test_every_line_fits_and_every_weight_is_drawn(width: int, size: int) -> None:
    lines = drawn(attention_lines(diagonal(size), width, unicode=True))
    assert "".join(lines).count("█") == 2 * size
    if width >= 8:
        assert max(map(len, lines)) <= width


def test_wide_characters_keep_the_columns_apart() -> None:
    answer = {
        "source_tokens": ["犬", "b"],
        "prediction_tokens": ["日本", "x"],
        "attention": [[0.0, 1.0], [1.0, 0.0]],
    }
    assert drawn(attention_lines(answer, unicode=True)) == ["     犬b", "日本   ██", "   x ██"]


def test_ascii_is_all_that_is_written_where_there_is_nothing_else() -> None:
    answer = {
        "source_tokens": ["Mädchen", " "],
        "prediction_tokens": ["girl"],
        "attention": [[math.nan, 1.0]],
    }
    text = "\n".join(drawn(attention_lines(answer, unicode=False)))
    assert text.isascii()
    assert text.endswith("girl   ##")


def test_nothing_is_drawn_without_attention() -> None:
    assert attention_lines({"source": "a", "prediction": "b"}) == []
    assert attention_lines({"source_tokens": ["a"], "prediction_tokens": [], "attention": []}) == []
