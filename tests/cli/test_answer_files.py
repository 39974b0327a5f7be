"""Answers in files: whole or not at all, and safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest

from seqkit.data.written import table_cell, write_text
from seqkit.errors import ConfigurationError
from seqkit.terminal.answers.files import check_files, write_answers


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


def test_answers_are_not_written_over_the_inputs_that_they_are_of(tmp_path: Path) -> None:
    inputs, link = tmp_path / "inputs.csv", tmp_path / "link.csv"
    inputs.write_text("text\na\n")
    link.symlink_to(inputs)

    check_files([tmp_path / "answers.csv", inputs])
    for path in (inputs, link):
        with pytest.raises(ConfigurationError, match=r"holds the inputs, in --save"):
            check_files([tmp_path / "answers.csv", path], inputs)


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


ROWS = [{"id": "7", "body": "good", "predicted": "x"}, {"id": "8", "body": "bad", "predicted": ""}]
LABELLED = [
    {
        "view": "labels",
        "text": text,
        "label": label,
        "probability": 0.75,
        "probabilities": {"neg": 1 - p, "pos": p},
    }
    for text, label, p in (("good", "pos", 0.75), ("bad", "neg", 0.25))
]
HEADS = [
    "id",
    "body",
    "predicted",
    "predicted_2",
    "probability",
    "probability_neg",
    "probability_pos",
]


@pytest.mark.parametrize("kind", [".csv", ".tsv"])
def test_a_table_keeps_the_columns_of_the_input_and_none_collides(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / f"answers{kind}"
    write_answers(LABELLED, path, ROWS)

    with path.open(encoding="utf-8", newline="") as file:
        found = list(csv.reader(file, delimiter="\t" if kind == ".tsv" else ","))
    assert found[0] == HEADS
    assert found[1] == ["7", "good", "x", "pos", "0.75", "0.25", "0.75"]
    assert found[2] == ["8", "bad", "", "neg", "0.75", "0.75", "0.25"]


@pytest.mark.parametrize("kind", [".json", ".jsonl"])
def test_objects_keep_the_fields_of_the_input(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"answers{kind}"
    write_answers(LABELLED, path, ROWS)

    text = path.read_text(encoding="utf-8")
    found = json.loads(text) if kind == ".json" else [json.loads(one) for one in text.splitlines()]
    assert list(found[0]) == HEADS
    assert found[1]["predicted_2"] == "neg"


def test_an_empty_list_of_answers_is_valid_json(tmp_path: Path) -> None:
    write_answers([], tmp_path / "none.json")

    assert json.loads((tmp_path / "none.json").read_text()) == []


def test_the_keys_of_a_view_with_several_numbers_are_columns(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    answers = [{"view": "numbers", "values": {"height": 1.5, "weight": 2.5}, "text": "a"}]
    write_answers(answers, path, [{"a": "1"}])

    assert path.read_text().split() == ["a,predicted_height,predicted_weight", "1,1.5,2.5"]


def test_parquet_holds_numbers_as_numbers(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "answers.parquet"
    write_answers(LABELLED, path, ROWS)

    found = parquet.read_table(path).to_pydict()
    assert list(found) == HEADS
    assert found["probability"] == [0.75, 0.75]


def test_a_file_whose_writer_is_not_installed_is_refused_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'seqkit\[parquet\]'"):
        check_files([tmp_path / "a.parquet"])


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text("old")
    link = tmp_path / "link.toml"
    link.symlink_to("real.toml")
    write_text(link, "new")

    assert link.is_symlink()
    assert (tmp_path / "real.toml").read_text() == "new"


def test_a_plot_has_the_clock_of_its_last_time() -> None:
    from seqkit.terminal.answers.series_files import _times

    drawn = _times(["2024-03-31T01:00+01:00", "2024-03-31T03:00+02:00"])
    assert [time.isoformat() for time in drawn] == [
        "2024-03-31T02:00:00+02:00",
        "2024-03-31T03:00:00+02:00",
    ]
