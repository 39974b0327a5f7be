"""Requests to a run in progress: lines of `control.jsonl`, and signals."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Self

from seqkit.runs.tail import Tail
from seqkit.storage.checksums import LINE_SEAL, line_fits

POLL_SECONDS = 0.2


class ControlFile:
    """Reads requests appended to a file since this was made, and the first signal to stop.

    A line still being written is read when its line break is there; a damaged one is passed on as
    a request that cannot be obeyed, so that whoever wrote it sees that.
    """

    def __init__(self, path: Path) -> None:
        self._tail = Tail(path, offset=path.stat().st_size if path.exists() else 0)
        self._next = 0.0
        self._signals: list[str] = []

    def interrupt(self, name: str) -> None:
        """Adds the request to save and end, made by a signal."""
        self._signals.append(name)

    def due(self) -> bool:
        """Tells whether `poll` is going to look at the file."""
        return time.monotonic() >= self._next

    def poll(self) -> list[dict[str, Any]]:
        """Returns new requests; looks at the file a few times a second at the most."""
        if self._signals:
            name = self._signals.pop()
            return [{"request": "interrupt", "value": name}]
        now = time.monotonic()
        if now < self._next:
            return []
        self._next = now + POLL_SECONDS
        requests: list[dict[str, Any]] = []
        while True:
            news = self._tail.read()
            if news.restarted:
                # What stands in a file that was cut short has been obeyed already.
                self._skip_to_end()
                return requests
            requests += [_parse(line) for line in news.lines if line.strip()]
            if not news.more:
                return requests

    def _skip_to_end(self) -> None:
        while self._tail.read().more:
            continue


def _parse(line: bytes) -> dict[str, Any]:
    try:
        request = json.loads(line) if line_fits(line) else None
    except (ValueError, RecursionError):
        request = None
    if isinstance(request, dict):
        request.pop(LINE_SEAL, None)
        return request
    return {"request": "damaged", "line": line[:200].decode("utf-8", "replace")}


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
