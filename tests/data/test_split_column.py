"""A column of a table that says which split each row is of."""

import json
from pathlib import Path
from typing import Any

import pytest

from seqkit.callbacks import ignore
from seqkit.data.split_column import divided, split_named
from seqkit.errors import ConfigurationError, DataError
from seqkit.experiments.folds import require_foldable
from seqkit.experiments.loading import load_experiment
from seqkit.experiments.own_data import recognise
from seqkit.registry.discovery import load_registry
from seqkit_classification.datasets import TextCsv, TextJsonl

ROWS = [
    ("good", "p", "Train"),
    ("bad", "n", " train "),
    ("fine", "p", "val"),
    ("dull", "n", "TEST"),
]


def write(folder: Path, rows: Any, heading: str = "text,label,kind") -> Path:
    path = folder / "rows.csv"
    path.write_text("\n".join([heading, *(",".join(row) for row in rows)]) + "\n")
    return path


def splits(told: list[str] | None = None, **settings: Any) -> dict[str, list[Any]]:
    config = TextCsv.Config(**settings)
    found = TextCsv().splits(config, ignore if told is None else told.append)
    return {split: [one["text"] for one in records] for split, records in found.items()}


def test_each_row_goes_where_its_column_says(tmp_path: Path) -> None:
    path = write(tmp_path, ROWS)
    found = splits(path=str(path), split="kind")
    assert found == {"train": ["good", "bad"], "validation": ["fine"], "test": ["dull"]}
    (record, *_) = TextCsv().splits(TextCsv.Config(path=str(path), split="kind"), ignore)["train"]
    assert set(record) == {"text", "label"}


def test_a_split_without_rows_is_held_out_from_those_of_training(tmp_path: Path) -> None:
    rows = [(f"text {n}", "pn"[n % 2], "test" if n > 39 else "train") for n in range(50)]
    path = write(tmp_path, rows)
    found = splits(path=str(path), split="kind")
    assert found["test"] == [f"text {n}" for n in range(40, 50)]
    assert len(found["validation"]) == 4
    assert set(found["train"]) | set(found["validation"]) == {f"text {n}" for n in range(40)}


def test_rows_of_no_split_are_left_out_and_told(tmp_path: Path) -> None:
    path = write(tmp_path, [*ROWS, ("odd", "p", "extra"), ("blank", "n", "")])
    told: list[str] = []
    found = splits(told, path=str(path), split="kind")
    assert sum(map(len, found.values())) == 4
    (sentence,) = told
    assert "2 rows of no split left out" in sentence
    assert "'extra'" in sentence


def test_what_cannot_be_is_refused_with_the_next_step(tmp_path: Path) -> None:
    path = write(tmp_path, [(text, label, "test") for text, label, _ in ROWS])
    with pytest.raises(DataError, match=r"no row for training in column 'kind', which has 'test'"):
        splits(path=str(path), split="kind")
    with pytest.raises(DataError, match=r"no column 'knd'.*Did you mean 'kind'"):
        splits(path=str(path), split="knd")
    with pytest.raises(ConfigurationError, match="are both given"):
        splits(path=str(path), split="kind", test_path=str(path))


def test_folds_are_refused_beside_it(tmp_path: Path) -> None:
    path = write(tmp_path, ROWS)
    words = ["dataset=text-csv", f"dataset.path={path}", "dataset.split=kind"]
    experiment = load_experiment("sentiment", load_registry(), words)
    with pytest.raises(ConfigurationError, match="folds make splits of their own"):
        require_foldable(experiment)


def test_the_rows_that_are_kept_hold_no_columns_of_the_table() -> None:
    record = {"text": "a", "row": {"text": "a", "kind": "train"}}
    assert divided(Path("x"), [record], "kind", ignore) == {"train": [{"text": "a"}]}


@pytest.mark.parametrize(
    ("cell", "split"),
    [
        ("Training set", "train"),
        ("test_set", "test"),
        ("PublicTest", "validation"),
        ("eval", "validation"),
        ("hold-out", "test"),
        ("contest", ""),
        ("dataset", ""),
        (None, ""),
        (1, ""),
    ],
)
def test_words_for_splits(cell: Any, split: str) -> None:
    assert split_named(cell) == split


def test_objects_without_the_key_are_of_no_split(tmp_path: Path) -> None:
    rows = [
        {"text": f"t{n}", "label": n % 2, "part": ["train", "test"][n % 3 == 0]} for n in range(9)
    ]
    rows += [{"text": "more", "label": 1}]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    told: list[str] = []
    config = TextJsonl.Config(path=str(path), split="part", validation=0)
    found = TextJsonl().splits(config, told.append)
    assert {name: len(list(records)) for name, records in found.items()} == {"train": 6, "test": 3}
    assert any("has blank" in one for one in told)


def test_each_file_of_a_pattern_may_be_of_one_split(tmp_path: Path) -> None:
    for name in ("train", "test"):
        rows = "".join(f"{name} {n},{n % 2},{name}\n" for n in range(10))
        (tmp_path / f"part-{name}.csv").write_text(f"text,label,split\n{rows}")
    found = splits(path=str(tmp_path / "part-*.csv"), split="split", validation=0)
    assert {name: len(texts) for name, texts in found.items()} == {"train": 10, "test": 10}


def test_a_column_called_split_that_is_not_followed_is_told(tmp_path: Path) -> None:
    rows = [(f"a good film {n}", "pn"[n % 2], "AB"[n % 2 == 0]) for n in range(40)]
    found = recognise(write(tmp_path, rows, "text,label,split"), load_registry())[1]
    assert "column 'split' ('A', 'B') does not tell rows for training from others" in found.said
    assert "split" not in found.settings


def test_classes_may_be_called_like_splits(tmp_path: Path) -> None:
    rows = [(f"a good offer {n}", ["training", "development"][n % 2]) for n in range(40)]
    found = recognise(write(tmp_path, rows, "text,label"), load_registry())[1]
    assert found.settings["label"] == "label"
