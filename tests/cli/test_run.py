"""`run`, `resume` and `stop`, from end to end."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from seqkit.events import KINDS, parse_event
from seqkit.runs.folder import RunFolder

if TYPE_CHECKING:
    from tests.nursery import Child, Nursery


def test_a_run_narrates_on_stderr_and_reports_on_stdout(
    seqkit: Callable, tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    done = seqkit("run", "sentiment", *tiny, "--runs-dir", tmp_path)
    assert done.code == 0
    for word in ("device", "train 720", "parameters", "6 steps", "majority", "val. loss"):
        assert word in done.err
    assert "left" in done.err
    for word in (
        "Test score  200 examples, checkpoint of step 6 (epoch 0.13)",
        "majority",
        "bag-of-words",
        "Right",
        "Wrong",
        "train loss",
        f"Run folder  {tmp_path / 'sentiment-0001'}",
        f"seqkit predict {tmp_path / 'sentiment-0001'}",
    ):
        assert word in done.out
    assert "\x1b" not in done.out + done.err


def test_run_json_is_the_event_stream_and_ends_with_ended(
    seqkit: Callable, tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    done = seqkit("run", "sentiment", *tiny, "--runs-dir", tmp_path, "--json", "--quiet")
    events = [parse_event(line) for line in done.out.splitlines()]
    assert events[-1].kind == "ended"
    assert events[-1]["status"] == "finished"
    assert {event.kind for event in events} <= set(KINDS)
    assert done.out == (tmp_path / "sentiment-0001" / "events.jsonl").read_text(encoding="utf-8")
    assert done.err == ""


def test_quiet_leaves_the_result_alone(
    seqkit: Callable, tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    done = seqkit("run", "sentiment", *tiny, "--runs-dir", tmp_path, "--quiet")
    assert done.err == ""
    assert "Test score" in done.out


def test_words_and_the_device_option_change_the_experiment(
    seqkit: Callable, tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    words = ["model=gru", "--device", "cpu", "--name", "mine", "--runs-dir", tmp_path, "--quiet"]
    assert seqkit("run", "sentiment", *tiny, *words).code == 0
    saved = (tmp_path / "mine" / "experiment.toml").read_text(encoding="utf-8")
    assert 'name = "recurrent:gru"' in saved
    assert 'device = "cpu"' in saved


def test_a_saved_experiment_runs_again_with_the_same_numbers(
    seqkit: Callable, runs_dir: Path, tmp_path: Path
) -> None:
    file = runs_dir / "first" / "experiment.toml"
    assert seqkit("run", file, "--name", "again", "--runs-dir", tmp_path, "--quiet").code == 0
    losses = [
        [event["loss"] for event in RunFolder(folder).events() if event.kind == "step"]
        for folder in (runs_dir / "first", tmp_path / "again")
    ]
    assert losses[0] == losses[1]


def test_resuming_a_run_with_nothing_left_says_how_to_go_on(
    seqkit: Callable, runs_dir: Path
) -> None:
    log = runs_dir / "first" / "events.jsonl"
    before = log.read_bytes()
    done = seqkit("resume", "first", "--runs-dir", runs_dir)
    assert done.code == 0
    (line,) = done.out.splitlines()
    assert "Nothing is left to train: first has done its 6 steps." in line
    assert line.endswith("trainer.max_steps=12")
    assert log.read_bytes() == before
    assert (
        f"seqkit resume {runs_dir / 'first'} trainer.max_steps=12"
        in seqkit("show", "first", "--runs-dir", runs_dir).out
    )


LONG = ("trainer.epochs=1000", "model.hidden_size=8", "trainer.log_every=1", "trainer.samples=0")


@pytest.fixture
def long_run(nursery: Nursery, tmp_path: Path) -> Iterator[Child]:
    """Trains for long in a process of its own; begins when its first step is done."""
    log = tmp_path / "runs" / "long" / "events.jsonl"
    with nursery.start("run", "sentiment", "--name", "long", *LONG, folder=tmp_path) as child:
        child.until(lambda: log.exists() and '"event":"step"' in log.read_text(encoding="utf-8"))
        yield child


def test_an_interrupted_run_saves_says_how_to_go_on_and_goes_on(
    seqkit: Callable, long_run: Child, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_run.send(signal.SIGINT)
    ended = long_run.wait()
    assert ended.code == 130
    assert "seqkit resume long" in ended.err
    assert "Traceback" not in ended.err
    assert "Test score" not in ended.out
    monkeypatch.chdir(tmp_path)
    step = [event.step for event in RunFolder(Path("runs/long")).events()][-1]
    done = seqkit("resume", "long", f"trainer.max_steps={step + 3}")
    assert done.code == 0
    assert f"after step {step}" in done.err


def test_stop_waits_until_the_run_has_stopped(
    seqkit: Callable, long_run: Child, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    listed = json.loads(seqkit("runs", "--json").out)
    assert [run["status"] for run in listed] == ["running"]
    again = seqkit("resume", "long")
    assert (again.code, "still running" in again.err) == (4, True)
    done = seqkit("stop", "long")
    assert (done.code, done.out) == (0, "long is stopped.\n")
    stopped = long_run.wait()
    assert stopped.code == 0
    assert "Stopped after step" in stopped.err
    ended = seqkit("stop", "long")
    assert ended.code == 4
    assert "not running: it is stopped" in ended.err


def test_a_killed_run_is_listed_as_crashed_and_cannot_be_stopped(
    seqkit: Callable, long_run: Child, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    long_run.send(signal.SIGKILL)
    assert long_run.wait().code == -signal.SIGKILL
    assert "crashed" in seqkit("runs").out
    done = seqkit("stop", "long")
    assert done.code == 4
    assert "it is crashed" in done.err


def test_a_reader_of_the_event_stream_that_goes_away_does_not_end_the_run(
    nursery: Nursery, tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    words = ("run", "sentiment", *tiny, "--json", "--name", "piped")
    with os.fdopen(theirs, "w") as pipe:
        done = nursery.run(*words, folder=tmp_path, streams={1: pipe})
    assert done.code == 0
    assert RunFolder(tmp_path / "runs" / "piped").status() == "finished"


@pytest.mark.parametrize("command", ["run", "sweep"])
def test_help_ends_with_an_example_that_works(command: str, seqkit: Any, tmp_path: Path) -> None:
    said = " ".join(seqkit(command, "--help").out.partition("Options:")[0].split())
    words = said.partition("Example: seqkit ")[2].split()
    assert words[:2] == [command, "sentiment"]
    assert sum(word.startswith("model=") for word in words) == 1
    quick = ["trainer.max_steps=1", "trainer.epochs=1", "--runs-dir", tmp_path]
    dry = ["--dry-run"] if command == "sweep" else []
    done = seqkit(*words[:-1], *quick, *dry)
    assert done.code == 0, done.err


def test_help_has_no_example_where_there_is_no_recipe(
    seqkit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from seqkit.registry.discovery import DISABLED, installed_plugins

    names = ",".join(plugin.name for plugin, _ in installed_plugins())
    monkeypatch.setenv(DISABLED, names)
    said = seqkit("run", "--help").out
    assert "trainer.epochs=3." in said
    assert "Example" not in said
