"""The bundled datasets: daily weather of two cities, and monthly prices of five stocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import seqkit
from seqkit.api import Dataset, Notify, Record
from seqkit.data import fingerprint, read_csv
from seqkit.paths import bundled
from seqkit_timeseries.datasets.held_out import Span, test_field, validation_field


class Weather(Dataset):
    """Daily weather in Seattle, 2012 to 2015: temperatures, precipitation and wind, bundled.

    The target is the highest temperature of the day; the other columns are past covariates.
    """

    name = "weather"
    tasks = ("forecasting",)

    class Config(seqkit.Config):
        validation: Span = validation_field("2014-07-01")
        test: Span = test_field("2015-01-01")

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        path = self.location(config)
        return _splits(path, config, notify, targets=("temp_max",), period=365)

    def fingerprint(self, config: Any) -> str:
        return fingerprint(config, [self.location(config)])

    def location(self, config: Any) -> Path:
        return bundled("weather/seattle-weather.csv")


class Temperatures(Dataset):
    """Lowest temperature of each day in Melbourne, 1981 to 1990, bundled."""

    name = "temperatures"
    tasks = ("forecasting",)

    class Config(seqkit.Config):
        validation: Span = validation_field("1988-01-01")
        test: Span = test_field("1989-01-01")

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        path = self.location(config)
        return _splits(path, config, notify, targets=("Temp",), period=365)

    def fingerprint(self, config: Any) -> str:
        return fingerprint(config, [self.location(config)])

    def location(self, config: Any) -> Path:
        return bundled("temperatures/daily-min-temperatures.csv")


class Stocks(Dataset):
    """Monthly prices of five stocks, 2000 to 2010, bundled: series of different lengths."""

    name = "stocks"
    tasks = ("forecasting",)

    class Config(seqkit.Config):
        validation: Span = validation_field("2008-04-01")
        test: Span = test_field("2009-04-01")

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        path = self.location(config)
        return _splits(path, config, notify, identity="symbol", targets=("price",), period=12)

    def fingerprint(self, config: Any) -> str:
        return fingerprint(config, [self.location(config)])

    def location(self, config: Any) -> Path:
        return bundled("stocks/stocks.csv")


def _splits(
    path: Path, config: Any, notify: Notify, identity: str = "", **declared: Any
) -> Mapping[str, Iterable[Record]]:
    from seqkit.api import ignore
    from seqkit_timeseries._splitting import split_records
    from seqkit_timeseries._table import Reading, read_series

    table = read_csv(path, notify)
    time = "date" if "date" in table.columns else "Date"
    ids = (identity,) if identity else ()
    how = Reading(path.name, time=time, identity=ids, decimal=".")
    # What is left out of a bundled file, its docstring says.
    tabled = read_series(table.columns, table.rows, table.lines, how, ignore)
    return split_records(tabled, config.validation, config.test, notify, **declared)
