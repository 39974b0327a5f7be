"""`runs`, `show`, `compare`, `predict` and `evaluate` on finished runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.nursery import Nursery


@pytest.fixture(autouse=True)
def at_the_runs(runs_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEQKIT_RUNS_DIR", str(runs_dir))


def test_runs_lists_the_newest_first_with_status_and_score(seqkit: Callable) -> None:
    lines = seqkit("runs").out.splitlines()
    assert [line.split()[0] for line in lines] == ["RUN", "second", "first"]
    assert "finished" in lines[1]
    assert "accuracy" in lines[1]
    assert "gru" in lines[1]


def test_runs_json_says_how_each_run_ended(seqkit: Callable) -> None:
    second, first = json.loads(seqkit("runs", "--json").out)
    assert (first["name"], first["status"], first["model"]) == ("first", "finished", "bilstm")
    assert second["progress"] == 1.0
    assert set(first["metrics"]) == {"validation", "test"}


def test_a_damaged_run_is_warned_about_and_the_others_are_listed(
    seqkit: Callable, runs_dir: Path
) -> None:
    folder = runs_dir / "damaged"
    folder.mkdir()
    (folder / "run.json").write_text("{", encoding="utf-8")
    try:
        done = seqkit("runs")
    finally:
        (folder / "run.json").unlink()
        folder.rmdir()
    assert done.code == 0
    assert "damaged" in done.err
    assert "first" in done.out


def test_an_empty_folder_of_runs_says_how_to_start(seqkit: Callable, tmp_path: Path) -> None:
    done = seqkit("runs", "--runs-dir", tmp_path / "none")
    assert (done.code, done.out) == (0, "")
    assert "seqkit run sentiment" in done.err


def test_show_of_a_run_tells_what_differs_and_what_to_do_next(seqkit: Callable) -> None:
    out = seqkit("show", "first").out
    assert "model.hidden_size" in out
    assert "(default 128)" in out
    assert "trainer.momentum" not in out
    assert "Test score" in out
    assert "seqkit predict first" in out


def test_show_finds_a_run_by_the_beginning_of_its_name_and_as_last(seqkit: Callable) -> None:
    assert seqkit("show", "fir").out.startswith("first  ")
    assert seqkit("show", "last").out.startswith("second  ")


def test_show_json_of_a_run_has_settings_and_evaluations(seqkit: Callable) -> None:
    run = json.loads(seqkit("show", "first", "--json").out)
    assert run["settings"]["model.hidden_size"] == 8
    assert run["changed"]["model.hidden_size"] == 8
    assert "trainer.momentum" not in run["changed"]
    assert run["evaluations"][0]["split"] == "validation"
    assert run["test"]["examples"] == 200
    assert run["checkpoints"]


def test_compare_puts_the_differing_settings_side_by_side(seqkit: Callable) -> None:
    out = seqkit("compare", "first", "second").out
    rows = {line.split("  ")[0]: line for line in out.splitlines()}
    assert rows["model"].split()[1:] == ["recurrent:bilstm", "recurrent:gru"]
    assert rows["trainer.learning_rate"].split()[1:] == ["0.002", "0.01"]
    assert "trainer.epochs" not in rows
    for title in ("test accuracy", "parameters", "training time", "examples/s"):
        assert title in rows


def test_compare_sorts_the_best_first(seqkit: Callable) -> None:
    document = json.loads(seqkit("compare", "first", "second", "--sort", "loss", "--json").out)
    losses = [run["metrics"]["test"]["loss"] for run in document["runs"]]
    assert losses == sorted(losses)
    document = json.loads(seqkit("compare", "first", "second", "--sort", "accuracy", "--json").out)
    scores = [run["metrics"]["test"]["accuracy"] for run in document["runs"]]
    assert scores == sorted(scores, reverse=True)


def test_compare_names_the_nearest_key_to_sort_by(seqkit: Callable) -> None:
    done = seqkit("compare", "first", "second", "--sort", "acuracy")
    assert done.code == 2
    assert "Did you mean accuracy?" in done.err


def test_predict_answers_arguments_in_order(seqkit: Callable) -> None:
    done = seqkit("predict", "first", "a wonderful film", "a dull film")
    first, second = done.out.splitlines()
    assert first.endswith("a wonderful film")
    assert second.endswith("a dull film")
    assert "%" in first


def test_predict_json_has_label_and_probability(seqkit: Callable) -> None:
    document = json.loads(seqkit("predict", "first", "a wonderful film", "--json").out)
    (answer,) = document["answers"]
    assert answer["label"] in ("positive", "negative")
    assert 0.5 <= answer["probability"] <= 1
    assert document["run"] == "first"


@pytest.mark.parametrize(
    ("name", "content", "more"),
    [
        ("texts.txt", "one text\nanother text\n", []),
        ("texts.csv", "text,label\none text,x\nanother text,y\n", []),
        ("texts.csv", "id,words\n1,one text\n2,another text\n", ["--column", "words"]),
        ("texts.tsv", "anything\none text\nanother text\n", []),
        ("texts.jsonl", '{"text": "one text"}\n{"text": "another text"}\n', []),
    ],
)
def test_predict_reads_files(
    name: str, content: str, more: list[str], seqkit: Callable, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    document = json.loads(seqkit("predict", "first", "--file", path, *more, "--json").out)
    assert [answer["text"] for answer in document["answers"]] == ["one text", "another text"]


def test_predict_names_the_columns_there_are(seqkit: Callable, tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    path.write_text("id,words\n1,one text\n", encoding="utf-8")
    done = seqkit("predict", "first", "--file", path, "--column", "wrds")
    assert done.code == 4
    assert "'wrds'" in done.err
    assert "words" in done.err
    missing = seqkit("predict", "first", "--file", tmp_path / "none.csv")
    assert missing.code == 4
    assert "none.csv" in missing.err


def test_a_folder_of_runs_that_is_a_file_is_an_error(seqkit: Callable, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for words in (["runs"], ["show", "last"], ["run", "sentiment", "trainer.max_steps=1"]):
        done = seqkit(*words, "--runs-dir", tmp_path / "file")
        assert done.code == 4
        assert "is a file and no folder. Give another with --runs-dir" in done.err


def test_predict_reads_stdin(nursery: Nursery, runs_dir: Path) -> None:
    words = ["predict", "first", "--runs-dir", runs_dir]
    done = nursery.run(*words, stdin="one text\nescape \x1b[31m here\n")
    assert done.code == 0, done.err
    assert [line.partition("%")[2].split(maxsplit=1)[-1] for line in done.out.splitlines()] == [
        "one text",
        "escape \\x1b[31m here",
    ]


def test_evaluate_scores_a_split_beside_the_baselines(seqkit: Callable) -> None:
    out = seqkit("evaluate", "first", "--split", "validation").out
    assert out.startswith("Validation score  80 examples, checkpoint of step 6 (epoch 0.13)")
    assert "majority" in out


def test_evaluate_gives_the_score_the_run_had(seqkit: Callable, runs_dir: Path) -> None:
    document = json.loads(seqkit("evaluate", "first", "--json").out)
    run = json.loads((runs_dir / "first" / "run.json").read_text(encoding="utf-8"))
    assert document["metrics"] == run["test"]["metrics"]
    assert document["examples"] == 200


def test_evaluate_names_the_splits_there_are(seqkit: Callable) -> None:
    done = seqkit("evaluate", "first", "--split", "tset")
    assert done.code == 2
    assert "test" in done.err.replace("tset", "")
