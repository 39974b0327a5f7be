"""Naive models of language to compare a score with: single tokens, and smoothed n-grams."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Arrays
from seqkit_textgen._n_grams import Ids, Reals, kneser_ney, witten_bell

Smoothing = Callable[[Ids, Ids, int, int, int | None], Iterator[Reals]]

LONGEST = 8
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
        `6-gram`, whose order and smoothing are chosen on a part of the training split held out for
        it; and the `token-accuracy` of `unigram`.
    """
    known = np.asarray(train["values"][:_MOST_TOKENS]).astype(np.int64)
    tokens = np.asarray(split["values"]).astype(np.int64)
    block = int(split["window"][0]) if "cold" in split else None
    size = len(characters)
    smoothing, order = _best(known, size)
    spelt = int(characters[tokens[1:]].sum())
    losses = list(smoothing(known, tokens, size, order, block))
    scores = {"unigram": _scores(losses[0], spelt)}
    likeliest = int(np.bincount(known, minlength=size).argmax())
    scores["unigram"]["token-accuracy"] = float(np.mean(tokens[1:] == likeliest))
    if order > 1:
        scores[f"{order}-gram"] = _scores(losses[-1], spelt)
    return scores


def _best(known: Ids, size: int) -> tuple[Smoothing, int]:
    """Returns what does best on the end of the training text, counted on the rest."""
    held_out = max(2, int(len(known) * _HELD_OUT))
    found: list[tuple[float, int, Smoothing]] = []
    smoothings: tuple[Smoothing, ...] = (kneser_ney, witten_bell)
    for smoothing in smoothings:
        best = math.inf
        for order, losses in enumerate(
            smoothing(known[:-held_out], known[-held_out:], size, LONGEST, None), start=1
        ):
            if losses.mean() >= best:
                break
            best = float(losses.mean())
            found.append((best, order, smoothing))
    _, order, smoothing = min(found, key=lambda one: one[0])
    return smoothing, order


def _scores(losses: Reals, spelt: int) -> dict[str, float]:
    loss = float(losses.mean())
    scores = {"loss": loss, "perplexity": math.exp(loss) if loss < 700 else math.inf}
    if spelt:
        scores["bits-per-character"] = float(losses.sum()) / math.log(2) / spelt
    return scores
