"""One side of the pairs: a tokenizer and a vocabulary, between texts and ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from seqkit.text import (
    BytePairTokenizer,
    Tokenizer,
    Vocabulary,
    build_tokenizer,
    load_text,
)

BEGIN, END = "<bos>", "<eos>"


@dataclass(frozen=True)
class Side:
    """Texts of the source or of the target, as ids and back.

    Attributes:
        tokenizer: Cuts texts into tokens.
        vocabulary: Gives tokens their ids.
        lowercase: Whether texts are lowercased first.
    """

    tokenizer: Tokenizer
    vocabulary: Vocabulary
    lowercase: bool

    def tokens(self, texts: Iterable[str]) -> list[list[str]]:
        """Returns the tokens of each text."""
        read = (text.lower() for text in texts) if self.lowercase else texts
        return list(self.tokenizer.tokenize_many(read))

    def text(self, tokens: Sequence[str]) -> str:
        """Returns the text of some tokens."""
        return self.tokenizer.detokenize(tokens)

    def shown(self, tokens: Sequence[str]) -> list[str]:
        """Returns each token as a person reads it."""
        pieces = [self.tokenizer.detokenize([token]) for token in tokens]
        return [piece.strip() or piece for piece in pieces]

    def decode(self, ids: Sequence[int]) -> list[str]:
        """Returns the tokens of some ids."""
        return self.vocabulary.decode(np.asarray(ids, dtype=np.int64))

    def extended(
        self, texts: Iterable[str], *, minimum_count: int, maximum_size: int | None
    ) -> Side:
        """Returns a side that knows the tokens of more texts, behind those that it knows."""
        if isinstance(self.tokenizer, BytePairTokenizer):
            return self
        counts = Counter(token for tokens in self.tokens(texts) for token in tokens)
        vocabulary = self.vocabulary.extended(
            counts, minimum_count=minimum_count, maximum_size=maximum_size
        )
        return replace(self, vocabulary=vocabulary)

    def save(self, folder: Path) -> None:
        folder.mkdir()
        self.tokenizer.save(folder)
        self.vocabulary.save(folder)

    @classmethod
    def load(cls, folder: Path, lowercase: bool) -> Side:
        """Reads back what `save` wrote. Raises CheckpointError where it is damaged."""
        return cls(*load_text(folder, specials=(BEGIN, END)), lowercase)


def fit_side(
    texts: Sequence[str],
    *,
    tokenizer: str,
    lowercase: bool,
    minimum_count: int,
    maximum_size: int | None,
    bpe_size: int,
) -> Side:
    """Fits a tokenizer and a vocabulary on texts of the training split."""
    if lowercase:
        texts = [text.lower() for text in texts]
    cutter = build_tokenizer(tokenizer, texts=texts, vocabulary_size=bpe_size)
    if isinstance(cutter, BytePairTokenizer):
        vocabulary = Vocabulary.of(cutter.tokens, specials=(BEGIN, END))
    else:
        vocabulary = Vocabulary.fit(
            cutter.tokenize_many(texts),
            minimum_count=minimum_count,
            maximum_size=maximum_size,
            specials=(BEGIN, END),
        )
    return Side(cutter, vocabulary, lowercase)
