"""Losses of numbers: their settings. The functions are in `_losses`, imported when built.

All are means over the targets that are known: a missing one, NaN, counts nowhere.
"""

from __future__ import annotations

from typing import Annotated, Any

import pydantic
from pydantic import field_validator

import seqkit
from seqkit.api import Loss, LossFunction, Number, Shape, Values
from seqkit.config import Field
from seqkit.errors import ConfigurationError

Level = Annotated[float, pydantic.Field(gt=0, lt=1)]


class SquaredError(Loss):
    """Mean squared error; its best prediction is the mean."""

    name = "mse"
    outputs = ("values", "number")

    def adapt(self, config: Any, shape: Shape) -> Shape:
        return of_points(shape)

    def build(self, config: Any, shape: Shape) -> LossFunction:
        from seqkit_timeseries._losses import squared_error

        return squared_error


class AbsoluteError(Loss):
    """Mean absolute error; its best prediction is the median."""

    name = "mae"
    outputs = ("values", "number")

    def adapt(self, config: Any, shape: Shape) -> Shape:
        return of_points(shape)

    def build(self, config: Any, shape: Shape) -> LossFunction:
        from seqkit_timeseries._losses import absolute_error

        return absolute_error


class Huber(Loss):
    """Squared error of small and absolute error of large deviations (Huber 1964)."""

    name = "huber"
    outputs = ("values", "number")

    class Config(seqkit.Config):
        delta: float = Field(
            1.0, gt=0, help="Deviation, in scaled units, from which on the loss is linear."
        )

    def adapt(self, config: Any, shape: Shape) -> Shape:
        return of_points(shape)

    def build(self, config: Any, shape: Shape) -> LossFunction:
        from seqkit_timeseries._losses import huber

        return huber(config.delta)


class Quantile(Loss):
    """Pinball loss of several quantiles: prediction intervals (Koenker and Bassett 1978).

    The model puts out every quantile; answers give them in rising order, and the median is the
    forecast that other metrics score.
    """

    name = "quantile"
    outputs = ("values",)

    class Config(seqkit.Config):
        levels: list[Level] = Field(
            [0.1, 0.5, 0.9], min_length=1, help="The quantiles to forecast, rising."
        )

        @field_validator("levels")
        @classmethod
        def _rising(cls, value: list[float]) -> list[float]:
            if value != sorted(set(value)):
                raise ValueError("the levels must rise, and differ")
            return value

    def adapt(self, config: Any, shape: Shape) -> Shape:
        values_of(shape)
        return shape.with_outputs(quantiles=tuple(config.levels))

    def build(self, config: Any, shape: Shape) -> LossFunction:
        from seqkit_timeseries._losses import QuantileLoss

        return QuantileLoss(config.levels)


def of_points(shape: Shape) -> Shape:
    """Returns the shape of one number for each target, without quantiles."""
    return shape.with_outputs(quantiles=()) if isinstance(numbers_of(shape), Values) else shape


def numbers_of(shape: Shape) -> Values | Number:
    """Returns what a shape predicts. Raises ConfigurationError when these are no numbers."""
    if not isinstance(shape.outputs, Values | Number):
        raise ConfigurationError(
            f"task {shape.task!r} predicts no numbers, which this loss or metric needs. "
            "Choose another one"
        )
    return shape.outputs


def values_of(shape: Shape) -> Values:
    """Returns what a shape forecasts. Raises ConfigurationError when its task forecasts nothing."""
    if not isinstance(shape.outputs, Values):
        raise ConfigurationError(
            f"task {shape.task!r} forecasts no values, which this loss or metric needs. "
            "Choose another one"
        )
    return shape.outputs
