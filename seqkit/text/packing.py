"""Texts as flat arrays, to be shown as a person wrote them beside what is encoded of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

MOST_BYTES = 2**26
"""Bytes of the texts of a split that are kept to be shown; the first ones, of more."""


def packed_texts(texts: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Returns texts as bytes of UTF-8, one after another, and where each begins."""
    return _packed([_bytes_of(text) for text in texts])


def unpacked_text(values: NDArray[np.uint8], offsets: NDArray[np.int64], index: int) -> str:
    """Returns one of the texts that `packed_texts` packed."""
    part = values[offsets[index] : offsets[index + 1]]
    return part.tobytes().decode("utf-8", "surrogatepass")


class ShownTexts:
    """Keeps the first texts that pass by, to be shown later.

    Args:
        most: Bytes that are kept.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._left = most
        self._parts: list[bytes] = []

    def passing(self, texts: Iterable[str]) -> Iterator[str]:
        """Yields the texts, and keeps them."""
        for text in texts:
            if self._left > 0:
                part = _bytes_of(text)
                self._left -= len(part)
                if self._left >= 0:
                    self._parts.append(part)
            yield text

    def arrays(self) -> dict[str, NDArray[np.uint8] | NDArray[np.int64]]:
        """Returns `shown_bytes` uint8 and `shown_bounds` int64 `(texts + 1,)`; none of nothing."""
        if not any(self._parts):
            return {}
        values, offsets = _packed(self._parts)
        return {"shown_bytes": values, "shown_bounds": offsets}


def _bytes_of(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _packed(parts: Sequence[bytes]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    offsets = np.zeros(len(parts) + 1, dtype=np.int64)
    np.cumsum([len(part) for part in parts], out=offsets[1:])
    return np.frombuffer(b"".join(parts), dtype=np.uint8), offsets
