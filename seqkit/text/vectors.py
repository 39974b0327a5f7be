"""Reads pretrained word vectors: GloVe's and fastText's text files, packed or not."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from seqkit.errors import DataError

_LONGEST_LINE = 2**20
_DAMAGE = (EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)


def read_vectors(
    path: Path, tokens: Sequence[str], size: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Reads the vectors of some tokens, each from the first line that begins with it.

    A line is a word and its numbers, with single spaces between, in UTF-8; a first line of two
    numbers, as fastText and word2vec write it, is passed over. The file may be packed by gzip, or
    stand in a zip archive; where that holds several, as glove.6B.zip does, the one whose vectors
    have `size` numbers is read. The numbers of other words are not looked at.

    Args:
        path: The file.
        tokens: The words to look for.
        size: Numbers of each vector.

    Returns:
        The vectors, `(tokens, size)`, zero where there is none, and which tokens were found,
        `(tokens,)`.

    Raises:
        DataError: The file cannot be read, its vectors have another size, or one is damaged.
    """
    # A word may stand for several tokens, such as one with and one without a space before it.
    rows = {token: row for row, token in enumerate(dict.fromkeys(tokens))}
    wanted = {token.encode("utf-8", "surrogatepass"): row for token, row in rows.items()}
    vectors = np.zeros((len(rows), size), dtype=np.float32)
    found = np.zeros(len(rows), dtype=np.bool_)
    try:
        with ExitStack() as stack:
            checked = False
            file = _opened(path, size, stack)
            lines = iter(partial(file.readline, _LONGEST_LINE), b"")
            for number, line in enumerate(lines, start=1):
                if len(line) == _LONGEST_LINE:
                    raise DataError(
                        f"{path} has a line of more than {_LONGEST_LINE:,} bytes, line {number}, "
                        "which is no word with its numbers. Name a file of vectors"
                    )
                word, _, numbers = line.partition(b" ")
                if not checked:
                    there = len(numbers.split())
                    if number == 1 and there == 1:
                        continue
                    if there != size:
                        raise _misfit(path, there, size)
                    checked = True
                row = wanted.get(word)
                if row is not None and not found[row]:
                    found[row] = _parse(path, number, numbers.split(), vectors[row])
    except OSError as error:
        raise _unreadable(path, error) from error
    except _DAMAGE as error:
        raise _unreadable(path, error) from error
    if not checked:
        raise DataError(f"{path} holds no vectors. Each line must be a word and its numbers")
    order = [rows[token] for token in tokens]
    return vectors[order], found[order]


def _opened(path: Path, size: int, stack: ExitStack) -> IO[bytes]:
    if path.exists() and not path.is_file():
        raise DataError(f"the vectors {path} are no file. Name a whole file of vectors")
    file = stack.enter_context(path.open("rb"))
    start = file.read(2)
    file.seek(0)
    if start == b"\x1f\x8b":
        return stack.enter_context(io.BufferedReader(gzip.GzipFile(fileobj=file)))
    if start != b"PK":
        return file
    archive = stack.enter_context(zipfile.ZipFile(file))
    sizes: dict[str, int] = {}
    for name in archive.namelist():
        if name.endswith((".txt", ".vec")):
            with archive.open(name) as member:
                # The first line may be a header of two numbers.
                first, second = (len(member.readline(_LONGEST_LINE).split()) - 1 for _ in range(2))
            sizes[name] = second if first == 1 else first
            if sizes[name] == size:
                return stack.enter_context(archive.open(name))
    if len(sizes) == 1:
        raise _misfit(path, max(sizes.values()), size)
    listed = ", ".join(f"{name} (vectors of {there})" for name, there in sizes.items())
    raise DataError(
        f"{path} holds no vectors of {size} numbers, the size of the embeddings. "
        f"It holds {listed or 'no .txt or .vec file'}"
    )


def _parse(path: Path, number: int, entries: list[bytes], into: NDArray[np.float32]) -> bool:
    """Puts the numbers of a line into a row, and tells whether it was the word's own line."""
    if len(entries) > len(into):
        # GloVe has words with spaces in them, such as `. . .`, and this line is one of theirs.
        return False
    try:
        into[:] = np.array(entries, dtype=np.float32)
    except ValueError as error:
        raise DataError(
            f"{path} is damaged on line {number}: it has {len(entries)} entries, or one that is no "
            f"number, where others have {len(into)} numbers. Get the file again"
        ) from error
    if not np.isfinite(into).all():
        raise DataError(f"{path} has a number that is not finite, on line {number}.")
    return True


def _misfit(path: Path, there: int, size: int) -> DataError:
    return DataError(
        f"the vectors of {path} have {there} numbers, and the embeddings {size}. "
        f"Set the embedding size to {there}, or name a file of vectors of {size}"
    )


def _unreadable(path: Path, error: Exception) -> DataError:
    reason = getattr(error, "strerror", None) or error
    return DataError(f"the vectors {path} cannot be read: {reason}. Name a whole file of vectors")
