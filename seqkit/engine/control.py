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

POLL_SECONDS = 0.2


class ControlFile:
    """Reads requests appended to a file since this was made, and the first signal to stop.

    A line still being written is read when its line break is there; a damaged one is passed on as
    a request that cannot be obeyed, so that the person who wrote it hears of it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = path.stat().st_size if path.exists() else 0
        self._next = 0.0
        self._signals: list[str] = []

    def interrupt(self, name: str) -> None:
        """Adds the request to save and end, made by a signal."""
        self._signals.append(name)

    def poll(self) -> list[dict[str, Any]]:
        """Returns new requests; looks at the file a few times a second at the most."""
        if self._signals:
            name = self._signals.pop()
            return [{"request": "interrupt", "value": name}]
        now = time.monotonic()
        if now < self._next:
            return []
        self._next = now + POLL_SECONDS
        try:
            size = self._path.stat().st_size
            if size <= self._read:
                self._read = min(self._read, size)
                return []
            with self._path.open("rb") as file:
                file.seek(self._read)
                text = file.read()
        except OSError:
            return []
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        return [_parse(line) for line in whole.splitlines() if line.strip()]


def _parse(line: bytes) -> dict[str, Any]:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        request = None
    if isinstance(request, dict):
        return request
    return {"request": "damaged", "line": line[:200].decode("utf-8", "replace")}


class Signals:
    """While entered, the first SIGINT, SIGTERM or SIGHUP asks to save and end; a second one quits.

    Only the main thread may set handlers; elsewhere nothing changes.
    """

    def __init__(self, ask: Callable[[str], None]) -> None:
        self._ask = ask
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
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True
        self._ask(signal.Signals(number).name)
