"""Who works on a run: an operating-system lock on a file in its folder, and a sign of life.

The lock says for certain whether a process of this machine works on the run, whatever host names
and clocks say: it ends with the process. A file shared between machines may not carry locks, so
the holder also sets the file's time every `BEAT_SECONDS`; a holder on another machine counts as
gone when it has not done so for `SILENCE_SECONDS`. Torch-free.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import IO, Any, Self

from seqkit.errors import CheckpointError
from seqkit.regular_files import open_regular

LOCK = "run.lock"
BEAT_SECONDS = 5.0
SILENCE_SECONDS = 60.0
_LARGEST = 4096
"""Bytes read of what a holder wrote."""

_PATIENCE_SECONDS = 0.5
"""How long taking a lock is tried, as those who look at it hold it for an instant."""


@cache
def _boot() -> str:
    """Returns what tells this machine, since it was started, from any other; "" if nothing does."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def this_process() -> dict[str, Any]:
    """Returns what tells this process from any other: host, boot, id and start time."""
    import psutil

    return {
        "host": socket.gethostname(),
        "boot": _boot(),
        "pid": os.getpid(),
        "started": psutil.Process().create_time(),
    }


def process_alive(process: Mapping[str, Any]) -> bool:
    """Tells whether a process of `this_process` still runs; one of another machine is trusted.

    Where a file can be held by a lock, as that of a run is, the lock tells it for certain.
    """
    # Imported when there is a process to ask for: it is a sixth of what the terminal UI imports.
    import psutil

    if not _is_here(process):
        return bool(process)
    try:
        found = psutil.Process(int(process["pid"]))
        same = abs(found.create_time() - float(process["started"])) < 1.0
        return same and found.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, KeyError, ValueError, TypeError, OverflowError):
        return False


def _is_here(process: Mapping[str, Any]) -> bool:
    """Tells whether a process is, or was, one of this machine."""
    boot = process.get("boot")
    if isinstance(boot, str) and boot and _boot():
        # Containers get another host name each time they start.
        return boot == _boot()
    return process.get("host") == socket.gethostname()


def is_held(folder: Path, process: Mapping[str, Any]) -> bool:
    """Tells whether a process works on a run.

    Args:
        folder: The run's folder.
        process: Who was the last to work on it, as `this_process` said.
    """
    path = folder / LOCK
    try:
        handle = open_regular(path)
    except (OSError, CheckpointError):
        return False
    with handle as file:
        if _locked_by_another(file.fileno()):
            return True
        return _beats_elsewhere(file, process)


def is_preparing(folder: Path) -> bool:
    """Tells whether the process that holds a run has not begun to change it yet."""
    try:
        with open_regular(folder / LOCK) as file:
            return bool(_holder(file).get("preparing"))
    except (OSError, CheckpointError):
        return False


def _holder(file: IO[bytes]) -> dict[str, Any]:
    """Returns what the newest holder of a lock wrote; nothing where that cannot be read."""
    file.seek(0)
    try:
        found = json.loads(file.read(_LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _beats_elsewhere(file: IO[bytes], process: Mapping[str, Any]) -> bool:
    """Tells whether a process of another machine has given a sign of life of late."""
    elsewhere = any(known and not _is_here(known) for known in (_holder(file), process))
    return elsewhere and abs(time.time() - os.fstat(file.fileno()).st_mtime) < SILENCE_SECONDS


class Hold:
    """The right to change a run, held by one process at a time until it is released.

    Args:
        folder: The run's folder.
        process: Who was the last to work on it.
        force: Take over from a process of another machine that still gives signs of life.

    Attributes:
        forced: The machine that the run was taken over from by force; "" if it was not.

    Raises:
        CheckpointError: Another process works on the run.
        OSError: The folder cannot be written.
    """

    def __init__(self, folder: Path, process: Mapping[str, Any], force: bool = False) -> None:
        self.forced = ""
        self._path = folder / LOCK
        self._file = open_regular(self._path, append=True)
        try:
            self._take(folder.name, process, force)
            self._write(preparing=True)
        except BaseException:
            self._file.close()
            raise
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._live, name="sign of life", daemon=True)
        self._thread.start()

    def _take(self, name: str, process: Mapping[str, Any], force: bool) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not (taken := _lock(self._file.fileno())) and time.monotonic() < deadline:
            time.sleep(0.01)
        holder = _holder(self._file) or process
        elsewhere = any(known and not _is_here(known) for known in (holder, process))
        if taken and not _beats_elsewhere(self._file, process):
            return
        if not elsewhere:
            pid = f", as process {holder['pid']}" if "pid" in holder else ""
            raise CheckpointError(
                f"run {name} is still running{pid}. Stop it first: seqkit stop {name}"
            )
        host = str(process.get("host") or holder.get("host") or "another machine")
        self.forced = host
        if not force:
            raise CheckpointError(
                f"run {name} is still running, on {host}. Stop it first: seqkit stop {name}. If "
                f"that machine is gone for certain, wait until it has been silent for "
                f"{SILENCE_SECONDS:.0f} seconds, or add --force"
            )

    def in_place(self) -> bool:
        """Tells whether others still see the lock: not where its file was deleted or replaced."""
        try:
            here, held = self._path.lstat(), os.fstat(self._file.fileno())
        except OSError:
            return False
        return (here.st_dev, here.st_ino) == (held.st_dev, held.st_ino)

    def begun(self) -> None:
        """Notes that the run is being changed from here on."""
        self._write(preparing=False)

    def _write(self, preparing: bool) -> None:
        text = json.dumps(this_process() | {"preparing": preparing}) + "\n"
        self._file.truncate(0)
        self._file.write(text.encode())
        self._file.flush()

    def _live(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            try:
                os.utime(self._file.fileno() if os.utime in os.supports_fd else self._path)
            except (OSError, ValueError):
                continue

    def release(self) -> None:
        """Lets others work on the run."""
        if not self._ended.is_set():
            self._ended.set()
            self._thread.join()
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()


if sys.platform == "win32":
    import msvcrt

    _PLACE = 1 << 30
    """The byte that is locked: one far behind those that others may want to read."""

    def _lock(handle: int) -> bool:
        os.lseek(handle, _PLACE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _locked_by_another(handle: int) -> bool:
        if not _lock(handle):
            return True
        os.lseek(handle, _PLACE, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
        return False

else:
    import fcntl

    def _lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            # Some network file systems have no locks: there the signs of life must do.
            return True
        return True

    def _locked_by_another(handle: int) -> bool:
        """Tries a shared lock, which those who look may hold together; closing ends it."""
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False
