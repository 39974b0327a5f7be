"""Records in memory as data: what is written of them, and that everything else sees them."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqkit
from seqkit.cli.main import run_command_line
from seqkit.errors import DataError
from seqkit.experiments.records import rows_of, save_records


@pytest.mark.parametrize(
    ("records", "rows"),
    [
        ([{"a": 1, "b": "x"}], [{"a": 1, "b": "x"}]),
        ({"a": [1, 2], "b": ("x", "y")}, [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]),
        (["one", "two"], [{"text": "one"}, {"text": "two"}]),
        ([1.5, 2], [{"value": 1.5}, {"value": 2}]),
        (np.array([[1.0, 2.0]]), [{"value1": 1.0, "value2": 2.0}]),
        ({"n": np.array([1, 2])}, [{"n": 1}, {"n": 2}]),
        ([{"x": np.float32(0.5), "n": float("nan")}], [{"x": 0.5, "n": None}]),
        ([{"at": datetime(2024, 1, 2, 3), "on": date(2024, 1, 2)}],  # noqa: DTZ001
         [{"at": "2024-01-02T03:00:00", "on": "2024-01-02"}]),
        ({"day": np.array(["2024-01-01"], dtype="datetime64[D]")}, [{"day": "2024-01-01"}]),
        ([{"words": ["a"], "tags": np.array([1])}], [{"words": ["a"], "tags": [1]}]),
    ],
)  # fmt: skip
def test_records_of_every_kind_become_rows(records: Any, rows: list[dict[str, Any]]) -> None:
    assert rows_of(records) == rows


def test_a_frame_keeps_an_index_that_is_data() -> None:
    pandas = pytest.importorskip("pandas")
    days = pandas.date_range("2024-01-01", periods=2, name="day")
    frame = pandas.DataFrame({"y": [1.0, None]}, index=days)
    assert rows_of(frame) == [
        {"day": "2024-01-01T00:00:00", "y": 1.0},
        {"day": "2024-01-02T00:00:00", "y": None},
    ]
    assert rows_of(pandas.DataFrame({"y": [1.0]})) == [{"y": 1.0}]


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ("a text", "a text is no records"),
        (7, "int is no records. Give a DataFrame"),
        ([], "there are no records"),
        ({"a": [1], "b": []}, "different lengths: a 1, b 0"),
        ([object()], "a record is object"),
    ],
)
def test_what_is_no_records_is_named(records: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        save_records(records, tmp_path, "mine")
    assert not any(tmp_path.iterdir())


def test_the_same_records_are_the_same_file(tmp_path: Path) -> None:
    rows = [{"text": '=1+1, "quoted"\nand on', "label": "é"}, {"text": "", "label": "b"}]
    first = save_records(rows, tmp_path, "mine")
    assert save_records(rows, tmp_path, "mine") == first
    assert save_records(rows[:1], tmp_path, "mine") != first
    nested = save_records([{"words": ["ü"]}], tmp_path, "mine")
    assert json.loads(nested.read_text(encoding="utf-8")) == {"words": ["ü"]}
    assert nested.suffix == ".jsonl"


def test_a_run_on_records_is_resumed_and_evaluated_by_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [
        {"review": f"{word} film, the number {place}", "rating": rating}
        for place in range(60)
        for word, rating in (("good", "up"), ("bad", "down"))
    ]
    experiment = seqkit.from_records(rows, name="mine")
    words = ("trainer.epochs=1", "model.hidden_size=4", "model.embedding_size=4")
    result = seqkit.run(experiment, *words, progress=False)

    assert result.name == "mine-0001"
    assert run_command_line(["resume", "mine-0001", "trainer.epochs=2", "--quiet"]) == 0
    capsys.readouterr()
    assert run_command_line(["evaluate", "mine-0001", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["examples"] == 12


@pytest.mark.parametrize("text", ["once upon a time " * 100, "two\nlines"])
def test_a_text_in_place_of_a_path_is_told_to_be_written_to_a_file(text: str) -> None:
    with pytest.raises(seqkit.DataError, match="Write it to"):
        seqkit.new(text)
