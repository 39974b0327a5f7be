"""A damaged run.json is made anew from what lies beside it when the run is resumed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqkit.errors import CheckpointError, SeqkitError
from seqkit.events import Event
from seqkit.experiments.sweep_file import save_plan
from seqkit.experiments.sweep_plan import SweepPlan, SweepRun
from tests.engine.conftest import Lab

SignalAt = Callable[..., Callable[[Event], None]]
DAMAGES = ["", "{", "[]", "\x00\x00", "a digit"]
TIMED = {"process", "ended", "created", "seconds"}


def harm(path: Path, how: str) -> None:
    text = path.read_text(encoding="utf-8").replace('"schema": 1', '"schema": 3')
    path.write_text(text if how == "a digit" else how, encoding="utf-8")


def known(info: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in info.items() if key not in TIMED}


@pytest.mark.parametrize("how", DAMAGES)
def test_a_stopped_run_goes_on_and_its_record_is_written_anew(
    lab: Lab, signal_at: SignalAt, how: str
) -> None:
    words = ["trainer.test=true", "trainer.evaluate_every=6"]
    whole = lab.train(*words)
    run = lab.train(*words, observers=[signal_at(5)])
    harm(run.path / "run.json", how)
    with pytest.raises(CheckpointError, match=r"run\.json cannot be read: .*seqkit resume"):
        run.folder.info()
    resumed = lab.resume(run)

    assert resumed.status == resumed.folder.status() == "finished"
    assert "It is written anew from what lies beside it" in resumed.warnings[0]
    assert resumed.weights_file == whole.weights_file
    ours, theirs = known(resumed.folder.info()), known(whole.folder.info())
    assert ours.keys() == theirs.keys()
    for each in (ours, theirs):
        each["test"].pop("seconds")
        each["evaluation"].pop("seconds")
    assert ours == theirs
    assert resumed.folder.info()["created"] == pytest.approx(resumed.events[0].time, abs=60)


def test_a_finished_run_has_its_record_back_and_nothing_else_is_changed(lab: Lab) -> None:
    run = lab.train("trainer.test=true")
    before, log = run.folder.info(), run.folder.events_file.read_bytes()
    harm(run.path / "run.json", "a digit")
    seen: list[Event] = []
    assert lab.resume(run, observers=[seen.append]).status == "finished"

    assert known(run.folder.info()) == known(before)
    assert run.folder.events_file.read_bytes() == log
    assert any("is written anew" in str(event.get("message")) for event in seen)


def test_a_run_of_a_sweep_is_one_again(lab: Lab, signal_at: SignalAt) -> None:
    run = lab.train(observers=[signal_at(2)], name="cell")
    planned = SweepRun("cell", (), "all", 0, "digest")
    save_plan(SweepPlan("cells", "sentiment", ("model",), (planned,)), lab.runs)
    harm(run.path / "run.json", "{")
    lab.resume(run)

    info = run.folder.info()
    assert (info["group"], info["varies"]) == ("cells", ["model"])


def test_a_resume_that_is_refused_leaves_the_damaged_record_as_it_was(
    lab: Lab, signal_at: SignalAt
) -> None:
    run = lab.train(observers=[signal_at(2)])
    harm(run.path / "run.json", "a digit")
    before = (run.path / "run.json").read_bytes()
    with pytest.raises(SeqkitError):
        lab.resume(run, "model.hidden_size=16")

    assert (run.path / "run.json").read_bytes() == before


def test_a_damaged_log_beside_it_is_used_as_far_as_it_is_whole(
    lab: Lab, signal_at: SignalAt
) -> None:
    run = lab.train(observers=[signal_at(5)])
    harm(run.path / "run.json", "{")
    lines = run.folder.events_file.read_bytes().splitlines(keepends=True)
    run.folder.events_file.write_bytes(b"".join(lines[1:]))
    resumed = lab.resume(run)

    assert resumed.folder.status() == "finished"
    assert json.loads((run.path / "run.json").read_text(encoding="utf-8"))["metric"] == "accuracy"
