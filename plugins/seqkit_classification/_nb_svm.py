"""NB-SVM (Wang and Manning 2012): n-grams of raw texts, weighed by naive Bayes, then linear."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from seqkit.api import Arrays
from seqkit_classification._grams import Grams, grams_of
from seqkit_classification._logistic import Sparse, class_logits, fit_logistic

WORDS, CHARACTERS = Grams("words", 1, 2), Grams("characters", 1, 5)

# With the numbers of the texts that come at once, 32 bits.
_BITS = 22
FEATURES = 1 << _BITS
"""Different hashes of n-grams."""

_LEAST_TEXTS = 2
_PENALTY = 0.05
_ITERATIONS = 40
# N-grams times classes of the largest fit, and coefficients times classes: seconds on one core.
_MOST_WORK = 20_000_000
_MOST_COEFFICIENTS = 4_000_000
# About how many different n-grams there are in a text, for each of its bytes.
_PER_BYTE = {"words": 0.35, "characters": 4.0}
# Bytes of texts on which words and characters are compared, of training texts and of others.
_COMPARED = 500_000
_HELD_OUT = 10


@dataclass(frozen=True)
class Texts:
    """Raw texts and their classes.

    Attributes:
        text: Bytes of UTF-8, one text after another.
        bounds: Where each begins, and the end of the last, int64 `(texts + 1,)`.
        targets: int64 `(texts,)`.
    """

    text: NDArray[np.uint8]
    bounds: NDArray[np.int64]
    targets: NDArray[np.int64]

    def thinned(self, step: int) -> Texts:
        """Returns about one in so many texts, whatever order they stand in."""
        return self if step <= 1 else self.chosen(np.flatnonzero(self.parts(step) == 0))

    def parts(self, count: int) -> NDArray[np.int64]:
        """Deals texts out into so many parts by what they are, so that equal ones are together."""
        return self.sums() % count

    def sums(self) -> NDArray[np.int64]:
        """Returns a checksum of each text, int64 `(texts,)`."""
        ends = zip(self.bounds[:-1], self.bounds[1:], strict=True)
        sums = [crc32(self.text[first:last].tobytes()) for first, last in ends]
        return np.array(sums, dtype=np.int64)

    def chosen(self, numbers: NDArray[np.int64]) -> Texts:
        """Returns some of the texts, by their numbers."""
        parts = [self.text[self.bounds[n] : self.bounds[n + 1]] for n in numbers]
        bounds = np.zeros(len(parts) + 1, dtype=np.int64)
        np.cumsum([len(part) for part in parts], out=bounds[1:])
        return Texts(np.concatenate([*parts, self.text[:0]]), bounds, self.targets[numbers])

    @property
    def size(self) -> int:
        """Bytes of all texts."""
        return int(self.bounds[-1] - self.bounds[0])


@dataclass(frozen=True)
class LinearModel:
    """A linear model of which n-grams a text has.

    Attributes:
        grams: Which n-grams are looked at.
        columns: Number of the feature of each hash, int32 `(2 ** bits,)`; -1 where it is none.
        coefficients: `(features, k)`, where `k` is 1 for two classes.
        intercept: `(k,)`.
    """

    grams: Grams
    columns: NDArray[np.int32]
    coefficients: Tensor
    intercept: Tensor

    def features(self) -> NDArray[np.int32]:
        """Returns the hashes that are features, rising, int32 `(features,)`."""
        return np.flatnonzero(self.columns >= 0).astype(np.int32)

    def logits(self, text: NDArray[np.uint8], bounds: NDArray[np.int64]) -> Tensor:
        """Returns a logit for each class, `(texts, classes)`."""
        found = [torch.zeros(0, max(2, len(self.intercept)))]
        for hashes, places, count in grams_of(text, bounds, self.grams):
            ids, rows = _distinct(hashes, places)
            matrix = _matrix(self.columns[ids], rows, count)
            found.append(class_logits(matrix.times(self.coefficients) + self.intercept))
        return torch.cat(found)


@dataclass(frozen=True)
class NbSvm:
    """The mean of one or two linear models; make one with `fit_nb_svm`."""

    models: Sequence[LinearModel]

    def logits(self, text: NDArray[np.uint8], bounds: NDArray[np.int64]) -> Tensor:
        """Returns the log-probability of each class, `(texts, classes)`."""
        parts = [model.logits(text, bounds).log_softmax(dim=1) for model in self.models]
        return torch.stack(parts).mean(dim=0)


def fit_nb_svm(train: Texts, others: Texts | None, classes: int) -> NbSvm:
    """Fits a linear model of words and word pairs, of one to five characters, or of both.

    Which of them is decided by the loss on other texts; very large data are thinned out evenly
    for that, and have no model of both.

    Args:
        train: What the models are fitted to.
        others: The validation split; without one, training texts are held out for the decision.
        classes: How many there are.
    """
    known = train
    if others is None or not len(others.targets):
        held = train.parts(_HELD_OUT) == 0
        if not held.any() or held.all():
            return NbSvm([fit_linear(train, WORDS, classes)])
        known, others = (train.chosen(np.flatnonzero(part)) for part in (~held, held))
    large = known.size > _COMPARED
    sample = known.thinned(math.ceil(known.size / _COMPARED))
    judged = others.thinned(math.ceil(others.size / _COMPARED))
    single = [fit_linear(sample, grams, classes) for grams in (WORDS, CHARACTERS)]
    tried = [NbSvm([model]) for model in single]
    if not large or known.size * _PER_BYTE["characters"] <= _MOST_WORK:
        tried.append(NbSvm(single))
    targets = torch.from_numpy(judged.targets)
    losses = [
        float(functional.nll_loss(one.logits(judged.text, judged.bounds), targets)) for one in tried
    ]
    best = tried[int(np.argmin(losses))]
    if sample is train:
        return best
    return NbSvm([fit_linear(train, model.grams, classes) for model in best.models])


def fit_linear(train: Texts, grams: Grams, classes: int) -> LinearModel:
    """Fits logistic regression to the n-grams that texts have, weighed by naive Bayes.

    A feature is whether a text has an n-gram, times the log-ratio of how often the class and all
    others have it (each count one higher), and texts are scaled to norm 1. Wang and Manning fit a
    support vector machine; logistic regression tells the same classes, and probabilities.
    N-grams that only one training text has are left out.
    """
    k = 1 if classes == 2 else classes
    work = train.size * _PER_BYTE[grams.unit] * (1 + (k - 1) / 4)
    train = train.thinned(math.ceil(work / _MOST_WORK))
    ids, rows = _all_distinct(train, grams)
    texts = np.bincount(ids, minlength=FEATURES)
    least = _LEAST_TEXTS
    while np.count_nonzero(texts >= least) > _MOST_COEFFICIENTS // k:
        least += 1
    features = np.flatnonzero(texts >= least)
    columns = columns_of(features)
    matrix = _matrix(columns[ids], rows, len(train.targets))
    targets = torch.from_numpy(train.targets)
    if not len(features):
        counts = torch.bincount(targets, minlength=classes) + 1.0
        prior = counts.log() if k > 1 else (counts[1] / counts[0]).log()[None]
        return LinearModel(grams, columns, torch.zeros(0, k), prior)
    transposed = matrix.transposed(len(features))
    coefficients, intercept = fit_logistic(
        matrix,
        transposed,
        targets,
        classes,
        penalty=_PENALTY,
        iterations=_ITERATIONS,
        scale=log_count_ratios(transposed, targets, classes),
    )
    return LinearModel(grams, columns, coefficients, intercept)


def columns_of(features: NDArray[Any]) -> NDArray[np.int32]:
    """Returns the number of the feature of each hash, -1 where it is none.

    Args:
        features: The hashes that are features, rising.
    """
    columns = np.full(FEATURES, -1, dtype=np.int32)
    columns[features] = np.arange(len(features))
    return columns


def log_count_ratios(transposed: Sparse, targets: Tensor, classes: int) -> Tensor:
    """Returns how much likelier each feature is in a class than elsewhere, `(features, k)`."""
    own = functional.one_hot(targets, classes).float()
    own = own[:, 1:] if classes == 2 else own
    present = Sparse(transposed.ids, transposed.offsets, torch.ones_like(transposed.weights))
    inside, outside = 1 + present.times(own), 1 + present.times(1 - own)
    return (inside / inside.sum(dim=0)).log() - (outside / outside.sum(dim=0)).log()


def _all_distinct(train: Texts, grams: Grams) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Returns the n-grams that each text has, and the text of each."""
    ids: list[NDArray[np.int32]] = [np.zeros(0, dtype=np.int32)]
    rows: list[NDArray[np.int32]] = [np.zeros(0, dtype=np.int32)]
    first = 0
    for hashes, places, count in grams_of(train.text, train.bounds, grams):
        found, there = _distinct(hashes, places)
        ids.append(found)
        rows.append((there + first).astype(np.int32))
        first += count
    return np.concatenate(ids), np.concatenate(rows)


