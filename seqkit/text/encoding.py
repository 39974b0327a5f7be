"""Fits a vocabulary and encodes the same texts, touching each token once."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable
from itertools import count

import numpy as np
from numpy.typing import NDArray

from seqkit.text.tokenizers import Tokenizer
from seqkit.text.truncation import Keep, truncate
from seqkit.text.vocabulary import Vocabulary


def fit_and_encode(
    texts: Iterable[str],
    tokenizer: Tokenizer,
    *,
    minimum_count: int = 1,
    maximum_size: int | None = None,
    specials: Iterable[str] = (),
    maximum_length: int | None = None,
    keep: Keep = "head",
    before: Vocabulary | None = None,
) -> tuple[Vocabulary, NDArray[np.int32], NDArray[np.int64]]:
    """Fits a vocabulary on texts and encodes them with it.

    Equal to `Vocabulary.fit`, `Vocabulary.encode_many` and `truncate` one after another: tokens
    are counted over whole texts, before truncation.

    Args:
        texts: The texts of the training split, read once.
        tokenizer: Cuts them into tokens.
        minimum_count: See `Vocabulary.fit`.
        maximum_size: See `Vocabulary.fit`.
        specials: See `Vocabulary.fit`.
        maximum_length: See `truncate`.
        keep: See `truncate`.
        before: A vocabulary to extend by what is new, in place of one of its own.

    Returns:
        The vocabulary, the ids of all texts one after another, int32 `(tokens,)`, and where each
        text begins with the end of the last, int64 `(texts + 1,)`.

    Raises:
        ConfigurationError: A setting is out of its range.
    """
    # Each new token takes the next number. Counting and renumbering are then left to numpy, and
    # Python's part is one dictionary look-up a token, itself run by C code.
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    number = numbers.__getitem__
    flat, ends = array("i"), array("q", [0])
    for tokens in tokenizer.tokenize_many(texts):
        flat.extend(map(number, tokens))
        ends.append(len(flat))
    values, offsets = np.asarray(flat, dtype=np.int32), np.asarray(ends, dtype=np.int64)
    occurrences = np.bincount(values, minlength=len(numbers))
    counts = dict(zip(numbers, occurrences.tolist(), strict=True))
    if before is not None:
        vocabulary = before.extended(counts, minimum_count=minimum_count, maximum_size=maximum_size)
    else:
        vocabulary = Vocabulary.fit(
            counts, minimum_count=minimum_count, maximum_size=maximum_size, specials=specials
        )
    values, offsets = truncate(values, offsets, maximum_length, keep)
    return vocabulary, vocabulary.encode(numbers)[values], offsets
