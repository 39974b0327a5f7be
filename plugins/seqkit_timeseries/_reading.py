"""What a user hands to `predict`, as records: rows of a table, or nothing for what was kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqkit.api import Record

if TYPE_CHECKING:
    from seqkit_timeseries._encoder import ForecastingEncoder


def parse(encoder: ForecastingEncoder, inputs: Sequence[str | Record]) -> list[Record]:
    return list(encoder.tail)
