"""Datasets of time series."""

from seqkit_timeseries.datasets.benchmarks import Etth1, ExchangeRate, M4Hourly
from seqkit_timeseries.datasets.bundled import Stocks, Temperatures, Weather
from seqkit_timeseries.datasets.own_csv import SeriesCsv

__all__ = ["Etth1", "ExchangeRate", "M4Hourly", "SeriesCsv", "Stocks", "Temperatures", "Weather"]
