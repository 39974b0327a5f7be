"""Texts as one array of bytes, kept as they are beside the ids that a model reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray


def packed_texts(texts: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Returns texts as bytes of UTF-8, one after another, and where each begins."""
    packer = TextPacker()
    for _ in packer.passing(texts):
        pass
    return packer.packed()


def unpacked_text(values: NDArray[np.uint8], offsets: NDArray[np.int64], index: int) -> str:
    """Returns one of the texts that `packed_texts` packed."""
    part = values[offsets[index] : offsets[index + 1]]
    return part.tobytes().decode("utf-8", "surrogatepass")


class TextPacker:
    """Packs texts on their way to what reads them, so that they are read once."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = [0]

    def passing(self, texts: Iterable[str]) -> Iterator[str]:
        """Yields the texts, and keeps them."""
        for text in texts:
            self._bytes += text.encode("utf-8", "surrogatepass")
            self._ends.append(len(self._bytes))
            yield text

    def packed(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Returns what came by, as `packed_texts` does."""
        return np.frombuffer(self._bytes, dtype=np.uint8), np.array(self._ends, dtype=np.int64)
