"""Datasets that were fetched: sealed by checksums when they are stored, checked when they are read.

The checksums are in the format of `sha256sum`, so that `sha256sum --check SHA256SUMS` checks them
too. A dataset that an earlier version fetched has none, and is read as it is.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

from seqkit.data.folders import unreadable
from seqkit.errors import DataError

SUMS = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def seal_stored(folder: Path) -> None:
    """Writes the checksums of all files of a folder into it. Raises OSError."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)
    lines = [f"{sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8", newline="\n")


def check_stored(folder: Path, dataset: str) -> None:
    """Checks the files of a dataset that was fetched; one that was never sealed passes.

    Args:
        folder: Where it was stored.
        dataset: Its name, for the message.

    Raises:
        DataError: A file is not what was fetched; says which, and how to get it again.
    """
    again = f"Run 'seqkit data get {dataset} --force' to get it again"
    path = folder / SUMS
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is damaged: {error}. {again}") from error
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None:
            raise DataError(f"{path} is damaged: {line!r:.60} is no checksum. {again}")
        file = folder / found[2]
        try:
            status = file.stat()
            digest = _once(file, status.st_size, status.st_mtime_ns, status.st_ino)
        except OSError as error:
            raise unreadable(file, error) from error
        if digest != found[1]:
            raise DataError(f"{file} is damaged: it is not what was fetched. {again}")


def sha256(path: Path) -> str:
    """Returns the checksum of a file, in hexadecimal digits. Raises OSError."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@lru_cache(maxsize=256)
def _once(path: Path, *_status: int) -> str:
    return sha256(path)
