"""A run in a process of its own, followed through its run folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import IO

from seqkit.errors import CheckpointError
from seqkit.events import parse_event
from seqkit.processes.command import Command
from seqkit.runs.folder import LIVE, RunFolder
from seqkit.runs.summary import RunSummary
from seqkit.runs.tail import Tail

_ERROR = "seqkit: error: "
_LONGEST_ERROR = 20_000


class Child:
    """A run that this process started, or one that was running already.

    It has a session of its own, so that it goes on when this process or its terminal is gone, and
    gets Ctrl-C from this process alone.

    Attributes:
        summary: Its progress and results, those before it was resumed included.
        stage: Kind of its newest event of this time: `started` or `step`, empty before.

    Args:
        folder: The run's folder, there or not.
        words: The words after `seqkit` that start or resume it; none for a run that is running.
        environment: Variables beside those of this process.
    """

    def __init__(
        self, folder: RunFolder, words: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        self.folder = folder
        self.summary = RunSummary()
        self.began = time.monotonic()
        self.stage = ""
        self._since = time.time() if words else 0.0
        self._tail = Tail(folder.events_file)
        self._process: subprocess.Popen[bytes] | None = None
        # A file, not a pipe: the run may go on when nobody reads any more.
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        if words:
            command = Command(tuple(words))
            self._process = command.start(subprocess.DEVNULL, self._errors, environment)

    def look(self) -> bool:
        """Takes in what has happened since the last look; returns whether the run has ended."""
        ended = self._ended()
        more = True
        while more:
            news = self._tail.read()
            more = news.more
            for line in news.lines:
                self._take(line)
        return ended

    def _take(self, line: bytes) -> None:
        try:
            event = parse_event(line)
        except (ValueError, RecursionError):
            # Whoever looks at the run's log is told of it.
            return
        self.summary.add(event)
        if event.kind in ("started", "step") and event.time >= self._since:
            self.stage = event.kind

    def left(self) -> float | None:
        """Returns how many seconds it will still train, once that can be told."""
        if self.stage == "step":
            return self.summary.eta
        estimate = self.summary.started.get("estimate") if self.stage else None
        return float(estimate) if isinstance(estimate, int | float) else None

    def _ended(self) -> bool:
        if self._process is not None:
            return self._process.poll() is not None
        return self.folder.status() not in LIVE

    def seconds(self) -> float:
        """Returns how long it has been followed."""
        return time.monotonic() - self.began

    def outcome(self) -> tuple[str, str]:
        """Returns how an ended run ended: its status, and a sentence where it is not finished."""
        try:
            status = self.folder.status()
            message = str(self.folder.info().get("message", ""))
        except CheckpointError:
            # A run that could not begin leaves no folder.
            interrupted = self._process is not None and self._process.returncode == 130
            status, message = "interrupted" if interrupted else "failed", ""
        if status == "crashed":
            return "failed", self._last_error() or f"its process ended without a word{self._code()}"
        if status == "failed":
            return status, self._last_error() or message or "it failed without a word"
        return status, message

    def _code(self) -> str:
        code = self._process.returncode if self._process is not None else 0
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return f" ({name})" if code else ""

    def _last_error(self) -> str:
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - _LONGEST_ERROR))
        lines = self._errors.read().decode("utf-8", "replace").splitlines()
        errors = [line.removeprefix(_ERROR) for line in lines if line.startswith(_ERROR)]
        return errors[-1] if errors else ""

    def interrupt(self) -> None:
        """Asks the run to save its state and end; the second time, to end at once."""
        if self._process is None:
            self.folder.request("stop")
        elif sys.platform == "win32":
            self._process.terminate()
        elif self._process.poll() is None:
            deaf = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
            self._process.send_signal(signal.SIGTERM if deaf else signal.SIGINT)

    def close(self) -> None:
        """Lets go of the run, which goes on if it has not ended."""
        self._errors.close()
