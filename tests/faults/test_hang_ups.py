"""A terminal that vanishes: a run in it saves and ends, and the UI ends, whatever it was doing."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seqkit.runs.folder import RunFolder
from tests.faults.outcome import differing, outcome
from tests.faults.tally import forms, tally
from tests.nursery import Child, Nursery

if TYPE_CHECKING:
    from tests.faults.conftest import Whole

pytestmark = pytest.mark.proof

LONGEST_END = 4.0
"""Seconds in which the UI must have ended: 2, and as many for a busy machine."""

STATES = {
    "the list": b"",
    "a run": b"\r",
    "a new run": b"n",
    "help": b"?",
    "a search": b"/la",
    "comparing": b" c",
    "components": b"3",
}
"""Keys that bring the UI into a state from its list of runs."""


class Window:
    """The far side of a terminal, as a terminal emulator or sshd has it."""

    def __init__(self) -> None:
        self._controller, self._terminal = pty.openpty()
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.path = os.ttyname(self._terminal)
        self.read = b""

    def type(self, keys: bytes) -> None:
        os.write(self._controller, keys)

    def take(self, seconds: float, until: bytes = b"") -> bool:
        """Reads what is written for some seconds; tells whether a text was among it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not (until and until in self.read):
            if select.select([self._controller], [], [], 0.05)[0]:
                self.read += os.read(self._controller, 65536)
        return until in self.read

    def close(self) -> None:
        """Vanishes."""
        for handle in (self._controller, self._terminal):
            with contextlib.suppress(OSError):
                os.close(handle)


@pytest.fixture
def window() -> Iterator[Window]:
    opened = Window()
    yield opened
    opened.close()


def seconds_to_end(child: Child) -> float | None:
    begun = time.monotonic()
    ended = child.wait(LONGEST_END).code is not None
    return time.monotonic() - begun if ended else None


@forms(short=2, long=28)
def test_the_ui_ends_when_its_terminal_vanishes(
    nursery: Nursery, whole: Callable[[str], Whole], tmp_path: Path, count: int
) -> None:
    made = tally("hang-ups of the UI")
    right = whole("language-modeling")
    shutil.copytree(right.path, tmp_path / "runs" / "lines")
    for case in range(count):
        state = list(STATES)[case % len(STATES)]
        window = Window()
        words = ("tui", "--runs-dir", tmp_path / "runs")
        child = nursery.start(*words, home=right.home, terminal=window.path)
        assert window.take(60, b"lines"), window.read[-500:]
        window.type(STATES[state])
        # Every other time in the middle of drawing what the keys ask for.
        window.take(0.5 if case % 2 == 0 else 0.02)
        ends_by_signal = case % 4 == 3
        if ends_by_signal:
            child.send(signal.SIGTERM)
        window.close()
        took = seconds_to_end(child)
        faults = [] if took is not None else [f"it was there after {LONGEST_END} s"]
        made.add(f"case {case}, in {state}", faults, "ended in time")
    made.check()


def test_a_run_whose_terminal_vanishes_saves_and_ends(
    nursery: Nursery, whole: Callable[[str], Whole], tmp_path: Path, window: Window
) -> None:
    right = whole("forecasting")
    path = tmp_path / right.scenario.name
    words = ("run", *right.scenario.words, "--name", path.name, "--runs-dir", tmp_path)
    child = nursery.start(*words, home=right.home, terminal=window.path)
    run = RunFolder(path)
    end = time.monotonic() + 60
    while not any(event.kind == "step" for event in run.events()):
        assert time.monotonic() < end, window.read[-500:]
        window.take(0.01)
    window.close()
    assert child.wait(30).code == 130
    assert run.status() == "interrupted"
    assert nursery.run("resume", path, "--quiet", home=right.home).code == 0
    assert differing(outcome(path), right.outcome) == []
