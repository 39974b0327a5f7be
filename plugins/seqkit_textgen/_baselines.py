"""Naive models of language to compare a score with: single tokens, and interpolated n-grams."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Arrays

Ids = NDArray[np.int64]
Reals = NDArray[np.float64]

LONGEST = 6
_HELD_OUT = 0.05
# Tokens that n-grams are counted on: some seconds on one core.
_MOST_TOKENS = 2_000_000


def score_baselines(
    train: Arrays, split: Arrays, characters: NDArray[np.int64]
) -> dict[str, dict[str, float]]:
    """Fits the baselines on the training split and scores them on another.

    Args:
        train: The training split.
        split: The split to score; in cold blocks, no context reaches out of its block.
        characters: How many characters each token spells, by id.

    Returns:
        `loss`, `perplexity` and `bits-per-character` of `unigram` and of the n-gram, such as
        `5-gram`, whose order is chosen on a part of the training split held out for it; and the
        `token-accuracy` of `unigram`.
    """
    known = np.asarray(train["values"][:_MOST_TOKENS]).astype(np.int64)
    tokens = np.asarray(split["values"]).astype(np.int64)
    block = int(split["window"][0]) if "cold" in split else None
    size = len(characters)
    order = _best_order(known, size)
    spelt = int(characters[tokens[1:]].sum())
    losses = list(n_gram_losses(known, tokens, size, order, block))
    scores = {"unigram": _scores(losses[0], spelt)}
    likeliest = int(np.bincount(known, minlength=size).argmax())
    scores["unigram"]["token-accuracy"] = float(np.mean(tokens[1:] == likeliest))
    if order > 1:
        scores[f"{order}-gram"] = _scores(losses[-1], spelt)
    return scores


def n_gram_losses(
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
        numbers, after, together, types = _counted(contexts, known, tokens, size)
        contexts = _Numbers(_before(numbers.known), _before(numbers.others))
        mixed = (together[targets] + types[targets] * probability) / np.maximum(
            1, after[targets] + types[targets]
        )
        usable = (before >= length - 1) & (after[targets] > 0)
        probability = np.where(usable, mixed, probability)
        yield -np.log(probability)


@dataclass(frozen=True)
class _Numbers:
    """Numbers of n-grams at each position, of the known tokens and of the others.

    Attributes:
        known: `(known tokens,)`; -1 at the beginning, where there is no such n-gram.
        others: `(tokens,)`; -1 also where the n-gram is not among the known ones.
    """

    known: Ids
    others: Ids


def _counted(
    contexts: _Numbers, known: Ids, tokens: Ids, size: int
) -> tuple[_Numbers, Reals, Reals, Reals]:
    """Counts the n-grams that each position's token makes with the context before it.

    Returns:
        Their numbers; and for each of `tokens`, how often its context came, how often with this
        token, and with how many different ones.
    """
    present = contexts.known >= 0
    keys = contexts.known * size + known
    distinct, places, counts = np.unique(keys[present], return_inverse=True, return_counts=True)
    heads = distinct // size
    highest = int(heads.max(initial=0))
    totals = np.bincount(heads, weights=counts, minlength=highest + 1)
    types = np.bincount(heads, minlength=highest + 1).astype(np.float64)

    there = (contexts.others >= 0) & (contexts.others <= highest)
    wanted = contexts.others * size + tokens
    place = np.minimum(np.searchsorted(distinct, wanted), len(distinct) - 1)
    found = there & (distinct[place] == wanted)
    context = np.where(there, contexts.others, 0)
    numbers = _Numbers(np.full(len(known), -1), np.where(found, place, -1))
    numbers.known[present] = places
    return (
        numbers,
        np.where(there, totals[context], 0.0),
        np.where(found, counts[place], 0).astype(np.float64),
        np.where(there, types[context], 0.0),
    )


def _before(numbers: Ids) -> Ids:
    """Returns the number of the n-gram that ends one position earlier; -1 at the beginning."""
    return np.concatenate([[-1], numbers[:-1]])


def _best_order(known: Ids, size: int) -> int:
    """Returns the order that does best on the end of the training text, fitted on the rest."""
    held_out = max(2, int(len(known) * _HELD_OUT))
    best, order = math.inf, 0
    for losses in n_gram_losses(known[:-held_out], known[-held_out:], size, LONGEST):
        if losses.mean() >= best:
            break
        best, order = float(losses.mean()), order + 1
    return order


def _scores(losses: Reals, spelt: int) -> dict[str, float]:
    loss = float(losses.mean())
    scores = {"loss": loss, "perplexity": math.exp(loss) if loss < 700 else math.inf}
    if spelt:
        scores["bits-per-character"] = float(losses.sum()) / math.log(2) / spelt
    return scores
