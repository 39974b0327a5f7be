"""Word by word: each source word becomes the target word that it most likely stands for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import count

import numpy as np
from numpy.typing import NDArray

_ITERATIONS = 10
# Pairs of a source and a target word in the same pair of texts: seconds on one core.
_MOST_PAIRS = 5_000_000
_LONGEST = 50
_UNITS = re.compile(r"\w+|[^\w\s]")
_BEFORE_MARK = re.compile(r" ([.,;:!?…)\]}])")
# Signs of these scripts are words by themselves, as there are no spaces.
_SIGNS = re.compile(r"([\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff])")


def units(text: str) -> list[str]:
    """Returns the words and marks of a text."""
    return _UNITS.findall(_SIGNS.sub(r" \1 ", text))


class WordTable:
    """A table of words learnt from pairs of texts by IBM model 1 (Brown et al. 1993).

    Its probabilities start uniform, and are improved ten times by expectation maximisation. Very
    many pairs are thinned out evenly, and long texts cut.

    Args:
        sources: Texts.
        targets: What stands beside each.
    """

    def __init__(self, sources: Sequence[str], targets: Sequence[str]) -> None:
        self._numbers: defaultdict[str, int] = defaultdict(count().__next__)
        written: defaultdict[str, int] = defaultdict(count().__next__)
        left, right, owners = self._paired(sources, targets, written)
        keys = left * max(1, len(written)) + right
        cells, places = np.unique(keys, return_inverse=True)
        heads = cells // max(1, len(written))
        chances: NDArray[np.float64] = np.ones(len(cells))
        groups = int(owners.max(initial=-1)) + 1
        for _ in range(_ITERATIONS if len(cells) else 0):
            # Each target word is shared out among the words of its source.
            each = chances[places]
            each /= np.bincount(owners, each, groups)[owners]
            chances = np.bincount(places, each, len(cells)).astype(np.float64)
            chances /= np.bincount(heads, chances, len(self._numbers))[heads]
        order = np.lexsort((-chances, heads))
        first = np.flatnonzero(np.diff(heads[order], prepend=-1))
        best = order[first]
        names = list(written)
        spaced = sum(" " in target.strip() for target in targets)
        self._between = " " if 2 * spaced >= sum(len(units(one)) > 1 for one in targets) else ""
        self._table = {
            int(head): names[int(cell % max(1, len(written)))]
            for head, cell in zip(heads[best], cells[best], strict=True)
        }

    def _paired(
        self, sources: Sequence[str], targets: Sequence[str], written: defaultdict[str, int]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Returns source words beside target words, and the place of each of the latter."""
        sizes = [
            min(_LONGEST, 1 + source.count(" ")) * min(_LONGEST, 1 + target.count(" "))
            for source, target in zip(sources, targets, strict=True)
        ]
        step = max(1, -(-sum(sizes) // _MOST_PAIRS))
        none = np.zeros(0, dtype=np.int64)
        left, right, owners, places = [none], [none], [none], 0
        for number in range(0, len(sources), step):
            source = [self._numbers[word] for word in units(sources[number])[:_LONGEST]]
            target = [written[word] for word in units(targets[number])[:_LONGEST]]
            if source and target:
                left.append(np.tile(np.array(source), len(target)))
                right.append(np.repeat(np.array(target), len(source)))
                owners.append(np.repeat(places + np.arange(len(target)), len(source)))
                places += len(target)
        return np.concatenate(left), np.concatenate(right), np.concatenate(owners)

    def write(self, source: str) -> str:
        """Returns a text word by word; a word that is not in the table stays as it is."""
        words = [
            self._table.get(self._numbers[word], word) if word in self._numbers else word
            for word in units(source)
        ]
        return _BEFORE_MARK.sub(r"\1", self._between.join(words))
