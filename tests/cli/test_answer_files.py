"""Answers in files: whole or not at all, and safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from seqkit.cli.answer_files import write_answers
from seqkit.cli.saving import csv_cell, save, well_formed

KINDS = (".csv", ".jsonl")


@pytest.mark.parametrize("kind", KINDS)
def test_half_a_surrogate_pair_is_written_as_the_replacement_character(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / f"answers{kind}"
    write_answers([{"text": "caf\u00e9 \ud83d end", "label": "\udc00"}], path)

    text = path.read_text(encoding="utf-8")
    assert "caf\u00e9 \ufffd end" in text
    assert text.count("\ufffd") == 2


@pytest.mark.parametrize("text", ["\ud800", "a\ud800", "\ud800b", "\udc00\ud800\udc00\udc00"])
def test_a_text_is_made_well_formed_and_pairs_stay_characters(text: str) -> None:
    made = well_formed(text)

    made.encode("utf-8")
    assert ("\U00010000" in made) == ("\ud800\udc00" in text)
    assert made.replace("\ufffd", "").strip("ab\U00010000") == ""


@pytest.mark.parametrize("kind", KINDS)
def test_answers_that_cannot_be_written_leave_the_old_file(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"answers{kind}"
    path.write_text("old")

    with pytest.raises(TypeError):
        write_answers([{"text": "a"}, {"text": {"b": object()}}], path)
    assert path.read_text() == "old"
    assert [other.name for other in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "text", ["=1+1", '=HYPERLINK("http://a.b")', "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1"]
)
def test_a_text_that_a_spreadsheet_would_compute_has_an_apostrophe(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "answers.csv"
    write_answers([{"text": text, "label": text, "probability": 0.5}], path)

    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1] == [f"'{text}", f"'{text}", "0.5"]


@pytest.mark.parametrize("value", [-1, -0.5, "-1", "+1.5", "-1e-05", "plain", "1=1", "a@b.c"])
def test_numbers_and_plain_texts_stay_as_they_are(value: object) -> None:
    assert csv_cell(value) == value


def test_json_lines_keep_texts_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    write_answers([{"text": "=1+1"}], path)

    assert json.loads(path.read_text()) == {"text": "=1+1"}


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("old")
    link = tmp_path / "link.csv"
    link.symlink_to("real.csv")
    save(link, "new")

    assert link.is_symlink()
    assert (tmp_path / "real.csv").read_text() == "new"
