"""Follows a file of lines that another process appends to, from a byte offset on. Torch-free."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal

from seqkit.errors import CheckpointError
from seqkit.storage.regular_files import check_regular, open_regular

SLICE = 256 * 1024
"""Bytes read at once by default: about 1,700 step events, a few milliseconds of parsing."""

_LONGEST_LINE = 64 * 1024 * 1024
_LARGEST = 16 * 2**30
"""Bytes of a log, of some 70 million events: a larger one is a hole that somebody made."""

_REMEMBERED = 64
"""Bytes before the offset by which a file that was written anew is recognised."""


@dataclass(frozen=True)
class News:
    """What a look at the file brought.

    Attributes:
        lines: New whole lines, without their line breaks, empty ones too.
        first: The number of the first of them, from 1, where the file was followed from its start.
        restarted: Whether the file is another one than before, and is read from its start.
        more: Whether more can be read at once.
        skipped: Lines that were too long to be kept.
    """

    lines: Sequence[bytes] = ()
    first: int = 1
    restarted: bool = False
    more: bool = False
    skipped: int = 0


@dataclass
class Tail:
    """The reading end of an append-only file.

    A line that is still being written waits until its line break is there. A file that was cut
    short or put in another's place is read anew; one that is gone may come back.

    Attributes:
        path: The file.
        offset: Bytes read so far: where the next line begins, or a line that is not whole yet.
        state: Whether the file was never there, is followed, or is gone.
        problem: Why the file could not be read the last time; empty when it could, or is not there.
    """

    path: Path
    offset: int = 0
    state: Literal["waiting", "following", "gone"] = "waiting"
    problem: str = ""
    _lines: int = field(default=0, repr=False)
    _partial: bytearray = field(default_factory=bytearray, repr=False)
    _identity: tuple[int, int] | None = field(default=None, repr=False)
    _before: bytes = field(default=b"", repr=False)
    _skipping: bool = field(default=False, repr=False)

    def read(self, limit: int = SLICE) -> News:
        """Returns the lines that were completed since the last call, of up to `limit` new bytes."""
        self.problem = ""
        try:
            with open_regular(self.path) as file:
                return self._read(file, limit)
        except FileNotFoundError:
            self.state = "gone" if self.state != "waiting" else "waiting"
        except OSError as error:
            # Perhaps not readable just now: on a network's file system that happens, and passes.
            self.problem = f"{self.path} cannot be read: {error.strerror}."
        except CheckpointError as error:
            self.problem = str(error)
        return News()

    @property
    def rest(self) -> bytes:
        """What there is of the last line, which has no line break yet."""
        return bytes(self._partial)

    def take_rest(self) -> None:
        """Counts `rest` as read, as it is whole; its line break is then read as an empty line."""
        self.offset += len(self._partial)
        self._partial.clear()

    def changed(self) -> bool:
        """Tells cheaply whether reading would bring anything: new bytes, or another file."""
        try:
            check_regular(self.path)
            status = self.path.stat()
        except OSError:
            return self.state == "following"
        except CheckpointError:
            return False
        known = self.state == "following" and self._identity == (status.st_dev, status.st_ino)
        return not known or status.st_size != self.offset + len(self._partial)

    def _read(self, file: IO[bytes], limit: int) -> News:
        status = os.fstat(file.fileno())
        if status.st_size > _LARGEST:
            raise CheckpointError(f"{self.path} has more than {_LARGEST >> 30} GiB, as no log has.")
        identity = (status.st_dev, status.st_ino)
        reached = self.offset + len(self._partial)
        replaced = self._identity is not None and identity != self._identity
        restarted = reached > 0 and (
            replaced or status.st_size < reached or not self._same(file, reached)
        )
        if restarted:
            self.offset, self._before, self._lines, reached = 0, b"", 0, 0
            self._partial.clear()
            self._skipping = False
        self._identity, self.state = identity, "following"
        if status.st_size == reached:
            return News(restarted=restarted)
        file.seek(reached)
        data = file.read(min(limit, status.st_size - reached)) or b""
        first = self._lines + 1
        lines, skipped = self._take(data)
        more = reached + len(data) < status.st_size
        return News(lines, first, restarted, more, skipped)

    def _same(self, file: IO[bytes], reached: int) -> bool:
        """Tells whether the bytes before the offset are still those that were read."""
        file.seek(reached - len(self._before))
        return file.read(len(self._before)) == self._before

    def _take(self, data: bytes) -> tuple[list[bytes], int]:
        self._before = (self._before + data[-_REMEMBERED:])[-_REMEMBERED:]
        end = data.rfind(b"\n") + 1
        if end == 0:
            self._partial += data
            skipped = 0
            if len(self._partial) > _LONGEST_LINE:
                skipped = 0 if self._skipping else 1
                self._lines += skipped
                self._skipping = True
                self.offset += len(self._partial)
                self._partial.clear()
            return [], skipped
        lines = data.split(b"\n")
        lines[0] = bytes(self._partial) + lines[0]
        self.offset += len(self._partial) + end
        self._partial = bytearray(lines.pop())
        if self._skipping:
            self._skipping = False
            lines = lines[1:]
        self._lines += len(lines)
        return lines, 0


def first_and_last(path: Path, size: int = SLICE) -> tuple[list[bytes], list[bytes], int]:
    """Returns the whole lines of the first and the last bytes of a file, and where it ended."""
    with open_regular(path) as file:
        end = os.fstat(file.fileno()).st_size
        head = file.read(min(size, end))
        head = head[: head.rfind(b"\n") + 1]
        start = max(len(head), end - size)
        file.seek(start)
        tail = file.read(end - start)
    if start > len(head):
        tail = tail[tail.find(b"\n") + 1 :]
    tail = tail[: tail.rfind(b"\n") + 1]
    return _lines(head), _lines(tail), end


def here_and_there(path: Path, start: int, end: int, seeks: int = 2000) -> list[bytes]:
    """Returns up to `seeks` whole lines from places spread evenly over a part of a file."""
    found: list[bytes] = []
    reach = 4096
    with open_regular(path) as file:
        if end - start < seeks * reach:
            seeks = max(1, (end - start) // reach)
        for number in range(seeks):
            file.seek(start + (end - start) * number // seeks)
            data = file.read(reach)
            first = data.find(b"\n") + 1
            last = data.find(b"\n", first)
            if first and last > first:
                found.append(data[first:last])
    return found


def _lines(data: bytes) -> list[bytes]:
    return [line for line in data.split(b"\n") if line.strip()]
