"""Answers drawn and saved by their views: all that is known is shown, and nothing crashes."""

from __future__ import annotations

import csv
import json
import math
import random
from pathlib import Path
from typing import Any

import pytest

from seqkit.errors import ConfigurationError
from seqkit.terminal.answers.files import write_answers
from seqkit.terminal.answers.in_short import asked, probability, said, wanted
from seqkit.terminal.answers.lines import answer_lines, sample_lines
from seqkit.terminal.output import styled
from seqkit.views import problems_of, view_of
from tests.answers import ANSWERS, DAMAGED, SHOWN

HOSTILE = "\x1b[31m[red]x[/red]\x07\u202e\ud800"
REPR = ("None", "True", "False", "{'", "['", "nan", "array(", "<object")


def drawn(lines: list[list[Any]]) -> str:
    return "\n".join(styled(*line).plain for line in lines)


def hostile(value: Any) -> Any:
    """Returns an answer whose texts are all of the worst kind."""
    if isinstance(value, str):
        return HOSTILE
    if isinstance(value, list):
        return [hostile(item) for item in value]
    if isinstance(value, dict):
        kept = ("view", "0.1", "0.5", "0.9", "ended")
        return {key: item if key in kept else hostile(item) for key, item in value.items()}
    return value


@pytest.mark.parametrize("name", ANSWERS)
def test_all_that_an_answer_holds_is_read_where_it_is_drawn(name: str) -> None:
    text = drawn(answer_lines(ANSWERS[name], 80))
    for words in SHOWN[name]:
        assert words in text


@pytest.mark.parametrize("width", [20, 40, 80, 160])
@pytest.mark.parametrize("name", ANSWERS)
def test_a_sample_is_short(name: str, width: int) -> None:
    lines = sample_lines(ANSWERS[name], width)
    assert 1 <= len(lines) <= 3
    assert drawn(lines).strip()


@pytest.mark.parametrize("answer", [*ANSWERS.values(), *DAMAGED], ids=str)
@pytest.mark.parametrize("width", [1, 20, 80])
def test_no_answer_crashes_moves_the_cursor_or_is_drawn_as_python(
    answer: dict[str, Any], width: int
) -> None:
    for made in (answer, hostile(answer)):
        for lines in (
            answer_lines(made, width),
            answer_lines(made, width, bar=True, full=True),
            sample_lines(made, width),
        ):
            text = drawn(lines)
            assert text.strip()
            assert not any(mark in text for mark in ("\x1b", "\x07", "\u202e", "\ud800"))
            assert not any(mark in text for mark in REPR), text
        for words in (asked(made), said(made), wanted(made)):
            assert not any(mark in words for mark in REPR), words


JUNK: tuple[Any, ...] = (
    None,
    True,
    3,
    1e308,
    10**5000,
    math.nan,
    "NaN",
    "",
    "O",
    [],
    {},
    [[]],
    [None],
    {"a": 1},
)


def spoilt(value: Any, chance: random.Random) -> Any:
    """Returns an answer some of whose parts are lost, doubled or of another type."""
    if chance.random() < 0.03:
        return chance.choice(JUNK)
    if isinstance(value, dict):
        return {
            key: item if key == "view" else spoilt(item, chance)
            for key, item in value.items()
            if chance.random() > 0.02
        }
    if isinstance(value, list):
        items = [spoilt(item, chance) for item in value]
        return items[1:] if chance.random() < 0.03 else items
    return value


@pytest.mark.parametrize("name", ANSWERS)
def test_no_spoilt_answer_stops_what_draws_it(name: str) -> None:
    views = set()
    for seed in range(300):
        answer = spoilt(ANSWERS[name], random.Random(seed))
        if isinstance(answer, dict):
            problems_of(answer)
            views.add(view_of(answer))
            for width in (1, 60):
                drawn(answer_lines(answer, width, bar=True, full=True))
                drawn(sample_lines(answer, width))
            asked(answer), said(answer), wanted(answer), probability(answer)
    assert "table" in views


