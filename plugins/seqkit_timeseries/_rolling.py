"""Forecasts beyond the horizon of the training: each block goes on from the forecasts before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from seqkit.api import Arrays, Batch, Notify, Record, ignore
from seqkit.data import listed
from seqkit.errors import ConfigurationError, Problem
from seqkit_timeseries._answers import middle
from seqkit_timeseries._frequency import Frequency, continued
from seqkit_timeseries._layout import named

if TYPE_CHECKING:
    from torch import Tensor, nn

    from seqkit_timeseries._layout import Layout
    from seqkit_timeseries._normalization import Scaler

MOST_ROWS = 100_000
"""Rows that may be asked for; a hundred times the data is a mistake, and would take hours."""


class Forecaster(Protocol):
    """What of the codec forecasts block by block."""

    layout: Layout
    frequency: Frequency
    on_host: ClassVar[tuple[str, ...]]

    @property
    def horizon(self) -> int: ...

    def scaler_of(self, record: Record, place: str) -> Scaler: ...

    def encode_from(self, records: Iterable[Record], notify: Notify, place: str) -> Arrays: ...

    def batch(self, arrays: Arrays, indices: NDArray[Any]) -> dict[str, NDArray[Any]]: ...

    def forward(self, model: nn.Module, batch: Batch, state: Any = None) -> tuple[Tensor, Any]: ...

    def in_units(self, outputs: Tensor, batch: Batch) -> Tensor: ...


def check_rolling(codec: Forecaster, records: Sequence[Record], rows: int) -> None:
    """Checks that so many rows can be forecast.

    Raises:
        ConfigurationError: The run reads columns that are not forecast, or what is known ahead is
            not given for long enough.
    """
    horizon, layout = codec.horizon, codec.layout
    trained = f"horizon is {rows}, and the run was trained to forecast {horizon} rows"
    if rows > MOST_ROWS:
        hint = f"Ask for at most {MOST_ROWS:,}"
        raise ConfigurationError(problems=[Problem("horizon", trained, hint)])
    if layout.past:
        columns = listed(layout.past)
        message = f"{trained}; to go on from its own forecasts it would have to know {columns} too"
        hint = f"Ask for at most {horizon}, or train with task.horizon={rows}"
        raise ConfigurationError(problems=[Problem("horizon", message, hint)])
    needed = -(-rows // horizon) * horizon
    for record in records if layout.future else ():
        given = min(_known(record.get("ahead", {}).get(name, ())) for name in layout.future)
        if given < needed:
            message = (
                f"horizon is {rows}, and {named(record)} has {given} rows ahead of "
                f"{listed(layout.future)}"
            )
            hint = f"Give {needed} rows ahead, in blocks of {horizon}, with the targets empty"
            raise ConfigurationError(problems=[Problem("horizon", message, hint)])


def _known(values: Any) -> int:
    """Returns how many values there are before the first that is missing."""
    missing = np.flatnonzero(np.isnan(np.asarray(values, dtype=np.float64)))
    return int(missing[0]) if len(missing) else len(values)


def note_of(codec: Forecaster, rows: int, quantiles: Sequence[float]) -> str:
    """Returns what to know of forecasts that go on from forecasts."""
    more = ", and the intervals do not hold those errors" if quantiles else ""
    return (
        f"{rows} rows are forecast {codec.horizon} at a time, as the run was trained to: from row "
        f"{codec.horizon + 1} on they go on from forecasts, whose errors add up{more}"
    )


def rolled(
    codec: Forecaster,
    model: nn.Module,
    batch: Batch,
    records: Sequence[Record],
    rows: int,
    quantiles: Sequence[float],
) -> NDArray[np.float64]:
    """Returns forecasts of so many rows in the units of the data, `(records, rows, columns[, q])`.

    Of quantiles the middle one becomes history.
    """
    device = batch["inputs"].device
    going = [{**record, "scaler": codec.scaler_of(record, "the inputs")} for record in records]
    blocks: list[NDArray[np.float64]] = []
    while True:
        outputs, _ = codec.forward(model, batch)
        block = codec.in_units(outputs.float(), batch).numpy()
        blocks.append(block)
        if sum(one.shape[1] for one in blocks) >= rows:
            return np.concatenate(blocks, axis=1)[:, :rows]
        points = block[..., middle(quantiles)] if quantiles else block
        going = [_longer(codec, *pair) for pair in zip(going, points, strict=True)]
        arrays = codec.encode_from(going, ignore, "the inputs")
        cut = codec.batch(arrays, np.arange(len(going)))
        batch = {
            name: torch.from_numpy(array).to("cpu" if name in codec.on_host else device)
            for name, array in cut.items()
        }


def _longer(codec: Forecaster, record: Record, forecast: NDArray[np.float64]) -> dict[str, Any]:
    """Returns a record whose past has the forecast at its end."""
    rows, layout = len(forecast), codec.layout
    values = {name: np.asarray(record["values"][name]) for name in layout.columns}
    ahead = record.get("ahead", {})
    more = dict(zip(layout.targets, forecast.T, strict=True))
    more |= {name: np.asarray(ahead[name])[:rows] for name in layout.future}
    times = record["time"]
    return {
        **record,
        "time": np.concatenate([times, continued(times, codec.frequency, rows)]),
        "values": {name: np.concatenate([values[name], more[name]]) for name in layout.columns},
        "ahead": {name: np.asarray(ahead[name])[rows:] for name in layout.future},
    }
