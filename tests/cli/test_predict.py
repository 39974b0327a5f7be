"""`seqkit predict`: options of the task, answers as files, and answers for another program."""

from __future__ import annotations

import csv
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seqkit.python.running import load

if TYPE_CHECKING:
    from tests.nursery import Nursery

TEXT = "a wonderful film with a terrible ending"


@pytest.fixture(autouse=True)
def _there(runs_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEQKIT_RUNS_DIR", str(runs_dir))


def test_help_lists_the_options_of_the_runs_task(seqkit: Callable) -> None:
    assert "--words" in seqkit("predict", "first", "--help").out
    assert "--words" not in seqkit("predict", "--help").out


def test_an_option_of_no_task_is_refused(seqkit: Callable) -> None:
    done = seqkit("predict", "first", TEXT, "--wrds")
    assert done.code == 2
    assert "--wrds" in done.err
    assert "--words" in done.err


def test_an_option_for_a_run_that_is_not_there_blames_the_run(seqkit: Callable) -> None:
    done = seqkit("predict", "nothing", TEXT, "--beam", 4)
    assert done.code == 4
    assert "there is no run 'nothing'" in done.err


def test_each_word_has_the_probability_it_adds(runs_dir: Path, seqkit: Callable) -> None:
    document = json.loads(seqkit("predict", "first", TEXT, "--words", "--json").out)
    (answer,) = document["answers"]
    words = TEXT.split()
    assert [word for word, _ in answer["words"]] == words
    predictor = load("first", runs_dir=runs_dir)
    for place, (_, weight) in enumerate(answer["words"]):
        without = " ".join(words[:place] + words[place + 1 :])
        (other,) = predictor.predict([without])
        expected = answer["probability"] - other["probabilities"][answer["label"]]
        assert weight == pytest.approx(expected, abs=1e-5)


def test_words_are_weighed_alike_in_any_batch(runs_dir: Path) -> None:
    predictor = load("first", runs_dir=runs_dir)
    (alone,) = predictor.predict([TEXT], words=True)
    together = predictor.predict(["good", TEXT, "a " * 90], words=True)
    for (word, weight), (other, same) in zip(alone["words"], together[1]["words"], strict=True):
        assert word == other
        assert weight == pytest.approx(same, abs=1e-5)


def test_answers_are_written_as_a_table_and_as_lines(seqkit: Callable, tmp_path: Path) -> None:
    table, lines = tmp_path / "a.csv", tmp_path / "a.jsonl"
    done = seqkit("predict", "first", "good", "bad, it was", "--save", table, "--save", lines)
    assert done.code == 0
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    answers = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    assert [row["text"] for row in rows] == ["good", "bad, it was"]
    assert [row["predicted"] for row in rows] == [answer["label"] for answer in answers]
    for name, probability in answers[0]["probabilities"].items():
        assert float(rows[0][f"probability_{name}"]) == probability


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.txt", ".csv, .tsv, .json, .jsonl, .parquet, .png, .svg"),
        ("none/a.csv", "Make it first"),
        ("a.png", "a.csv"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused(
    name: str, message: str, seqkit: Callable, tmp_path: Path
) -> None:
    done = seqkit("predict", "first", "good", "--save", tmp_path / name)
    assert done.code == 2
    assert message in done.err


def test_requests_are_answered_one_by_one_and_bad_ones_end_nothing(
    nursery: Nursery, runs_dir: Path
) -> None:
    requests = [
        {"id": 1, "inputs": [TEXT, "dull"]},
        "no request",
        {"id": 2, "inputs": [TEXT], "options": {"wrds": True}},
        {"id": 3, "inputs": [17]},
        {"id": 4, "inputs": ["\x1b[31m"], "options": {"words": True}},
    ]
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    done = nursery.run("predict", "first", "--runs-dir", runs_dir, "--serve", stdin=lines)
    replies = [json.loads(line) for line in done.out.splitlines()]
    assert replies[0]["ready"]["task"] == "classification"
    assert "words" in replies[0]["ready"]["options"]["properties"]
    assert [answer["text"] for answer in replies[1]["answers"]] == [TEXT, "dull"]
    assert "a request is an object" in replies[2]["error"]
    assert "Did you mean words?" in replies[3]["error"]
    assert replies[4]["id"] == 3
    assert "error" in replies[4]
    assert replies[5]["answers"][0]["words"]
    assert done.code == 0


def test_an_interrupt_between_requests_ends_nothing(nursery: Nursery, runs_dir: Path) -> None:
    words = ("predict", "first", "--runs-dir", runs_dir, "--serve")
    theirs, ours = os.pipe()
    with os.fdopen(ours, "w") as asked, nursery.start(*words, streams={0: theirs}) as child:
        os.close(theirs)
        child.until(lambda: "\n" in child.out)
        assert "ready" in json.loads(child.out)
        child.send(signal.SIGINT)
        asked.write(json.dumps({"id": 1, "inputs": ["good"]}) + "\n")
        asked.flush()
        child.until(lambda: child.out.count("\n") == 2)
        reply = json.loads(child.out.splitlines()[1])
        asked.close()
        assert child.wait().code == 0
    assert reply["id"] == 1
    assert "answers" in reply or "cancelled" in reply
