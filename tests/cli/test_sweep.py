"""`seqkit sweep`: real runs in processes of their own, however they and the sweep end."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from seqkit.runs.folder import RunFolder

if TYPE_CHECKING:
    from tests.nursery import Child, Nursery

PATIENCE = 300
RATES = "trainer.learning_rate=2e-3,5e-3,1e38"
"""With the last one the loss is soon not finite, so that its run fails."""


@dataclass(frozen=True)
class Swept:
    """A sweep that was run: its words, its folder of runs and what it wrote."""

    words: tuple[str, ...]
    runs_dir: Path
    code: int
    out: str
    err: str


@pytest.fixture(scope="module")
def swept(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Swept:
    """A sweep of three runs, the last of which fails."""
    folder = tmp_path_factory.mktemp("sweep")
    words: tuple[str, ...] = ("sweep", "sentiment", RATES, "model.hidden_size=8")
    words += (
        "model.embedding_size=8",
        "trainer.max_steps=6",
        "trainer.log_every=1",
        "--runs-dir",
        str(folder / "runs"),
    )
    done = nursery.run(*words, "--jobs", "2", folder=folder, seconds=PATIENCE)
    assert done.code is not None
    return Swept(words, folder / "runs", done.code, done.out, done.err)


def told(out: str, swept: Swept) -> list[str]:
    """The words, with paths as they are from the sweep's folder, whence a command is run or not."""
    return out.replace(f"{swept.runs_dir.parent}/", "").split()


def test_a_failed_run_is_named_and_does_not_end_the_others(swept: Swept) -> None:
    assert swept.code == 1
    statuses = {
        path.parent.name: RunFolder(path.parent).status()
        for path in swept.runs_dir.glob("*/run.json")
    }
    assert statuses == {
        "sentiment-sweep-2e-3-seed0": "finished",
        "sentiment-sweep-5e-3-seed0": "finished",
        "sentiment-sweep-1e38-seed0": "failed",
    }
    assert "seqkit: error: sentiment-sweep-1e38-seed0 failed: the loss or gradient" in swept.err
    assert "--resume sentiment-sweep" in swept.err
    assert "--retry-failed" in swept.err
    assert "Traceback" not in swept.err


def test_a_row_is_written_as_each_run_ends(swept: Swept) -> None:
    lines = swept.err.splitlines()
    head = next(place for place, line in enumerate(lines) if line.startswith("  learning_rate "))
    shown = ("0.002", "0.005", "1e+38")
    rows = [line.split() for line in lines[head + 1 :] if line.startswith("  ")]
    rows = [row for row in rows if row[0] in shown]
    assert {row[0] for row in rows} == set(shown)
    assert all(row[1] == "0" for row in rows)
    assert [row for row in rows if "failed:" in row]
    assert "2 at a time" in swept.err
    assert "\x1b" not in swept.err


def test_a_sweep_is_closed_by_a_comparison(swept: Swept) -> None:
    lines = swept.out.splitlines()
    assert lines[0].startswith("LEARNING_RATE")
    assert "TEST ACCURACY" in lines[0]
    assert any(line.startswith("baseline bag-of-words") for line in lines)
    assert any(line.startswith("0.005 ") for line in lines)
    assert any("the best of 2: " in line for line in lines)
    assert "200 test examples" in " ".join(lines)


def test_the_same_words_start_no_finished_run_again(seqkit: Callable, swept: Swept) -> None:
    logs = {path: path.read_bytes() for path in swept.runs_dir.glob("*/events.jsonl")}
    done = seqkit(*swept.words)
    assert done.code == 1
    assert "2 finished before, 1 failed before" in done.err
    assert told(done.out, swept) == told(swept.out, swept)
    assert {path: path.read_bytes() for path in swept.runs_dir.glob("*/events.jsonl")} == logs


def test_resume_and_json_tell_of_every_run(seqkit: Callable, swept: Swept) -> None:
    words = ("--resume", "sentiment-sweep", "--runs-dir", swept.runs_dir)
    done = seqkit("sweep", *words, "--json")
    assert done.code == 1
    document = json.loads(done.out)
    assert [run["status"] for run in document["runs"]] == ["finished", "finished", "failed"]
    assert "not finite" in document["runs"][2]["message"]
    assert document["runs"][0]["settings"][0] == "model.hidden_size=8"
    assert [len(setting["runs"]) for setting in document["comparison"]["settings"]] == [1, 1]
    assert document["comparison"]["verdict"]["baseline"] == "nb-svm"


def test_a_group_is_compared_and_listed_by_its_name(seqkit: Callable, swept: Swept) -> None:
    where = ("--runs-dir", swept.runs_dir)
    compared = seqkit("compare", "sentiment-sweep", *where)
    assert "sentiment-sweep-1e38-seed0 is failed, and is left out." in compared.err
    assert told(compared.out, swept) == told(swept.out, swept)
    assert len(seqkit("runs", "--group", "sentiment-sweep", *where).out.splitlines()) == 4
    info = RunFolder(swept.runs_dir / "sentiment-sweep-2e-3-seed0").info()
    assert (info["group"], info["varies"]) == ("sentiment-sweep", ["trainer.learning_rate"])


def test_a_dry_run_lists_the_runs_and_starts_none(seqkit: Callable, tmp_path: Path) -> None:
    words = ("sweep", "sentiment", "model=lstm,gru", "--seeds", "2", "--runs-dir", tmp_path / "r")
    done = seqkit(*words, "--dry-run")
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()][1:] == [
        "sentiment-sweep-lstm-seed0",
        "sentiment-sweep-gru-seed0",
        "sentiment-sweep-lstm-seed1",
        "sentiment-sweep-gru-seed1",
    ]
    assert not (tmp_path / "r").exists()
    document = json.loads(seqkit(*words, "--dry-run", "--json").out)
    assert document["runs"][3]["settings"] == ["model=gru", "trainer.seed=1"]


