"""Downloads published files: mirrors in turn, verified, and resumed where they were cut off."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from seqkit.data.folders import unwritable
from seqkit.data.transfer import (
    CONNECT_SECONDS,
    LARGEST,
    READ_SECONDS,
    Download,
    Progress,
    RefusedError,
    empty,
    size_of,
)
from seqkit.errors import DataError

if sys.platform != "win32":
    import fcntl

_LEFT_BY_EARLIER_VERSIONS = re.compile(r"tmp[a-z0-9_]{8}")


def _silent(*_: Any) -> None:
    """Receives progress and notes, and does nothing."""


@dataclass(frozen=True)
class FetchOptions:
    """How `seqkit data get` was asked to fetch.

    Attributes:
        source: A local archive or folder to take in place of a download.
        force: Whether to fetch what is there already.
        progress: Receives how far a download is.
        notify: Receives what the user should know.
    """

    source: Path | None = None
    force: bool = False
    progress: Progress = _silent
    notify: Callable[[str], None] = _silent


def fetch(
    urls: Sequence[str],
    destination: Path,
    known_hash: str,
    *,
    progress: Progress = _silent,
    timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
    largest: int = LARGEST,
) -> Path:
    """Downloads a file from the first mirror that has it whole.

    A partial download stays beside the destination, named with `.part`, and is continued by the
    next try, this time or another: a server that cuts off is asked again for as long as something
    comes, and a busy one (429, 500, 502, 503, 504) after as long as it says. The file itself
    appears only once its hash is verified. Of several processes that want it, one downloads it.

    Args:
        urls: The mirrors, the best one first.
        destination: Where the file goes. One that is there with the right hash is kept.
        known_hash: `sha256:...` or `md5:...`, in hexadecimal digits.
        progress: Receives how far the download is.
        timeout: Seconds to wait for a connection, and for the next bytes.
        largest: Most bytes that the file may have.

    Returns:
        The destination.

    Raises:
        DataError: No mirror has the file; names each and why. Or the disk is full or read-only.
    """
    part = destination.with_name(destination.name + ".part")
    failures: list[str] = []
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        _clear(destination.parent)
        if _is_right(destination, known_hash):
            return destination
        with _alone(part):
            # Another process may have had it meanwhile.
            if _is_right(destination, known_hash):
                return destination
            for url in urls:
                try:
                    _fetch_from(url, part, known_hash, Download(part, progress, timeout, largest))
                except RefusedError as error:
                    failures.append(f"{url}: {error}")
                else:
                    part.replace(destination)
                    return destination
    except OSError as error:
        raise _disk_error(destination.parent, error) from error
    listed = "\n".join(f"  {failure}" for failure in failures)
    raise DataError(
        f"{destination.name} could not be downloaded from any of {len(urls)} addresses:\n{listed}\n"
        "Check the connection and try again, which continues where it stopped; or fetch the file "
        "by other means and name it with --from"
    )


def _fetch_from(url: str, part: Path, known_hash: str, download: Download) -> None:
    """Completes the part. Raises RefusedError where that cannot be done from this address."""
    resumed = size_of(part) > 0
    download.whole(url)
    if _is_right(part, known_hash):
        return
    empty(part)
    if resumed:
        # The earlier part may have been of another version of the file: once more, whole.
        download.whole(url)
        if _is_right(part, known_hash):
            return
        empty(part)
    raise RefusedError("the file is not the published one (wrong hash)")


@contextmanager
def _alone(part: Path) -> Iterator[None]:
    """Holds a lock on the part, and makes it where there is none; it stays if anything came."""
    if sys.platform == "win32":
        # It lets nobody rename a file that is open.
        part.touch()
        yield
        if not size_of(part):
            part.unlink(missing_ok=True)
        return
    while True:
        with part.open("ab") as file:
            # Some shared disks know no locks.
            with suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_EX)
            if not _is_same(file, part):
                # Whoever had it has finished it, or given up.
                continue
            try:
                yield
            finally:
                if _is_same(file, part) and not size_of(part):
                    part.unlink(missing_ok=True)
            return


def _is_same(file: IO[bytes], path: Path) -> bool:
    """Tells whether an open file still has its name."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _is_right(path: Path, known_hash: str) -> bool:
    import pooch  # type: ignore[import-untyped]

    kind, _, digest = known_hash.rpartition(":")
    return path.is_file() and bool(pooch.file_hash(path, alg=kind or "sha256") == digest.lower())


def _clear(folder: Path) -> None:
    """Removes what a killed download of an earlier version left."""
    for path in folder.iterdir():
        if _LEFT_BY_EARLIER_VERSIONS.fullmatch(path.name) and path.is_file():
            path.unlink(missing_ok=True)


def _disk_error(folder: Path, error: OSError) -> DataError:
    if error.errno == errno.ENOSPC:
        return DataError(
            f"there is no room left in {folder}: {error.strerror}. Make room and try again, which "
            "continues where it stopped, or set SEQKIT_HOME to another folder"
        )
    return unwritable(folder, error)
