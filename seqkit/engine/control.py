"""Requests to a run in progress: lines of `control.jsonl`."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

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
        self._asked: list[dict[str, Any]] = []

    def interrupt(self, name: str) -> None:
        """Adds the request to save and end, made by a signal."""
        self._asked.append({"request": "interrupt", "value": name})

    def stop(self, name: str) -> None:
        """Adds the request to save and end, made by what watches the run in its own process."""
        self._asked.append({"request": "stop", "value": name})

    def due(self) -> bool:
        """Tells whether `poll` is going to look at the file."""
        return time.monotonic() >= self._next

    def poll(self) -> list[dict[str, Any]]:
        """Returns new requests; looks at the file a few times a second at the most."""
        if self._asked:
            return [self._asked.pop()]
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