@pytest.mark.parametrize(
    "value", [object(), {1, 2}, b"bytes", 1 + 2j, {3: {"a": object()}}, float("nan")]
)
def test_what_json_has_not_is_named_by_its_type(value: Any) -> None:
    text = drawn(answer_lines({"value": value}))
    assert text.startswith("value ")
    assert not any(mark in text for mark in (*REPR, "{1", "b'", "0x")), text


def test_lists_without_end_are_told_and_not_drawn() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert "nested too deeply" in drawn(answer_lines({"value": endless}))


def test_a_long_answer_has_a_row_for_each_key() -> None:
    answer = {"verdict": "word " * 30, "spans": list(range(5))}
    lines = drawn(answer_lines(answer, 40)).split("\n")
    assert lines[0].startswith("verdict  word word")
    assert lines[-1] == "spans    [0, 1, 2, 3, 4]"
    assert max(map(len, lines)) <= 40


def test_columns_and_rows_stand_below_each_other() -> None:
    rows = [[f"n{number}", number] for number in range(20)]
    lines = drawn(answer_lines({"columns": ["name", "age"], "rows": rows, "of": "x"}, 40))
    assert lines.split("\n")[:3] == ["of  x", "name  age  ", "n0      0"]
    assert lines.endswith("8 more rows")


def test_an_input_is_cut_beside_a_label_or_shown_in_full_below_it() -> None:
    answer = {"view": "labels", "label": "yes", "text": "word " * 40}
    (line,) = answer_lines(answer, 40)
    assert len(styled(*line).plain) <= 40
    lines = answer_lines(answer, 40, full=True)
    assert drawn(lines).count("word") == 40
    assert all(len(styled(*line).plain) <= 40 for line in lines)


def test_a_long_translation_is_wrapped_and_whole() -> None:
    answer = {"view": "pair", "source": "word " * 40, "prediction": "Wort " * 40}
    lines = answer_lines(answer, 60)
    assert drawn(lines).count("word") == drawn(lines).count("Wort") == 40
    assert all(len(styled(*line).plain) <= 60 for line in lines)


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_of_any_view_are_saved_as_they_are(name: str, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    write_answers([ANSWERS[name]] * 2, path)
    assert [json.loads(line) for line in path.read_text().splitlines()] == [ANSWERS[name]] * 2
    write_answers([ANSWERS[name]], tmp_path / "answers.csv")
    with (tmp_path / "answers.csv").open(encoding="utf-8", newline="") as file:
        (first, *_) = csv.DictReader(file)
    assert first
    assert "view" not in first


@pytest.mark.parametrize("name", ["series", "pair"])
@pytest.mark.parametrize("ending", ["png", "svg"])
def test_what_can_be_drawn_is_saved_as_a_picture(name: str, ending: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / f"answers.{ending}"
    write_answers([ANSWERS[name]] * 2, path)
    head = path.read_bytes()[:400]
    assert head.startswith(b"\x89PNG") if ending == "png" else b"<svg" in head or b"<?xml" in head


@pytest.mark.parametrize("name", ["labels", "words", "numbers", "table"])
def test_what_cannot_be_drawn_is_told_and_leaves_no_file(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"Write answers\.csv"):
        write_answers([ANSWERS[name]], tmp_path / "answers.png")
    with pytest.raises(ConfigurationError):
        write_answers([], tmp_path / "answers.png")
    assert not list(tmp_path.iterdir())


def test_series_among_others_are_saved_as_a_plain_table(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    write_answers([ANSWERS["series"], ANSWERS["labels"]], path)
    with path.open(encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert json.loads(first["forecast"]) == ANSWERS["series"]["forecast"]
    assert second["predicted"] == "yes"


def test_an_answer_in_full_says_what_its_lines_are() -> None:
    lines = drawn(answer_lines(ANSWERS["pair"], 80, full=True)).splitlines()
    assert lines[0] == "✗ source      the house"
    assert lines[1] == "  prediction  das haus  -0.500"
    assert lines[3] == "  target      das Haus"
    cut = {**ANSWERS["text"], "ended": "length"}
    assert "12 tokens, cut at the length asked for" in drawn(answer_lines(cut, 80, full=True))
