"""The training source most like another one, by the words and characters that they share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import count

import numpy as np
from numpy.typing import NDArray

from seqkit_seq2seq._word_table import units

# Texts that are looked at for one question; what is in most of them tells none apart.
_MOST_READ = 20_000
# Features of training sources: seconds on one core.
_MOST_FEATURES = 5_000_000


class Nearest:
    """Finds similar texts by the cosine of their tf-idf weights (Salton and Buckley 1988).

    Features are words, and runs of three characters in them. Of several equally similar texts the
    first is found.

    Args:
        texts: What is found. Very many are thinned out evenly.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        signs = sum(map(len, texts))
        step = max(1, -(-signs // _MOST_FEATURES))
        self._kept = np.arange(0, len(texts), step)
        self._numbers: defaultdict[str, int] = defaultdict(count().__next__)
        found = [[self._numbers[name] for name in _features(texts[n])] for n in self._kept.tolist()]
        lengths = [len(one) for one in found]
        features = np.array([number for one in found for number in one], dtype=np.int64)
        rows = np.repeat(np.arange(len(found)), lengths)
        occurrences = np.bincount(features, minlength=len(self._numbers))
        self._weights = 1 + np.log((1 + len(found)) / (1 + occurrences))
        squares = np.bincount(rows, self._weights[features] ** 2, len(found))
        self._norms = np.sqrt(np.maximum(squares, 1e-12))
        order = np.argsort(features, kind="stable")
        self._rows = rows[order]
        self._begins = np.concatenate([[0], np.cumsum(occurrences)])

    def find(self, text: str) -> int:
        """Returns the number of the most similar text; 0 where none has anything in common."""
        numbers = [self._numbers[name] for name in _features(text) if name in self._numbers]
        # The rarest first: common ones count only where there is nothing else.
        numbers.sort(key=lambda number: int(self._begins[number + 1] - self._begins[number]))
        parts: list[NDArray[np.int64]] = []
        weights: list[NDArray[np.float64]] = []
        read = 0
        for number in numbers:
            first, last = int(self._begins[number]), int(self._begins[number + 1])
            if parts and read + last - first > _MOST_READ:
                break
            read += last - first
            parts.append(self._rows[first:last])
            weights.append(np.full(last - first, self._weights[number] ** 2))
        if not parts:
            return int(self._kept[0])
        alike = np.bincount(np.concatenate(parts), np.concatenate(weights), len(self._norms))
        return int(self._kept[np.argmax(alike / self._norms)])


def _features(text: str) -> list[str]:
    """Returns each word and each run of three characters once, in order."""
    text = text.lower()
    around = f" {text} "
    runs = [around[at : at + 3] for at in range(len(around) - 2)]
    return list(dict.fromkeys([*(f"{word} " for word in units(text)), *runs]))
