"""Everything a screen needs of one run on disk, kept up to date by looking at its folder."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seqkit.runs.folder import LIVE, RunFolder
from seqkit.runs.listing import UNREADABLE
from seqkit.runs.tail import SLICE, Tail, first_and_last, here_and_there
from seqkit.storage.regular_files import check_regular, open_regular
from seqkit.terminal.cells import reason
from seqkit.tui import backfill
from seqkit.tui.history import History

LARGE = 4 * 1024 * 1024
"""Bytes of a log that are still read here, a slice at a time."""

STATUS_SECONDS = 2.0
"""How often it is looked whether the run still runs."""


@dataclass
class Watch:
    """A run that is being looked at.

    Attributes:
        folder: The run.
        history: Its events in columns, as far as they are read.
        info: What `run.json` says.
        status: Its status; `gone` when the folder was deleted.
        filling: Whether older events are still being read.
        complaint: Why the run cannot be read; empty when it can.
        large: Bytes of unread log above which a helper process reads it.
    """

    folder: RunFolder
    history: History = field(default_factory=History)
    info: dict[str, Any] = field(default_factory=dict)
    status: str = ""
    filling: bool = False
    complaint: str = ""
    large: int = LARGE
    _tail: Tail = field(init=False, repr=False)
    _helper: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _whole: tuple[History, Tail] | None = field(default=None, repr=False)
    _looked: float = field(default=-1e9, repr=False)

    def __post_init__(self) -> None:
        self._tail = Tail(self._log)

    @property
    def _log(self) -> Path:
        return self.folder.events_file

    @property
    def live(self) -> bool:
        """Whether the run is running or paused."""
        return self.status in LIVE

    def open(self) -> None:
        """Takes a first look: the cache of a long log, or else its ends and places between."""
        self.look(force=True)
        try:
            size = self._log.stat().st_size
        except OSError:
            return
        if size < self.large:
            return
        cached = backfill.load(self._log)
        if cached is not None:
            self.history, offset = cached
            self._tail = Tail(self._log, offset, "following")
        if cached is None or size - self._tail.offset > self.large:
            self._start_helper(sparse=cached is None)

    def _start_helper(self, sparse: bool) -> None:
        try:
            self._helper = backfill.start(self._log)
            self.filling = True
        except OSError:
            return
        if not sparse:
            return
        try:
            head, tail, end = first_and_last(self._log)
            between = here_and_there(self._log, SLICE, max(SLICE, end - SLICE))
        except OSError:
            return
        self.history = History(sparse=True)
        for lines in (head, between, tail):
            self.history.feed(lines)
        self._tail = Tail(self._log, end - _unfinished(self._log, end), "following")

    def close(self) -> None:
        """Ends the helper process, if there is one."""
        if self._helper is not None and self._helper.poll() is None:
            self._helper.terminate()
            self._helper.wait()
        self._helper = None

    # --- looking ----------------------------------------------------------------------------------

    def poll(self, limit: int = SLICE) -> bool:
        """Takes in what is new, at most `limit` bytes of it. Tells whether anything was."""
        changed = self._swap()
        if not self._tail.changed():
            return changed
        news = self._tail.read(limit)
        if news.restarted:
            self.history = History(version=self.history.version)
        if news.lines or news.restarted or news.skipped:
            self.history.damaged += news.skipped
            self.history.feed(news.lines)
            changed = True
        return changed

    @property
    def behind(self) -> bool:
        """Whether there is more to read at once."""
        return self._whole is not None or (self._tail.state == "following" and self._tail.changed())

    def look(self, force: bool = False) -> bool:
        """Looks whether the run still runs, now and then. Tells whether its status changed."""
        now = time.monotonic()
        if not force and now - self._looked < STATUS_SECONDS:
            return False
        self._looked = now
        before = (self.status, self.info)
        try:
            self.info = self.folder.info()
            self.status = self.folder.status()
            check_regular(self._log)
            self.complaint = ""
        except Exception as error:
            self.complaint = reason(error)
            self.status = UNREADABLE if self.folder.path.is_dir() else "gone"
        return before != (self.status, self.info)

    def _swap(self) -> bool:
        """Puts the whole history in the place of the sparse one, once it has caught up."""
        if self._helper is not None and self._helper.poll() is not None:
            ended, self._helper = self._helper.returncode, None
            found = backfill.load(self._log) if ended == 0 else None
            if found is not None:
                self._whole = found[0], Tail(self._log, found[1], "following")
            elif self.history.sparse:
                # Without a helper the log is read here, a little at a time.
                self._whole = History(), Tail(self._log)
            else:
                self.filling = False
        if self._whole is None:
            return False
        history, tail = self._whole
        news = tail.read()
        if news.restarted:
            self._whole = History(), tail
            return False
        history.damaged += news.skipped
        history.feed(news.lines)
        if news.more:
            return False
        history.version = self.history.version + 1
        self.history, self._tail, self._whole, self.filling = history, tail, None, False
        return True


def _unfinished(log: Path, end: int) -> int:
    """Returns how many bytes of an unfinished line there are before a byte of a log."""
    with open_regular(log) as file:
        start = max(0, end - SLICE)
        file.seek(start)
        data = file.read(end - start)
    return len(data) - (data.rfind(b"\n") + 1)
