"""Starts training and other commands as child processes that outlive the terminal UI."""

from __future__ import annotations

import contextlib
import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seqkit.errors import CheckpointError, DataError
from seqkit.processes.command import Command
from seqkit.runs.folder import RunFolder
from seqkit.storage.regular_files import open_regular

LOGS = ".logs"
CONSOLE = "console.log"
_LAST = 8192
_LAST_OF_A_RUN = 65536
_LINES = 200
"""Lines of a run's console that are read."""


@dataclass(frozen=True)
class Launch:
    """A command that was started in a session of its own.

    Attributes:
        words: The words after `seqkit`.
        process: Its process.
        log: Where what it writes goes.
    """

    words: tuple[str, ...]
    process: subprocess.Popen[bytes]
    log: Path

    def resumes(self, run: RunFolder) -> bool:
        """Tells whether it goes on with this run."""
        return self.words[:2] == ("resume", str(run.path))

    def running(self) -> bool:
        """Tells whether it still runs, and reaps it when it does not."""
        return self.process.poll() is None

    def failure(self) -> str:
        """Returns why it ended badly; empty while it runs or when it ended well."""
        code = self.process.poll()
        if code in (None, 0):
            return ""
        return self.said() or f"it ended with exit code {code}, and {self.log} says nothing of why"

    def said(self) -> str:
        """Returns its errors, or else the last lines that it wrote."""
        text = _end_of(self.log, _LAST)
        errors = re.findall(r"^seqkit: error: (.*(?:\n(?!seqkit: ).*)*)", text, re.MULTILINE)
        if errors:
            return "\n".join(error.strip() for error in errors)
        return "\n".join(line for line in text.splitlines()[-4:] if line.strip())


def start(words: Sequence[str], log: Path) -> Launch:
    """Starts `seqkit WORDS` so that it goes on when this program ends.

    Args:
        words: The words after `seqkit`.
        log: A file that its output is added to.

    Raises:
        DataError: The log cannot be written, or is a link, a FIFO or a device.
    """
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with open_regular(log, append=True) as output:
            process = Command(tuple(words)).start(output, output)
    except OSError as error:
        raise DataError(f"{log} cannot be written: {error.strerror}.") from error
    return Launch(tuple(words), process, log)


def start_run(words: Sequence[str], runs_dir: Path) -> Launch:
    """Starts `seqkit run WORDS` in a folder of runs; its output goes to a log among them."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    log = runs_dir / LOGS / f"{stamp}-{time.monotonic_ns() % 10**6:06}.log"
    return start(["run", *words, "--runs-dir", str(runs_dir)], log)


def resume_run(run: RunFolder, words: Sequence[str] = ()) -> Launch:
    """Starts `seqkit resume` for a run; its output goes to `console.log` in the run's folder."""
    return start(["resume", str(run.path), *words], run.path / CONSOLE)


def console_of(run: RunFolder) -> list[str]:
    """Returns the last lines that the process of a run wrote; none where nothing kept them."""
    return _end_of(run.path / CONSOLE, _LAST_OF_A_RUN).splitlines()[-_LINES:]


def _end_of(log: Path, most: int) -> str:
    """Returns the last bytes of a log as text; nothing where it cannot be read."""
    try:
        with open_regular(log) as file:
            file.seek(max(0, log.stat().st_size - most))
            return file.read().decode("utf-8", "replace")
    except (OSError, CheckpointError):
        return ""


def run_of(launch: Launch, runs_dir: Path) -> RunFolder | None:
    """Returns the run that a launched command trains, once its folder is there."""
    for path in sorted(runs_dir.glob("*/run.json"), key=_modified, reverse=True)[:8]:
        run = RunFolder(path.parent)
        with contextlib.suppress(Exception):
            if run.info().get("process", {}).get("pid") == launch.process.pid:
                return run
    return None


def keep_log(launch: Launch, run: RunFolder) -> None:
    """Moves the log of a launch into the folder of its run, where the platform allows it."""
    with contextlib.suppress(OSError):
        launch.log.rename(run.path / CONSOLE)
        launch.log.parent.rmdir()


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
