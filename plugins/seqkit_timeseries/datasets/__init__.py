"""Datasets of time series."""

from seqkit_timeseries.datasets.bundled import Stocks, Temperatures, Weather

__all__ = ["Stocks", "Temperatures", "Weather"]