def test_settings_that_do_not_fit_a_model_are_noted_once(seqkit: Callable, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    text = '[dataset]\nname = "sentences"\n[model]\nname = "rnn"\nnonlinearity = "relu"\n'
    file.write_text(text, encoding="utf-8")
    words = (file, "model=rnn,gru", "--seeds", "3", "--dry-run", "--runs-dir", tmp_path)
    done = seqkit("sweep", *words)
    assert done.code == 0
    assert done.err.count("model=gru has no setting nonlinearity; left out") == 1


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("sentiment", "model=lstm,gro"), "'gro'"),
        (("sentiment", "model=lstm,", "--seeds", "2"), "has an empty value"),
        (("sentiment", "--name", "a/b"), "cannot be a file's name"),
        (("--resume", "nothing"), "there is no sweep 'nothing'"),
        (("sentiment", "--resume", "it"), "goes on with a sweep as it was begun"),
        ((), "no experiment is named"),
    ],
)
def test_what_cannot_be_swept_is_refused_before_the_first_run(
    words: tuple[str, ...], complaint: str, seqkit: Callable, tmp_path: Path
) -> None:
    done = seqkit("sweep", *words, "--runs-dir", tmp_path / "runs")
    assert done.code in (2, 4)
    assert complaint in done.err
    assert not (tmp_path / "runs").exists()


def test_a_run_of_the_same_name_outside_the_group_is_left_alone(
    seqkit: Callable, tmp_path: Path
) -> None:
    theirs = tmp_path / "cells-lstm-seed0"
    theirs.mkdir()
    (theirs / "run.json").write_text('{"status": "finished"}', encoding="utf-8")
    words = ("model=lstm,gru", "--name", "cells", "--seeds", "1", "--runs-dir", tmp_path)
    done = seqkit("sweep", "sentiment", *words)
    assert done.code == 2
    assert "'cells-lstm-seed0' already that is not of group cells" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["cells-lstm-seed0"]


@contextmanager
def sweeping(nursery: Nursery, folder: Path, *words: str, until: str) -> Iterator[Child]:
    """Starts a sweep in a process of its own, and waits until it has written some words."""
    log = folder / "stderr.txt"
    with (
        log.open("w", encoding="utf-8") as narration,
        nursery.start(
            "sweep", *words, folder=folder, streams={1: narration, 2: narration}
        ) as child,
    ):
        child.until(lambda: until in log.read_text(encoding="utf-8"), PATIENCE)
        yield child


def test_a_sweep_that_is_stopped_or_killed_is_gone_on_with(
    nursery: Nursery, tmp_path: Path
) -> None:
    words = ["sentiment", "model.hidden_size=8", "trainer.epochs=1000", "trainer.log_every=1"]
    words += ["trainer.samples=0", "--name", "long", "--seeds", "1"]
    run = RunFolder(tmp_path / "runs" / "long-seed0")
    written = tmp_path / "stderr.txt"
    try:
        with sweeping(nursery, tmp_path, *words, until="running:") as sweep:
            second = nursery.run("sweep", "--resume", "long", folder=tmp_path)
            assert "sweep long is running already" in second.err
            sweep.send(signal.SIGINT)
            assert sweep.wait(PATIENCE).code == 130
        text = written.read_text(encoding="utf-8")
        assert "Go on with it: seqkit sweep --resume long" in text
        assert "Traceback" not in text
        assert run.status() == "interrupted"
        saved = [event.step for event in run.events() if event.kind == "checkpoint"][-1]

        with sweeping(nursery, tmp_path, "--resume", "long", until="running:") as sweep:
            sweep.send(signal.SIGKILL)
            sweep.wait(PATIENCE)
        started = [event for event in run.events() if event.kind == "started"]
        assert started[-1]["resumed_from"] == saved
        assert run.status() == "running", "it goes on without the sweep"

        with sweeping(nursery, tmp_path, "--resume", "long", until="running:") as sweep:
            run.request("stop")
            assert sweep.wait(PATIENCE).code == 0
        assert run.status() == "stopped"
        assert len([event for event in run.events() if event.kind == "started"]) == len(started)
        assert "Go on with it: seqkit sweep --resume long" in written.read_text(encoding="utf-8")
    finally:
        process = run.info().get("process") if (run.path / "run.json").exists() else None
        if process and psutil.pid_exists(process["pid"]) and run.status() == "running":
            psutil.Process(process["pid"]).kill()


def test_a_run_that_cannot_begin_is_remembered_and_tried_again_on_request(
    nursery: Nursery, tmp_path: Path
) -> None:
    file = tmp_path / "mine.csv"
    words = ["sweep", "sentiment", "dataset=text-csv", f"dataset.path={file}", "--seeds", "1"]
    words += ["trainer.max_steps=2", "model.hidden_size=8", "--runs-dir", str(tmp_path / "runs")]
    done = nursery.run(*words)
    assert done.code == 1
    assert "seqkit: error: sentiment-sweep-seed0 failed: " in done.err
    assert "mine.csv" in done.err

    rows = [f"a {'good' if n % 2 else 'bad'} film,{'pos' if n % 2 else 'neg'}" for n in range(60)]
    file.write_text("\n".join(["text,label", *rows]) + "\n", encoding="utf-8")
    done = nursery.run(*words)
    assert (done.code, "1 failed before" in done.err) == (1, True)
    assert not list(tmp_path.glob("runs/*/run.json"))
    done = nursery.run(*words, "--retry-failed")
    assert done.code == 0
    assert done.out.startswith("SETTING")
    assert RunFolder(tmp_path / "runs" / "sentiment-sweep-seed0").status() == "finished"
