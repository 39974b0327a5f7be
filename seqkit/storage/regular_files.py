"""Files of a run folder, which may come from anyone: opened without following links. Torch-free.

A symbolic link in a run could lead a write out of its folder, and a FIFO or a device would hang
whoever reads it; both are refused. So is a file with a second name, a hard link, where it is going
to be written. The folder itself may be a link, as people link to large disks.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import IO

from seqkit.errors import CheckpointError

LARGEST = 256 * 2**20
"""Bytes of the largest small file, such as `run.json`, that is read whole."""

LARGEST_TEXT = 2**20
"""Bytes of the largest text that people write, such as `experiment.toml`."""

_NO_LINKS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def open_regular(path: Path, append: bool = False) -> IO[bytes]:
    """Opens a file that is no link, FIFO or device.

    Args:
        path: The file.
        append: Open it for appending and reading, and make it where there is none.

    Raises:
        CheckpointError: It is something else than a regular file, or is to be written and has
            another name as well, through which that would change what lies elsewhere.
        OSError: It cannot be opened.
    """
    check_regular(path)
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT if append else os.O_RDONLY
    handle = os.open(path, flags | _NO_LINKS | getattr(os, "O_BINARY", 0), 0o666)
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise _refusal(path)
    if append and status.st_nlink > 1:
        os.close(handle)
        raise CheckpointError(
            f"{path} has another name elsewhere (a hard link), and what is written to it would "
            "change that file too: it is left alone. Copy the folder of the run and use the copy"
        )
    return os.fdopen(handle, "ab+" if append else "rb")


def is_at(file: IO[bytes], path: Path) -> bool:
    """Tells whether an open file still lies at its path: it may have been deleted or replaced."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.lstat())
    except OSError:
        return False


def read_regular(path: Path, largest: int = LARGEST) -> bytes:
    """Reads a small file whole, under the same conditions.

    Raises:
        CheckpointError: It is something else than a regular file, or larger than `largest` bytes.
        OSError: It cannot be read.
    """
    with open_regular(path) as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise CheckpointError(f"{path} is damaged: it has more than {largest:,} bytes.")
    return content


def check_regular(path: Path) -> None:
    """Refuses a path at which something else than a regular file lies.

    Raises:
        CheckpointError: There is a link, a FIFO, a device or a folder.
    """
    try:
        mode = path.lstat().st_mode
    except OSError:
        return
    if not stat.S_ISREG(mode):
        raise _refusal(path, mode)


def check_folder(folder: Path) -> None:
    """Refuses a folder in which something lies that is neither a regular file nor a folder.

    Raises:
        CheckpointError: It holds a link, a FIFO or a device, at any depth.
        OSError: It cannot be read.
    """
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                check_folder(Path(entry.path))
            elif not entry.is_file(follow_symlinks=False):
                raise _refusal(Path(entry.path), entry.stat(follow_symlinks=False).st_mode)


def _refusal(path: Path, mode: int = 0) -> CheckpointError:
    kinds = (
        (stat.S_ISLNK, "a symbolic link"),
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a FIFO"),
    )
    kind = next((name for test, name in kinds if test(mode)), "a device or a socket")
    return CheckpointError(
        f"{path} is {kind}, which a run does not hold: it is left alone. "
        "Put a file or folder of the run's own there"
    )
