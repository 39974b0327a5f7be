"""A task that no line of seqkit knows is run, reported, predicted and saved in every view."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqkit.runs.folder import RunFolder
from tests.answers import ANSWERS, SHOWN
from tests.invented import Invented, train_invented


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Invented:
    return train_invented(tmp_path_factory.mktemp("oracle"))


@pytest.fixture
def words(invented: Invented, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    monkeypatch.setenv("SEQKIT_RUNS_DIR", str(invented.run.parent))
    monkeypatch.setenv("COLUMNS", "80")
    return ("--plugin", str(invented.plugin))


@pytest.mark.parametrize("name", ANSWERS)
def test_predict_draws_its_answers(
    name: str, words: tuple[str, str], seqkit: Callable[..., Any]
) -> None:
    done = seqkit("predict", "asked", name, *words)
    assert done.code == 0, done.err
    for shown in SHOWN[name]:
        assert shown in done.out
    document = json.loads(seqkit("predict", "asked", name, "--json", *words).out)
    assert document["answers"] == [ANSWERS[name]]


def test_the_report_shows_its_samples_and_what_to_do_next(
    words: tuple[str, str], seqkit: Callable[..., Any]
) -> None:
    done = seqkit("show", "asked", *words)
    assert done.code == 0, done.err
    assert "Rome/PERSON(is PLACE)" in done.out
    assert "(Rome: a town)" in done.out
    assert "seqkit predict asked 'is it \"so\"?'" in done.out
    assert "ask the oracle" in done.out
    assert "seqkit consult asked" in done.out
    assert "consult it again" in done.out


def test_the_events_carry_what_to_do_next(invented: Invented) -> None:
    started = next(RunFolder(invented.run).events())
    assert started["outputs"] == "classes"
    assert started["legend"] == {"Rome": "a town"}
    assert started["next"] == [
        ["predict {run} 'is it \"so\"?'", "ask the oracle"],
        ["consult {run}", "consult it again"],
    ]


def test_an_answer_that_does_not_fit_its_view_is_told_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    invented = train_invented(tmp_path, odd={"view": "labels", "label": 3})
    said = [
        event["message"] for event in RunFolder(invented.run).events() if "message" in event.data
    ]
    assert [message for message in said if message] == [
        "answers of the task oracle are shown as plain tables: 'label' of the view labels is 3; it "
        "must be a label, or a list of labels"
    ]
    assert "shown as plain tables" in capfd.readouterr().err
