"""A run's files change only once it is certain that the run goes on, and its ends are exact."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqkit.engine.predict import choose_checkpoint, load_predictor
from seqkit.errors import CheckpointError, DataError, SeqkitError
from seqkit.events import Event
from seqkit.registry.discovery import load_registry
from seqkit.runs.folder import RunFolder, all_runs
from tests.engine.conftest import Lab, Run

SignalAt = Callable[..., Callable[[Event], None]]
EARLY = ["trainer.epochs=4", "trainer.early_stopping=1", "trainer.evaluate_every=2"]


def contents(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "run.lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def plain_text(path: Path, count: int) -> Path:
    path.write_text("the cat sat on the mat and the dog ran to the red barn. " * count)
    return path


def language(path: Path) -> dict[str, Any]:
    return {
        "task": {"name": "language-modeling", "tokens": "characters"},
        "dataset": {"name": "text-file", "path": str(path)},
        "model": {"name": "lstm", "hidden_size": 8, "embedding_size": 8},
    }


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bool], Run]:
    """Runs on a file of reviews, one that has ended and one that was interrupted."""
    lab = Lab(tmp_path_factory.mktemp("trained"))
    path = lab.folder / "reviews.csv"
    rows = [f"{'good' if n % 2 else 'bad'} film,{'pos' if n % 2 else 'neg'}" for n in range(60)]
    path.write_text("\n".join(["text,label", *rows]) + "\n", encoding="utf-8")

    @functools.cache
    def train(ended: bool) -> Run:
        left = [] if ended else [signal.SIGINT]

        def observe(event: Event) -> None:
            while event.kind == "step" and left:
                signal.raise_signal(left.pop())

        data = {"name": "text-csv", "path": str(path)}
        run = lab.train("trainer.epochs=3", observers=[observe], dataset=data)
        assert run.status == ("finished" if ended else "interrupted")
        return run

    return train


@pytest.mark.parametrize(
    "word",
    [
        "model.hidden_size=16",
        "dataset.path=typo.csv",
        "dataset.text=none",
        "dataset.delimiter=;",
        "dataset=sentences",
        "trainer.nosuch=1",
        "trainer.monitor=f3",
        "trainer.device=cuda:99",
        "model=lstm",
        "loss=mse",
        "loss=bce",
        "metrics=mae",
        "f1.positive=none",
        "observers=none",
        "task.tokenizer=characters",
        "task.tokenizer=none:none",
        "task=forecasting",
    ],
)
@pytest.mark.parametrize("ended", [True, False])
def test_a_resume_that_is_refused_leaves_every_byte_as_it_was(
    lab: Lab, trained: Callable[[bool], Run], word: str, ended: bool
) -> None:
    run = Run(RunFolder(shutil.copytree(trained(ended).path, lab.runs / "copy")))
    before = contents(run.path)
    with pytest.raises(SeqkitError):
        lab.resume(run, "trainer.epochs=5", word)
    assert contents(run.path) == before
    assert len(load_predictor(run.folder, load_registry()).predict(["good film"])) == 1


def test_data_that_are_gone_leave_a_run_as_it_was(lab: Lab, reviews: Callable[..., Path]) -> None:
    path = reviews()
    run = lab.train(dataset={"name": "text-csv", "path": str(path)})
    path.rename(path.with_suffix(".away"))
    before = contents(run.path)
    with pytest.raises(DataError):
        lab.resume(run, "trainer.epochs=5")
    assert contents(run.path) == before


def test_a_larger_batch_goes_on_with_the_next_epoch(lab: Lab, signal_at: SignalAt) -> None:
    run = lab.train("trainer.epochs=3", observers=[signal_at(8)])
    resumed = lab.resume(run, "trainer.batch_size=256")
    assert resumed.status == "finished"
    assert any("goes on with the next epoch" in warning for warning in resumed.warnings)
    # 8 steps of 12, then two whole epochs of 3.
    assert resumed.manifest()["step"] == 14
    assert resumed.manifest()["progress"]["epoch"] == 3


def test_data_that_became_fewer_end_the_epoch_that_was_begun(
    lab: Lab, reviews: Callable[..., Path], signal_at: SignalAt
) -> None:
    data = {"name": "text-csv", "path": str(reviews(count=400))}
    words = ["trainer.batch_size=16", "trainer.epochs=2"]
    run = lab.train(*words, observers=[signal_at(15)], dataset=data)
    reviews(count=100)
    resumed = lab.resume(run)
    assert resumed.status == "finished"
    assert any("goes on with the next epoch" in warning for warning in resumed.warnings)
    assert resumed.manifest()["progress"]["epoch"] == 2


def test_carried_state_counts_for_the_same_batches_alone(
    lab: Lab, tmp_path: Path, signal_at: SignalAt
) -> None:
    tables = language(plain_text(tmp_path / "text.txt", 200))
    run = lab.train("trainer.batch_size=8", observers=[signal_at(8)], **tables)
    resumed = lab.resume(run, "trainer.batch_size=4")
    assert resumed.status == "finished"
    assert any("goes on with the next epoch" in warning for warning in resumed.warnings)


def test_a_text_that_changed_under_the_same_plan_gives_no_state_of_the_old_one(
    lab: Lab, tmp_path: Path, signal_at: SignalAt
) -> None:
    path = plain_text(tmp_path / "text.txt", 200)
    run = lab.train("trainer.batch_size=8", observers=[signal_at(8)], **language(path))
    path.write_text(path.read_text().replace("cat", "act"))
    resumed = lab.resume(run)
    assert any("goes on with the next epoch" in warning for warning in resumed.warnings)


def test_a_run_that_stopped_early_and_is_killed_in_its_test_ends_with_the_same_bits(
    lab: Lab,
) -> None:
    words = [*EARLY, "trainer.test=true"]
    whole = lab.train(*words)
    assert whole.folder.info()["message"].startswith("stopped early")

    def interrupt(event: Event) -> None:
        if event.kind == "evaluation" and event["split"] == "test":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lab.train(*words, observers=[interrupt], name="cut")
    cut = lab.resume(Run(RunFolder(lab.runs / "cut")))
    assert cut.weights_file == whole.weights_file
    assert cut.manifest()["step"] == whole.manifest()["step"]
    assert cut.numbers()[-1] == whole.numbers()[-1]


def test_resuming_a_run_that_stopped_early_leaves_it_as_it_is_and_says_how_to_go_on(
    lab: Lab,
) -> None:
    run = lab.train(*EARLY)
    before, step = contents(run.path), run.events[-1].step
    seen: list[Event] = []
    assert lab.resume(run, observers=[seen.append]).status == "finished"
    assert contents(run.path) == before
    assert "trainer.early_stopping=0" in seen[-1]["message"]
    further = lab.resume(run, "trainer.early_stopping=0")
    assert further.manifest()["step"] > step


def test_best_is_what_the_checkpoints_know_after_a_kill(lab: Lab) -> None:
    run = lab.train("trainer.evaluate_every=6", "trainer.max_steps=18")
    best = run.folder.info()["best"]
    run.folder.update(best=None, status="running")
    assert choose_checkpoint(run.folder).path.name == best["checkpoint"]
    assert lab.resume(run, "trainer.max_steps=20").folder.info()["best"]["step"] >= best["step"]


@pytest.mark.parametrize("name", ["vocabulary.json", "classification.json"])
def test_a_damaged_encoder_is_named_by_predict_and_resume(lab: Lab, name: str) -> None:
    run = lab.train("trainer.max_steps=3")
    path = run.folder.codec / name
    path.write_text(path.read_text().replace("e", "a", 1))
    before = contents(run.path)
    message = f"{name} is damaged: its checksum does not match"
    with pytest.raises(CheckpointError, match=message):
        load_predictor(run.folder, load_registry())
    with pytest.raises(CheckpointError, match=message):
        lab.resume(run, "trainer.max_steps=6")
    assert contents(run.path) == before


def test_damaged_settings_are_named_by_predict_and_resume(lab: Lab) -> None:
    run = lab.train("trainer.max_steps=3")
    file = run.folder.experiment_file
    file.write_text(file.read_text().replace("batch_size = 64", "batch_size = 60"))
    with pytest.raises(CheckpointError, match=r"experiment\.toml is damaged or was edited"):
        load_predictor(run.folder, load_registry())
    with pytest.raises(CheckpointError, match=r"experiment\.toml is damaged or was edited"):
        lab.resume(run, "trainer.max_steps=6")


def test_a_checkpoint_whose_training_state_is_damaged_still_predicts(lab: Lab) -> None:
    run = lab.train("trainer.max_steps=3")
    path = run.checkpoints[-1] / "state.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert choose_checkpoint(run.folder).path == run.checkpoints[-1]


@pytest.mark.parametrize("moved", [True, False])
def test_a_folder_that_is_gone_ends_the_run_and_is_not_made_anew(lab: Lab, moved: bool) -> None:
    def take_away(event: Event) -> None:
        if event.kind == "step" and event.step == 3:
            if moved:
                (lab.runs / "mine").rename(lab.runs / "yours")
            else:
                shutil.rmtree(lab.runs / "mine")

    with pytest.raises(CheckpointError, match="is gone"):
        lab.train("trainer.checkpoint_every=2", observers=[take_away], name="mine")
    assert not (lab.runs / "mine").exists()
    if moved:
        resumed = lab.resume(Run(RunFolder(lab.runs / "yours")))
        assert resumed.weights_file == lab.train("trainer.checkpoint_every=2").weights_file


def test_files_that_are_deleted_while_a_run_trains_are_made_anew(lab: Lab) -> None:
    def delete(event: Event) -> None:
        if event.kind == "evaluation" and event.step == 4:
            for name in ("events.jsonl", "run.lock"):
                (lab.runs / "robust" / name).unlink()

    words = ("trainer.max_steps=8", "trainer.evaluate_every=2")
    run = lab.train(*words, name="robust", observers=[delete])
    assert run.status == "finished"
    events = list(run.folder.events())
    assert "was deleted or replaced" in events[0]["message"]
    assert events[-1].kind == "ended"
    assert run.folder.lock_file.exists()


def test_a_folder_that_was_emptied_ends_the_run_which_could_answer_nothing(lab: Lab) -> None:
    def empty(event: Event) -> None:
        if event.kind == "step" and event.step == 3:
            # As deleting does that meets a file which is written just then.
            for path in (lab.runs / "mine").iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    with pytest.raises(CheckpointError, match="were deleted while it was trained"):
        lab.train("trainer.checkpoint_every=2", observers=[empty], name="mine")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_while_preparing_leaves_no_folder(lab: Lab, number: int) -> None:
    plugin = lab.plugin(
        f"""
        import signal
        import seqkit

        class Slow(seqkit.Dataset):
            \"\"\"Is ended while it is read.\"\"\"
            name = "slow"
            tasks = ("classification",)

            def splits(self, config, notify):
                signal.raise_signal({int(number)})

        @seqkit.hookimpl
        def register_datasets():
            return [Slow]
        """
    )
    with pytest.raises(KeyboardInterrupt):
        lab.train(plugins=[plugin], dataset={"name": "slow"})
    assert all_runs(lab.runs) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_while_the_test_is_scored_interrupts_the_run(lab: Lab, number: int) -> None:
    def interrupt(event: Event) -> None:
        if event.kind == "evaluation" and event["split"] == "test":
            signal.raise_signal(number)

    words = ["trainer.test=true", "trainer.max_steps=4"]
    with pytest.raises(KeyboardInterrupt):
        lab.train(*words, observers=[interrupt], name="cut")
    run = Run(RunFolder(lab.runs / "cut"))
    assert run.folder.status() == "interrupted"
    assert lab.resume(run).numbers()[-1] == lab.train(*words).numbers()[-1]


@pytest.mark.parametrize("kind", ["link", "fifo"])
@pytest.mark.parametrize("name", ["checkpoints", "scores", "encoder/extra", "events.jsonl"])
def test_a_run_from_a_stranger_is_refused_where_it_holds_links_or_fifos(
    lab: Lab, tmp_path: Path, name: str, kind: str
) -> None:
    victim = lab.train("trainer.max_steps=3", name="good")
    run = lab.train("trainer.max_steps=3", name="evil")
    path = run.path / name
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    if kind == "link":
        path.symlink_to(victim.path / name)
    else:
        os.mkfifo(path)
    before = contents(victim.path)
    for use in (lambda: lab.resume(run), lambda: load_predictor(run.folder, load_registry())):
        with pytest.raises(CheckpointError, match=r"link|FIFO"):
            use()
    assert contents(victim.path) == before


@pytest.mark.parametrize("name", ["events.jsonl", "run.lock"])
def test_a_run_whose_files_have_other_names_is_resumed_as_a_copy_alone(
    lab: Lab, tmp_path: Path, name: str
) -> None:
    run = lab.train("trainer.max_steps=3")
    snapshot = tmp_path / "snapshot"
    snapshot.hardlink_to(run.path / name)
    before = snapshot.read_bytes()
    with pytest.raises(CheckpointError, match=r"hard link.*use the copy"):
        lab.resume(run, "trainer.max_steps=4")
    assert snapshot.read_bytes() == before
    copy = RunFolder(Path(shutil.copytree(run.path, tmp_path / "copy")))
    assert lab.resume(Run(copy), "trainer.max_steps=4").status == "finished"
    assert snapshot.read_bytes() == before


def test_what_killed_processes_left_half_written_is_tidied_up(lab: Lab) -> None:
    run = lab.train("trainer.max_steps=3")
    (run.path / ".encoder.1").mkdir()
    (run.path / ".run.json.1").write_text("{")
    (run.folder.checkpoints / ".step-00000002.pruned").mkdir()
    (run.path / "scores").mkdir(exist_ok=True)
    (run.path / "scores" / ".test.safetensors.1").write_text("")
    lab.resume(run, "trainer.max_steps=4")
    hidden = [path.name for path in run.path.rglob(".*")]
    assert hidden == []


def test_a_run_killed_before_it_had_a_name_takes_none(lab: Lab) -> None:
    lab.runs.mkdir()
    unborn = lab.runs / ".new-run-0123"
    unborn.mkdir()
    (unborn / "experiment.toml").write_text("")
    old = time.time() - 7200
    os.utime(unborn, (old, old))
    run = lab.train("trainer.max_steps=1", name="mine")
    assert run.path.name == "mine"
    assert sorted(path.name for path in lab.runs.iterdir()) == ["mine"]


@pytest.mark.parametrize(
    "change",
    [
        {"progress": {"step": "x"}},
        {"progress": {"batch": 10**9}},
        {"progress": {"accumulation": 10**9}},
        {"progress": {"accumulation": 0}},
        {"progress": {"best_step": -1}},
        {"progress": {"best_step": None, "best_epoch": None, "best_value": None}},
        {"files": {}},
        {"files": 3},
        {"step": 7},
        {"step": None},
        {"aliases": {"a": "nosuch"}},
        {"schema": 99},
    ],
)
def test_a_crafted_manifest_is_refused_or_harmless(lab: Lab, change: dict[str, Any]) -> None:
    from seqkit.storage.checksums import digest_of

    run = lab.train("trainer.max_steps=3")
    path = run.checkpoints[-1] / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest.pop("sha256")
    for key, value in change.items():
        if key == "progress":
            manifest["progress"] |= value
        else:
            manifest[key] = value
    path.write_text(json.dumps({"sha256": digest_of(manifest)} | manifest))
    with contextlib.suppress(CheckpointError):
        load_predictor(run.folder, load_registry(), notify=lambda _: None)
    with contextlib.suppress(CheckpointError):
        assert lab.resume(run, "trainer.max_steps=5").status == "finished"


def test_a_manifest_may_lack_what_older_versions_did_not_write(lab: Lab) -> None:
    from seqkit.storage.checksums import digest_of

    run = lab.train("trainer.max_steps=3")
    path = run.checkpoints[-1] / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest.pop("sha256")
    for name in ("best_step", "best_epoch", "best_value", "best_rank"):
        del manifest["progress"][name]
    path.write_text(json.dumps({"sha256": digest_of(manifest)} | manifest))
    assert lab.resume(run, "trainer.max_steps=5").status == "finished"


@pytest.mark.parametrize("pair", [("sgd", "adam"), ("adam", "sgd")])
def test_another_optimiser_begins_without_the_memory_of_the_first(
    lab: Lab, signal_at: SignalAt, pair: tuple[str, str]
) -> None:
    run = lab.train(f"trainer.optimizer={pair[0]}", observers=[signal_at(5)])
    assert lab.resume(run, f"trainer.optimizer={pair[1]}").status == "finished"


def test_an_average_of_the_weights_can_begin_when_a_run_is_resumed(
    lab: Lab, signal_at: SignalAt
) -> None:
    run = lab.train(observers=[signal_at(5)])
    assert lab.resume(run, "trainer.ema_decay=0.9").status == "finished"
