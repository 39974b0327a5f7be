"""Metrics of classes and tokens: their settings. What adds up is imported when built."""

from __future__ import annotations

from typing import Any, Literal

import seqkit
from seqkit.api import Accumulator, Metric, Shape
from seqkit.config import Field
from seqkit.errors import ConfigurationError, Problem
from seqkit_classification.losses import classes_of


class Accuracy(Metric):
    """Share of examples whose class is told right."""

    name = "accuracy"
    tasks = ("classification",)

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_classification._metrics import Accuracy

        return Accuracy()


class F1(Metric):
    """Harmonic mean of precision and recall.

    0 where nothing was right, as in scikit-learn; NaN where there was no example.
    """

    name = "f1"
    tasks = ("classification",)

    class Config(seqkit.Config):
        average: Literal["auto", "binary", "macro", "micro", "weighted"] = Field(
            "auto",
            help="binary: of the second of two classes; macro: mean over the classes that occur; "
            "weighted: by their frequency; micro: over all decisions (accuracy); "
            "auto: binary for two classes, else macro.",
        )

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_classification._metrics import F1

        size = len(classes_of(shape).names)
        average = config.average
        if average == "auto":
            average = "binary" if size == 2 else "macro"
        if average == "binary" and size != 2:
            problem = Problem(
                "f1.average",
                f"average of metric f1 is 'binary', and the data have {size} classes",
                "Write macro, micro or weighted",
            )
            raise ConfigurationError(problems=[problem])
        return F1(size, average)


class AreaUnderCurve(Metric):
    """Area under the ROC curve: how often a positive example is ranked above a negative one.

    Of the second of two classes; with more, the mean over the classes of each against the rest.
    Ties count half, exactly. A class that has no example, or every example, is left out; NaN where
    that leaves none, as when all examples have one class.
    """

    name = "auroc"
    tasks = ("classification",)

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_classification._metrics import AreaUnderCurve

        return AreaUnderCurve(len(classes_of(shape).names))


class Confusion(Metric):
    """Counts of examples by true class (rows) and predicted class (columns)."""

    name = "confusion"
    tasks = ("classification",)
    higher_is_better = None

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_classification._metrics import Confusion

        return Confusion(len(classes_of(shape).names))


class Perplexity(Metric):
    """Exponential of the mean negative log-likelihood of a token, given the true ones before it.

    The tokens before it are always the true ones (teacher forcing); padding counts nothing.
    """

    name = "perplexity"
    tasks = ("language-modeling", "seq2seq")
    higher_is_better = False

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_classification._token_metrics import Perplexity

        return Perplexity()


class TokenAccuracy(Metric):
    """Share of tokens told right, given the true ones before each (teacher forcing)."""

    name = "token-accuracy"
    tasks = ("language-modeling", "seq2seq")

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_classification._token_metrics import TokenAccuracy

        return TokenAccuracy()
