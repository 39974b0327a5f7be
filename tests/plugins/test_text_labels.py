"""Labels of classification: one class for all its spellings, and a word where that is not sure."""

from __future__ import annotations

import csv
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from seqkit.errors import DataError
from seqkit.registry.discovery import load_registry
from seqkit_classification._codec import ClassificationCodec
from seqkit_classification._labels import Labels, label_key, mistakable, name_classes, united

ACCENTED = "caf\u00e9"
DECOMPOSED = unicodedata.normalize("NFD", ACCENTED)

ONE_CLASS = [
    ("1", "1.0"),
    ("1", 1),
    ("1", 1.0),
    ("1", "+1"),
    ("0", "-0.0"),
    ("0.5", ".50"),
    ("True", "true"),
    ("TRUE", True),
    ("pos", " pos\t"),
    ("pos", "\u00a0pos\r\n"),
    ("pos", "\ufeffpos\u200b"),
    (ACCENTED, DECOMPOSED),
]
CLASSES_APART = [
    ("01", "1"),
    ("1", "True"),
    ("pos", "Pos"),
    ("1", "-1"),
    ("12345678901234567890123456789", "12345678901234567890123456788"),
    ("1e1", "10"),
    ("m\u00b2", "m2"),
]


@pytest.mark.parametrize(("one", "other"), ONE_CLASS)
def test_spellings_of_one_class_have_one_key(one: Any, other: Any) -> None:
    assert label_key(one) == label_key(other)


@pytest.mark.parametrize(("one", "other"), CLASSES_APART)
def test_other_classes_have_other_keys(one: Any, other: Any) -> None:
    assert label_key(one) != label_key(other)


def test_a_class_is_called_as_it_is_most_often_spelt() -> None:
    assert name_classes(["1.0", "1", "1.0"]) == {"1.0": "1.0", "1": "1.0"}
    assert set(name_classes(["1.0", "1"]).values()) == {"1"}
    assert set(name_classes([DECOMPOSED, " x"]).values()) == {ACCENTED, "x"}


def test_spellings_that_were_united_are_told_with_what_tells_them_apart() -> None:
    [said] = united(name_classes(["1", "1.0", DECOMPOSED, "a"]), "the train split")
    assert "'1.0' as '1'" in said
    assert f"'cafe\\u0301' as '{ACCENTED}'" in said
    assert list(united(name_classes(["a", "b"]), "the train split")) == []


@pytest.mark.parametrize(
    "names",
    [
        ("Pos", "pos"),
        ("01", "1"),
        ("new york", "new  york"),
        ("sci-fi", "sci fi"),
        ("1", "1,0"),
        ("10", "1e1"),
        ("-1", "\u22121"),
        ("1", "True"),
        ('"pos"', "pos."),
    ],
)
def test_classes_that_are_easily_mistaken_are_told(names: tuple[str, ...]) -> None:
    [said] = mistakable([*names, "other"])
    assert all(repr(name) in said for name in names)
    assert "'other'" not in said


@pytest.mark.parametrize("name", ["NaN", "nan", "NULL", "n/a", "#N/A", "<NA>", "?"])
def test_a_class_that_is_called_as_missing_values_are_is_told(name: str) -> None:
    [said] = mistakable(["0", "1", name])
    assert f"a class is called {name!r}" in said


@pytest.mark.parametrize(
    "names", [("none", "some"), ("True", "False"), ("-1", "1"), ("1", "10"), ("0", "0.5")]
)
def test_classes_that_differ_plainly_are_not_told(names: tuple[str, ...]) -> None:
    assert list(mistakable(names)) == []


def test_labels_of_models_of_before_are_found_as_they_are_and_by_their_class() -> None:
    labels = Labels(("0.0", "1", "1.0"))
    assert [labels.find(value) for value in ("1", "1.0", "0", 0, "+1")] == [1, 2, 0, 0, 1]
    assert labels.find("2") is labels.find(None) is None


# --- through the readers --------------------------------------------------------------------------


def _records(folder: Path, dataset: str, rows: list[tuple[str, Any]], **settings: Any) -> Any:
    component = load_registry().find("datasets", dataset).component
    path = folder / ("t.csv" if dataset == "text-csv" else "t.jsonl")
    if dataset == "text-csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("text", "label"), *rows])
    elif dataset == "text-jsonl":
        lines = [json.dumps({"text": text, "label": label}) for text, label in rows]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    else:
        path = folder / "texts"
        for number, (text, label) in enumerate(rows):
            (path / str(label)).mkdir(parents=True, exist_ok=True)
            (path / str(label) / f"{number}.txt").write_text(text, encoding="utf-8")
    notes: list[str] = []
    config = component.Config(path=str(path), **settings)
    return component.splits(config, notes.append), notes


def _encoded(splits: Any, notes: list[str]) -> tuple[ClassificationCodec, Any]:
    task = load_registry().find("tasks", "classification").component
    codec, arrays = task.encode(task.Config(minimum_count=1), splits, notes.append)
    assert isinstance(codec, ClassificationCodec)
    return codec, arrays


SPELT = ["1", "1.0", " 1", "0", "0.0", "0 "]


