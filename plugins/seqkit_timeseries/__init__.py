"""The built-in plugin `timeseries`: forecasting, its models, losses, metrics and datasets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seqkit.api import Dataset, Loss, Metric, Model, Recipe, Task, recipes_in
from seqkit.hookspecs import hookimpl
from seqkit_timeseries.datasets import (
    Etth1,
    ExchangeRate,
    M4Hourly,
    SeriesCsv,
    Stocks,
    Temperatures,
    Weather,
)
from seqkit_timeseries.losses import AbsoluteError, Huber, Quantile, SquaredError
from seqkit_timeseries.metrics import METRICS
from seqkit_timeseries.models import SegRnn
from seqkit_timeseries.series import split_series as split_series
from seqkit_timeseries.task import Forecasting

if TYPE_CHECKING:
    import click


@hookimpl
def register_tasks() -> list[type[Task]]:
    return [Forecasting]


@hookimpl
def register_models() -> list[type[Model]]:
    return [SegRnn]


@hookimpl
def register_datasets() -> list[type[Dataset]]:
    return [Weather, Temperatures, Stocks, Etth1, ExchangeRate, M4Hourly, SeriesCsv]


@hookimpl
def register_losses() -> list[type[Loss]]:
    return [SquaredError, AbsoluteError, Huber, Quantile]


@hookimpl
def register_metrics() -> list[type[Metric]]:
    return list(METRICS)


@hookimpl
def register_recipes() -> list[Recipe]:
    return recipes_in(Path(__file__).parent / "recipes")


@hookimpl
def register_commands(cli: click.Group) -> None:
    from seqkit_timeseries.backtest import backtest

    cli.add_command(backtest)
