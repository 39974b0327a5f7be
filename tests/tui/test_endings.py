"""The terminal UI ends within two seconds when its terminal is gone or a signal says so."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

if sys.platform == "win32":
    pytest.skip("needs a pseudo-terminal", allow_module_level=True)

from tests.tui.terminal import Terminal

pytestmark = pytest.mark.proof

SECONDS = 2.0


def the_list(terminal: Terminal) -> None:
    terminal.wait_for("1 Runs", "first", "Quit")


def a_question(terminal: Terminal) -> None:
    the_list(terminal)
    terminal.press("d")
    terminal.wait_for("It goes to")


def the_monitor(terminal: Terminal) -> None:
    the_list(terminal)
    terminal.press("enter")
    terminal.wait_for("Loss", "Search")


def nobody_reading(terminal: Terminal) -> None:
    """Draws so much that the program waits until somebody reads it."""
    the_monitor(terminal)
    for _ in range(8):
        terminal.type("zzuu")
        time.sleep(0.15)


def a_screen_being_drawn(terminal: Terminal) -> None:
    the_list(terminal)
    terminal.type("\rzuzu")


def keys_on_their_way(terminal: Terminal) -> None:
    the_list(terminal)
    terminal.type("jjjjkkkk" * 8 + "d")


def open_ui(runs: Path) -> Terminal:
    return Terminal("tui", "--runs-dir", str(runs), folder=runs, columns=160, lines=50)


def ends(terminal: Terminal, begun: float) -> int:
    """Returns the exit code, of a program whose terminal nobody reads meanwhile."""
    terminal.process.wait(10)
    assert time.monotonic() - begun < SECONDS
    return int(terminal.process.returncode)


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.1])
@pytest.mark.parametrize("state", [a_screen_being_drawn, keys_on_their_way])
def test_it_ends_when_its_terminal_is_gone_right_after_a_key(
    recorded_runs: Path, state: Callable[[Terminal], None], delay: float
) -> None:
    with open_ui(recorded_runs) as terminal:
        state(terminal)
        time.sleep(delay)
        terminal.hang_up()
        assert ends(terminal, time.monotonic()) == 130


@pytest.mark.parametrize("state", [the_list, nobody_reading])
def test_it_ends_when_its_terminal_is_gone_though_no_signal_tells(
    recorded_runs: Path, state: Callable[[Terminal], None]
) -> None:
    with open_ui(recorded_runs) as terminal:
        state(terminal)
        terminal.hang_up()
        assert ends(terminal, time.monotonic()) == 130


@pytest.mark.parametrize("delay", [0.3, 0.7])
def test_it_ends_when_its_terminal_is_gone_at_the_start(recorded_runs: Path, delay: float) -> None:
    with open_ui(recorded_runs) as terminal:
        time.sleep(delay)
        terminal.hang_up()
        # Python itself is still starting, on a busy machine.
        terminal.process.wait(10)


@pytest.mark.parametrize(
    ("state", "number"),
    [
        (the_list, signal.SIGTERM),
        (a_question, signal.SIGHUP),
        (the_monitor, signal.SIGINT),
        (nobody_reading, signal.SIGTERM),
    ],
)
def test_a_signal_ends_it_and_the_terminal_is_as_it_was(
    recorded_runs: Path, state: Callable[[Terminal], None], number: signal.Signals
) -> None:
    with open_ui(recorded_runs) as terminal:
        before = terminal.modes
        state(terminal)
        during = terminal.modes
        terminal.process.send_signal(number)
        terminal.process.send_signal(number)
        begun = time.monotonic()
        while state is not nobody_reading and terminal.process.poll() is None:
            terminal.read()
        assert ends(terminal, begun) == 130
        terminal.settle()
        assert during != before
        assert terminal.modes == before
        if state is nobody_reading:
            # Here the program leads its session, and the kernel drops what is unread as it ends.
            return
        for on, off in ((b"?1049h", b"?1049l"), (b"?25l", b"?25h"), (b"?1003h", b"?1003l")):
            assert terminal.raw.rfind(off) > terminal.raw.rfind(on)
        assert b"Traceback" not in terminal.raw


def test_where_nobody_could_continue_it_ctrl_z_stops_nothing(recorded_runs: Path) -> None:
    with open_ui(recorded_runs) as terminal:
        the_list(terminal)
        terminal.press("\x1a")
        terminal.settle()
        assert psutil.Process(terminal.process.pid).status() != psutil.STATUS_STOPPED
        terminal.press("enter")
        terminal.wait_for("Loss", "Search")


def test_continued_from_outside_it_goes_on(recorded_runs: Path) -> None:
    with open_ui(recorded_runs) as terminal:
        the_list(terminal)
        os.kill(terminal.process.pid, signal.SIGSTOP)
        time.sleep(0.1)
        os.kill(terminal.process.pid, signal.SIGCONT)
        terminal.settle()
        terminal.press("enter")
        terminal.wait_for("Loss", "Search")
        terminal.press("q")
        terminal.wait_until(lambda: terminal.process.poll() is not None, "its end")
        assert terminal.process.returncode == 0


def test_without_a_terminal_to_draw_on_it_writes_lines(recorded_runs: Path) -> None:
    # Textual draws on stderr.
    script = f"{sys.executable} -m seqkit tui --runs-dir {recorded_runs} 2>/dev/null"
    with Terminal(folder=recorded_runs, program=("sh", "-c", script)) as terminal:
        terminal.wait_until(lambda: terminal.process.poll() is not None, "its end")
        assert "first" in terminal.text
        assert b"\x1b[?1049h" not in terminal.raw
