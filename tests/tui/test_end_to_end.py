"""The terminal UI in a real terminal: from nothing to a trained model in use, by keys alone."""

from __future__ import annotations

import os
import re
import signal
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from seqkit.runs.folder import RunFolder, all_runs

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are of POSIX", allow_module_level=True)

from tests.tui.terminal import Terminal

pytestmark = pytest.mark.proof


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for run in all_runs(tmp_path / "runs"):
        pid = run.info().get("process", {}).get("pid")
        if run.status() in ("running", "paused") and isinstance(pid, int):
            os.kill(pid, signal.SIGKILL)


def newest(folder: Path) -> RunFolder:
    (run,) = all_runs(folder / "runs")
    return run


def test_a_run_is_assembled_trained_and_used_by_keys_alone(folder: Path) -> None:
    with Terminal("tui", folder=folder) as terminal:
        terminal.wait_for("seqkit", "1 Runs")
        terminal.press("2")
        terminal.wait_for("start from", "sentiment")
        terminal.wait_for("hidden size")
        for _ in range(20):
            if "Units of each layer" in terminal.text:
                break
            before = terminal.text
            terminal.press("down")
            terminal.wait_until(lambda before=before: terminal.text != before, "a move")  # type: ignore[misc]
            terminal.settle()
        terminal.press("enter", "backspace", "backspace", "1", "6", "enter")
        terminal.wait_until(lambda: bool(re.search(r"hidden size\W+16", terminal.text)), "16")
        terminal.press("s")
        terminal.wait_until(lambda: any(all_runs(folder / "runs")), "a run", seconds=120)
        run = newest(folder)
        terminal.wait_until(lambda: run.status() == "finished", "a finished run", seconds=240)
        assert "hidden_size = 16" in run.experiment_file.read_text(encoding="utf-8")
        terminal.wait_for("finished")
        terminal.press("t")
        terminal.wait_for("ready", seconds=60)
        terminal.type("a wonderful film")
        terminal.wait_for("%", "positive", seconds=60)
        terminal.press("escape")
        terminal.wait_for("Loss", "finished")
        terminal.press("escape")
        terminal.wait_for("1 Runs", "finished")
        terminal.press("q")
        terminal.wait_until(lambda: terminal.process.poll() is not None, "its end")
        assert terminal.process.returncode == 0
    with Terminal("tui", folder=folder) as terminal:
        terminal.wait_for(run.name, "finished")


def test_training_goes_on_when_the_ui_is_closed_or_killed(folder: Path) -> None:
    with Terminal("tui", folder=folder) as terminal:
        terminal.wait_for("1 Runs")
        terminal.press("enter")
        terminal.wait_for("running", "epoch", seconds=120)
        run = newest(folder)
        terminal.process.send_signal(signal.SIGKILL)
        terminal.process.wait(10)
    before = _steps(run)
    deadline = time.monotonic() + 60
    while run.status() == "running" and _steps(run) <= before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert run.status() in ("running", "finished")
    assert _steps(run) > before or run.status() == "finished"


def _steps(run: RunFolder) -> int:
    return sum(event.kind == "step" for event in run.events())


def test_a_resize_to_a_small_terminal_and_back_is_survived(folder: Path) -> None:
    with Terminal("tui", folder=folder) as terminal:
        terminal.wait_for("1 Runs")
        for key in "1234":
            terminal.press(key)
            for columns, lines in ((40, 12), (20, 5), (200, 60), (80, 24)):
                terminal.resize(columns, lines)
                terminal.read(0.3)
            assert terminal.process.poll() is None
        terminal.press("1")
        terminal.wait_for("1 Runs")


def test_the_terminal_is_left_as_it_was_found(folder: Path) -> None:
    with Terminal("tui", folder=folder) as terminal:
        terminal.wait_for("1 Runs")
        terminal.process.send_signal(signal.SIGTERM)
        terminal.wait_until(lambda: terminal.process.poll() is not None, "its end", seconds=20)
        modes = termios.tcgetattr(terminal._controller)[3]
        assert modes & termios.ECHO
        assert modes & termios.ICANON


def test_a_terminal_that_stops_reading_is_survived(folder: Path) -> None:
    with Terminal("tui", folder=folder) as terminal:
        terminal.wait_for("1 Runs")
        for key in "12341234":
            terminal.type(key)
            time.sleep(0.2)
        terminal.press("1")
        terminal.wait_for("1 Runs")
        assert terminal.process.poll() is None


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "xterm", "COLORTERM": ""}])
def test_few_or_no_colours_leave_every_word(variables: dict[str, str], folder: Path) -> None:
    with Terminal("tui", folder=folder, environment=variables) as terminal:
        terminal.wait_for("1 Runs", "2 New run", "3 Components", "4 Data")


def test_a_dumb_terminal_gets_plain_lines(folder: Path) -> None:
    with Terminal("tui", folder=folder, environment={"TERM": "dumb"}) as terminal:
        terminal.wait_for("cannot be drawn on")
        terminal.wait_until(lambda: terminal.process.poll() is not None, "its end", seconds=30)
        assert terminal.process.returncode == 0
