"""What goes wrong around the terminal UI, in a real terminal: it lives on, and says so."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color

from seqkit.events import Event, dump_event
from seqkit.paths import cache_home, config_home
from seqkit.runs.folder import LIVE, RunFolder, all_runs
from seqkit.storage.locks import Hold, this_process
from seqkit.tui.sanitize import Harmless

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are of POSIX", allow_module_level=True)

from tests.tui.terminal import Terminal

if TYPE_CHECKING:
    from tests.nursery import Nursery

pytestmark = pytest.mark.proof

ENDLESS = ("run", "sentiment", "trainer.epochs=1000", "trainer.log_every=1", "--name", "endless")

EVIL = "\x1b]0;OWNED\x07\x1b[99;99H\x9b31m\u202e[red]x[/nonsense]"
"""Sets the title of a terminal, moves its cursor, changes colours, turns text round."""

FORBIDDEN = re.compile(rb"\x1b\]0;|\x1b\[99;99H|\xc2\x9b|\xe2\x80\xae")
"""What of it must never be written to a terminal."""


def ended(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def training(nursery: Nursery, tmp_path: Path) -> Iterator[RunFolder]:
    """A run that goes on until the test ends."""
    run = RunFolder(tmp_path / "runs" / "endless")
    with nursery.start(*ENDLESS, "--quiet", folder=tmp_path) as child:
        child.until(lambda: steps_of(run) > 0)
        yield run
    for other in all_runs(run.path.parent):
        # Who takes a run over locks it first, then writes who it is, and run.json last.
        while other.status() in LIVE:
            with contextlib.suppress(ValueError):
                ended(int(json.loads(other.lock_file.read_bytes())["pid"]))
            time.sleep(0.05)


def steps_of(run: RunFolder) -> int:
    if not run.events_file.exists():
        return 0
    return run.events_file.read_bytes().count(b'"event":"step"')


def open_monitor(terminal: Terminal, name: str) -> None:
    terminal.wait_for("1 Runs", name)
    terminal.press("enter")
    terminal.wait_for("Loss", "Search")


# --- runs -----------------------------------------------------------------------------------------


def test_a_run_killed_by_the_system_is_shown_as_crashed_and_can_be_resumed(
    training: RunFolder, tmp_path: Path
) -> None:
    training.request("save")
    with Terminal("tui", folder=tmp_path, columns=100) as terminal:
        open_monitor(terminal, "endless")
        terminal.wait_for("Pause")
        terminal.wait_until(lambda: any(training.checkpoints.glob("*/manifest.json")), "a save")
        os.kill(int(training.info()["process"]["pid"]), signal.SIGKILL)
        terminal.wait_for("crashed", "c resumes", seconds=20)
        terminal.press("escape")
        terminal.wait_for("✗ crashed", "1 Runs", seconds=20)
        terminal.press("c")
        terminal.wait_for("Resume endless?")
        terminal.press("y")
        terminal.wait_until(lambda: training.status() == "running", "it running", seconds=120)


def test_two_terminals_steer_one_run_and_both_see_it(training: RunFolder, tmp_path: Path) -> None:
    with (
        Terminal("tui", folder=tmp_path, columns=100) as one,
        Terminal("tui", folder=tmp_path, columns=100) as two,
    ):
        for terminal in (one, two):
            open_monitor(terminal, "endless")
            terminal.wait_for("Pause")
        one.press("p", "y")
        for terminal in (two, one):
            terminal.wait_for("‖ paused")
        assert training.status() == "paused"
        two.press("p", "y")
        for terminal in (one, two):
            terminal.wait_for("● running", "▸")
        lines = training.control_file.read_text(encoding="utf-8").splitlines()
        asked = [json.loads(line)["request"] for line in lines]
        assert asked == ["pause", "resume"]


def test_a_terminal_that_stops_reading_holds_no_training_up(
    training: RunFolder, tmp_path: Path
) -> None:
    with Terminal("tui", folder=tmp_path, columns=160, lines=50) as terminal:
        open_monitor(terminal, "endless")
        deadline = time.monotonic() + 120
        while not terminal.full:
            assert time.monotonic() < deadline
            terminal.type("zzuu")
            time.sleep(0.1)
        steps = steps_of(training)
        while steps_of(training) < steps + 20:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert terminal.full
        assert terminal.process.poll() is None
        terminal.press("escape", "escape")
        terminal.wait_for("1 Runs", "running")


def test_a_clock_that_jumps_back_changes_no_curve(
    tmp_path: Path, held: Callable[[Path], Hold]
) -> None:
    run = RunFolder(tmp_path / "runs" / "jumpy")
    run.path.mkdir(parents=True)
    now = time.time()
    with run.events_file.open("w", encoding="utf-8") as file:
        for step in range(1, 200):
            jumped = now + 3 * 86_400 if step < 100 else now - 9_000_000_000
            fields = {"loss": 1 / step, "elapsed": step * 0.1, "learning_rate": 0.1}
            file.write(dump_event(Event("step", step, step / 200, fields, jumped)) + "\n")
            if step in (50, 150):
                warning = Event("warning", step, step / 200, {"message": f"at {step}"}, jumped)
                file.write(dump_event(warning) + "\n")
    run.update(status="running", created=now + 86_400, process=this_process())
    held(run.path)
    with Terminal("tui", folder=tmp_path, columns=100) as terminal:
        terminal.wait_for("jumpy", "now")
        open_monitor(terminal, "jumpy")
        terminal.press("u", "u", "E")
        terminal.wait_for("time", "at 50", "at 150")
        assert "damaged" not in terminal.text


# --- text -----------------------------------------------------------------------------------------


def hostile_run(folder: Path, name: str) -> None:
    """A run that holds escape sequences wherever it can hold text, its name included."""
    run = RunFolder(folder / name)
    run.path.mkdir(parents=True)
    settings = {"task": {"name": EVIL}, "model": {"name": EVIL, EVIL: EVIL}, "trainer": {"x": EVIL}}
    started = {
        **dict.fromkeys(("run", "model", "dataset", "recipe", "device", "metric", "run"), EVIL),
        "task": "classification",
        "experiment": settings,
        "baselines": {EVIL: {EVIL: 0.5}},
        "examples": {EVIL: 3},
        "higher_is_better": True,
    }
    scores = {"loss": 0.5, "metrics": {EVIL: 0.5}, "elapsed": 1.0}
    item = {"text": EVIL, "label": EVIL, "target": EVIL, "probability": 0.5, "correct": False}
    control = {"request": {"request": EVIL}, "applied": True, "message": EVIL}
    events = [
        Event("started", data=started),
        Event("step", 1, 0.1, {"loss": 1.0, "elapsed": 1.0}),
        Event("evaluation", 1, 0.1, {"split": "validation", "best": True, **scores}),
        Event("warning", 1, 0.1, {"message": EVIL}),
        Event("control", 1, 0.1, control),
        Event("sample", 1, 0.1, {"split": "test", "items": [item]}),
        Event("evaluation", 1, 0.1, {"split": "test", **scores}),
        Event("ended", 1, 0.1, {"status": "failed", "message": EVIL, "elapsed": 1.0}),
    ]
    with run.events_file.open("w", encoding="utf-8") as file:
        file.writelines(dump_event(event) + "\n" for event in events)
    run.update(status="failed", created=time.time(), recipe=EVIL, process={})
    run.experiment_file.write_text(f"task = {EVIL!r}")
    (run.path / "label.json").write_text(json.dumps({"title": "", "tags": [EVIL]}))
    run.answers("test").parent.mkdir()
    run.answers("test").write_text(json.dumps({"example": 1, **item, "correct": name < "b"}))


def test_no_escape_of_names_data_or_logs_reaches_the_terminal(tmp_path: Path) -> None:
    for first in ("a", "b"):
        # A byte that is no UTF-8 is part of it, as file systems allow.
        hostile_run(tmp_path / "runs", first + EVIL.replace("/", "") + "\udcff")
    with Terminal("tui", folder=tmp_path, columns=110, lines=36) as terminal:
        terminal.wait_for("1 Runs", "failed")
        for key, words in (("r", "Title of"), ("t", "Tags of"), ("d", "It goes to")):
            terminal.press(key)
            terminal.wait_for(words)
            terminal.press("escape")
            terminal.wait_for(words, gone=True)
        terminal.press("y")
        terminal.wait_for("Copied")
        terminal.press("c")
        terminal.read(0.5)
        terminal.press("escape", "a", "v")
        terminal.wait_for("Compare 2 runs", "OWNED")
        terminal.press("d", "e")
        terminal.read(0.5)
        terminal.press("escape", "enter")
        terminal.wait_for("Loss", "Search")
        terminal.press(*"MRGTDAE", "/")
        terminal.wait_for("search; enter")
        terminal.type("OWNED")
        terminal.wait_for("lines match")
        assert terminal.process.poll() is None
        assert "OWNED" in terminal.text
    found = FORBIDDEN.findall(terminal.raw)
    assert found == []


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
def test_what_a_terminal_would_act_on_is_left_out_at_the_same_width(encoding: str) -> None:
    texts = ["plain", EVIL + "\udcff\t\x00", "✓ ●▇▁ 日本 é ─│", "\u200d👩\u200d💻"]
    lines = Harmless(encoding).apply([Segment(text, None) for text in texts], Color(0, 0, 0))
    assert lines[0].text == "plain"
    for text, line in zip(texts, lines, strict=True):
        line.text.encode(encoding)
        assert not FORBIDDEN.search(line.text.encode("utf-8"))
        assert line.text.isprintable() or "\u200d" in line.text
        assert sum(map(cell_len, line.text)) == sum(map(cell_len, text))
    assert "é" in lines[2].text or encoding == "ascii"


# --- files ----------------------------------------------------------------------------------------


def test_settings_and_caches_that_cannot_be_written_cost_nothing_else(recorded_runs: Path) -> None:
    environment = {"SEQKIT_HOME": str(recorded_runs / "first" / "run.json")}
    words = ("tui", "--runs-dir", str(recorded_runs))
    with Terminal(*words, folder=recorded_runs, environment=environment) as terminal:
        terminal.wait_for("first", "second")
        terminal.press("\x14", "/")
        terminal.wait_for("Quit", gone=True)
        terminal.type("gru")
        terminal.wait_for("1 of 2 runs")
        terminal.press("enter")
        terminal.wait_for("Quit")
        terminal.press("3")
        terminal.wait_for("recurrent", "lstm")
        terminal.press("q")
        terminal.wait_until(lambda: terminal.process.poll() is not None, "its end")
        assert terminal.process.returncode == 0


@pytest.mark.parametrize("text", ["{ torn", '{"version": 1, "rows": {"first": {"stamp": 3}}}'])
def test_a_damaged_cache_of_runs_is_read_anew(recorded_runs: Path, text: str) -> None:
    words = ("tui", "--runs-dir", str(recorded_runs))
    with Terminal(*words, folder=recorded_runs) as terminal:
        terminal.wait_for("first", "second")
        terminal.press("q")
        terminal.wait_until(lambda: terminal.process.poll() is not None, "its end")
    (cache,) = (cache_home() / "tui").glob("runs-*.json")
    cache.write_text(text)
    with Terminal(*words, folder=recorded_runs) as terminal:
        terminal.wait_for("first", "second", "finished")


def test_a_file_in_the_place_of_the_runs_is_an_error_before_anything_is_drawn(
    tmp_path: Path,
) -> None:
    (tmp_path / "runs").write_text("no folder")
    with Terminal("tui", folder=tmp_path) as terminal:
        terminal.wait_for("the runs folder runs is a file and no folder")
        assert terminal.process.wait(20) == 4


def test_a_file_of_keys_that_holds_escapes_is_told_of_without_them(tmp_path: Path) -> None:
    config_home().mkdir(parents=True)
    (config_home() / "keymap.json").write_text(json.dumps({EVIL: 3}))
    with Terminal("tui", folder=tmp_path) as terminal:
        # Where the line breaks is a matter of the path that is named.
        terminal.wait_for("1 Runs", "must")
    assert not FORBIDDEN.search(terminal.raw)


# --- terminals ------------------------------------------------------------------------------------


def test_a_locale_without_unicode_gets_characters_it_knows(recorded_runs: Path) -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    words = ("tui", "--runs-dir", str(recorded_runs))
    with Terminal(*words, folder=recorded_runs, environment=plain) as terminal:
        terminal.wait_for("1 Runs", "first", "finished")
        terminal.press("enter")
        terminal.wait_for("Loss", "step")
        assert "+ finished" in terminal.text
        assert "\\u" not in terminal.text
    assert terminal.raw.isascii()