def _distinct(
    hashes: NDArray[np.uint64], places: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Returns each text's hashes, cut short, once; and the text of each, rising."""
    # Sorting is what takes longest, and takes half as long with 32 bits.
    keys = places.astype(np.uint32) << np.uint32(_BITS)
    keys |= (hashes >> np.uint64(64 - _BITS)).astype(np.uint32)
    keys.sort()
    keys = keys[np.flatnonzero(np.diff(keys, prepend=~keys[:1]))]
    return (
        (keys & np.uint32(FEATURES - 1)).astype(np.int32),
        (keys >> np.uint32(_BITS)).astype(np.int32),
    )


def _matrix(ids: NDArray[np.int32], rows: NDArray[np.int32], count: int) -> Sparse:
    """Returns texts by features, each text with norm 1; features of number -1 are left out."""
    known = ids >= 0
    ids, rows = ids[known], rows[known]
    counts = np.bincount(rows, minlength=count)
    weights = (1 / np.sqrt(np.maximum(counts, 1))).astype(np.float32)
    offsets = (np.cumsum(counts) - counts).astype(np.int32)
    return Sparse(torch.from_numpy(ids), torch.from_numpy(offsets), torch.from_numpy(weights[rows]))


@contextmanager
def one_thread() -> Iterator[None]:
    """Computes the same whatever the threads of a run, which have little to do in short passes."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def texts_of(arrays: Arrays) -> Texts:
    """Returns the raw texts of a split, and their targets."""
    return Texts(*raw_texts(arrays), np.array(arrays["targets"]))


def raw_texts(arrays: Arrays) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Returns bytes of texts, and where each begins; where nothing is kept, they are empty."""
    if "shown_bounds" not in arrays:
        return np.zeros(0, np.uint8), np.zeros(len(arrays["offsets"]), np.int64)
    return np.asarray(arrays["shown_bytes"]), np.asarray(arrays["shown_bounds"])
