"""A real terminal for tests: a pseudo-terminal with a program in it, and what its screen shows."""

from __future__ import annotations

import fcntl
import math
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyte

KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "ctrl+r": "\x12",
    "backspace": "\x7f",
}


_BEAT = 0.01
"""Seconds between two pieces that a slow terminal takes."""


class Terminal:
    """Runs `python -m seqkit WORDS` in a pseudo-terminal.

    Args:
        words: The words after `seqkit`.
        folder: Where it runs.
        columns: Width of the terminal.
        lines: Its height.
        environment: More variables.
        program: What is run with the words, instead of seqkit.

    Attributes:
        raw: Every byte that was written.
        rate: How many bytes a second are taken, at most.
        taken: When the newest bytes were taken, by `time.perf_counter`, before they were drawn.
    """

    def __init__(
        self,
        *words: str,
        folder: Path,
        columns: int = 80,
        lines: int = 24,
        environment: Mapping[str, str] | None = None,
        program: Sequence[str] = (sys.executable, "-m", "seqkit"),
    ) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = bytearray()
        self.rate = math.inf
        self.taken = 0.0
        self.started = time.perf_counter()
        controller, terminal = pty.openpty()
        self._controller = controller
        self._path = os.ttyname(terminal)
        self._gone = False
        self.resize(columns, lines)
        variables = {
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "HOME": str(folder),
            "OMP_NUM_THREADS": "1",
        }
        self.process = subprocess.Popen(
            [*program, *words],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            cwd=folder,
            env=os.environ | variables | dict(environment or {}),
            start_new_session=True,
        )
        os.close(terminal)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        if not self._gone:
            os.close(self._controller)

    def hang_up(self) -> None:
        """Takes the terminal away, as a window that is closed or a connection that breaks."""
        os.close(self._controller)
        self._gone = True

    @property
    def modes(self) -> list[Any]:
        """How the terminal takes keys and writes text, as `termios.tcgetattr` gives it."""
        return termios.tcgetattr(self._controller)[:4]

    @property
    def full(self) -> bool:
        """Whether the program can write nothing more until some of it is read."""
        terminal = os.open(self._path, os.O_WRONLY | os.O_NOCTTY)
        try:
            return not select.select([], [terminal], [], 0)[1]
        finally:
            os.close(terminal)

    def resize(self, columns: int, lines: int) -> None:
        """Changes the size, as dragging a window does."""
        size = struct.pack("HHHH", lines, columns, 0, 0)
        fcntl.ioctl(self._controller, termios.TIOCSWINSZ, size)
        self.screen.resize(lines, columns)
        if hasattr(self, "process"):
            self.process.send_signal(signal.SIGWINCH)

    def read(self, seconds: float = 0.05) -> int:
        """Takes in what the program wrote, waiting at most so long; returns how many bytes."""
        taken = 0
        while select.select([self._controller], [], [], seconds)[0]:
            try:
                slow = self.rate < math.inf
                data = os.read(self._controller, round(self.rate * _BEAT) if slow else 65536)
            except OSError:
                # The program has closed its side.
                break
            if not data:
                break
            self.taken = time.perf_counter()
            self.raw += data
            self._stream.feed(data)
            taken += len(data)
            seconds = 0.0
            if slow:
                time.sleep(_BEAT)
                break
        return taken

    def settle(self, seconds: float = 0.3) -> None:
        """Waits until the program has written nothing for a while."""
        while self.read(seconds):
            pass

    @property
    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def wait_for(self, *texts: str, seconds: float = 60, gone: bool = False) -> float:
        """Waits until the screen shows all of the texts, or none of them; returns the seconds."""
        return self.wait_until(
            lambda: (
                not any(text in self.text for text in texts)
                if gone
                else all(text in self.text for text in texts)
            ),
            f"{'no ' if gone else ''}{texts}",
            seconds,
        )

    def wait_until(self, condition: Callable[[], bool], what: str, seconds: float = 60) -> float:
        """Waits until a condition holds; returns the seconds it took."""
        begun = time.perf_counter()
        while not condition():
            if time.perf_counter() - begun > seconds:
                raise AssertionError(f"the screen never showed {what}:\n{self.text}")
            self.read()
            if self.process.poll() is not None and not self.read() and not condition():
                raise AssertionError(f"the program ended before it showed {what}:\n{self.text}")
        return time.perf_counter() - begun

    def type(self, text: str | bytes) -> None:
        """Types text, or any bytes."""
        os.write(self._controller, text.encode() if isinstance(text, str) else text)

    def press(self, *keys: str) -> None:
        """Presses keys, by name or as characters."""
        for key in keys:
            self.type(KEYS.get(key, key))
            # What follows an escape at once would belong to it, as in alt+p.
            time.sleep(0.3 if key == "escape" else 0.0)
            self.read(0.1)
