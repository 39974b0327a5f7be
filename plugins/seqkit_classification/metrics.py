"""Metrics of classes, labels and tokens: their settings. What adds up is imported when built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import seqkit
from seqkit.api import Accumulator, Labels, Metric, Shape, StepClasses
from seqkit.config import Field
from seqkit.errors import ConfigurationError, Problem, suggestion
from seqkit_classification._labels import Labels as Classes
from seqkit_classification.losses import NO_CLASS, PADDING_ID, classes_of


class Accuracy(Metric):
    """Share of examples whose class is told right, or of steps, or of whole sets of labels.

    Where an example has several labels, it is right when each of them is (subset accuracy).
    """

    name = "accuracy"
    outputs = ("classes", "step-classes", "labels")

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_classification._metrics import Accuracy, right_classes, right_labels
        from seqkit_classification._token_metrics import StepAccuracy

        if isinstance(shape.outputs, StepClasses):
            return StepAccuracy(NO_CLASS)
        return Accuracy(right_labels if isinstance(shape.outputs, Labels) else right_classes)


class F1(Metric):
    """Harmonic mean of precision and recall.

    0 where nothing was right, as in scikit-learn; NaN where there was no example. Steps count as
    examples do; of several labels, one is predicted where its logit is above 0.
    """

    name = "f1"
    outputs = ("classes", "step-classes", "labels")

    class Config(seqkit.Config):
        added = ("positive",)

        average: Literal["auto", "binary", "macro", "micro", "weighted"] = Field(
            "auto",
            help="binary: of one of two classes; macro: mean over the classes or labels "
            "that occur; weighted: by their frequency; micro: over all decisions (of one class "
            "each, it is accuracy); auto: binary for two classes, else macro.",
        )
        positive: str = Field(
            "", help="The one of two classes that binary is of; empty: the second of them."
        )

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_classification._metrics import F1, ClassCounts, LabelCounts

        average = _average(config, shape)
        if isinstance(shape.outputs, Labels):
            return F1(LabelCounts(len(shape.outputs.names)), average)
        names = classes_of(shape).names
        place = names.index(self.positive(config, shape)) if average == "binary" else 0
        return F1(ClassCounts(len(names)), average, place)

    def positive(self, config: Any, shape: Shape) -> str:
        """The class of `positive`, or else the second of two; empty where it is a mean."""
        if _average(config, shape) != "binary":
            return ""
        names = classes_of(shape).names
        return class_named(config.positive, names) if config.positive else names[1]

    def details(
        self, config: Any, shape: Shape, accumulator: Any
    ) -> Mapping[str, Mapping[str, float]]:
        """Precision, recall, F1 and support of each class or label."""
        labels = shape.outputs
        names = labels.names if isinstance(labels, Labels) else classes_of(shape).names
        return dict(zip(names, accumulator.of_each(), strict=True))


def _average(config: Any, shape: Shape) -> str:
    """Returns how the scores of classes become one."""
    several = isinstance(shape.outputs, Labels)
    size = 0 if several else len(classes_of(shape).names)
    average: str = config.average
    if average == "auto":
        average = "binary" if size == 2 else "macro"
    if average == "binary" and size != 2:
        what = "an example has several labels" if several else f"the data have {size} classes"
        raise _not_binary(what)
    if average != "binary" and config.positive:
        message = f"positive of metric f1 is {config.positive!r}, and it is a mean over classes"
        hint = "Leave it out, or write f1.average=binary with two classes"
        raise ConfigurationError(problems=[Problem("f1.positive", message, hint)])
    return average


def class_named(name: str, names: Sequence[str]) -> str:
    """Returns a class by a spelling of its label. Raises ConfigurationError where there is none."""
    found = Classes(tuple(names)).find(name)
    if found is None:
        message = f"positive of metric f1 is {name!r}, which is no class of the data"
        raise ConfigurationError(
            problems=[Problem("f1.positive", message, suggestion(name, names))]
        )
    return names[found]


def _not_binary(reason: str) -> ConfigurationError:
    message = f"average of metric f1 is 'binary', and {reason}"
    return ConfigurationError(
        problems=[Problem("f1.average", message, "Write macro, micro or weighted")]
    )


class AreaUnderCurve(Metric):
    """Area under the ROC curve: how often a positive example is ranked above a negative one.

    Of the second of two classes; with more, the mean over the classes of each against the rest; of
    several labels, the mean over the labels. Ties count half, exactly. A class or label that has no
    example, or every example, is left out; NaN where that leaves none.
    """

    name = "auroc"
    outputs = ("classes", "labels")

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_classification._metrics import AreaUnderCurve, AreaUnderCurves

        if isinstance(shape.outputs, Labels):
            return AreaUnderCurves()
        return AreaUnderCurve(len(classes_of(shape).names))


class Confusion(Metric):
    """Counts of examples or steps by true class (rows) and predicted class (columns)."""

    name = "confusion"
    outputs = ("classes", "step-classes")
    higher_is_better = None

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_classification._metrics import Confusion

        return Confusion(len(classes_of(shape).names))

    def names(self, config: Any, shape: Shape) -> Sequence[str]:
        return classes_of(shape).names


class Perplexity(Metric):
    """Exponential of the mean negative log-likelihood of a token, given the true ones before it.

    The tokens before it are always the true ones (teacher forcing); padding counts nothing.
    """

    name = "perplexity"
    outputs = ("next-tokens", "tokens")
    higher_is_better = False

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_classification._token_metrics import Perplexity

        return Perplexity()


class TokenAccuracy(Metric):
    """Share of tokens told right, given the true ones before each (teacher forcing)."""

    name = "token-accuracy"
    outputs = ("next-tokens", "tokens")

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_classification._token_metrics import StepAccuracy

        return StepAccuracy(PADDING_ID)
