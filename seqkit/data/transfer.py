"""Transfers one file from one address: what came is kept, and only the rest is asked for."""

from __future__ import annotations

import errno
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from requests import Response
    from requests.adapters import HTTPAdapter

Progress = Callable[[int, int | None, str], None]
"""Receives the bytes done, their total where it is known, and the name of the file."""

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
PAUSE_SECONDS = 1.0
"""Before a server that is busy is asked again; twice as long each time."""

LARGEST = 2**30
"""Most bytes of a file, unless it is said that it has more: a server may never end."""

_LONGEST_PAUSE = 60.0
_BUSY = (429, 500, 502, 503, 504)
_TRIES_WHEN_BUSY = 3
_TRIES_WITHOUT_PROGRESS = 3
_CHUNK = 2**16


class RefusedError(Exception):
    """A server does not give the file; its message says why."""


class CutOffError(RefusedError):
    """The server ended early; what came is kept and the rest can be asked for."""


class Download:
    """Asks an address for the bytes that a part lacks, and adds what comes."""

    def __init__(
        self, part: Path, progress: Progress, timeout: tuple[float, float], largest: int
    ) -> None:
        self.part = part
        self.progress = progress
        self.timeout = timeout
        self.largest = largest

    def whole(self, url: str) -> None:
        """Goes on for as long as something comes, until the part is whole."""
        idle, began = 0, False
        while True:
            before = size_of(self.part)
            try:
                self._continue(url)
                return
            except CutOffError:
                grown = size_of(self.part) > before
                idle, began = 0 if grown else idle + 1, began or grown
                if not began or idle == _TRIES_WITHOUT_PROGRESS:
                    raise
            if idle:
                time.sleep(PAUSE_SECONDS * 2 ** (idle - 1))

    def _continue(self, url: str) -> None:
        import requests

        done = size_of(self.part)
        # Unpacked on the way, the bytes would not be those that were asked for.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
        with requests.Session() as session:
            for scheme in ("http://", "https://"):
                session.mount(scheme, _patient_adapter())
            try:
                response = session.get(url, headers=headers, stream=True, timeout=self.timeout)
            except requests.RequestException as error:
                raise RefusedError(_reason(error)) from error
            with response:
                self._take(url, response, done)

    def _take(self, url: str, response: Response, done: int) -> None:
        content_range = response.headers.get("Content-Range", "")
        if response.status_code == 416 and done:
            if content_range != f"bytes */{done}":
                empty(self.part)
                self._continue(url)
            return
        if response.status_code >= 400:
            raise RefusedError(f"HTTP {response.status_code} {response.reason}")
        # A server that does not know ranges, or this one, begins at the beginning.
        found = re.match(r"bytes (\d+)-", content_range)
        start = int(found[1][:18]) if found and response.status_code == 206 else 0
        if start > done:
            raise RefusedError(f"it sent bytes from {start:,} on, and {done:,} are here")
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if re.fullmatch(r"[0-9]{1,18}", length) else None
        if total is not None and total < done:
            empty(self.part)
            done = 0
            if start:
                raise CutOffError("it has less than was here")
        self._check_room(total, done)
        self._write(response, start, done, total)

    def _check_room(self, total: int | None, done: int) -> None:
        if total is None:
            return
        if total > self.largest:
            raise RefusedError(f"it has {total:,} bytes, and may have {self.largest:,}")
        free = shutil.disk_usage(self.part.parent).free
        if total - done > free:
            raise OSError(errno.ENOSPC, f"{total - done:,} bytes are needed and {free:,} are free")

    def _write(self, response: Response, start: int, done: int, total: int | None) -> None:
        """Adds what comes, but for what is here already."""
        name = self.part.name.removesuffix(".part")
        place = start
        with self.part.open("ab", buffering=0) as file:
            for chunk in _chunks(response, self.timeout[1]):
                new = chunk[max(0, done - place) :]
                place += len(chunk)
                if place > self.largest:
                    empty(self.part)
                    raise RefusedError(f"it goes on after {self.largest:,} bytes")
                if new:
                    file.write(new)
                    done = place
                    self.progress(done, total, name)
        if place < (total if total is not None else done):
            raise CutOffError(f"the connection broke off after {done:,} bytes")


def _chunks(response: Response, patience: float) -> Iterator[bytes]:
    """Yields what comes as it comes, so that nothing of it is lost when the connection breaks."""
    from urllib3.exceptions import HTTPError, ReadTimeoutError

    read = getattr(response.raw, "read1", response.raw.read)
    while True:
        try:
            chunk = read(_CHUNK, decode_content=False)
        except ReadTimeoutError as error:
            raise CutOffError(f"nothing came for {patience:g} seconds") from error
        except HTTPError as error:
            raise CutOffError("the connection broke off") from error
        if not chunk:
            return
        yield chunk


def _patient_adapter() -> HTTPAdapter:
    """Returns what asks a busy server again, after as long as it says, within reason."""
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    class Patient(Retry):
        def get_retry_after(self, response: Any) -> float | None:
            asked = super().get_retry_after(response)
            return None if asked is None else min(asked, _LONGEST_PAUSE)

    retries = Patient(
        total=None,
        connect=0,
        read=0,
        redirect=0,
        other=0,
        status=_TRIES_WHEN_BUSY - 1,
        status_forcelist=_BUSY,
        backoff_factor=PAUSE_SECONDS,
        raise_on_status=False,
    )
    return HTTPAdapter(max_retries=retries)


def size_of(part: Path) -> int:
    """Returns the bytes of a part; 0 where there is none."""
    return part.stat().st_size if part.exists() else 0


def empty(part: Path) -> None:
    """Takes all bytes out of a part, where there is one."""
    # It is not removed, as others may wait for its lock.
    if part.exists():
        os.truncate(part, 0)


def _reason(error: Exception) -> str:
    import requests

    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate could not be verified"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return f"{type(error).__name__}: {error}"
