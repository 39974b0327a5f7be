"""Every run of a folder, kept up to date in slices of a few milliseconds.

The logs of runs that go on, and long ones, stay open: what is new of them is read, and no more.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seqkit.paths import cache_home
from seqkit.runs.folder import LIVE, RunFolder, write_atomically
from seqkit.runs.listing import UNREADABLE
from seqkit.runs.log import RunLog
from seqkit.storage.checksums import read_document, sealed_document
from seqkit.tui.runs.columns import COLUMNS
from seqkit.tui.runs.detail import lines_of
from seqkit.tui.runs.rows import (
    LOG_SIZE,
    WHOLE,
    RunRow,
    Stamp,
    as_json,
    damaged_row,
    first_row,
    from_json,
    read_row,
    stamp,
)

_CACHE_VERSION = 2
_NOTHING: Stamp = ()
"""The stamp of a row that is still to be read."""


@dataclass
class _Known:
    row: RunRow
    stamp: Stamp


class RunIndex:
    """The runs of a folder, read little by little so that a thousand of them hold nothing up.

    Call `scan` now and then, and `work` until it returns False.

    Args:
        folder: The folder of runs; it need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, _Known] = {}
        self._logs: dict[str, RunLog] = {}
        self._waiting: deque[str] = deque()
        self._queued: set[str] = set()
        self._cached: dict[str, dict[str, Any]] | None = None
        self.scanned = False

    @property
    def rows(self) -> list[RunRow]:
        """Every run that was read so far, in no order."""
        return [known.row for known in self._known.values()]

    @property
    def waiting(self) -> int:
        """How many runs are still to be read."""
        return len(self._waiting)

    def get(self, name: str) -> RunRow | None:
        """Returns the row of a run by its folder's name."""
        known = self._known.get(name)
        return known.row if known else None

    def scan(self) -> bool:
        """Looks for runs that came, went or changed.

        Returns:
            Whether any has gone, or changed its status.
        """
        if self._cached is None:
            self._cached = _read_cache(self.folder)
        try:
            with os.scandir(self.folder) as entries:
                names = {entry.name for entry in entries if not entry.name.startswith(".")}
        except OSError:
            names = set()
        self.scanned = True
        changed = False
        for name in set(self._known) - names:
            del self._known[name]
            self._logs.pop(name, None)
            changed = True
        for name in sorted(names):
            known = self._known.get(name)
            now = stamp(f"{self.folder}/{name}")
            if not now[0]:
                changed |= self._known.pop(name, None) is not None
            elif known is None and self._from_cache(name, now):
                changed = True
            elif known is None or known.stamp != now:
                self.refresh(name)
            elif known.row.live:
                changed |= self._still_alive(known)
        return changed

    def refresh(self, name: str) -> None:
        """Puts a run among those to be read."""
        if name not in self._queued:
            self._queued.add(name)
            self._waiting.append(name)

    def work(self, seconds: float) -> bool:
        """Reads runs for about so long. Returns whether any was read."""
        deadline = time.perf_counter() + seconds
        done = False
        while self._waiting and time.perf_counter() < deadline:
            done |= self._read(self._waiting.popleft())
        return done

    def _read(self, name: str) -> bool:
        """Reads a run, or a slice of its log and puts it last. Returns whether it was there."""
        run, now = RunFolder(self.folder / name), stamp(f"{self.folder}/{name}")
        if not now[0]:
            self._queued.discard(name)
            self._logs.pop(name, None)
            return False
        long, log = now[LOG_SIZE] > WHOLE, self._logs.get(name)
        if log is None:
            log = self._logs[name] = RunLog(run.events_file)
            if long and name not in self._known:
                self._known[name] = _Known(_shown(first_row(run)), _NOTHING)
        try:
            more = long and log.read()
        except Exception:
            # It is met again, and told, where the row is read.
            more = False
        if more:
            self._waiting.append(name)
            return True
        self._queued.discard(name)
        row = _shown(read_row(run, log))
        self._known[name] = _Known(row, now)
        if row.status == UNREADABLE or not (long or row.live):
            del self._logs[name]
        return True

    def save(self) -> None:
        """Keeps what was read for the next start; that it cannot be kept is no harm."""
        rows = {
            name: {"stamp": list(known.stamp), "row": as_json(known.row)}
            for name, known in self._known.items()
            if known.row.status not in LIVE and known.stamp != _NOTHING
        }
        path, document = _cache_file(self.folder), {"version": _CACHE_VERSION, "rows": rows}
        try:
            plain = json.loads(json.dumps(document, default=str))
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, json.dumps(sealed_document(plain)))
        except (OSError, ValueError):
            return

    def _still_alive(self, known: _Known) -> bool:
        """Notices a run whose process is gone and that had no time to say so."""
        try:
            status = known.row.folder.status()
        except Exception:
            # Its file has just changed, and is read again at the next look.
            return False
        if status == known.row.status:
            return False
        known.row = replace(known.row, status=status, eta=None)
        return True

    def _from_cache(self, name: str, now: Stamp) -> bool:
        cached = (self._cached or {}).pop(name, None)
        if cached is None or cached.get("stamp") != list(now):
            return False
        try:
            row = from_json(RunFolder(self.folder / name), cached["row"])
        except (TypeError, KeyError, AttributeError):
            return False
        if _shown(row) is not row:
            return False
        self._known[name] = _Known(row, now)
        return True


def _shown(row: RunRow) -> RunRow:
    """Returns a row that can be drawn and sorted: this one, or else one that says why not."""
    try:
        for column in COLUMNS:
            column.draw(row, column.width)
            column.sort(row)
        lines_of(row)
    except Exception as error:
        return damaged_row(row.folder, row.label, error)
    return row


def _cache_file(folder: Path) -> Path:
    key = hashlib.sha256(os.fsencode(os.path.realpath(folder))).hexdigest()[:16]
    return cache_home() / "tui" / f"runs-{key}.json"


def _read_cache(folder: Path) -> dict[str, dict[str, Any]]:
    try:
        document = read_document(_cache_file(folder).read_bytes(), sealed=True)
    except (OSError, ValueError, RecursionError):
        return {}
    if document.get("version") != _CACHE_VERSION:
        return {}
    rows = document.get("rows")
    return rows if isinstance(rows, dict) else {}
