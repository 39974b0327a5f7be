"""Unpacks gzip in memory, and stops where a small file would fill it."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path

from seqkit.errors import DataError

LARGEST = 2**30
"""Most bytes that a packed text is unpacked to: as rows it takes ten times as much memory."""

_ALWAYS = 2**26
_HIGHEST_RATIO = 300
"""Above the first so many bytes, how often what is packed may be unpacked to: texts and tables come
to 3 to 20 times, log files to 50, and a bomb to 1,000."""

_CHUNK = 2**20


def unpacked(path: Path, content: bytes) -> bytes:
    """Returns what gzip packed.

    Args:
        path: Where it comes from, for the messages.
        content: What was packed.

    Raises:
        DataError: It is damaged, or unpacks to more than 1 GiB, or to more than 300 times its size.
    """
    packed = io.BytesIO(content)
    parts: list[bytes] = []
    size = 0
    try:
        with gzip.GzipFile(fileobj=packed) as stream:
            while part := stream.read(_CHUNK):
                size += len(part)
                # Of what was read so far: a bomb is known by its first part.
                if size > LARGEST or size > max(_ALWAYS, _HIGHEST_RATIO * packed.tell()):
                    raise DataError(
                        f"{path} is refused: {packed.tell():,} bytes of it unpack to {size:,}, "
                        f"and it may unpack to {LARGEST:,} in all, and above {_ALWAYS:,} to "
                        f"{_HIGHEST_RATIO} times its size. If it is what you mean to read, unpack "
                        f"it first (gunzip --keep {path.name}) and name that file"
                    )
                parts.append(part)
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path} is damaged or truncated: {error}. Copy it again") from error
    return b"".join(parts)


def check_unpacked(
    path: Path, packed: int, size: int, hint: str, *, repeated: bool = False
) -> None:
    """Raises DataError where a packed file would fill the memory.

    Args:
        path: The file.
        packed: Its size, in bytes.
        size: What it unpacks to.
        hint: The next step.
        repeated: Whether values that repeat are stored once, so that no ratio is too high.
    """
    most = LARGEST if repeated else min(LARGEST, max(_ALWAYS, _HIGHEST_RATIO * packed))
    if size > most:
        raise DataError(
            f"{path} is refused: its {packed:,} bytes unpack to {size:,}, and it may unpack to "
            f"{most:,}. {hint}"
        )
