"""The program in a real terminal: bytes in, bytes out, and a sane terminal afterwards."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("needs a pseudo-terminal", allow_module_level=True)

import fcntl
import pty
import struct
import termios


class Terminal:
    """`seqkit tui` in a pseudo-terminal of 80 x 24."""

    def __init__(self, folder: Path) -> None:
        self._leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        environment.pop("NO_COLOR", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "seqkit", "tui", "--runs-dir", str(folder)],
            stdin=follower,
            stdout=follower,
            stderr=follower,
            env=environment,
            start_new_session=True,
        )
        os.close(follower)
        self.written = b""

    def send(self, keys: bytes) -> None:
        os.write(self._leader, keys)

    def until(self, text: bytes, seconds: float = 60) -> None:
        """Reads until some text was written."""
        deadline = time.monotonic() + seconds
        while text not in self.written:
            assert time.monotonic() < deadline, self.written[-2000:]
            ready, _, _ = select.select([self._leader], [], [], 0.1)
            if ready:
                try:
                    self.written += os.read(self._leader, 65536)
                except OSError:
                    break
        assert text in self.written

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._leader)


@pytest.fixture
def terminal(recorded_runs: Path) -> Iterator[Terminal]:
    opened = Terminal(recorded_runs)
    yield opened
    opened.close()


def test_bytes_that_are_no_text_end_nothing_and_quitting_leaves_the_terminal_sane(
    terminal: Terminal,
) -> None:
    terminal.until(b"first")
    terminal.send(b"\x1b[M\xff\xfe\xe9 \x80")
    time.sleep(0.3)
    terminal.send(b"?")
    terminal.until(b"On this screen")
    terminal.send(b"q")
    time.sleep(0.3)
    terminal.send(b"q")
    # The ordinary screen, the cursor, and no reports of the mouse.
    for sequence in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1003l"):
        terminal.until(sequence)
    assert terminal.process.wait(30) == 0
