"""What forecasting keeps of the data that it was fitted to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seqkit.api import Record
from seqkit_timeseries._frequency import Frequency
from seqkit_timeseries._layout import Layout
from seqkit_timeseries._normalization import Scaler
from seqkit_timeseries._residual import Smoother, kept_rows


@dataclass
class Fitted:
    """Columns, scalers and frequency of the training data, and the last rows of each series.

    Attributes:
        settings: The task's settings.
        layout: Which columns are read.
        frequency: The step of the rows.
        period: Rows of a season.
        names: How the table was read: its columns of `time` and of `series`, its `time_format` and
            its `decimal` sign, each where there is one; `decimal` is empty where an older version
            did not keep it, and took a point for one.
        scalers: One for each series of the training split.
        tail: The last rows of some series, as records to forecast from.
        smoothers: How to smooth each series of the training split, where forecasts begin from that.
    """

    settings: Mapping[str, Any]
    layout: Layout
    frequency: Frequency
    period: int
    names: Mapping[str, str]
    scalers: Mapping[str, Scaler]
    tail: Sequence[Record] = ()
    smoothers: Mapping[str, Smoother] = field(default_factory=dict)

    @property
    def smooths(self) -> bool:
        """Whether forecasts begin from those of exponential smoothing."""
        return bool(self.settings.get("residual") == "smoothing")

    @property
    def reach(self) -> int:
        """Rows of the past that a forecast needs to be the same as with all of them, or nearly."""
        return kept_rows(self.context, self.period) if self.smooths else self.context

    @property
    def context(self) -> int:
        """Rows that are read before a forecast."""
        return int(self.settings["context"])

    @property
    def horizon(self) -> int:
        """Rows that are forecast."""
        return int(self.settings["horizon"])
