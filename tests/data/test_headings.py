"""First rows that name columns, and first rows that are texts."""

import pytest

from seqkit.data.headings import is_heading

SENTENCES = ["she went home early", "er ging nach Hause", "what is it about?"]
WORDS = ["tree", "baum", "house"]


@pytest.mark.parametrize(
    "cells",
    [
        ("source", "target"),
        ("SRC", "tgt"),
        ("question", "answer"),
        ("input", "output"),
        ("source_text", "target text"),
        ("en", "de"),
        ("pt-BR", "en-US"),
        ("English", "Français"),
        ("eng", "deu"),
        ("en_text", "fr_text"),
        ("sentence1", "sentence2"),
        ("text_a", "text_b"),
        ('"source"', '"target"'),
        ("query", "reply"),
    ],
)
def test_usual_names_and_languages_above_sentences_are_a_heading(cells: tuple[str, ...]) -> None:
    assert is_heading(cells, SENTENCES) == "yes"


@pytest.mark.parametrize("cells", [("it", "es"), ("English", "Deutsch")])
def test_names_of_languages_above_words_may_be_words(cells: tuple[str, ...]) -> None:
    assert is_heading(cells, WORDS) == "perhaps"


@pytest.mark.parametrize(
    "cells",
    [
        ("hello", "hallo"),
        ("source", "quelle"),
        ("en", "en"),
        ("", "de"),
        ("Go.", "Los!"),
        ("text of ours", "label"),
    ],
)
def test_other_rows_are_none(cells: tuple[str, ...]) -> None:
    assert is_heading(cells, SENTENCES) == "no"
