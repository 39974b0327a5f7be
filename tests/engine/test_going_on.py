"""What a run goes on from when it is resumed, and what it says of it."""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from seqkit.engine import session as sessions
from seqkit.engine.run import resume_run
from seqkit.engine.train import Training
from seqkit.errors import CheckpointError, RunError
from seqkit.events import Event
from seqkit.registry.discovery import load_registry
from seqkit.runs.folder import RunFolder
from seqkit.storage.checksums import check_text_seal, digest_of, seal_folder
from seqkit.storage.locks import Hold, this_process

if TYPE_CHECKING:
    from tests.engine.conftest import Lab, Run

SignalAt = Callable[..., Callable[[Event], None]]


def said(run: Run, what: str) -> bool:
    return any(what in warning for warning in run.warnings)


# --- the place in the epoch -----------------------------------------------------------------------


@pytest.mark.parametrize("word", ["trainer.batch_size=128", "trainer.seed=7"])
def test_the_same_examples_in_other_batches_or_another_order_are_another_plan(
    lab: Lab, signal_at: SignalAt, word: str
) -> None:
    run = lab.train("trainer.bucketing=false", "trainer.epochs=3", observers=[signal_at(2)])
    assert not said(lab.resume(run, observers=[signal_at(4)]), "goes on with the next epoch")
    assert said(lab.resume(run, word), "of epoch 1, 4 batches were done, and training goes on with")


def test_the_loss_of_an_epoch_is_of_its_own_batches_alone(lab: Lab, signal_at: SignalAt) -> None:
    run = lab.train("trainer.epochs=2", observers=[signal_at(8)])
    # Two batches of 360 of the 720 examples.
    resumed = lab.resume(run, "trainer.batch_size=360")
    mean = np.mean([resumed.losses[step] for step in (9, 10)])
    assert resumed.of("evaluation")[0]["train_loss"] == pytest.approx(mean, rel=1e-5)


def test_steps_that_were_not_told_before_a_stop_count_in_the_loss_of_their_epoch(lab: Lab) -> None:
    def stop(event: Event) -> None:
        if event.kind == "started":
            lab.newest().folder.request("stop")

    words = ["trainer.log_every=1000", "trainer.epochs=1"]
    run = lab.train(*words, observers=[stop])
    assert run.status == "stopped"
    assert lab.resume(run).numbers() == lab.train(*words).numbers()


def test_a_state_that_is_carried_in_one_part_is_none_for_two(
    lab: Lab, tmp_path: Path, signal_at: SignalAt
) -> None:
    (tmp_path / "text.txt").write_text("the cat sat on the mat and the dog ran. " * 250)
    run = lab.train(
        "trainer.batch_size=8",
        observers=[signal_at(8)],
        task={"name": "language-modeling", "tokens": "characters"},
        dataset={"name": "text-file", "path": str(tmp_path / "text.txt")},
        model={"name": "lstm", "hidden_size": 8, "embedding_size": 8},
    )
    assert any(name.startswith("carried/") for name in run.state())
    assert said(lab.resume(run, "trainer.accumulation=2"), "goes on with the next epoch")


def test_a_checkpoint_of_before_that_knows_no_plan_is_not_believed_beyond_the_epoch(
    lab: Lab, signal_at: SignalAt
) -> None:
    run = lab.train(observers=[signal_at(8)])
    path = run.checkpoints[-1] / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest.pop("sha256")
    manifest["progress"] |= {"plan": "", "epoch_steps": 0}
    path.write_text(json.dumps({"sha256": digest_of(manifest)} | manifest))
    assert said(lab.resume(run, "trainer.batch_size=128"), "goes on with the next epoch")


def test_an_epoch_without_a_batch_ends_the_run_and_does_not_spin(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, calls = Training.plan, itertools.count()

    def empty_at_last(training: Training, epoch: int) -> Any:
        if next(calls) > 50:
            pytest.fail("it spins")
        return [] if epoch else plan(training, epoch)

    monkeypatch.setattr(Training, "plan", empty_at_last)
    with pytest.raises(RunError, match="epoch 2 has no batch to train on"):
        lab.train()


# --- what run.json says ---------------------------------------------------------------------------


def test_a_run_killed_in_its_test_knows_its_best_from_the_checkpoints_at_once(lab: Lab) -> None:
    words = ["trainer.evaluate_every=6", "trainer.max_steps=18", "trainer.test=true"]
    run = lab.train(*words)
    info = run.folder.info()
    known: list[Any] = []

    def look(event: Event) -> None:
        if event.kind == "started":
            known.append(run.folder.info()["best"])

    for before in (None, info["best"] | {"step": 1}):
        run.folder.update(best=before, status="running", test=None)
        assert lab.resume(run, observers=[look]).folder.info()["best"] == info["best"]
    assert known == [info["best"]] * 2


def test_a_run_that_has_ended_is_no_more_preparing(lab: Lab) -> None:
    found = []

    def look(event: Event) -> None:
        if event.kind == "ended":
            found.append(lab.newest().folder.status())

    lab.train("trainer.max_steps=2", observers=[look])
    assert found == ["finished"]


# --- other processes ------------------------------------------------------------------------------


def test_a_run_that_another_process_finishes_meanwhile_is_finished(
    lab: Lab, signal_at: SignalAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = lab.train(observers=[signal_at(8)])

    def late(folder: RunFolder, *words: Any) -> Hold:
        monkeypatch.undo()
        lab.resume(run)
        return folder.hold(*words)

    monkeypatch.setattr(RunFolder, "hold", late)
    seen: list[Event] = []
    assert lab.resume(run, observers=[seen.append]).status == "finished"
    assert "Nothing is left to train" in seen[-1]["message"]
    assert len(run.of("started")) == 2


def test_a_run_taken_over_by_force_says_so_and_others_are_refused(
    lab: Lab, signal_at: SignalAt
) -> None:
    run = lab.train(observers=[signal_at(8)])
    elsewhere = this_process() | {"host": "node17", "boot": "another"}
    run.folder.update(process=elsewhere, status="running")
    os.utime(run.folder.lock_file, (time.time(), time.time()))
    with pytest.raises(CheckpointError, match="still running, on node17"):
        lab.resume(run)
    assert resume_run(run.folder, load_registry(), force=True).status == "finished"
    assert said(run, "taken over from node17, which gave a sign of life of late")


# --- what is written ------------------------------------------------------------------------------


def test_settings_that_a_resume_changed_are_sealed_again(lab: Lab) -> None:
    run = lab.train("trainer.max_steps=2")
    lab.resume(run, "trainer.max_steps=3")
    file = run.folder.experiment_file
    assert "max_steps = 3" in file.read_text()
    file.write_text(file.read_text().replace("max_steps = 3", "max_steps = 8"))
    with pytest.raises(CheckpointError, match="damaged or was edited"):
        check_text_seal(file, "Restore it")


def test_the_encoder_is_whole_and_sealed_before_it_has_its_name(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(folder: Path) -> None:
        assert any(folder.iterdir())
        assert not (folder.parent / "encoder").exists()
        seal_folder(folder)

    monkeypatch.setattr(sessions, "seal_folder", look)
    run = lab.train("trainer.max_steps=1")
    assert (run.folder.codec / "checksums.json").is_file()
