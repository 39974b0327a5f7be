"""Metrics of numbers: their settings. What adds up is in `_metrics`, imported when built.

Scores are over all targets that are known, of all windows, rows and columns alike, or of all
examples with one number each. Where a model forecasts quantiles, its median is scored.
"""

from __future__ import annotations

from typing import Any

import seqkit
from seqkit.api import Accumulator, Metric, Shape
from seqkit.config import Field
from seqkit.errors import ConfigurationError, Problem
from seqkit_timeseries.losses import numbers_of, values_of


class AbsoluteError(Metric):
    """Mean absolute error: the mean of |y - f|."""

    name = "mae"
    outputs = ("values", "number")
    higher_is_better = False

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_timeseries._metrics import absolute, mean_of

        return mean_of(absolute, numbers_of(shape))


class SquaredError(Metric):
    """Mean squared error: the mean of (y - f)²."""

    name = "mse"
    outputs = ("values", "number")
    higher_is_better = False

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_timeseries._metrics import mean_of, squared

        return mean_of(squared, numbers_of(shape))


class RootSquaredError(Metric):
    """Root of the mean squared error."""

    name = "rmse"
    outputs = ("values", "number")
    higher_is_better = False

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_timeseries._metrics import mean_of, squared

        return mean_of(squared, numbers_of(shape), root=True)


class SymmetricPercentage(Metric):
    """Symmetric mean absolute percentage error, from 0 to 200, as the M4 competition has it.

    The mean of 200 |y - f| / (|y| + |f|), 0 where both are 0 (Makridakis et al. 2020, "The M4
    Competition"). It means little where values are near 0 or change their sign.
    """

    name = "smape"
    outputs = ("values", "number")
    higher_is_better = False

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_timeseries._metrics import mean_of, symmetric_percentage

        return mean_of(symmetric_percentage, numbers_of(shape))


class ScaledError(Metric):
    """Mean absolute scaled error: below 1 is better than the seasonal naive forecast in sample.

    The mean of |y - f| / s, where s is the mean of |y(t) - y(t - m)| over the rows of the same
    series before the split, and m the season (Hyndman and Koehler 2006); neighbours are compared
    where there is no whole season. A series that never changed there is left out.
    """

    name = "mase"
    tasks = ("forecasting",)
    higher_is_better = False
    reads = "batch"

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_timeseries._metrics import scaled_error

        return scaled_error(values_of(shape))


class WeightedAverage(Metric):
    """Overall weighted average of M4: mean of sMAPE and MASE, each over that of Naive2.

    Makridakis et al. 2020. The defaults are Naive2's published scores on M4 Hourly; on other data
    and splits give those that the baseline `naive2` has there.
    """

    name = "owa"
    tasks = ("forecasting",)
    higher_is_better = False
    reads = "batch"

    class Config(seqkit.Config):
        naive2_smape: float = Field(18.383, gt=0, help="sMAPE of Naive2 on the same windows.")
        naive2_mase: float = Field(2.395, gt=0, help="MASE of Naive2 on the same windows.")

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_timeseries._metrics import weighted_average

        return weighted_average(values_of(shape), config.naive2_smape, config.naive2_mase)


class Determination(Metric):
    """Coefficient of determination: 1 is perfect, 0 as good as the mean of the targets.

    1 - sum (y - f)² / sum (y - mean y)² of each column, averaged over the columns, as scikit-learn
    does. A column that is constant is left out.
    """

    name = "r2"
    outputs = ("values", "number")

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_timeseries._metrics import determination

        return determination(numbers_of(shape))


class RelativeSquaredError(Metric):
    """Root relative squared error, as the exchange-rate literature has it (Lai et al. 2018).

    sqrt(sum (y - f)²) / sqrt(sum (y - mean y)²), with one mean over all columns. LSTNet and those
    who compare with it score one row of the horizon alone, which `step` chooses.
    """

    name = "rse"
    outputs = ("values",)
    higher_is_better = False

    class Config(seqkit.Config):
        step: int = Field(0, ge=0, help="The row of the horizon that is scored, from 1; 0: all.")

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_timeseries._metrics import relative_squared

        outputs = values_of(shape)
        if config.step > outputs.horizon:
            message = f"step of metric rse is {config.step}, and the horizon is {outputs.horizon}"
            problem = Problem("rse.step", message, f"Write at most {outputs.horizon}")
            raise ConfigurationError(problems=[problem])
        return relative_squared(outputs, config.step)


class HorizonError(Metric):
    """Mean absolute error of each row of the horizon, the nearest first."""

    name = "horizon-mae"
    outputs = ("values",)
    higher_is_better = None

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_timeseries._metrics import by_step

        return by_step(values_of(shape))


class Coverage(Metric):
    """Share of targets between the lowest and highest quantile; best near what these promise.

    Quantiles 0.1 and 0.9 promise 0.8. Needs the loss `quantile`.
    """

    name = "coverage"
    outputs = ("values",)
    higher_is_better = None

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_timeseries._metrics import coverage

        _need_interval(shape, self.name)
        return coverage()


class IntervalWidth(Metric):
    """Mean distance from the lowest to the highest quantile; read it beside the coverage."""

    name = "interval-width"
    outputs = ("values",)
    higher_is_better = None

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_timeseries._metrics import interval_width

        _need_interval(shape, self.name)
        return interval_width()


def _need_interval(shape: Shape, name: str) -> None:
    if len(values_of(shape).quantiles) < 2:
        message = f"metric {name} needs an interval, and the model forecasts none"
        hint = "Write loss=quantile with two levels or more"
        raise ConfigurationError(problems=[Problem("metrics", message, hint)])


METRICS: tuple[type[Metric], ...] = (
    AbsoluteError,
    SquaredError,
    RootSquaredError,
    SymmetricPercentage,
    ScaledError,
    WeightedAverage,
    Determination,
    RelativeSquaredError,
    HorizonError,
    Coverage,
    IntervalWidth,
)
