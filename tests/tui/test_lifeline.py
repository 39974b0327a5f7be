"""The lifeline gives the terminal back and ends the process where the program itself does not."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("needs a pseudo-terminal", allow_module_level=True)

from tests.tui.terminal import Terminal

PROGRAM = """
import os, signal, sys, threading, time, tty
from seqkit.tui.lifeline import Lifeline

{before}
lifeline = Lifeline({leave})
tty.setraw(0)
os.write(1, b"\\x1b[?1049h\\x1b[?25l")
lifeline.start()
{then}
time.sleep(20)
os._exit(99)
"""
"""A program that draws, and never leaves when it is asked to."""

FAILS = """
def draw():
    raise OSError(5, "Input/output error")
threading.Thread(target=draw, name="textual-output").start()
"""


DRAWS = """
import termios

def slowly(*words, give_back=termios.tcsetattr):
    time.sleep(0.2)
    give_back(*words)

def draw():
    while True:
        os.write(2, b"drawn")

termios.tcsetattr = slowly
threading.Thread(target=draw, name="textual-output", daemon=True).start()
os.kill(os.getpid(), signal.SIGTERM)
"""


def ended(folder: Path, then: str, before: str = "", leave: str = "lambda: None") -> Terminal:
    """Runs the program below a shell, which outlives it, and waits for its exit code."""
    code = folder / "program.py"
    code.write_text(PROGRAM.format(before=before, then=then, leave=leave), encoding="utf-8")
    script = f"{sys.executable} {code}; echo code $?."
    with Terminal(folder=folder, program=("sh", "-c", script)) as terminal:
        before_it = terminal.modes
        terminal.wait_for("code ", seconds=30)
        terminal.settle()
        assert terminal.modes == before_it
    return terminal


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_program_that_does_not_leave_is_ended_and_its_terminal_is_plain_again(
    tmp_path: Path, number: signal.Signals
) -> None:
    terminal = ended(tmp_path, f"os.kill(os.getpid(), {int(number)})")
    assert "code 130." in terminal.text
    for on, off in ((b"?1049h", b"?1049l"), (b"?25l", b"?25h")):
        assert terminal.raw.rfind(off) > terminal.raw.rfind(on)


def test_it_is_asked_to_leave_first(tmp_path: Path) -> None:
    leave = "lambda: (lifeline._give_back(), os._exit(42))"
    terminal = ended(tmp_path, "os.kill(os.getpid(), signal.SIGTERM)", leave=leave)
    assert "code 42." in terminal.text


def test_what_it_goes_on_drawing_is_seen_no_more(tmp_path: Path) -> None:
    terminal = ended(tmp_path, DRAWS)
    assert b"drawn" in terminal.raw
    assert b"drawn" not in terminal.raw[terminal.raw.rfind(b"?1049l") :]


def test_a_terminal_that_cannot_be_drawn_on_ends_it_with_the_reason(tmp_path: Path) -> None:
    terminal = ended(tmp_path, FAILS)
    assert "code 1." in terminal.text
    assert "error: the terminal cannot be written: [Errno 5] Input/output error." in terminal.text


def test_a_signal_that_is_ignored_stays_so(tmp_path: Path) -> None:
    then = "os.kill(os.getpid(), signal.SIGHUP); time.sleep(1.5); "
    then += "import termios; termios.tcsetattr(0, 0, lifeline._attributes); os._exit(7)"
    ignored = "signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    assert "code 7." in ended(tmp_path, then, ignored).text
