"""The task `forecasting`: its settings. What it does is in `_encoder`, imported when needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import AliasChoices

import seqkit
from seqkit.api import (
    Advice,
    Arrays,
    Choice,
    Codec,
    Features,
    Notify,
    Outcome,
    Record,
    Shape,
    Task,
    Values,
)
from seqkit.config import Field
from seqkit_timeseries._calendar import CalendarFeature
from seqkit_timeseries._columns import ChosenColumns, Columns


def _sample_shape(outputs: Values, future: int) -> Shape:
    """Returns a small shape of the task, for checks of what is tried on it."""
    extras = {
        "context": 9,
        "future": future,
        "targets": list(range(outputs.size)),
        "columns": ["a", "b", "c"],
        "period": 1,
        "frequency": "hourly",
    }
    return Shape("forecasting", Features(3), outputs, extras)


class Forecasting(Task):
    """Forecast the next values of one or many series from the values before."""

    name = "forecasting"
    inputs = ("features",)
    outputs = "values"
    loss = "mse"
    metrics = ("mae", "rmse", "smape", "mase")
    fields = {  # noqa: RUF012 - as the contract has it
        "series": "id of the series: a text, empty where there is one",
        "time": "the time of each row, rising: datetime64, or positions",
        "values": "the numbers of each column, by its name: float64, NaN where one is missing",
        "start": "the first row that is of the split: 0 in training; rows before are its past, so "
        "that a record holds all rows up to the end of its split",
    }
    optional_fields = {  # noqa: RUF012
        "targets": "names of the columns to forecast; all that are no covariates without it",
        "period": "rows of a season, such as 12 of months; by the frequency without it",
        "ahead": "values of columns behind the last row, by name, where they are known beforehand",
        "names": "what the columns of `time` and `series` are called in the data: predict reads "
        "tables with them",
        "aside": "columns that are read only where a setting names them, and why",
        "kinds": "the kinds of columns of text, whose values are places in this list",
    }
    extras = {  # noqa: RUF012 - as the contract has it
        "context": "rows that are read before a forecast",
        "future": "how many features are known for each row of the horizon, beside the inputs",
        "targets": "which features are the columns to forecast",
        "columns": "names of the features, in their order",
        "period": "rows of a season; 1 where there is none",
        "frequency": "the step from row to row, in words: `hourly`",
    }
    reads_whole_table = True
    examples = ()
    purpose = "forecast what comes next"
    hint = "The end of the data; change any number, or paste a table, and the forecast follows."
    live = True
    next_commands = {"backtest {run}": "errors by how far ahead"}  # noqa: RUF012 - as the contract has it
    own_data_recipe = "weather-rnn"
    further_settings = (
        "stride",
        "evaluation_stride",
        "season",
        "residual",
        "report",
        "keep_series",
    )
    sample_shapes = (
        _sample_shape(Values(1, 4), future=0),
        _sample_shape(Values(2, 3), future=0),
        _sample_shape(Values(2, 3), future=2),
        _sample_shape(Values(1, 4, (0.1, 0.5, 0.9)), future=0),
        _sample_shape(Values(1, 4, (0.1, 0.5, 0.9)), future=2),
    )

    class Config(seqkit.Config):
        added = ("static_covariates", "residual")

        context: int = Field(32, ge=1, help="Rows that are read before a forecast.")
        horizon: int = Field(8, ge=1, help="Rows that are forecast.")
        stride: int = Field(1, ge=1, help="Rows from one training window to the next.")
        evaluation_stride: int = Field(
            1, ge=1, help="Rows from one window of validation and test to the next."
        )
        targets: Columns = Field([], help="Columns to forecast; empty: those of the dataset.")
        past_covariates: ChosenColumns = Field(
            "auto",
            help="Columns that are read but not forecast, texts of few kinds included; auto: all "
            "others that hold numbers.",
        )
        future_covariates: Columns = Field(
            [],
            help="Columns whose values over the horizon are known beforehand, such as holidays; "
            "they may be texts of few kinds.",
        )
        static_covariates: Columns = Field(
            [], help="Columns that are the same in all rows of a series, such as its size or kind."
        )
        calendar: Literal["auto", "none"] | list[CalendarFeature] = Field(
            "none",
            help="Features of the calendar, as sine and cosine, known beforehand; auto: those that "
            "vary with the frequency of the rows.",
        )
        normalization: Literal[
            "none",
            "standard",
            "min-max",
            "window",
            "last",
            "standard+window",
            "standard+last",
            "min-max+window",
            "min-max+last",
        ] = Field(
            "standard",
            validation_alias=AliasChoices("normalization", "normalisation"),
            help="standard and min-max scale each column of each series by its training rows; "
            "window normalises each window by its own mean and deviation (as RevIN), last takes "
            "away its last value; + does both.",
        )
        missing: Literal["mask", "forward", "linear", "error"] = Field(
            "mask",
            help="What is read where a value is missing: mask puts the mean and a channel that "
            "tells so, forward the last value, linear a line to the next value (which lies ahead "
            "of a window that ends in a gap), error refuses. Missing targets count nowhere.",
        )
        season: int = Field(
            0, ge=0, help="Rows of a season, for mase and seasonal-naive; 0: by the frequency."
        )
        residual: Literal["none", "smoothing"] = Field(
            "none",
            help="What forecasts begin from: smoothing has the network learn what exponential "
            "smoothing of the whole past leaves, with the season of task.season (as ES-RNN, Smyl "
            "2020). normalization then is that of the other columns.",
        )
        report: Literal["units", "scaled"] = Field(
            "units",
            help="Whether scores are in the units of the data, or in those of the scaler, as the "
            "benchmarks of long forecasts have them. Forecasts are in the units of the data.",
        )
        keep_series: int = Field(
            1000, ge=0, help="Series whose last rows are kept in the run, to forecast what follows."
        )

    class PredictOptions(seqkit.Config):
        horizon: int = Field(
            0,
            ge=0,
            help="Rows to forecast; 0: as many as in training. More go on from forecasts.",
        )
        series: Columns = Field([], help="Names of the series to forecast; empty: all.")
        target: Columns = Field([], help="Names of the columns to show and save; empty: all.")
        history: int = Field(0, ge=0, help="Rows of history to show; 0: all that were read.")

    def choose(self, splits: Mapping[str, Sequence[Record]], cores: int) -> Sequence[Choice]:
        from seqkit_timeseries._settings import choose

        return choose(splits, cores)

    def encode(
        self, config: Any, splits: Mapping[str, Iterable[Record]], notify: Notify
    ) -> tuple[Codec, dict[str, Arrays]]:
        from seqkit_timeseries._fitting import fit

        return fit(splits, notify, config.model_dump())

    def encode_further(
        self,
        config: Any,
        codec: Any,
        splits: Mapping[str, Iterable[Record]],
        notify: Notify,
        *,
        refit: bool = False,
    ) -> tuple[Codec, dict[str, Arrays]]:
        from seqkit_timeseries._fitting import fit

        return fit(splits, notify, config.model_dump(), codec, refit)

    def load(self, folder: Path) -> Codec:
        from seqkit_timeseries._codec import ForecastingCodec

        return ForecastingCodec.load(folder, self.Config)

    def advice(self, outcome: Outcome) -> Sequence[Advice]:
        from seqkit_timeseries._advice import advice

        return [*advice(outcome)]
