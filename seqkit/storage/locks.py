"""Who works on something, such as a run: an operating-system lock on a file, and a sign of life.

The lock says for certain whether a process of this machine is at work, whatever host names and
clocks say: it ends with the process. A file shared between machines may not carry locks, so
the holder also sets the file's time every `BEAT_SECONDS`; a holder on another machine counts as
gone when it has not done so for `SILENCE_SECONDS`. Torch-free.
"""

from __future__ import annotations

import contextlib
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
from seqkit.storage.checksums import read_document, sealed_document
from seqkit.storage.regular_files import is_at, open_regular

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
    """Returns which process this is, as far as it concerns others: host, boot and id."""
    return {"host": socket.gethostname(), "boot": _boot(), "pid": os.getpid()}


def _is_here(process: Mapping[str, Any]) -> bool:
    """Tells whether a process is, or was, one of this machine."""
    boot = process.get("boot")
    if isinstance(boot, str) and boot and _boot():
        # Containers get another host name each time they start.
        return boot == _boot()
    return process.get("host") == socket.gethostname()


def is_held(path: Path, process: Mapping[str, Any]) -> bool:
    """Tells whether a process holds a lock.

    Args:
        path: The file that is locked.
        process: Who was the last to hold it, as `this_process` said.
    """
    try:
        handle = open_regular(path)
    except (OSError, CheckpointError):
        return False
    with handle as file:
        if _locked_by_another(file.fileno()):
            return True
        return _beats_elsewhere(file, process)


def is_preparing(path: Path) -> bool:
    """Tells whether the process that holds a lock has not begun to change what it is of yet."""
    try:
        with open_regular(path) as file:
            return bool(_holder(file).get("preparing"))
    except (OSError, CheckpointError):
        return False


def _holder(file: IO[bytes]) -> dict[str, Any]:
    """Returns what the newest holder of a lock wrote; nothing where that is damaged."""
    file.seek(0)
    try:
        return read_document(file.read(_LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}


def _beats_elsewhere(file: IO[bytes], process: Mapping[str, Any]) -> bool:
    """Tells whether a process of another machine has given a sign of life of late."""
    elsewhere = any(known and not _is_here(known) for known in (_holder(file), process))
    return elsewhere and abs(time.time() - os.fstat(file.fileno()).st_mtime) < SILENCE_SECONDS


class HeldError(Exception):
    """Something is held already.

    Attributes:
        pid: The process that holds it; "" where that is not known.
        host: The machine that the process is on, where that is another one, or "".
    """

    def __init__(self, pid: str, host: str) -> None:
        super().__init__(f"held by process {pid} on {host or 'this machine'}")
        self.pid, self.host = pid, host

    @property
    def where(self) -> str:
        """Who it is, as the end of a sentence: `, as process 17`, or `, on node3`."""
        return f", on {self.host}" if self.host else f", as process {self.pid}" if self.pid else ""


class Hold:
    """The right to change something, held by one process at a time until it is released.

    Args:
        path: The file that is locked; it is made where there is none.
        process: Who was the last to hold it, where that is known.
        force: Take over from a process of another machine that still gives signs of life.
        stays: Whether the file stays when it is released.

    Attributes:
        forced: The machine that it was taken over from by force; "" if it was not.

    Raises:
        HeldError: Another process holds it.
        CheckpointError: The file is no regular one.
        OSError: The folder cannot be written.
    """

    def __init__(
        self,
        path: Path,
        process: Mapping[str, Any] | None = None,
        force: bool = False,
        stays: bool = True,
    ) -> None:
        self.forced = ""
        self._path = path
        self._stays = stays
        self._preparing = True
        taken = False
        while not taken:
            # A file that is made here is no sign of life of anyone.
            seen = self._path.exists()
            self._file = open_regular(self._path, append=True)
            try:
                self._take(process or {}, force, seen)
                # Whoever held it may have deleted the file since it was opened.
                taken = is_at(self._file, self._path)
                if taken:
                    self._write()
            finally:
                if not taken:
                    self._file.close()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._live, name="sign of life", daemon=True)
        self._thread.start()

    def _take(self, process: Mapping[str, Any], force: bool, seen: bool) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not (taken := _lock(self._file.fileno())) and time.monotonic() < deadline:
            time.sleep(0.01)
        holder = _holder(self._file) or process
        elsewhere = any(known and not _is_here(known) for known in (holder, process))
        if taken and not (seen and _beats_elsewhere(self._file, process)):
            return
        if not elsewhere:
            raise HeldError(str(holder.get("pid", "")), "")
        self.forced = str(process.get("host") or holder.get("host") or "another machine")
        if not force:
            raise HeldError(str(holder.get("pid", "")), self.forced)

    def begun(self) -> None:
        """Notes that what is held is being changed from here on."""
        self._preparing = False
        self._write()

    def keep(self) -> None:
        """Makes sure that it is still held: people delete files that are called locks.

        Raises:
            CheckpointError: Another process holds it by a new file.
        """
        if is_at(self._file, self._path):
            return
        try:
            file = open_regular(self._path, append=True)
        except OSError:
            # Perhaps it can be made the next time; a run does not end for it.
            return
        if not _lock(file.fileno()):
            file.close()
            raise CheckpointError(
                f"{self._path} was deleted or replaced, and another process works on the run by "
                "now. It goes on there"
            )
        before, self._file = self._file, file
        before.close()
        with contextlib.suppress(OSError):
            self._write()

    def _write(self) -> None:
        text = json.dumps(sealed_document(this_process() | {"preparing": self._preparing}))
        self._file.truncate(0)
        self._file.write(text.encode() + b"\n")
        self._file.flush()

    def _live(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            try:
                os.utime(self._file.fileno() if os.utime in os.supports_fd else self._path)
            except (OSError, ValueError):
                continue

    def release(self) -> None:
        """Lets others hold it."""
        if not self._ended.is_set():
            self._ended.set()
            self._thread.join()
            if not self._stays:
                # While it is still locked. Where an open file cannot be deleted, it stays.
                with contextlib.suppress(OSError):
                    self._path.unlink()
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
