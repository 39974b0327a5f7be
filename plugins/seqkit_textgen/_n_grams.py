"""Probabilities of tokens by n-grams, smoothed in two ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Reals = NDArray[np.float64]

# Where too few n-grams are rare for an estimate, the usual discount of absolute discounting.
_USUAL_DISCOUNT = 0.75


def witten_bell(
    known: Ids, tokens: Ids, size: int, order: int, block: int | None = None
) -> Iterator[Reals]:
    """Yields what each token but the first costs under n-grams of order 1, 2, ... `order`.

    The probability of a token after a context is that after the context without its oldest token,
    mixed with how often it came after the whole context, by Witten and Bell 1991 ("The
    Zero-Frequency Problem"; in the interpolated form of Chen and Goodman 1999):
    `(count(context, token) + types(context) * shorter) / (count(context) + types(context))`, where
    `types` is the number of different tokens that came after the context. Below single tokens
    stands the uniform distribution.

    Args:
        known: Ids that the n-grams are counted on, `(known tokens,)`.
        tokens: Ids to be told, `(tokens,)`.
        size: Number of different ids.
        order: Longest n-gram.
        block: Tokens of a block, beyond whose beginning no context reaches; None for no blocks.

    Yields:
        Negative log-probabilities in nats, `(tokens - 1,)`.
    """
    targets = np.arange(1, len(tokens))
    # How many tokens before the target are there to be read.
    before = targets if block is None else (targets - 1) % block + 1
    probability = np.full(len(targets), 1 / max(1, size - 1))
    contexts = _Numbers(np.zeros(len(known), np.int64), np.zeros(len(tokens), np.int64))
    for length in range(1, order + 1):
        grams = _counted(contexts, known, tokens, size)
        contexts = _Numbers(_before(grams.numbers.known), _before(grams.numbers.others))
        after, together, types = grams.told(grams.counts, np.ones(len(grams.counts)), targets)
        mixed = (together + types * probability) / np.maximum(1, after + types)
        usable = (before >= length - 1) & (after > 0)
        probability = np.where(usable, mixed, probability)
        yield -np.log(probability)


def kneser_ney(
    known: Ids, tokens: Ids, size: int, order: int, block: int | None = None
) -> Iterator[Reals]:
    """Yields what each token but the first costs under n-grams of order 1, 2, ... `order`.

    Interpolated Kneser-Ney smoothing with three discounts (Chen and Goodman 1999): the longest
    n-gram is counted as it is, and a shorter one by how many different tokens came before it.

    Args:
        known: Ids that the n-grams are counted on, `(known tokens,)`.
        tokens: Ids to be told, `(tokens,)`.
        size: Number of different ids.
        order: Longest n-gram.
        block: Tokens of a block, beyond whose beginning no context reaches; None for no blocks.

    Yields:
        Negative log-probabilities in nats, `(tokens - 1,)`.
    """
    targets = np.arange(1, len(tokens))
    before = targets if block is None else (targets - 1) % block + 1
    # By n-grams that are shorter by one, counted by what came before them.
    shorter = np.full(len(targets), 1 / max(1, size - 1))
    contexts = _Numbers(np.zeros(len(known), np.int64), np.zeros(len(tokens), np.int64))
    previous: _Grams | None = None
    for length in range(1, order + 1):
        grams = _counted(contexts, known, tokens, size)
        contexts = _Numbers(_before(grams.numbers.known), _before(grams.numbers.others))
        if previous is not None:
            endings = previous.numbers.known[grams.places]
            kinds = np.bincount(endings, minlength=len(previous.counts))
            shorter = _discounted(previous, kinds, targets, before >= length - 2, shorter)
        yield -np.log(_discounted(grams, grams.counts, targets, before >= length - 1, shorter))
        previous = grams


def _discounted(
    grams: _Grams, counts: Ids, targets: Ids, there: NDArray[np.bool_], shorter: Reals
) -> Reals:
    """Returns probabilities by these counts, of which a part is left to shorter n-grams."""
    taken = _discounts(counts)
    after, together, left = grams.told(counts, taken[np.minimum(counts, 3)], targets)
    own = together - taken[np.minimum(together, 3).astype(np.int64)]
    mixed = (own + left * shorter) / np.maximum(1, after)
    return np.where(there & (after > 0), mixed, shorter)


def _discounts(counts: Ids) -> Reals:
    """Returns what is taken off a count of 0, 1, 2, and 3 or more."""
    once, twice, thrice, often = (int(np.count_nonzero(counts == n)) for n in (1, 2, 3, 4))
    if not (once and twice and thrice):
        return np.array([0.0, *[_USUAL_DISCOUNT] * 3])
    part = once / (once + 2 * twice)
    found = [
        1 - 2 * part * twice / once,
        2 - 3 * part * thrice / twice,
        3 - 4 * part * often / thrice,
    ]
    return np.array([0.0, *(min(max(d, 0.05), n) for n, d in enumerate(found, start=1))])


@dataclass(frozen=True)
class _Numbers:
    """Numbers of n-grams at each position, of the known tokens and of the others.

    Attributes:
        known: `(known tokens,)`; -1 at the beginning, where there is no such n-gram.
        others: `(tokens,)`; -1 also where the n-gram is not among the known ones.
    """

    known: Ids
    others: Ids


@dataclass(frozen=True)
class _Grams:
    """The n-grams of one length.

    Attributes:
        numbers: That of the n-gram which ends at each position.
        contexts: That of the context before each of `tokens`; -1 where it is not a known one.
        heads: Number of the context of each n-gram.
        counts: How often each n-gram came.
        places: Where each n-gram ends, once.
    """

    numbers: _Numbers
    contexts: Ids
    heads: Ids
    counts: Ids
    places: Ids

    def told(self, counts: Ids, kept: Reals, targets: Ids) -> tuple[Reals, Reals, Reals]:
        """Returns, at each target, counts of its context, of its n-gram, and sums of `kept`.

        Args:
            counts: How much each n-gram counts.
            kept: What each n-gram with a count adds to the last sum of its context.
            targets: Positions in the tokens.
        """
        size = int(self.heads.max(initial=0)) + 1
        totals = np.bincount(self.heads, weights=counts, minlength=size)
        sums = np.bincount(self.heads, weights=kept * (counts > 0), minlength=size)
        context, number = self.contexts[targets], self.numbers.others[targets]
        there = (context >= 0) & (context < size)
        context = np.where(there, context, 0)
        together = np.where(number >= 0, counts[np.maximum(number, 0)], 0)
        return (
            np.where(there, totals[context], 0.0),
            together.astype(np.float64),
            np.where(there, sums[context], 0.0),
        )


def _counted(contexts: _Numbers, known: Ids, tokens: Ids, size: int) -> _Grams:
    """Counts the n-grams that each position's token makes with the context before it."""
    present = np.flatnonzero(contexts.known >= 0)
    keys = contexts.known[present] * size + known[present]
    distinct, places, inverse, counts = np.unique(
        keys, return_index=True, return_inverse=True, return_counts=True
    )
    heads = distinct // size
    there = (contexts.others >= 0) & (contexts.others <= int(heads.max(initial=0)))
    wanted = contexts.others * size + tokens
    place = np.minimum(np.searchsorted(distinct, wanted), max(0, len(distinct) - 1))
    found = there & (distinct[place] == wanted) if len(distinct) else np.zeros_like(there)
    numbers = _Numbers(np.full(len(known), -1), np.where(found, place, -1))
    numbers.known[present] = inverse
    return _Grams(numbers, contexts.others, heads, counts, present[places])


def _before(numbers: Ids) -> Ids:
    """Returns the number of the n-gram that ends one position earlier; -1 at the beginning."""
    return np.concatenate([[-1], numbers[:-1]])