@pytest.mark.parametrize("dataset", ["text-csv", "text-jsonl", "text-folder"])
def test_every_reader_makes_the_same_classes_of_the_same_labels(
    tmp_path: Path, dataset: str
) -> None:
    rows = [(f"text {n}", SPELT[n % len(SPELT)]) for n in range(60)]
    splits, notes = _records(tmp_path, dataset, rows)
    codec, arrays = _encoded(splits, notes)
    assert codec.labels == ("0", "1")
    assert set(arrays["test"]["targets"].tolist()) == {0, 1}
    assert sum("one class" in note for note in notes) == 1


@pytest.mark.parametrize("blank", ["", "  ", "\u00a0", None, float("nan")])
def test_a_row_with_a_blank_label_is_left_out_and_told_with_its_line(
    tmp_path: Path, blank: Any
) -> None:
    rows: list[tuple[str, Any]] = [(f"a {n}", "xy"[n % 2]) for n in range(20)]
    rows[1] = ("c d", blank)
    splits, notes = _records(tmp_path, "text-jsonl", rows)
    assert sum(len(list(records)) for records in splits.values()) == 19
    (told,) = [note for note in notes if "label" in note]
    assert "line 2" in told


@pytest.mark.parametrize("blank", ["", " \u200b ", None, float("nan")])
def test_a_record_with_a_blank_label_has_none(blank: Any) -> None:
    train = [{"text": "a", "label": "x"}, {"text": "b", "label": blank}]
    with pytest.raises(DataError, match=r"record 2 \('b'\) has no label, in the train split"):
        _encoded({"train": train}, [])


def test_a_test_file_may_spell_labels_otherwise_and_that_is_told() -> None:
    train = [{"text": f"a {n}", "label": str(n % 2)} for n in range(10)]
    test = [{"text": f"b {n}", "label": f"{n % 2}.0"} for n in range(4)]
    notes: list[str] = []
    _, arrays = _encoded({"train": train, "test": test}, notes)
    assert arrays["test"]["targets"].tolist() == [0, 1, 0, 1]
    assert any("'0.0' as '0'" in note and "the test split" in note for note in notes)


def test_a_label_that_differs_in_case_from_a_class_is_refused_with_the_class() -> None:
    train = [{"text": f"a {n}", "label": ("Pos", "Neg")[n % 2]} for n in range(10)]
    with pytest.raises(DataError, match=r"the label 'pos' .* test split.*Spell it 'Pos' if"):
        _encoded({"train": train, "test": [{"text": "x", "label": "pos"}]}, [])


@pytest.mark.parametrize(
    "settings", [{}, {"test": 0.2}, {"test": 0}, {"validation": 0}, {"seed": 4}, {"test": 0.5}]
)
def test_classes_of_one_example_are_trained_on_whatever_is_held_out(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    rows = [(f"text {n}", "most" if n < 190 else f"rare {n}") for n in range(200)]
    splits, notes = _records(tmp_path, "text-csv", rows, **settings)
    assert {record["label"] for record in splits["train"]} == {label for _, label in rows}
    assert any(note.startswith("10 classes have one example") for note in notes)
    codec, arrays = _encoded(splits, notes)
    assert codec.facts(arrays["train"])["classes"]["rare 195"] == 1


def test_a_blank_text_has_an_empty_answer() -> None:
    import torch

    codec, _ = _encoded({"train": [{"text": "a", "label": n % 2} for n in range(4)]}, [])
    blank, other = codec.answers(torch.zeros(2, 2), [{"text": " "}, {"text": "a"}])
    assert blank == {
        "view": "labels",
        "text": " ",
        "label": "",
        "probability": None,
        "probabilities": {},
    }
    assert other["label"] == "0"


def test_the_classes_stand_in_the_opening_lines_of_a_run(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from seqkit.cli.main import run_command_line

    words = ["model.hidden_size=4", "model.embedding_size=4", "trainer.max_steps=1"]
    runs = ["--runs-dir", str(tmp_path)]
    assert run_command_line(["run", "sentiment", *words, "--name", "a", *runs]) == 0
    out, err = capfd.readouterr()
    assert "classes     negative 360, positive 360" in err
    assert run_command_line(["show", "a", *runs]) == 0
    out, err = capfd.readouterr()
    assert "classes     negative 360, positive 360" in out
    log = (tmp_path / "a" / "events.jsonl").read_text(encoding="utf-8")
    started = json.loads(log.split("\n")[0])
    assert started["facts"] == {"classes": {"negative": 360, "positive": 360}}


def test_an_error_in_a_split_names_the_file_it_comes_from(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from seqkit.cli.main import run_command_line

    train, test = tmp_path / "train.csv", tmp_path / "other.csv"
    train.write_text("text,label\n" + "".join(f"a {n},{n % 2}\n" for n in range(20)))
    test.write_text("text,label\nx,maybe\n")
    words = ["dataset=text-csv", f"dataset.path={train}", "--runs-dir", str(tmp_path)]
    assert run_command_line(["run", "sentiment", *words, f"dataset.test_path={test}"]) == 4
    assert "the label 'maybe'" in (said := capfd.readouterr().err)
    assert f"The data come from {test}" in said
    train.write_text("text,label\n" + "a,1\n" * 20)
    assert run_command_line(["run", "sentiment", *words]) == 4
    assert f"The data come from {train}" in capfd.readouterr().err
