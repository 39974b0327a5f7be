"""Checksums of what a run's answers depend on, written with it and checked when it is read.

A folder, such as the encoder's, holds a `checksums.json`; a text that people read, such as
`experiment.toml`, holds the checksum of what follows in its first line; a JSON object, such as
`run.json`, that of its other keys in its first key, `sha256`; and a JSON line, such as those of
`events.jsonl`, that of its bytes before it in its last key, `crc`. Torch-free.

A line has a CRC-32 and no sha256: it is written and checked hundreds of thousands of times, is
short, and is read by people, whom 64 digits a line would be in the way of. A CRC-32 finds every
damage of up to 32 bits in a row and all but one in four thousand million others; neither kind
holds against somebody who means to deceive, and writes the checksum anew.

What was written without a checksum, by hand or by another program, is read as it is.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

from seqkit.errors import CheckpointError
from seqkit.storage.regular_files import LARGEST_TEXT, open_regular, read_regular

CHECKSUMS = "checksums.json"
SEAL = "sha256"
LINE_SEAL = "crc"
_BEFORE_SEAL = b',"crc":"'
_LINE_SEAL = len(_BEFORE_SEAL) + 10
"""Bytes of `,"crc":"0b5f8a11"}`."""
_BEGINNING = b"# sha256 of what follows: "
_FIRST_LINE = re.compile(re.escape(_BEGINNING) + rb"([0-9a-f]{64})\r?\n")


def digest_of(document: Mapping[str, Any]) -> str:
    """Returns the checksum of a JSON object, whatever its spaces and the order of its keys."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def fingerprint(path: Path) -> dict[str, Any]:
    """Returns size and checksum of a regular file.

    Raises:
        CheckpointError: It is no regular file.
        OSError: It cannot be read.
    """
    digest, size = hashlib.sha256(), 0
    with open_regular(path) as file:
        while piece := file.read(2**20):
            digest.update(piece)
            size += len(piece)
    return {"size": size, "sha256": digest.hexdigest()}


def seal_folder(folder: Path) -> None:
    """Writes the checksums of all files of a folder into it."""
    files = {
        path.relative_to(folder).as_posix(): fingerprint(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != CHECKSUMS
    }
    document = {"sha256": digest_of(files), "files": files}
    (folder / CHECKSUMS).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def check_folder_seal(folder: Path, remedy: str) -> None:
    """Checks the files of a folder; one that was never sealed passes.

    Args:
        folder: The folder.
        remedy: What to do about damage, as a sentence without its full stop.

    Raises:
        CheckpointError: A file is missing or not what it was; the message says which.
    """
    path = folder / CHECKSUMS
    try:
        document = json.loads(read_regular(path))
        files = dict(document["files"])
        if document["sha256"] != digest_of(files):
            raise ValueError("its checksum does not match")
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise CheckpointError(f"{path} is damaged: {error}. {remedy}") from error
    for name, expected in files.items():
        try:
            found = fingerprint(folder / name)
        except OSError as error:
            raise CheckpointError(
                f"{folder / name} cannot be read: {error.strerror}. {remedy}"
            ) from error
        if found != expected:
            raise CheckpointError(
                f"{folder / name} is damaged: its checksum does not match. {remedy}"
            )


def sealed_text(text: str) -> str:
    """Returns a text below a line with its checksum."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{_BEGINNING.decode()}{digest}\n{text}"


def check_text_seal(path: Path, remedy: str) -> None:
    """Checks a text of `sealed_text`; one without the line passes, as does one that is missing.

    Raises:
        CheckpointError: It was changed or damaged since it was written.
    """
    try:
        content = read_regular(path, LARGEST_TEXT)
    except OSError:
        return
    if not content:
        raise CheckpointError(f"{path} is damaged: it is empty. {remedy}.")
    found = _FIRST_LINE.match(content)
    # A first line that is cut short, or has swallowed the one behind it, is no line of one's own.
    sealed = _BEGINNING.startswith(content[: len(_BEGINNING)])
    if sealed and (
        not found or hashlib.sha256(content[found.end() :]).hexdigest() != found[1].decode()
    ):
        raise CheckpointError(
            f"{path} is damaged or was edited: its checksum does not match. {remedy}. Or, if you "
            "edited it yourself, delete its first line"
        )


def sealed_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a JSON object with the checksum of all that it holds as its first key."""
    # As it is read back: keys that are numbers become texts, in another order.
    plain: dict[str, Any] = json.loads(json.dumps(document))
    return {SEAL: digest_of(plain)} | plain


def read_document(content: bytes, sealed: bool = False) -> dict[str, Any]:
    """Reads a JSON object of `sealed_document`, and returns it without its checksum.

    Args:
        content: The file.
        sealed: Refuse one that has no checksum.

    Raises:
        ValueError: It is no JSON object, or was changed or damaged since it was written.
        RecursionError: It is nested too deeply.
    """
    document: Any = json.loads(content.decode("utf-8"))
    if not isinstance(document, dict):
        raise ValueError("it holds no JSON object")
    if sealed or SEAL in document:
        expected = document.pop(SEAL, None)
        if expected != digest_of(document):
            raise ValueError("its checksum does not match")
    return dict(document)


def sealed_line(text: str) -> bytes:
    r"""Returns a JSON object with at least one key as a line that ends with its checksum.

    `{"a":1}` becomes `{"a":1,"crc":"a702fc6e"}`: the CRC-32 of the bytes before `,"crc"`, UTF-8. A
    lone half of a surrogate pair, which UTF-8 cannot say, is spelt out as JSON's `\ud800`.
    """
    content = text.encode("utf-8", "backslashreplace")[:-1]
    return b'%s%s%08x"}' % (content, _BEFORE_SEAL, crc32(content))


def line_is_sealed(line: bytes) -> bool | None:
    """Tells whether a line fits its checksum; None where it has none."""
    line = line.rstrip()
    if line[-_LINE_SEAL:-10] != _BEFORE_SEAL:
        return None
    return line[-10:] == b'%08x"}' % crc32(line[:-_LINE_SEAL])


def line_fits(line: bytes) -> bool:
    """Tells whether a line is what was written, as far as it can tell: it may have no checksum."""
    return line_is_sealed(line) is not False
