"""Naive answers to compare a score with: the most frequent class, and a linear model of words."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from seqkit.api import Accumulator, Arrays, Classes, Shape, Tokens
from seqkit_classification._metrics import F1, Accuracy, AreaUnderCurve, ClassCounts

_FIRST_WORD = 2
_ITERATIONS = 100
# Word counts times classes the linear model is fitted on: some seconds on one core.
_MOST_WORK = 20_000_000


def score_baselines(train: Arrays, split: Arrays, shape: Shape) -> dict[str, dict[str, float]]:
    """Fits the baselines on the training split and scores them on another.

    Returns:
        `accuracy`, `f1` and `auroc`, where they are defined, of `majority` and `bag-of-words`.
    """
    return {name: _scores(*both) for name, both in baseline_outputs(train, split, shape).items()}


def baseline_outputs(
    train: Arrays, split: Arrays, shape: Shape
) -> dict[str, tuple[Tensor, Tensor]]:
    """Fits the baselines on the training split; returns logits on another, and its targets."""
    classes = shape.outputs
    if "targets" not in split:
        return {}
    if not (isinstance(classes, Classes) and isinstance(shape.inputs, Tokens)):
        raise TypeError(f"these baselines are for texts and classes, not for {shape}")
    targets = torch.from_numpy(np.array(split["targets"]))
    majority = torch.zeros(len(targets), len(classes.names))
    majority[:, int(np.argmax(classes.counts))] = 1.0
    words = fit_bag_of_words(train, shape.inputs.size, len(classes.names))
    return {"majority": (majority, targets), "bag-of-words": (words.logits(split), targets)}


def _scores(logits: Tensor, targets: Tensor) -> dict[str, float]:
    classes = logits.shape[1]
    metrics: dict[str, Accumulator] = {
        "accuracy": Accuracy(),
        "f1": F1(ClassCounts(classes), "binary" if classes == 2 else "macro"),
        "auroc": AreaUnderCurve(classes),
    }
    for metric in metrics.values():
        metric.update(logits, targets)
    values = {name: metric.compute() for name, metric in metrics.items()}
    return {name: value for name, value in values.items() if not math.isnan(value)}


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
class WordWeights:
    """A sparse matrix of weights, row after row: texts by words, or transposed.

    Attributes:
        ids: Column of each weight, int64 `(weights,)`.
        offsets: Where each row begins, int64 `(rows,)`.
        weights: float32 `(weights,)`.
    """

    ids: Tensor
    offsets: Tensor
    weights: Tensor

    def times(self, coefficients: Tensor) -> Tensor:
        """Multiplies with a dense `(columns, k)`, which gives `(rows, k)`."""
        return functional.embedding_bag(
            self.ids, coefficients, self.offsets, mode="sum", per_sample_weights=self.weights
        )


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
        logits = words.times(self.coefficients) + self.intercept
        if logits.shape[1] > 1:
            return logits
        return torch.cat([torch.zeros_like(logits), logits], dim=1)


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
    transposed = transpose(words, vocabulary)
    coefficients, intercept = torch.zeros(vocabulary, columns), torch.zeros(columns)
    optimizer = torch.optim.LBFGS(
        [coefficients, intercept],
        max_iter=_ITERATIONS,
        tolerance_grad=1e-6,
        line_search_fn="strong_wolfe",
    )

    def objective() -> Tensor:
        # By hand, as both the product and its derivative are then one fast pass over the words.
        logits = words.times(coefficients) + intercept
        if columns == 1:
            loss = functional.binary_cross_entropy_with_logits(logits[:, 0], targets.float())
            residuals = (torch.sigmoid(logits) - targets[:, None]) / len(texts)
        else:
            loss = functional.cross_entropy(logits, targets)
            residuals = torch.softmax(logits, dim=1)
            residuals[torch.arange(len(texts)), targets] -= 1
            residuals /= len(texts)
        coefficients.grad = transposed.times(residuals) + penalty / len(texts) * coefficients
        intercept.grad = residuals.sum(dim=0)
        return loss + penalty / (2 * len(texts)) * coefficients.square().sum()

    optimizer.step(objective)  # type: ignore[no-untyped-call]
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


def weigh(counted: WordCounts, inverse_frequency: NDArray[np.float64]) -> WordWeights:
    """Weighs words by count and inverse document frequency, each text to norm 1."""
    weights = counted.counts * inverse_frequency[counted.ids]
    # The cumulative sum, unlike reduceat, gives 0 for a text without words.
    squares = np.concatenate([[0.0], np.cumsum(weights**2)])
    norms = np.sqrt(np.diff(squares[counted.offsets]).clip(0))
    norms[norms == 0] = 1
    weights /= np.repeat(norms, np.diff(counted.offsets))
    return WordWeights(
        torch.from_numpy(counted.ids),
        torch.from_numpy(counted.offsets[:-1]),
        torch.from_numpy(weights.astype(np.float32)),
    )


def transpose(words: WordWeights, columns: int) -> WordWeights:
    """Returns the matrix with its rows and columns exchanged."""
    order = torch.argsort(words.ids, stable=True)
    ends = torch.cat([words.offsets[1:], torch.tensor([len(words.ids)])])
    rows = torch.repeat_interleave(ends - words.offsets)
    occurrences = torch.bincount(words.ids, minlength=columns)
    return WordWeights(rows[order], occurrences.cumsum(0) - occurrences, words.weights[order])
