"""What each built-in dataset makes of a person's own file or folder."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from seqkit.api import Recognition
from seqkit.callbacks import ignore
from seqkit.data.own import OwnData
from seqkit.errors import DataError
from seqkit.registry.discovery import load_registry
from seqkit_classification._columns import USUAL_COLUMNS
from seqkit_classification.datasets import TextCsv, TextFolder, TextJsonl
from seqkit_seq2seq._columns import USUAL_COLUMNS as SIDES
from seqkit_seq2seq.datasets import PairsTsv
from seqkit_textgen.datasets import TextFile
from seqkit_timeseries.datasets import SeriesCsv

OWN = (TextCsv, TextJsonl, TextFolder, SeriesCsv, PairsTsv, TextFile)
REVIEWS = "review,stars\n" + "".join(f"a fine film {n},{n % 5}\n" for n in range(60))
OBJECTS = "".join(json.dumps({"review": f"a film {n}", "stars": n % 5}) + "\n" for n in range(60))
SERIES = "date,load\n" + "".join(f"2024-01-{n:02},{n % 7}.5\n" for n in range(1, 31))
PAIRS = "".join(f"der Satz Nummer {n}\tthe sentence number {n}\n" for n in range(60))
TEXT = "Once upon a time there was a text.\n" * 50


def recognitions(path: Path, task: str = "", **given: Any) -> dict[str, Recognition]:
    """Returns what those make of it that can use it, by their name, the surest first."""
    data = OwnData(path, given)
    found = {kind.name: kind().recognise(data, task) for kind in OWN}
    able = {name: one for name, one in found.items() if one is not None and one.confidence}
    return dict(sorted(able.items(), key=lambda pair: -pair[1].confidence))


@pytest.mark.parametrize(
    ("name", "content", "dataset", "settings", "said"),
    [
        (
            "a.csv",
            REVIEWS,
            "text-csv",
            {"text": "review", "label": "stars"},
            "texts are in column 'review', labels in 'stars'",
        ),
        (
            "a.jsonl",
            OBJECTS,
            "text-jsonl",
            {"text": "review", "label": "stars"},
            "texts are in column 'review', labels in 'stars'",
        ),
        (
            "a.csv",
            SERIES,
            "series-csv",
            {"time": "date"},
            "times are in column 'date', numbers in 'load'",
        ),
        ("a.tsv", PAIRS, "pairs-tsv", {}, "each row holds a source and a target"),
        ("a.txt", TEXT, "text-file", {}, "it is a text to learn to write from"),
    ],
    ids=["text-csv", "text-jsonl", "series-csv", "pairs-tsv", "text-file"],
)
def test_each_dataset_recognises_its_own_files_and_no_other_does(
    name: str, content: str, dataset: str, settings: dict[str, Any], said: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    found = recognitions(path)
    assert list(found) == [dataset]
    assert found[dataset].settings == {"path": path.as_posix(), **settings}
    assert found[dataset].said == said
    task = load_registry().find("tasks", found[dataset].task).component
    assert task.own_data_recipe
    entry = load_registry().find("datasets", dataset)
    splits = entry.component.splits(entry.component.Config(**found[dataset].settings), ignore)
    assert all(list(records) for records in splits.values())


def test_a_folder_is_for_classes_and_less_surely_for_writing(tmp_path: Path) -> None:
    for label in ("up", "down"):
        (tmp_path / "texts" / label).mkdir(parents=True)
        (tmp_path / "texts" / label / "1.txt").write_text("a text")
    found = recognitions(tmp_path / "texts")
    assert list(found) == ["text-folder", "text-file"]
    assert found["text-folder"].examples == 2
    (tmp_path / "poems").mkdir()
    (tmp_path / "poems" / "1.txt").write_text("a text")
    assert list(recognitions(tmp_path / "poems")) == ["text-file"]


def test_a_table_in_a_text_is_told_for_what_it_may_be_too(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(PAIRS)
    assert list(recognitions(path)) == ["pairs-tsv", "text-file"]
    path.write_text("".join(f"the sentence number {n}\t{n % 2}\n" for n in range(60)))
    assert list(recognitions(path)) == ["text-csv", "text-file"]
    path.write_text("1.5,2.5\n" * 50)
    assert set(recognitions(path)) == {"text-file", "series-csv"}


@pytest.mark.parametrize("label", USUAL_COLUMNS["label"])
@pytest.mark.parametrize("text", USUAL_COLUMNS["text"])
def test_new_and_the_reader_of_texts_take_the_same_columns(
    text: str, label: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    rows = "".join(f"{n},a fine film {n},{'ab'[n % 2]}\n" for n in range(60))
    path.write_text(f"n,{text},{label}\n{rows}")
    found = recognitions(path)["text-csv"].settings
    assert (found["text"], found["label"]) == (text, label)
    config = TextCsv.Config(path=str(path), validation=0, test=0)
    record = next(iter(TextCsv().splits(config, ignore)["train"]))
    assert (record["text"], record["label"]) == ("a fine film 0", "a")


@pytest.mark.parametrize("source", SIDES["source"])
@pytest.mark.parametrize("target", SIDES["target"])
def test_new_and_the_reader_of_pairs_take_the_same_columns(
    source: str, target: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.tsv"
    rows = "".join(f"{n}\tthe words of {n}\tdie Worte von {n}\n" for n in range(60))
    path.write_text(f"n\t{target}\t{source}\n{rows}")
    found = recognitions(path)["pairs-tsv"].settings
    assert (found["source"], found["target"]) == (source, target)
    config = PairsTsv.Config(path=str(path), header=True, validation=0, test=0)
    record = next(iter(PairsTsv().splits(config, ignore)["train"]))
    assert (record["source"], record["target"]) == ("die Worte von 0", "the words of 0")


def test_settings_that_a_person_gives_are_heeded(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b,c\n" + "".join(f"{n}-{n},x{n % 2},{n}\n" for n in range(60)))
    assert recognitions(path) == {}
    found = recognitions(path, text="a", label="b")
    assert (found["text-csv"].settings["label"], found["text-csv"].confidence) == ("b", 0.95)
    with pytest.raises(DataError, match="no column 'd'"):
        recognitions(path, text="d", label="b")


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.txt"])
@pytest.mark.parametrize("content", [b"", b"\0\0\0", b'"', b"\xff\xfe\x00"], ids=repr)
def test_a_file_that_cannot_be_read_is_an_error_or_nothing(
    name: str, content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    data = OwnData(path)
    for kind in OWN:
        with contextlib.suppress(DataError):
            assert kind().recognise(data, "") is None or name == "a.txt"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.txt"])
def test_a_fifo_is_refused_and_nobody_waits_for_it(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(DataError, match=name):
        recognitions(tmp_path / name)


def test_a_file_is_read_once_for_all_who_ask(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(REVIEWS)
    data = OwnData(path)
    rows = data.rows()
    path.unlink()
    assert data.rows() is rows
    assert TextCsv().recognise(data, "") is not None
    with pytest.raises(DataError, match=r"a\.csv"):
        data.rows(header=False)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_rows_have_every_record_of_a_table_and_of_objects(name: str, tmp_path: Path) -> None:
    records = [{"word": f"w{n}", "tag": "ab"[n % 2]} for n in range(2500)]
    lines = [json.dumps(record) for record in records]
    if name == "a.csv":
        lines = ["word,tag", *(f"{record['word']},{record['tag']}" for record in records)]
    (tmp_path / name).write_text("\n".join(lines))
    rows = OwnData(tmp_path / name).rows()

    assert len(rows) == 2500
    assert list(rows.records()) == records
    assert rows.whole("tag") == ["a", "b"] * 1250
    assert len(rows.lines) == 2500
    assert rows.columns == ("word", "tag")
    assert rows.count == len(rows.values["word"]) == 2000


def test_a_large_file_is_said_to_have_as_many_examples_as_it_has(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(OBJECTS * 40)
    assert recognitions(path)["text-jsonl"].examples == 2400
