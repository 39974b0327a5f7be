"""Answers in files: whole or not at all, and safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from seqkit.data.written import table_cell, write_text
from seqkit.terminal.answers.files import write_answers


def test_half_a_surrogate_pair_is_the_replacement_character_in_a_table(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    write_answers([{"text": "caf\u00e9 \ud83d end", "label": "\udc00"}], path)

    assert path.read_text(encoding="utf-8").splitlines()[1] == "caf\u00e9 \ufffd end,\ufffd"


def test_json_lines_with_half_a_surrogate_pair_can_be_read_back(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    write_answers([{"text": "caf\u00e9 \ud83d end"}], path)

    text = json.loads(path.read_text(encoding="utf-8"))["text"]
    assert text in ("caf\u00e9 \ud83d end", "caf\u00e9 \ufffd end")


@pytest.mark.parametrize("kind", [".csv", ".jsonl"])
def test_answers_that_cannot_be_written_leave_the_old_file(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"answers{kind}"
    path.write_text("old")

    with pytest.raises(TypeError):
        write_answers([{"text": "a"}, {"text": {"b": object()}}], path)
    assert path.read_text() == "old"
    assert [other.name for other in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "text",
    ["=1+1", '=HYPERLINK("http://a.b")', "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1"],
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
    assert table_cell(value) == value


def test_json_lines_keep_texts_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    write_answers([{"text": "=1+1"}], path)

    assert json.loads(path.read_text()) == {"text": "=1+1"}


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text("old")
    link = tmp_path / "link.toml"
    link.symlink_to("real.toml")
    write_text(link, "new")

    assert link.is_symlink()
    assert (tmp_path / "real.toml").read_text() == "new"
