"""The terminal: written no faster than it takes, and given back while the program is suspended."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import select
import signal
import time
from collections.abc import Callable
from typing import Any, TextIO

from rich.color import ColorSystem
from textual import events
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._compositor import CompositorUpdate
from textual.drivers import linux_driver
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message
from textual.messages import TerminalSupportsSynchronizedOutput

from seqkit.tui.lifeline import in_foreground
from seqkit.tui.line import Line
from seqkit.tui.painting import Painting

_PIECE = 1024
"""Bytes that are written at once, and how finely it is seen which of them wait."""

_COLOURS = 4000
"""Characters of a picture, on a slow line, after which the colours of what stays come later."""

_QUESTION = "\x1b[?2026$p"
"""What terminals that draw whole pictures answer, once they have read what stands before it."""


class Frame(str):
    """The text of a picture."""

    __slots__ = ()


class Writer(WriterThread):
    """Writes in a thread of its own, and tells of each picture how much of it had to wait.

    Args:
        file: The terminal.
        told: Called in this thread with the bytes from the first that had to wait for room, and
            the seconds that they took.
    """

    def __init__(self, file: TextIO, told: Callable[[int, float], None]) -> None:
        super().__init__(file)
        self._told = told
        self._encoding = file.encoding or "utf-8"

    def run(self) -> None:
        """Writes until it is stopped."""
        while (text := self._queue.get()) is not None:
            waited = self._put(text)
            if isinstance(text, Frame):
                self._told(*waited)

    def _put(self, text: str) -> tuple[int, float]:
        descriptor = self.fileno()
        left = memoryview(text.encode(self._encoding, "backslashreplace"))
        waited, first = 0, 0.0
        while left:
            begun = time.monotonic()
            if not select.select([], [descriptor], [], 0)[1]:
                # Not that a write takes long, as on a busy machine, but that there is no room.
                waited, first = (waited, first) if waited else (len(left), begun)
                select.select([], [descriptor], [])
            with contextlib.suppress(BlockingIOError):
                left = left[os.write(descriptor, left[:_PIECE]) :]
        return waited, time.monotonic() - first if waited else 0.0


class TerminalDriver(LinuxDriver):
    """Textual's driver, which may be stopped and continued at any moment.

    Textual's own gives the terminal back within the signal handler, which waits for ever where the
    signal has come while something is being drawn; it stops also where no shell could continue it;
    and continued from outside it starts a second time, so that two threads share the keys. It also
    writes every picture, whether the terminal has taken the one before or not.
    """

    _stopping = False

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        self._line = Line(app.context.fps)
        self._painting = Painting(app.console._color_system or ColorSystem.TRUECOLOR)
        self._cursor = (0, 0)
        self._waiting = self._asked = self._rest = False
        self._timer: asyncio.TimerHandle | None = None

    # --- drawing ----------------------------------------------------------------------------------

    def start_application_mode(self) -> None:
        """Takes the terminal, of which nothing is known."""
        self._line = Line(self._app.context.fps)  # type: ignore[attr-defined]
        self._painting.forget()
        self._waiting = False
        vars(linux_driver)["WriterThread"] = lambda file: Writer(file, self._tell)
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def show(self, update: CompositorUpdate, cursor: tuple[int, int]) -> None:
        """Shows what was drawn, now or as soon as the terminal can take it."""
        self._painting.resize(*self._app.size)
        self._painting.take(update)
        self._cursor, self._waiting, self._rest = cursor, True, False
        self._send()

    def _send(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._waiting or self._stopping:
            return
        wait = self._line.wait(self._asked, self._rest)
        if wait > 0:
            if wait < math.inf:
                self._timer = self._loop.call_later(wait, self._send)
            return
        self._waiting = self._asked = False
        changes = self._painting.changes(_COLOURS if self._line.slow else math.inf)
        self._waiting = self._rest = self._painting.left
        x, y = self._cursor
        text = f"{changes}\x1b[{y + 1};{x + 1}H"
        if changes and self._app._sync_available:
            text = f"{SYNC_START}{text}{SYNC_END}"
        if self._line.answers:
            text += _QUESTION
        self._line.sent(len(text.encode("utf-8", "replace")))
        self.write(Frame(text))

    def _tell(self, waited: int, seconds: float) -> None:
        with contextlib.suppress(RuntimeError):
            # The event loop may be closed already.
            self._loop.call_soon_threadsafe(self._written, waited, seconds)

    def _written(self, waited: int, seconds: float) -> None:
        self._line.written(waited, seconds)
        self._send()

    def _answered(self) -> None:
        if self._line.answers:
            self._line.answered()
        self._line.answers = True
        self._send()

    def process_message(self, message: Message) -> None:
        """Takes what comes from the terminal, in the thread that reads it."""
        if isinstance(message, TerminalSupportsSynchronizedOutput):
            self._loop.call_soon_threadsafe(self._answered)
            if self._app._sync_available:
                return
        elif isinstance(message, events.InputEvent | events.Paste):
            self._asked |= not isinstance(message, events.MouseMove)
        super().process_message(message)

    # --- stopping ---------------------------------------------------------------------------------

    def _sigtstp_application(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop)

    def _sigcont_application(self, *_: object) -> None:
        if not self._stopping:
            self._loop.call_soon_threadsafe(self._continued)

    def _stop(self) -> None:
        """Stops the process until it is in the foreground again."""
        if self._app._exit:
            return
        if self._auto_restart:
            self.suspend_application_mode()
        self._stopping = True
        before = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        try:
            # The system itself stops no process that nobody could continue.
            os.kill(os.getpid(), signal.SIGTSTP)
            while not in_foreground():
                # `bg`. A signal that ends the program is heard meanwhile.
                time.sleep(0.1)
                os.kill(os.getpid(), signal.SIGTSTP)
        finally:
            signal.signal(signal.SIGTSTP, before)
            self._stopping = False
        if self._auto_restart:
            self._take_again()

    def _continued(self) -> None:
        """Goes on after a stop that came from outside, which let nothing be given back."""
        if self._app._exit or not self._auto_restart:
            return
        if not in_foreground():
            self._stop()
            return
        self.suspend_application_mode()
        self._take_again()

    def _take_again(self) -> None:
        self._must_signal_resume = True
        self.resume_application_mode()
