"""The example's own task is served by every command without a line about it in seqkit."""

from __future__ import annotations

import csv
import json
import tomllib
from typing import TYPE_CHECKING

import pytest

from seqkit.runs.folder import RunFolder
from tests.tagged import PLUGIN, SENTENCES, Tagged, train_tagged

if TYPE_CHECKING:
    from tests.nursery import Nursery

ASKED = "After Ben danced, Ada sang a song."
WORDS = ["After", "Ben", "danced", ",", "Ada", "sang", "a", "song", "."]
TAGS = ["O", "earlier", "earlier", "O", "later", "later", "later", "later", "O"]
DRAWN = "After Ben/earlier danced/earlier , Ada/later sang/later a/later song/later ."


@pytest.fixture(scope="module")
def tagged(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Tagged:
    return train_tagged(nursery, tmp_path_factory.mktemp("tagged"))


def test_it_learns_more_than_its_baseline(tagged: Tagged) -> None:
    events = list(RunFolder(tagged.run).events())
    (test,) = [e for e in events if e.kind == "evaluation" and e["split"] == "test"]

    assert test["baselines"]["most-frequent-tag"]["accuracy"] < 0.8
    assert test["metrics"]["accuracy"] > 0.9
    assert test["metrics"]["f1"] > 0.9


@pytest.mark.parametrize("task", [(), ("--task", "word-tags")], ids=["found", "named"])
@pytest.mark.parametrize("ending", ["conll", "tsv", "txt"])
def test_a_file_of_ones_own_begins_it(task: tuple[str, ...], ending: str, tagged: Tagged) -> None:
    (tagged.folder / f"own.{ending}").write_text(SENTENCES.read_text(encoding="utf-8"))
    done = tagged.seqkit("new", "own.toml", "--force", "--data", f"own.{ending}", *task)
    written = tomllib.loads((tagged.folder / "own.toml").read_text(encoding="utf-8"))

    assert "Words with 3 different tags are in it, in 60 sentences." in done.out
    assert written["task"]["name"] == "example:word-tags"
    assert written["dataset"] == {"name": "example:tagged-file", "path": f"own.{ending}"}
    assert written["model"]["name"] == "gru"
    assert written["loss"]["name"] == "cross-entropy"
    assert written["metrics"] == ["accuracy", "f1"]


def test_its_answers_are_drawn_as_words_with_tags(tagged: Tagged) -> None:
    assert DRAWN in tagged.seqkit("predict", "mine", ASKED).out
    (answer,) = json.loads(tagged.seqkit("predict", "mine", ASKED, "--json").out)["answers"]
    assert answer == {"view": "words", "words": WORDS, "tags": TAGS}
    assert DRAWN in tagged.seqkit("predict", "mine", stdin=ASKED + "\n").out


def test_its_answers_are_saved(tagged: Tagged) -> None:
    tagged.seqkit("predict", "mine", ASKED, "--save", "a.jsonl", "--save", "a.csv")
    (line,) = (tagged.folder / "a.jsonl").read_text(encoding="utf-8").splitlines()
    with (tagged.folder / "a.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)

    assert json.loads(line)["tags"] == TAGS
    assert json.loads(row["predicted"]) == TAGS


def test_records_of_a_file_are_read_as_they_are(tagged: Tagged) -> None:
    lines = [json.dumps({"words": WORDS}), json.dumps({"words": ASKED})]
    (tagged.folder / "asked.jsonl").write_text("\n".join(lines))
    done = tagged.seqkit("predict", "mine", "--file", "asked.jsonl", "--json")
    answers = json.loads(done.out)["answers"]

    assert answers == [{"view": "words", "words": WORDS, "tags": TAGS}] * 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "has [1, 2] under 'words' on line 2. It must be a text, or a record that the task"),
        (("--column", "words"), "under 'words' on line 1. It must be a text\n"),
    ],
    ids=["found", "named"],
)
def test_a_record_that_it_cannot_read_is_named_with_its_line(
    tagged: Tagged, words: tuple[str, ...], said: str
) -> None:
    lines = [json.dumps({"words": WORDS}), json.dumps({"words": [1, 2]})]
    (tagged.folder / "asked.jsonl").write_text("\n".join(lines))
    asked = ("predict", "mine", "--file", "asked.jsonl", *words, "--plugin", PLUGIN)
    done = tagged.nursery.run(*asked, folder=tagged.folder)

    assert done.code == 4
    assert said in done.err


def test_its_report_shows_samples_and_what_to_do_next(tagged: Tagged) -> None:
    said = tagged.seqkit("show", "mine").out

    assert "/earlier" in said
    assert "/later" in said
    assert "most-frequent-tag" in said
    assert "Next" in said
    assert 'seqkit predict mine "Before Ada danced, Ben sang."' in said

    started = next(RunFolder(tagged.run).events())
    assert started["next"][0][1] == "tag the words of new sentences"


def test_it_is_evaluated_compared_and_resumed(tagged: Tagged) -> None:
    scores = json.loads(tagged.seqkit("evaluate", "mine", "--split", "test", "--json").out)
    events = list(RunFolder(tagged.run).events())
    (test,) = [e for e in events if e.kind == "evaluation" and e["split"] == "test"]
    assert scores["metrics"]["accuracy"] == pytest.approx(test["metrics"]["accuracy"])

    tiny = ("trainer.max_steps=2", "trainer.epochs=1", "--name", "short")
    tagged.seqkit("run", "mine.toml", *tiny)
    tagged.seqkit("resume", "short", "trainer.max_steps=4")
    last = list(RunFolder(tagged.run.parent / "short").events())[-1]
    assert (last["status"], last.step) == ("finished", 4)
    compared = tagged.nursery.run("compare", "mine", "short", folder=tagged.folder)
    assert "test accuracy" in compared.out, compared.err


def test_it_is_swept(tagged: Tagged) -> None:
    words = ("model=gru,lstm", "trainer.max_steps=2", "trainer.epochs=1", "trainer.threads=1")
    said = tagged.seqkit("sweep", "mine.toml", *words, "--name", "both").out

    assert "lstm - gru" in said
    assert "most-frequent-tag" in said


def test_it_is_listed_with_the_parts_that_fit_it(tagged: Tagged) -> None:
    listed = json.loads(tagged.seqkit("list", "models", "--json").out)["models"]
    fitting = {entry["name"] for entry in listed if "word-tags" in entry["tasks"]}

    assert fitting == {"rnn", "gru", "lstm", "bilstm"}
    assert "words of a sentence" in tagged.seqkit("show", "word-tags").out
