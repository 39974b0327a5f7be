"""Runs are renamed and thrown away: nothing at work is touched, and everything comes back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seqkit.experiments.sweep_file import load_plan
from seqkit.runs.folder import RunFolder, all_runs
from seqkit.runs.labels import Label, read_label, write_label
from seqkit.storage.locks import this_process

if TYPE_CHECKING:
    from tests.nursery import Nursery


@pytest.fixture
def runs(runs_dir: Path, tmp_path: Path) -> Path:
    """A copy of the two runs, to be changed."""
    return Path(shutil.copytree(runs_dir, tmp_path / "runs"))


def names(runs: Path) -> set[str]:
    return {run.name for run in all_runs(runs)}


def test_runs_go_into_the_trash_by_name_or_path_and_come_back(seqkit: Callable, runs: Path) -> None:
    done = seqkit("rm", "--yes", "first", runs / "second", "first", "--runs-dir", runs)

    assert done.code == 0
    assert names(runs) == set()
    assert f"seqkit rm --undo first second --runs-dir {runs}" in done.err
    assert seqkit("rm", "--undo", "first", "second", "--runs-dir", runs).code == 0
    assert names(runs) == {"first", "second"}
    assert seqkit("predict", "first", "fine", "--json", "--runs-dir", runs).code == 0


def test_of_two_runs_of_one_name_the_last_one_thrown_away_comes_back(
    seqkit: Callable, runs: Path
) -> None:
    for title in ("one", "two"):
        write_label(runs / "first", Label(title, ()))
        done = seqkit("rm", "-y", "--json", "first", "--runs-dir", runs)
        assert json.loads(done.out)[0]["run"] == "first"
        shutil.copytree(runs / "second", runs / "first")
    shutil.rmtree(runs / "first")

    seqkit("rm", "--undo", "first", "--runs-dir", runs)

    assert read_label(runs / "first").title == "two"


def test_where_nobody_can_be_asked_nothing_is_thrown_away(seqkit: Callable, runs: Path) -> None:
    done = seqkit("rm", "first", "--runs-dir", runs)

    assert done.code == 2
    assert "Add --yes" in done.err
    assert names(runs) == {"first", "second"}


def test_one_name_that_is_wrong_keeps_all_runs_where_they_are(seqkit: Callable, runs: Path) -> None:
    done = seqkit("rm", "-y", "first", "secnod", "--runs-dir", runs)

    assert done.code == 4
    assert "Did you mean second?" in done.err
    assert names(runs) == {"first", "second"}


def test_a_run_at_work_is_neither_thrown_away_nor_renamed(seqkit: Callable, runs: Path) -> None:
    first = RunFolder(runs / "first")
    with first.hold():
        first.update(status="running", process=this_process())
        thrown = seqkit("rm", "-y", "second", "first", "--runs-dir", runs)
        moved = seqkit("mv", "first", "third", "--runs-dir", runs)

    assert (thrown.code, moved.code) == (4, 4)
    assert "first is at work, and nothing was moved" in thrown.err
    assert "run first is still running" in moved.err
    assert names(runs) == {"first", "second"}


def test_a_renamed_run_keeps_its_label_and_answers_and_goes_by_its_new_name(
    seqkit: Callable, runs: Path
) -> None:
    write_label(runs / "first", Label("the best", ("good",)))

    assert seqkit("mv", "first", "third", "--runs-dir", runs).code == 0

    assert names(runs) == {"third", "second"}
    assert read_label(runs / "third").tags == ("good",)
    shown = seqkit("show", "third", "--runs-dir", runs)
    assert "first" not in shown.out.replace("at first", "")
    assert seqkit("predict", "third", "fine", "--json", "--runs-dir", runs).code == 0


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("second", "there is a run 'second' already"),
        ("../other", "cannot be a run's name"),
        (".hidden", "cannot be a run's name"),
        ("", "cannot be a run's name"),
    ],
)
def test_a_name_that_is_taken_or_none_is_refused(
    seqkit: Callable, runs: Path, name: str, message: str
) -> None:
    done = seqkit("mv", "first", name, "--runs-dir", runs)

    assert done.code == 2
    assert message in done.err
    assert names(runs) == {"first", "second"}


def test_a_sweep_knows_its_renamed_run(
    seqkit: Callable, nursery: Nursery, tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    words = ["sentiment", *tiny, "model=gru,lstm", "trainer.max_steps=1", "--name", "cells"]
    assert nursery.run("sweep", *words, "--runs-dir", tmp_path).code == 0
    before = (tmp_path / "cells-lstm-seed0" / "run.json").read_text(encoding="utf-8")

    moved = seqkit("mv", "cells-gru-seed0", "mine", "--runs-dir", tmp_path)
    taken = seqkit("mv", "mine", "cells-lstm-seed0", "--runs-dir", tmp_path)
    resumed = seqkit("sweep", "--resume", "cells", "--runs-dir", tmp_path, "--json")

    assert "also in the sweep cells" in moved.out
    assert taken.code == 2
    assert [run.name for run in load_plan("cells", tmp_path).runs] == ["mine", "cells-lstm-seed0"]
    assert [run["status"] for run in json.loads(resumed.out)["runs"]] == ["finished", "finished"]
    assert names(tmp_path) == {"mine", "cells-lstm-seed0"}
    assert (tmp_path / "cells-lstm-seed0" / "run.json").read_text(encoding="utf-8") == before
