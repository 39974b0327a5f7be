"""Signals that ask a process to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self


class Signals:
    """While entered, SIGINT, SIGTERM and SIGHUP end the run, and are no ends of the process.

    Where `ask` is set, the first signal is passed on to it, as a request to save and end, and a
    second one quits; elsewhere, as there is nothing to save, the first one quits. Quitting is
    `KeyboardInterrupt`. Only the main thread may set handlers; in others nothing changes.
    """

    def __init__(self) -> None:
        self.ask: Callable[[str], None] | None = None
        self._before: dict[int, Any] = {}
        self._asked = False

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for name in ("SIGINT", "SIGTERM", "SIGHUP"):
                number = getattr(signal, name, None)
                # A signal that is ignored stays so: nohup and background jobs count on it.
                if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._asked or self.ask is None:
            raise KeyboardInterrupt
        self._asked = True
        self.ask(signal.Signals(number).name)
