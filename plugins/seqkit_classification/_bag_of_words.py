"""A linear model of word counts, which knows nothing of their order."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqkit.api import Arrays
from seqkit_classification._logistic import Sparse, class_logits, fit_logistic

_FIRST_WORD = 2
_ITERATIONS = 100
# Word counts times classes the linear model is fitted on: some seconds on one core.
_MOST_WORK = 20_000_000


@dataclass(frozen=True)
class WordCounts:
    """How often each word occurs in each text: of each text its distinct words, rising by id.

    Attributes:
        ids: Ids of the words, int64 `(words,)`.
        offsets: Where each text begins, and the end of the last, int64 `(texts + 1,)`.
        counts: int64 `(words,)`.
    """

    ids: NDArray[np.int64]
    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]


@dataclass(frozen=True)
class BagOfWords:
    """A linear model of tf-idf weights; make one with `fit_bag_of_words`.

    Attributes:
        inverse_frequency: Weight of each token id, `(vocabulary,)`; 0 for padding and unknown.
        coefficients: `(vocabulary, columns)`, with one column for two classes.
        intercept: `(columns,)`.
    """

    inverse_frequency: NDArray[np.float64]
    coefficients: Tensor
    intercept: Tensor

    def logits(self, arrays: Arrays) -> Tensor:
        """Returns a logit for each class, `(texts, classes)`."""
        texts = np.arange(len(arrays["offsets"]) - 1)
        words = weigh(count_words(arrays, texts), self.inverse_frequency)
        return class_logits(words.times(self.coefficients) + self.intercept)


def fit_bag_of_words(
    train: Arrays, vocabulary: int, classes: int, *, penalty: float = 1.0
) -> BagOfWords:
    """Fits multinomial logistic regression to tf-idf weights of single words.

    Weights are those of Salton and Buckley 1988 with a smoothed inverse document frequency,
    `1 + log((1 + n) / (1 + df))`, each text scaled to norm 1; the fit is L-BFGS (Liu and Nocedal
    1989) on the summed loss plus `penalty / 2` times the squared coefficients. Very large data are
    thinned out evenly to what fits in some seconds.
    """
    lengths = np.diff(train["offsets"])
    columns = 1 if classes == 2 else classes
    step = math.ceil(int(lengths.sum()) * columns / _MOST_WORK)
    texts = np.arange(0, len(lengths), max(1, step))
    counted = count_words(train, texts)
    frequency = np.bincount(counted.ids, minlength=vocabulary)
    inverse_frequency = 1 + np.log((1 + len(texts)) / (1 + frequency))
    inverse_frequency[:_FIRST_WORD] = 0
    words = weigh(counted, inverse_frequency)
    targets = torch.from_numpy(np.array(train["targets"])[texts])
    coefficients, intercept = fit_logistic(
        words,
        words.transposed(vocabulary),
        targets,
        classes,
        penalty=penalty,
        iterations=_ITERATIONS,
    )
    return BagOfWords(inverse_frequency, coefficients, intercept)


def count_words(arrays: Arrays, texts: NDArray[np.int64]) -> WordCounts:
    """Counts the words of some texts, given by their numbers in the split."""
    offsets = np.asarray(arrays["offsets"])
    lengths = offsets[texts + 1] - offsets[texts]
    rows = np.repeat(np.arange(len(texts)), lengths)
    ends = np.cumsum(lengths)
    positions = np.repeat(offsets[texts] - ends + lengths, lengths) + np.arange(len(rows))
    ids = np.asarray(arrays["values"])[positions].astype(np.int64)
    size = int(ids.max(initial=0)) + 1
    keys, counts = np.unique(rows * size + ids, return_counts=True)
    starts = np.searchsorted(keys, np.arange(len(texts) + 1) * size)
    return WordCounts(keys % size, starts, counts)


def weigh(counted: WordCounts, inverse_frequency: NDArray[np.float64]) -> Sparse:
    """Weighs words by count and inverse document frequency, each text to norm 1."""
    weights = counted.counts * inverse_frequency[counted.ids]
    # The cumulative sum, unlike reduceat, gives 0 for a text without words.
    squares = np.concatenate([[0.0], np.cumsum(weights**2)])
    norms = np.sqrt(np.diff(squares[counted.offsets]).clip(0))
    norms[norms == 0] = 1
    weights /= np.repeat(norms, np.diff(counted.offsets))
    return Sparse(
        torch.from_numpy(counted.ids),
        torch.from_numpy(counted.offsets[:-1]),
        torch.from_numpy(weights.astype(np.float32)),
    )
