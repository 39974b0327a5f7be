"""What texts are like: how many, how long, and whether their words repeat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from seqkit.text.tokenizers import build_tokenizer

_MOST = 2000
"""Texts that are looked at; more of them tell nothing new."""

_UNPARTED = ((0x0E00, 0x10A0), (0x1780, 0x1800), (0x3040, 0xA000), (0x20000, 0x33480))
"""Thai, Lao, Tibetan and Burmese; Khmer; Japanese and Chinese: writings without spaces."""


@dataclass(frozen=True)
class TextFacts:
    """What some texts are like.

    Attributes:
        count: How many there are.
        words: Words of each text that was looked at.
        characters: Characters of each.
        novelty: Chance that a word of a new text is in none of these: the part of words that occur
            once (Good, 1953).
        unparted: Whether they are in a writing that puts no spaces between words.
    """

    count: int
    words: tuple[int, ...]
    characters: tuple[int, ...]
    novelty: float
    unparted: bool

    @property
    def mean_words(self) -> float:
        """Mean number of words of a text."""
        return sum(self.words) / max(1, len(self.words))

    @property
    def mean_characters(self) -> float:
        """Mean number of characters of a text."""
        return sum(self.characters) / max(1, len(self.characters))

    @property
    def of_new_words(self) -> bool:
        """Whether they are names, codes and the like: of few words, and these hardly repeat."""
        return self.mean_words <= 3 and self.novelty >= 0.3


def facts_of(texts: Sequence[str]) -> TextFacts:
    """Looks at texts, or at some that lie evenly among very many."""
    some = texts[:: max(1, len(texts) // _MOST)]
    cut = [*build_tokenizer("basic-english").tokenize_many(some)]
    counts = Counter(word for words in cut for word in words)
    once = sum(count == 1 for count in counts.values())
    letters = Counter(c for text in some for c in text if c.isalpha())
    unparted = sum(count for c, count in letters.items() if _is_unparted(c))
    return TextFacts(
        count=len(texts),
        words=tuple(map(len, cut)),
        characters=tuple(map(len, some)),
        novelty=once / max(1, counts.total()),
        unparted=unparted > 0.3 * letters.total(),
    )


def quantile(lengths: Sequence[int], part: float) -> int:
    """Returns the length that such a part of some lengths does not exceed."""
    return sorted(lengths)[min(len(lengths) - 1, int(part * len(lengths)))]


def _is_unparted(character: str) -> bool:
    return any(first <= ord(character) < last for first, last in _UNPARTED)
