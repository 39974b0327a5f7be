"""Paths in settings, folders that appear whole or not at all, and fingerprints of files."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated

from pydantic import AfterValidator, BaseModel

from seqkit.errors import DataError, nearest


def _absolute(path: str) -> str:
    if "\0" in path:
        raise ValueError("a path holds no NUL character")
    return str(Path(path).expanduser().absolute()) if path else ""


LocalPath = Annotated[str, AfterValidator(_absolute)]
"""A path in a `Config`: kept as an absolute path, so that a resolved experiment runs from any
folder; an empty text stays empty."""


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """Makes a folder to fill, which takes the place of `target` when the block ends well.

    When the block fails or the process dies, `target` is what it was before.

    Args:
        target: The folder to make or to replace.

    Raises:
        DataError: The folder cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-"))
    except OSError as error:
        raise unwritable(target.parent, error) from error
    try:
        filled, replaced = aside / "new", aside / "old"
        filled.mkdir()
        yield filled
        if target.exists():
            target.rename(replaced)
        filled.rename(target)
    except OSError as error:
        if replaced.exists() and not target.exists():
            replaced.rename(target)
        raise unwritable(target, error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def opened_regular(path: Path, fifo: bool = False) -> IO[bytes]:
    """Opens a file of the user's, who may name a link; a FIFO or a device is refused.

    Args:
        path: The file.
        fifo: Take a FIFO, which can be read once: a shell makes one of `<(command)`.

    Raises:
        DataError: It is no file, or one without an end.
        OSError: It cannot be opened.
    """
    mode = path.stat().st_mode
    allowed = stat.S_ISREG(mode) or stat.S_ISDIR(mode) or (fifo and stat.S_ISFIFO(mode))
    if not allowed:
        raise DataError(f"{path} is a FIFO or a device, and not a file. Name a file")
    return path.open("rb")


def unwritable(path: Path, error: OSError) -> DataError:
    """Returns the error for a file or folder that could not be written."""
    return DataError(
        f"{path} cannot be written: {error.strerror or error}. "
        "Make room or give leave to write there, or set SEQKIT_HOME to another folder"
    )


def names_beside(path: Path) -> list[str]:
    """Returns the names of what lies where a file is not; nothing hidden."""
    if not path.name:
        return []
    try:
        return [other.name for other in path.parent.iterdir() if not other.name.startswith(".")]
    except OSError:
        return []


def near_file(path: Path, otherwise: str = "Check the path") -> str:
    """Returns `Did you mean X?` for a file that is not there; `otherwise` where none is near.

    A name that is only near by its ending, which many files share, is not.
    """
    beside = names_beside(path)
    like = [name for name in beside if nearest(path.stem, [Path(name).stem]) is not None]
    near = nearest(path.name, like)
    return otherwise if near is None else f"Did you mean {near}?"


def missing_file(path: Path) -> DataError:
    """Returns the error for a file or folder that is not there, with the nearest one beside it."""
    return DataError(f"there is no file {path}. {near_file(path)}")


def unreadable(path: Path, error: OSError) -> DataError:
    """Returns the error for a file or folder that could not be read."""
    if isinstance(error, FileNotFoundError):
        return missing_file(path)
    return DataError(f"{path} cannot be read: {error.strerror or error}.")


def fingerprint(config: BaseModel, paths: Iterable[Path], version: int = 1) -> str:
    """Returns a text that changes with the settings and with the files' names, sizes and times.

    Args:
        config: The dataset's settings.
        paths: The files it reads.
        version: Raised whenever the dataset turns the same files into other records.
    """
    digest = hashlib.sha256(f"{version} {config.model_dump_json()}".encode())
    for path in sorted(paths):
        # A file that is missing is left for `splits` to report.
        status = path.stat() if path.exists() else None
        stamp = f"{status.st_size}\0{status.st_mtime_ns}" if status else ""
        digest.update(f"\0{os.fspath(path)}\0{stamp}".encode())
    return digest.hexdigest()
