"""Losses of classes and tokens: their settings. The functions are imported when built."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pydantic

import seqkit
from seqkit.api import Classes, Loss, LossFunction, Shape, Tokens
from seqkit.config import Field
from seqkit.errors import ConfigurationError, Problem, suggestion

Weight = Annotated[float, pydantic.Field(gt=0)]
ClassWeights = Literal["none", "balanced"] | dict[str, Weight]

_WEIGHTS_HELP = (
    "How much each class counts: none, balanced (rare classes count more, so that all classes "
    "weigh the same), or a table of labels and weights, where labels left out have 1."
)


class CrossEntropy(Loss):
    """Negative log-likelihood of the right class, or of each right token, in nats."""

    name = "cross-entropy"
    tasks = ("classification", "language-modeling", "seq2seq")

    class Config(seqkit.Config):
        label_smoothing: float = Field(
            0.0,
            ge=0,
            lt=1,
            help="Share of each target that is spread evenly over all classes or tokens.",
        )
        class_weights: ClassWeights = Field("none", help=_WEIGHTS_HELP)

    def adapt(self, config: Any, shape: Shape) -> Shape:
        if not isinstance(shape.outputs, Tokens):
            class_weights(config.class_weights, classes_of(shape))
        elif config.class_weights != "none":
            problem = Problem(
                "loss.class_weights",
                f"loss.class_weights is {config.class_weights!r}, and the task {shape.task} has no "
                "classes but tokens",
                "Leave it out",
            )
            raise ConfigurationError(problems=[problem])
        return shape

    def build(self, config: Any, shape: Shape) -> LossFunction:
        from seqkit_classification._losses import CrossEntropyLoss, TokenCrossEntropyLoss

        if isinstance(shape.outputs, Tokens):
            return TokenCrossEntropyLoss(config.label_smoothing)
        weights = class_weights(config.class_weights, classes_of(shape))
        return CrossEntropyLoss(config.label_smoothing, weights)


class BinaryCrossEntropy(Loss):
    """Cross-entropy of two classes from a single logit, that of the second class."""

    name = "bce"
    tasks = ("classification",)

    class Config(seqkit.Config):
        label_smoothing: float = Field(
            0.0, ge=0, lt=1, help="Share of each target that is spread evenly over both classes."
        )
        class_weights: ClassWeights = Field("none", help=_WEIGHTS_HELP)

    def adapt(self, config: Any, shape: Shape) -> Shape:
        classes = classes_of(shape)
        if len(classes.names) != 2:
            shown = ", ".join(classes.names[:10]) + (", ..." if len(classes.names) > 10 else "")
            raise ConfigurationError(
                problems=[
                    Problem(
                        "loss",
                        f"loss bce is for two classes, and the data have {len(classes.names)}: "
                        f"{shown}",
                        "Write loss=cross-entropy",
                    )
                ]
            )
        class_weights(config.class_weights, classes)
        return shape.with_outputs(logits=1)

    def build(self, config: Any, shape: Shape) -> LossFunction:
        from seqkit_classification._losses import BinaryCrossEntropyLoss

        weights = class_weights(config.class_weights, classes_of(shape))
        return BinaryCrossEntropyLoss(config.label_smoothing, weights)


def classes_of(shape: Shape) -> Classes:
    """Returns the classes of a shape. Raises ConfigurationError when its task has none."""
    if not isinstance(shape.outputs, Classes):
        raise ConfigurationError(
            f"task {shape.task!r} has no classes, which this loss or metric needs. "
            "Choose another one"
        )
    return shape.outputs


def class_weights(setting: ClassWeights, classes: Classes) -> list[float] | None:
    """Returns the weight of each class, or None where all are 1.

    `balanced` gives n / (k * n_c), with n examples, k classes and n_c examples of the class, as
    in King and Zeng 2001, "Logistic Regression in Rare Events Data".

    Raises:
        ConfigurationError: A label is not one of the classes.
    """
    if setting == "none":
        return None
    if setting == "balanced":
        total = sum(classes.counts)
        return [total / (len(classes.counts) * max(1, count)) for count in classes.counts]
    problems = [
        Problem(
            f"loss.class_weights.{label}",
            f"loss.class_weights names {label!r}, which is not a label of the data",
            suggestion(label, classes.names),
        )
        for label in setting
        if label not in classes.names
    ]
    if problems:
        raise ConfigurationError(problems=problems)
    return [float(setting.get(name, 1.0)) for name in classes.names]
