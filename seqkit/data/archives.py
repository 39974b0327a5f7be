"""Reads tar and zip archives as streams; no member is ever written to a path of its choice."""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath
from typing import IO, Any

from seqkit.data.folders import opened_regular, unreadable
from seqkit.errors import DataError

_DAMAGE = (
    EOFError,
    gzip.BadGzipFile,
    RuntimeError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)


LARGEST_MEMBER = 2**28
"""Most bytes of a member that is read whole, which takes several times as much memory."""


def read_members(
    archive: Path,
    wanted: Callable[[str], Any],
    *,
    limit: int = 8 * 2**30,
    largest: int = LARGEST_MEMBER,
) -> Iterator[tuple[str, bytes]]:
    """Yields the name and content of each wanted file of an archive, in the archive's order.

    Nothing is extracted: a tar archive is streamed once, compressed by gzip or not at all.

    Args:
        archive: A .tar.gz, .tgz, .tar or .zip file, told apart by content.
        wanted: Returns something true for the name of a file that is wanted.
        limit: Most bytes all members together may unpack to.
        largest: Most bytes of one wanted member; for larger ones there is `unpack_members`.

    Raises:
        DataError: The archive is missing, damaged, truncated or no archive, unpacks to more than
            the limit, or has a member that is too large or leaves the archive (`../`, an absolute
            path, a link).
    """
    with _damage_named(archive):
        for name, member in _members(archive, wanted, limit):
            content = member.read(largest + 1)
            if len(content) > largest:
                raise _refused(archive, name, f"has more than {largest:,} bytes")
            yield name, content


def unpack_members(
    archive: Path, wanted: Callable[[str], Any], *, limit: int = 8 * 2**30
) -> Iterator[tuple[str, IO[bytes]]]:
    """Yields the name of each wanted file, and a temporary file with its content.

    The files have no name that the archive could choose; the caller closes them, which removes
    them. Arguments and errors are those of `read_members`.
    """
    with _damage_named(archive):
        for name, member in _members(archive, wanted, limit):
            file = tempfile.TemporaryFile()  # noqa: SIM115 - it is the caller's
            try:
                shutil.copyfileobj(member, file, 2**20)
            except BaseException:
                file.close()
                raise
            file.seek(0)
            yield name, file


@contextmanager
def _damage_named(archive: Path) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        reason = str(error) or type(error).__name__
        raise DataError(
            f"{archive} is damaged, truncated or no archive: {reason}. Download it again"
        ) from error
    except OSError as error:
        raise unreadable(archive, error) from error


def _members(
    archive: Path, wanted: Callable[[str], Any], limit: int
) -> Iterator[tuple[str, IO[bytes]]]:
    """Yields streams, each of which can be read until the next one is asked for."""
    with opened_regular(archive) as file:
        start = file.read(4)
        file.seek(0)
        if start == b"PK\x03\x04" or start == b"PK\x05\x06":
            yield from _zip_members(archive, file, wanted, limit)
        elif start[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield from _tar_members(archive, unpacked, wanted, limit)
        else:
            yield from _tar_members(archive, file, wanted, limit)


def _tar_members(
    archive: Path, stream: IO[bytes] | gzip.GzipFile, wanted: Callable[[str], Any], limit: int
) -> Iterator[tuple[str, IO[bytes]]]:
    unpacked = 0
    with tarfile.open(fileobj=stream, mode="r|") as members:
        while (member := members.next()) is not None:
            _check_name(archive, member.name)
            if not (member.isfile() or member.isdir()):
                raise _refused(archive, member.name, "is a link or a device")
            unpacked += member.size
            _check_size(archive, member.name, unpacked, limit)
            if member.isfile() and wanted(member.name):
                yield member.name, members.extractfile(member) or io.BytesIO()
            # What was read is not needed again, and an archive may have very many members.
            members.members.clear()  # type: ignore[attr-defined]
    # Reading to the end verifies the checksum, which tarfile alone would leave unread.
    while stream.read(2**20):
        unpacked += 2**20
        _check_size(archive, "what follows its members", unpacked, limit)


def _zip_members(
    archive: Path, stream: IO[bytes], wanted: Callable[[str], Any], limit: int
) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(stream) as members:
        unpacked = 0
        for member in members.infolist():
            _check_name(archive, member.filename)
            if (member.external_attr >> 16) & 0o170000 == 0o120000:
                raise _refused(archive, member.filename, "is a link")
            unpacked += member.file_size
            _check_size(archive, member.filename, unpacked, limit)
        for member in members.infolist():
            if not member.is_dir() and wanted(member.filename):
                with members.open(member) as content:
                    yield member.filename, content


def _check_name(archive: Path, name: str) -> None:
    # Paths of Windows know both kinds of slash, and drives besides.
    path = PureWindowsPath(name)
    if ".." in path.parts or path.anchor:
        raise _refused(archive, name, "leads out of the archive")


def _check_size(archive: Path, name: str, unpacked: int, limit: int) -> None:
    if unpacked > limit:
        raise _refused(archive, name, f"would bring its unpacked size above {limit:,} bytes")


def _refused(archive: Path, name: str, reason: str) -> DataError:
    return DataError(
        f"{archive} was refused: its member {name!r} {reason}. "
        "Take the archive from its original source"
    )
