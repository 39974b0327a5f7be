"""The terminal UI inside tmux: detached, attached again, suspended."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

if sys.platform == "win32" or shutil.which("tmux") is None:
    pytest.skip("tmux is not installed", allow_module_level=True)

from tests.tui.terminal import Terminal


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Gives words to a tmux server of the test's own, and returns what it says."""
    socket = str(tmp_path / "tmux")

    def say(*words: str) -> str:
        command = ["tmux", "-f", os.devnull, "-S", socket, *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout

    yield say
    subprocess.run(["tmux", "-S", socket, "kill-server"], capture_output=True, check=False)


def suspend_and_continue(terminal: Terminal, tmux: Callable[..., str]) -> None:
    tmux("send-keys", "C-z")
    terminal.wait_for("Stopped")
    terminal.settle()
    tmux("send-keys", "fg", "Enter")
    terminal.wait_for("Stopped", gone=True)


def test_detached_attached_again_and_suspended(
    recorded_runs: Path, tmp_path: Path, tmux: Callable[..., str]
) -> None:
    words = [sys.executable, "-m", "seqkit", "tui", "--runs-dir", str(recorded_runs)]
    attach = ("tmux", "-S", str(tmp_path / "tmux"), "attach")
    # Sizes that a shell has exported are of another time.
    tmux("new-session", "-d", "-x", "90", "-y", "25", "env COLUMNS=60 LINES=22 sh -i")
    tmux("set", "-g", "status", "off")
    with Terminal(folder=tmp_path, columns=90, lines=25, program=attach) as terminal:
        terminal.read(0.5)
        tmux("send-keys", "-l", shlex.join(words))
        tmux("send-keys", "Enter")
        terminal.wait_for("1 Runs", "second", "Quit")
        tmux("detach-client")
        terminal.wait_until(lambda: terminal.process.poll() is not None, "the client's end")
    with Terminal(folder=tmp_path, columns=70, lines=20, program=attach) as terminal:
        terminal.wait_for("1 Runs", "second", "Open")
        # A click and the wheel, as older mice report them: bytes that are no text.
        terminal.type(b"\x1b[M \xe9\xe1\x1b[Ma\xff\xfe")
        suspend_and_continue(terminal, tmux)
        terminal.wait_for("1 Runs", "first", "second", "Open", seconds=10)
        terminal.press("enter")
        terminal.wait_for("Loss", "Search")
        suspend_and_continue(terminal, tmux)
        terminal.wait_for("Loss", "Search", seconds=10)
        tmux("send-keys", "q")
        terminal.wait_for("Loss", gone=True)
        assert "$" in terminal.text or "#" in terminal.text


def test_a_suspended_one_is_ended_by_a_signal(
    recorded_runs: Path, tmp_path: Path, tmux: Callable[..., str]
) -> None:
    words = [sys.executable, "-m", "seqkit", "tui", "--runs-dir", str(recorded_runs)]
    tmux("new-session", "-d", "-x", "90", "-y", "25", "sh -i")
    attach = ("tmux", "-S", str(tmp_path / "tmux"), "attach")
    with Terminal(folder=tmp_path, columns=90, lines=25, program=attach) as terminal:
        terminal.read(0.5)
        tmux("send-keys", "-l", shlex.join(words))
        tmux("send-keys", "Enter")
        terminal.wait_for("1 Runs", "second", "Quit")
        tmux("send-keys", "C-z")
        terminal.wait_for("Stopped")
        (program,) = psutil.Process(int(tmux("display", "-p", "#{pane_pid}"))).children()
        program.terminate()
        program.resume()
        terminal.wait_until(lambda: gone(program), "its end", seconds=2)


def gone(program: psutil.Process) -> bool:
    return not program.is_running() or program.status() == psutil.STATUS_ZOMBIE


def test_nothing_is_left_when_the_terminal_is_gone(
    recorded_runs: Path, tmp_path: Path, tmux: Callable[..., str]
) -> None:
    words = [sys.executable, "-m", "seqkit", "tui", "--runs-dir", str(recorded_runs)]
    tmux("new-session", "-d", "-x", "90", "-y", "25", shlex.join(words))
    deadline = time.monotonic() + 60
    while "second" not in tmux("capture-pane", "-p"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    program = psutil.Process(int(tmux("display", "-p", "#{pane_pid}")))
    try:
        tmux("kill-server")
        program.wait(3)
    finally:
        with contextlib.suppress(psutil.Error):
            program.kill()
