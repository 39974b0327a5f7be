"""A task that no line of seqkit knows is run, reported, predicted and saved in every view."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqkit.cli.main import run_command_line
from seqkit.runs.folder import RunFolder
from tests.answers import ANSWERS, SHOWN

TOML = """
task = "oracle:oracle"
dataset = "oracle:questions"
model = "oracle:oracle-model"
[trainer]
epochs = 2
threads = 1
samples = 20
"""


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    folder = tmp_path_factory.mktemp("oracle")
    root = request.config.rootpath
    shutil.copyfile(root / "tests" / "oracle.py", folder / "oracle.py")
    (folder / "answers.json").write_text(json.dumps(ANSWERS))
    (folder / "oracle.toml").write_text(TOML)
    words = ["run", str(folder / "oracle.toml"), "--plugin", str(folder / "oracle.py")]
    words += ["--runs-dir", str(folder / "runs"), "--name", "asked", "--quiet"]
    assert run_command_line(words) == 0
    return folder / "oracle.py"


@pytest.fixture
def words(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    monkeypatch.setenv("SEQKIT_RUNS_DIR", str(plugin.parent / "runs"))
    monkeypatch.setenv("COLUMNS", "80")
    return ("--plugin", str(plugin))


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


def test_the_events_carry_what_to_do_next(plugin: Path) -> None:
    started = next(RunFolder(plugin.parent / "runs" / "asked").events())
    assert started["outputs"] == "classes"
    assert started["legend"] == {"Rome": "a town"}
    assert started["next"] == [
        ["predict {run} 'is it \"so\"?'", "ask the oracle"],
        ["consult {run}", "consult it again"],
    ]
