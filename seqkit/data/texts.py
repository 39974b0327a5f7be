"""Texts read from files: encodings, line ends, and what a file must not hold."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator

from seqkit.callbacks import Notify
from seqkit.data.encodings import WESTERN, a_word_of, found_encoding
from seqkit.data.folders import opened_regular, unreadable
from seqkit.data.reports import counted
from seqkit.data.unpacking import unpacked
from seqkit.errors import DataError

_UNKNOWN_ENCODING = "is not known to Python, which has utf-8, latin-1, cp1252, utf-16 and others"

_COMMON = "cp1252, cp1251 for Cyrillic, gb18030 for Chinese and shift_jis are common"


def known_encoding(encoding: str) -> str:
    """Returns the name of an encoding of texts. Raises ValueError where Python has no such."""
    try:
        # Python also has codecs of bytes, such as base64, which it marks in this way alone.
        if not getattr(codecs.lookup(encoding), "_is_text_encoding", True):
            raise LookupError(encoding)
    except (LookupError, ValueError) as error:
        raise ValueError(f"it {_UNKNOWN_ENCODING}") from error
    return encoding


Encoding = Annotated[str, AfterValidator(known_encoding)]
"""The encoding of a text file, in a `Config`."""


Errors = Literal["strict", "replace"]
"""What to do with bytes that the encoding does not allow: refuse the file, or put U+FFFD there."""


def lines_of(text: str) -> list[str]:
    r"""Returns the lines of a text, without their ends. Only `\n` and `\r\n` end a line.

    Other characters at which Unicode breaks lines, and a lone `\r`, are characters of the line.
    """
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def read_text(
    path: Path,
    notify: Notify,
    *,
    encoding: str = "utf-8",
    errors: Errors = "strict",
    option: bool = False,
    usual: str = "utf-8",
) -> str:
    """Reads a text file whole, unpacking it where gzip packed it. Line ends stay as they are.

    Args:
        path: The file.
        notify: Receives how much was replaced.
        encoding: Its encoding; a byte order mark of UTF-8 is dropped. Empty to find it.
        errors: `strict` refuses what the encoding does not allow and NUL bytes; `replace` puts
            U+FFFD in their place.
        option: Whether a command reads its input, whose one setting is the option `--encoding`;
            hints then name that.
        usual: The encoding of other files like it, for one that is to be found.

    Raises:
        DataError: The file cannot be read, or holds what the encoding does not allow.
    """
    content = read_bytes(path, fifo=option)
    guessed = not encoding
    encoding = encoding or found_encoding(content, usual)
    try:
        codec = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    except LookupError as error:
        raise DataError(f"encoding {encoding!r} {_UNKNOWN_ENCODING}, for {path}.") from error
    try:
        text = content.decode(codec)
    except UnicodeDecodeError as error:
        if errors == "strict":
            raise undecodable(path, content, encoding, error, option=option) from error
        text = content.decode(codec, errors="replace")
        replaced = counted(text.count("\ufffd"), f"part of {path} was", f"parts of {path} were")
        notify(f"{replaced} not valid {encoding}, and replaced by U+FFFD.")
    if "\0" in text:
        if errors == "strict":
            line = text.count("\n", 0, text.index("\0")) + 1
            raise nul_byte(path, line, option=option)
        nuls = counted(text.count("\0"), f"NUL byte in {path} was", f"NUL bytes in {path} were")
        notify(f"{nuls} replaced by U+FFFD.")
        text = text.replace("\0", "\ufffd")
    if guessed and encoding == WESTERN != usual:
        way = "--encoding" if option else "dataset.encoding"
        notify(f"{path} is {read_as(encoding, text)}. Give {way} if it is another.")
    return text


def read_as(encoding: str, text: str) -> str:
    """Says that a text is read by an encoding that was guessed, with a word to tell it by."""
    word = a_word_of(text)
    return f"not valid utf-8, and read as {encoding}" + (f" ({word!r})" if word else "")


def read_bytes(path: Path, fifo: bool = False) -> bytes:
    """Returns the bytes of a file, unpacked where gzip packed them.

    Args:
        path: The file.
        fifo: Whether a FIFO will do.

    Raises:
        DataError: It cannot be read.
    """
    try:
        with opened_regular(path, fifo) as file:
            content = file.read()
    except IsADirectoryError as error:
        raise DataError(f"{path} is a folder, not a file. Name a file in it") from error
    except OSError as error:
        raise unreadable(path, error) from error
    except MemoryError as error:
        raise DataError(
            f"{path} does not fit into memory: it has {path.stat().st_size:,} bytes. Use a part "
            "of it"
        ) from error
    if content[:2] != b"\x1f\x8b":
        return content
    return unpacked(path, content)


def undecodable(
    path: Path | str,
    content: bytes,
    encoding: str,
    error: UnicodeDecodeError,
    *,
    option: bool = False,
    before: int = 0,
) -> DataError:
    """Returns the error for bytes that an encoding does not allow.

    Args:
        path: The file, or what else the bytes come from.
        content: Its first bytes at least.
        encoding: The encoding.
        error: What Python says.
        option: See `read_text`.
        before: Lines before those that the error counts from.
    """
    # Past a byte order mark, positions count from what follows it.
    line = before + error.object.count(b"\n", 0, error.start) + 1
    marked = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    if marked:
        way = "give --encoding utf-16" if option else "set dataset.encoding=utf-16"
        hint = f"It begins with the mark of UTF-16: {way}"
    elif option:
        hint = f"Give its encoding: --encoding {_COMMON}"
    else:
        hint = (
            f"Set its encoding (dataset.encoding={_COMMON}), or "
            "dataset.errors=replace to read it all the same"
        )
    byte = f"byte 0x{error.object[error.start]:02x} on line {line}"
    return DataError(f"{path} is not valid {encoding}: {byte}. {hint}")


def nul_byte(path: Path | str, line: int, *, option: bool = False) -> DataError:
    """Returns the error for a NUL byte on a line of a text; see `undecodable`."""
    hint = (
        "give --encoding utf-16)"
        if option
        else "set dataset.encoding=utf-16); dataset.errors=replace reads it all the same"
    )
    return DataError(
        f"{path} holds a NUL byte, on line {line}. It may be no text file, or encoded in "
        f"UTF-16 ({hint}"
    )
