"""Downloads published files: mirrors in turn, verified, and resumed where they were cut off."""

from __future__ import annotations

import errno
import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqkit.data.folders import unwritable
from seqkit.errors import DataError

if TYPE_CHECKING:
    from requests import Response

Progress = Callable[[int, int | None, str], None]
"""Receives the bytes done, their total where it is known, and the name of the file."""

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
_ATTEMPTS = 4
_CHUNK = 2**16


def _silent(*_: Any) -> None:
    """Receives progress and notes, and does nothing."""


@dataclass(frozen=True)
class FetchOptions:
    """How `seqkit data get` was asked to fetch.

    Attributes:
        source: A local archive or folder to take in place of a download.
        force: Whether to fetch what is there already.
        progress: Told how far a download is.
        notify: Receives what the user should know.
    """

    source: Path | None = None
    force: bool = False
    progress: Progress = _silent
    notify: Callable[[str], None] = _silent


class _CutOffError(Exception):
    """The server ended early; what came is kept and the rest can be asked for."""


def fetch(
    urls: Sequence[str],
    destination: Path,
    known_hash: str,
    *,
    progress: Progress = _silent,
    timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
) -> Path:
    """Downloads a file from the first mirror that has it whole.

    A partial download stays beside the destination, named with `.part`, and is continued by the
    next try, this time or another. The file itself appears only once its hash is verified.

    Args:
        urls: The mirrors, the best one first.
        destination: Where the file goes. One that is there with the right hash is kept.
        known_hash: `sha256:...` or `md5:...`, in hexadecimal digits.
        progress: Told how far the download is.
        timeout: Seconds to wait for a connection, and for the next bytes.

    Returns:
        The destination.

    Raises:
        DataError: No mirror has the file; names each and why. Or the disk is full or read-only.
    """
    import pooch  # type: ignore[import-untyped]
    import requests

    pooch.get_logger().setLevel(logging.WARNING)
    part = destination.with_name(destination.name + ".part")
    failures: list[str] = []
    for url in urls:
        resumed = True
        while resumed:
            download = _Download(part, progress, timeout)
            resumed = False
            try:
                pooch.retrieve(
                    url,
                    known_hash,
                    fname=destination.name,
                    path=destination.parent,
                    downloader=download,
                )
            except requests.RequestException as error:
                failures.append(f"{url}: {_reason(error)}")
            except _CutOffError as error:
                failures.append(f"{url}: {error}")
            except OSError as error:
                raise _disk_error(destination.parent, error) from error
            except ValueError:
                # The earlier part may have been of another version of the file: once more, whole.
                resumed = download.resumed
                if not resumed:
                    failures.append(f"{url}: the file is not the published one (wrong hash)")
            else:
                return destination
    listed = "\n".join(f"  {failure}" for failure in failures)
    raise DataError(
        f"{destination.name} could not be downloaded from any of {len(urls)} addresses:\n{listed}\n"
        "Check the connection and try again, which continues where it stopped; or fetch the file "
        "by other means and name it with --from"
    )


class _Download:
    """A downloader for pooch that asks only for the bytes that are missing."""

    def __init__(self, part: Path, progress: Progress, timeout: tuple[float, float]) -> None:
        self.part = part
        self.progress = progress
        self.timeout = timeout
        self.resumed = False

    def __call__(self, url: str, output_file: str, _pooch: Any) -> None:
        """Downloads into the part, and hands it over when it is whole."""
        import requests

        self.resumed = self.part.exists()
        for attempt in range(1, _ATTEMPTS + 1):
            before = self._size()
            try:
                self._continue(url)
                break
            except (
                requests.ConnectionError,
                requests.Timeout,
                requests.exceptions.ChunkedEncodingError,
                _CutOffError,
            ):
                # A server that sent something is asked for the rest; one that sent nothing is left.
                if self._size() <= before or attempt == _ATTEMPTS:
                    raise
        self.part.replace(output_file)

    def _size(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _continue(self, url: str) -> None:
        import requests

        done = self._size()
        # Unpacked on the way, the bytes would not be those that were asked for.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
        with requests.get(url, headers=headers, stream=True, timeout=self.timeout) as response:
            content_range = response.headers.get("Content-Range", "")
            if response.status_code == 416:
                if content_range == f"bytes */{done}":
                    return
                self.part.unlink()
                self._continue(url)
                return
            response.raise_for_status()
            # A server that does not know ranges, or this one, begins at the beginning.
            if not content_range.startswith(f"bytes {done}-"):
                done = 0
            self._write(response, done)

    def _write(self, response: Response, done: int) -> None:
        length = response.headers.get("Content-Length", "")
        total = done + int(length) if length.isdigit() else None
        name = self.part.name.removesuffix(".part")
        free = shutil.disk_usage(self.part.parent).free
        if total is not None and total - done > free:
            raise OSError(errno.ENOSPC, f"{total - done:,} bytes are needed and {free:,} are free")
        with self.part.open("ab" if done else "wb") as file:
            for chunk in response.iter_content(_CHUNK):
                file.write(chunk)
                done += len(chunk)
                self.progress(done, total, name)
        if total is not None and done != total:
            raise _CutOffError(f"only {done:,} of {total:,} bytes came")


def _reason(error: Exception) -> str:
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"HTTP {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate could not be verified"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return f"{type(error).__name__}: {error}"


def _disk_error(folder: Path, error: OSError) -> DataError:
    if error.errno == errno.ENOSPC:
        return DataError(
            f"there is no room left in {folder}: {error.strerror}. Make room and try again, which "
            "continues where it stopped, or set SEQKIT_HOME to another folder"
        )
    return unwritable(folder, error)
