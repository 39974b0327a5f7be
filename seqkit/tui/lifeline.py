"""Ends the program when its terminal is gone or a signal says so, whatever it is doing.

Textual draws through a thread with a short queue. A terminal that is not read holds that thread up,
one that has gone ends it, and the program then waits for room in the queue for ever: no signal
handler of the event loop is called any more. So this is watched from a thread of its own. It asks
the program to leave, and where that does not happen it gives the terminal back and ends the process
itself.
"""

from __future__ import annotations

import contextlib
import math
import os
import select
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from seqkit.errors import ExitCode
from seqkit.terminal.safe_text import visible

_GRACE: Final = 1.0
"""Seconds in which the program may leave by itself."""

_GIVING_BACK: Final = 0.3
"""Seconds in which a terminal that is not read has to take what gives it back."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_FAILED = 0
"""Tells that the terminal could not be written; no signal has this number."""

_WRITER = "textual-output"
"""Name of the thread that Textual draws with."""

_PLAIN_AGAIN = b"".join(
    (
        b"\x1b\\",  # ends a sequence that was cut short
        b"\x1b[?2026l",  # drawing is seen at once
        b"\x1b[?2004l\x1b[?2048l\x1b[?1004l",  # no reports of pasting, size and focus
        b"\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l",  # nor of the mouse
        b"\x1b[<u",  # ordinary keys
        b"\x1b[?7h\x1b[?1049l\x1b[?25h",  # long lines wrap; the ordinary screen; the cursor
    )
)


def in_foreground() -> bool:
    """Tells whether the terminal is this program's to change; so too without job control."""
    try:
        return os.tcgetpgrp(sys.__stdin__.fileno()) == os.getpgrp()  # type: ignore[union-attr]
    except (OSError, ValueError, AttributeError):
        return True


class Lifeline:
    """Watches the terminal and the signals that end programs. Made and started in the main thread.

    Args:
        leave: Asks the program to leave; called in another thread.
    """

    def __init__(self, leave: Callable[[], None]) -> None:
        self._leave = leave
        self._problem = ""
        self._deadline = math.inf
        self._descriptors = _descriptors()
        self._attributes: list[Any] | None = None
        with contextlib.suppress(OSError, ValueError, AttributeError, termios.error):
            self._attributes = termios.tcgetattr(sys.__stdin__)  # type: ignore[arg-type]
        self._told, self._tell = os.pipe()
        os.set_blocking(self._tell, False)
        self._before = threading.excepthook

    @property
    def ending(self) -> bool:
        """Whether the program was asked to leave."""
        return self._deadline < math.inf

    def start(self) -> None:
        """Begins to watch, until the process ends."""
        for number in _SIGNALS:
            # A signal that is ignored stays so: nohup counts on it.
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, lambda *_: None)
        # Written when the signal arrives, also while the main thread waits and runs no handler.
        signal.set_wakeup_fd(self._tell, warn_on_full_buffer=False)
        threading.excepthook = self._thread_failed
        threading.Thread(target=self._watch, name="lifeline", daemon=True).start()

    def _thread_failed(self, failure: threading.ExceptHookArgs) -> None:
        if failure.thread is None or failure.thread.name != _WRITER:
            self._before(failure)
            return
        self._problem = f"the terminal cannot be written: {failure.exc_value}"
        os.write(self._tell, bytes([_FAILED]))

    def _watch(self) -> None:
        poller = select.poll()
        poller.register(self._told, select.POLLIN)
        for descriptor in self._descriptors:
            # Of nothing asked for, only the end of a terminal or pipe is told.
            poller.register(descriptor, 0)
        while True:
            left = self._deadline - time.monotonic()
            if left <= 0:
                self._end()
            for descriptor, what in poller.poll(None if left == math.inf else left * 1000):
                if descriptor == self._told:
                    self._hear(os.read(self._told, 4096))
                    continue
                poller.unregister(descriptor)
                if what & (select.POLLHUP | select.POLLERR):
                    self._ask()

    def _hear(self, numbers: bytes) -> None:
        if _FAILED in numbers:
            if _is_there():
                # There is nothing left to leave politely with.
                self._end()
            self._problem = ""
            self._ask()
        elif any(number in numbers for number in _SIGNALS):
            if not in_foreground():
                # Suspended: the terminal is the shell's, and is as it was.
                os._exit(ExitCode.INTERRUPTED)
            self._ask()

    def _ask(self) -> None:
        if self.ending:
            return
        self._deadline = time.monotonic() + _GRACE
        with contextlib.suppress(RuntimeError):
            # The event loop may be closed already.
            self._leave()

    def _end(self) -> None:
        """Ends the process here and now, having given the terminal back where there is one."""
        try:
            if in_foreground():
                self._give_back()
        finally:
            os._exit(ExitCode.FAILED if self._problem else ExitCode.INTERRUPTED)

    def _give_back(self) -> None:
        assert sys.__stdin__ is not None
        keyboard = sys.__stdin__.fileno()
        try:
            name = os.ttyname(keyboard)
            terminal = os.open(name, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError:
            return
        self._silence()
        text = _PLAIN_AGAIN
        if self._problem:
            text += f"seqkit: error: {visible(self._problem)}.\r\n".encode()
        deadline = time.monotonic() + _GIVING_BACK
        while text and time.monotonic() < deadline:
            with contextlib.suppress(BlockingIOError, termios.error):
                # What nobody has read so far is in the way.
                termios.tcflush(terminal, termios.TCOFLUSH)
                text = text[os.write(terminal, text) :]
                continue
            time.sleep(0.01)
        if self._attributes is not None:
            termios.tcsetattr(keyboard, termios.TCSANOW, self._attributes)
        termios.tcflush(keyboard, termios.TCIFLUSH)

    def _silence(self) -> None:
        """Leads what Textual still draws nowhere, and wakes its thread if it waits in a write."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for descriptor in self._descriptors[1:]:
            os.dup2(nowhere, descriptor)
        for thread in threading.enumerate():
            if thread.name == _WRITER and thread.ident is not None:
                signal.pthread_kill(thread.ident, signal.SIGTERM)


def _is_there() -> bool:
    try:
        return os.isatty(sys.__stdin__.fileno())  # type: ignore[union-attr]
    except (OSError, ValueError, AttributeError):
        return False


def _descriptors() -> list[int]:
    """Returns what is read and what is drawn on, as far as there is such."""
    found = []
    for stream in (sys.__stdin__, sys.__stderr__):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            found.append(stream.fileno())  # type: ignore[union-attr]
    return found
