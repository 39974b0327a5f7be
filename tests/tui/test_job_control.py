"""The terminal UI as a job of a shell: stopped, continued, told to end while it is stopped."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

if sys.platform == "win32" or shutil.which("bash") is None:
    pytest.skip("needs a shell with job control", allow_module_level=True)

from tests.tui.terminal import Terminal

pytestmark = pytest.mark.proof

Shell = tuple[Terminal, psutil.Process]


@pytest.fixture
def shell(recorded_runs: Path, tmp_path: Path) -> Iterator[Shell]:
    """A shell in which the UI shows its list of runs, and the UI's process."""
    words = [sys.executable, "-m", "seqkit", "tui", "--runs-dir", str(recorded_runs)]
    bash = ("bash", "--norc", "--noprofile", "-i")
    size = {"columns": 120, "lines": 40}
    prompt = {"PS1": "ready> "}
    with Terminal(folder=tmp_path, environment=prompt, program=bash, **size) as terminal:
        terminal.wait_for("ready>")
        terminal.type(shlex.join(words) + "\r")
        terminal.wait_for("1 Runs", "first", "Quit")
        (found,) = psutil.Process(terminal.process.pid).children()
        yield terminal, found
        if found.is_running():
            found.kill()


def is_plain(terminal: Terminal) -> bool:
    """Tells whether the screen is the shell's."""
    return terminal.raw.rfind(b"?1049l") > terminal.raw.rfind(b"?1049h")


def by_key(terminal: Terminal, _: psutil.Process) -> None:
    terminal.press("\x1a")


def from_outside(_: Terminal, process: psutil.Process) -> None:
    os.kill(process.pid, signal.SIGSTOP)


@pytest.mark.parametrize("stop", [by_key, from_outside])
def test_stopped_and_continued_it_is_as_it_was_each_time(
    shell: Shell, stop: Callable[[Terminal, psutil.Process], None]
) -> None:
    terminal, process = shell
    terminal.settle()
    threads = process.num_threads()
    for _ in range(2):
        stop(terminal, process)
        terminal.wait_until(lambda: process.status() == psutil.STATUS_STOPPED, "its stop")
        terminal.settle()
        assert stop is from_outside or is_plain(terminal)
        terminal.type("fg\r")
        terminal.wait_for("Stopped", gone=True)
        terminal.wait_for("1 Runs", "first", "Quit")
        assert not is_plain(terminal)
        terminal.press("enter")
        terminal.wait_for("Loss", "Search")
        terminal.press("escape")
        terminal.wait_for("1 Runs", "Quit")
        terminal.settle()
        assert process.num_threads() == threads


def test_in_the_background_it_stops_again_and_ends_when_it_is_told_to(shell: Shell) -> None:
    terminal, process = shell
    by_key(terminal, process)
    terminal.wait_for("Stopped")
    for _ in range(2):
        terminal.type("bg\r")
        terminal.settle(0.6)
        terminal.wait_until(lambda: process.status() == psutil.STATUS_STOPPED, "its stop")
        assert is_plain(terminal)
    terminal.type("kill %1\r")
    terminal.wait_until(lambda: not process.is_running(), "its end", seconds=5)
    assert is_plain(terminal)
    terminal.type("echo al''ive\r")
    terminal.wait_for("alive")
