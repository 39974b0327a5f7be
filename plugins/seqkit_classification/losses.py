"""Losses of classes, labels and tokens: their settings. The functions are imported when built."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pydantic

import seqkit
from seqkit.api import Classes, Labels, Loss, LossFunction, NextTokens, Shape, StepClasses, Tokens
from seqkit.config import Field
from seqkit.errors import ConfigurationError, Problem, suggestion

PADDING_ID = 0
NO_CLASS = -1
"""Targets that count nothing: of tokens, and of one class a step."""

Weight = Annotated[float, pydantic.Field(gt=0)]
ClassWeights = Literal["none", "balanced"] | dict[str, Weight]

_WEIGHTS_HELP = (
    "How much each class counts: none, balanced (rare classes count more, so that all classes "
    "weigh the same), or a table of labels and weights, where labels left out have 1."
)


class CrossEntropy(Loss):
    """Negative log-likelihood of the right class, of each step or token where there are many."""

    name = "cross-entropy"
    outputs = ("classes", "step-classes", "next-tokens", "tokens")

    class Config(seqkit.Config):
        label_smoothing: float = Field(
            0.0,
            ge=0,
            lt=1,
            help="Share of each target that is spread evenly over all classes or tokens.",
        )
        class_weights: ClassWeights = Field("none", help=_WEIGHTS_HELP)

    def adapt(self, config: Any, shape: Shape) -> Shape:
        if not isinstance(shape.outputs, NextTokens | Tokens):
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
        from seqkit_classification._losses import CrossEntropyLoss, StepCrossEntropyLoss

        if isinstance(shape.outputs, NextTokens | Tokens):
            return StepCrossEntropyLoss(config.label_smoothing, nothing=PADDING_ID)
        weights = class_weights(config.class_weights, classes_of(shape))
        if isinstance(shape.outputs, StepClasses):
            return StepCrossEntropyLoss(config.label_smoothing, nothing=NO_CLASS, weights=weights)
        return CrossEntropyLoss(config.label_smoothing, weights)


class BinaryCrossEntropy(Loss):
    """Cross-entropy of each of several labels, or of two classes from a single logit.

    That logit is of the second class. Several labels are decided each on its own; the loss is the
    mean over examples and labels.
    """

    name = "bce"
    outputs = ("classes", "labels")

    class Config(seqkit.Config):
        label_smoothing: float = Field(
            0.0,
            ge=0,
            lt=1,
            help="Share of each target that is spread evenly over both classes, or yes and no.",
        )
        class_weights: ClassWeights = Field("none", help=_WEIGHTS_HELP)

    def adapt(self, config: Any, shape: Shape) -> Shape:
        if isinstance(shape.outputs, Labels):
            if config.class_weights != "none":
                problem = Problem(
                    "loss.class_weights",
                    f"loss.class_weights is {config.class_weights!r}, and an example of the task "
                    f"{shape.task} has any number of labels, not one class",
                    "Leave it out",
                )
                raise ConfigurationError(problems=[problem])
            return shape
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
        from seqkit_classification._losses import BinaryCrossEntropyLoss, LabelsCrossEntropyLoss

        if isinstance(shape.outputs, Labels):
            return LabelsCrossEntropyLoss(config.label_smoothing)
        weights = class_weights(config.class_weights, classes_of(shape))
        return BinaryCrossEntropyLoss(config.label_smoothing, weights)


def classes_of(shape: Shape) -> Classes | StepClasses:
    """Returns the classes of a shape. Raises ConfigurationError when its task has none."""
    if not isinstance(shape.outputs, Classes | StepClasses):
        raise ConfigurationError(
            f"task {shape.task!r} has no classes, which this loss or metric needs. "
            "Choose another one"
        )
    return shape.outputs


def class_weights(setting: ClassWeights, classes: Classes | StepClasses) -> list[float] | None:
    """Returns the weight of each class, or None where all are 1.

    `balanced` gives n / (k * n_c), with n examples or steps, k classes and n_c of the class, as
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
