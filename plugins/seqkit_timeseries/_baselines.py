"""Naive forecasts on the same windows as a model's, in the same units."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqkit.api import Arrays, Batch, Codec, Shape, Values
from seqkit_timeseries import _metrics
from seqkit_timeseries._naive2 import naive2
from seqkit_timeseries._past import Past, smoothing
from seqkit_timeseries._windows import forward_filled, gather

Floats = NDArray[np.float64]
_AT_ONCE = 512
_PENALTY = 1e-4
# Products of the largest fit of the linear forecast: some seconds on one core.
_MOST_WORK = 5e9
# Forecast numbers that are held at once: 400 MB.
_MOST_NUMBERS = 50_000_000


Maker = Callable[[NDArray[Any]], Floats]
"""Forecasts from the windows of a split that begin at these rows, in the units of the data."""


Compared = Callable[[torch.Tensor, Batch], tuple[torch.Tensor, torch.Tensor]]
"""Returns forecasts and targets as metrics take them."""


def score_baselines(
    codec: Codec, compared: Compared, train: Arrays, split: Arrays
) -> dict[str, dict[str, float]]:
    """Scores naive forecasts on the windows of a split.

    Returns:
        mae, mse, rmse, smape, mase, r2 and rse of each, where they are defined, and owa where
        there is `naive2`, relative to that.
    """
    makers = naive_forecasts(codec, train, split)
    scores = {name: _scores(codec, compared, split, make) for name, make in makers.items()}
    reference = scores.get("naive2", {})
    if "smape" in reference and "mase" in reference:
        for values in scores.values():
            parts = [values[name] / reference[name] for name in ("smape", "mase")]
            values["owa"] = sum(parts) / 2
    return scores


def naive_forecasts(codec: Codec, train: Arrays, split: Arrays) -> dict[str, Maker]:
    """Returns what makes each naive forecast from windows of a split.

    - `repeat-last`: the last known value.
    - `seasonal-naive`: the value of a season before, where there are seasons.
    - `drift`: the line through the first and the last value of the context.
    - `seasonal-naive-N`: the same by the season of N rows found in the data, where it is another.
    - `linear`: NLinear (Zeng et al. 2023), one linear map from context to horizon for all columns,
      of values less the last, fitted by ridge regression on the training windows.
    - `linear-season`: the same of values less what each row of the season adds, where one is found.
    - `smoothing`: exponential smoothing of each column by itself, with what does best of trend,
      damping and season.
    - `naive2`: the benchmark of M4, where a split has one window a series.

    The linear ones read the context, as the model does. The others read all rows before what they
    forecast, and season and smoothing are fitted to the rows before the split.
    """
    shape = codec.shape
    extras = shape.extras
    context, period = extras["context"], extras["period"]
    horizon = _outputs(shape).horizon
    observed = observed_targets(split)
    makers: dict[str, Maker] = {
        "repeat-last": lambda starts: repeat_last(observed, starts + context, horizon)
    }
    if period > 1:
        owners = owner_starts(split)
        makers["seasonal-naive"] = lambda starts: seasonal_naive(
            observed, starts + context, horizon, period, owners(starts)
        )
    past = Past.of(split, observed, context)
    learnt = Past.of(train, observed_targets(train), None)
    found = learnt.period()
    if found not in (1, period):
        firsts = owner_starts(split)
        makers[f"seasonal-naive-{found}"] = lambda starts: seasonal_naive(
            observed, starts + context, horizon, found, firsts(starts)
        )
    if context > 1:
        makers["drift"] = lambda starts: drift(observed, starts, context, horizon)
    weights = fit_linear(train, context, horizon)
    scales = scales_of(split)
    makers["linear"] = lambda starts: linear(observed, starts, context, weights, scales(starts))
    season = found if found > 1 else period
    if season > 1:
        rest, added = learnt.seasons(season), past.seasons(season)
        adjusted = fit_linear(train, context, horizon, rest)
        makers["linear-season"] = lambda starts: (
            linear(observed - added, starts, context, adjusted, scales(starts))
            + gather(added, starts + context, horizon)
        )
    makers["smoothing"] = smoothing(past, context, horizon, season)
    if period > 1 and len(split["windows"]) == len(split["offsets"]) - 1:
        forecasts = np.stack(list(_naive2(split, context, horizon, period)))
        places = {int(start): place for place, start in enumerate(split["windows"])}
        makers["naive2"] = lambda starts: forecasts[[places[int(start)] for start in starts]]
    return makers


def observed_targets(arrays: Arrays) -> Floats:
    """Returns the targets with the last known value where one is missing, `(rows, size)`.

    Where none is known yet it is what the scaler makes 0.
    """
    targets, offsets = np.asarray(arrays["targets"]), arrays["offsets"]
    if not np.isnan(targets).any():
        return targets
    parts = [forward_filled(targets[a:b]) for a, b in pairwise(offsets)]
    filled = np.concatenate(parts)
    first = np.repeat(arrays["location"], np.diff(offsets), axis=0)
    return np.where(np.isnan(filled), first, filled)


def owner_starts(arrays: Arrays) -> Callable[[NDArray[Any]], NDArray[np.int64]]:
    """Returns what tells the first row of the series that windows are of."""
    offsets = np.asarray(arrays["offsets"])
    return lambda starts: offsets[np.searchsorted(offsets, starts, side="right") - 1]


def scales_of(arrays: Arrays) -> Callable[[NDArray[Any]], Floats]:
    """Returns what tells the scale of the series that windows are of, `(windows, 1, size)`."""
    offsets, scales = np.asarray(arrays["offsets"]), np.asarray(arrays["scale"])
    return lambda starts: scales[np.searchsorted(offsets, starts, side="right") - 1][:, None]


def repeat_last(observed: Floats, origins: NDArray[Any], horizon: int) -> Floats:
    """Repeats the row before each origin, `(windows, horizon, size)`."""
    return np.repeat(observed[origins - 1][:, None], horizon, axis=1)


def seasonal_naive(
    observed: Floats, origins: NDArray[Any], horizon: int, period: int, first: NDArray[Any]
) -> Floats:
    """Repeats the season before each origin; the last row where there is none yet."""
    steps = np.arange(horizon)
    rows = origins[:, None] + steps - period * (steps // period + 1)
    return observed[np.where(rows >= first[:, None], rows, origins[:, None] - 1)]


def drift(observed: Floats, starts: NDArray[Any], context: int, horizon: int) -> Floats:
    """Goes on along the line through the first and last row of each context."""
    first, last = observed[starts], observed[starts + context - 1]
    slope = (last - first) / (context - 1)
    ahead = np.arange(1, horizon + 1)[:, None]
    return np.asarray(last[:, None] + ahead * slope[:, None])


def linear(
    observed: Floats,
    starts: NDArray[Any],
    context: int,
    weights: NDArray[np.float32],
    scale: Floats,
) -> Floats:
    """Applies what `fit_linear` found, `(windows, horizon, size)`."""
    windows = gather(observed, starts, context)
    last = windows[:, -1:]
    read = _scaled(windows, last, scale)
    forecasts = (read @ weights[:-1] + weights[-1]).transpose(0, 2, 1)
    return np.asarray(forecasts * scale + last)


def fit_linear(
    train: Arrays, context: int, horizon: int, seasons: Floats | float = 0.0
) -> NDArray[np.float32]:
    """Fits NLinear in closed form on the training windows, `(context + 1, horizon)`.

    `seasons`, `(rows, size)`, are taken out of the values first.
    Very many windows are thinned out evenly to what fits in some seconds. Windows with a missing
    target are left out, unless all have one.
    """
    observed, targets = observed_targets(train) - seasons, np.asarray(train["targets"])
    starts = np.asarray(train["windows"])
    gaps = np.concatenate([[0], np.cumsum(np.isnan(targets).any(axis=1))])
    whole = gaps[starts + context + horizon] == gaps[starts + context]
    if whole.any():
        starts = starts[whole]
    size = targets.shape[1]
    work = len(starts) * size * context * (context + horizon)
    starts = starts[:: max(1, math.ceil(work / _MOST_WORK))]
    scales = scales_of(train)
    products = np.zeros((context + 1, context + 1 + horizon))
    for chunk in np.array_split(starts, max(1, len(starts) // _AT_ONCE)):
        windows = gather(observed, chunk, context + horizon)
        windows = _scaled(windows, windows[:, context - 1 : context], scales(chunk))
        windows = windows.reshape(-1, context + horizon)
        read = np.concatenate([windows[:, :context], np.ones_like(windows[:, :1])], axis=1)
        products += read.T @ np.concatenate([read, windows[:, context:]], axis=1)
    squares, mixed = products[:, : context + 1], products[:, context + 1 :]
    # The last value is 0 in every window, so that without a penalty there is no single answer.
    ridge = _PENALTY * max(float(np.trace(squares)) / (context + 1), 1e-12)
    squares = squares + ridge * np.eye(context + 1)
    return np.linalg.solve(squares, mixed).astype(np.float32)


def _scaled(windows: Floats, last: Floats, scale: Floats) -> NDArray[np.float32]:
    """Scales windows less their last value, `(windows, size, rows)`."""
    return ((windows - last) / scale).transpose(0, 2, 1).astype(np.float32)


def _naive2(split: Arrays, context: int, horizon: int, period: int) -> Iterator[Floats]:
    observed, offsets = observed_targets(split), split["offsets"]
    for start, owner in zip(split["windows"], split["owners"], strict=True):
        past = observed[offsets[owner] : start + context]
        yield np.stack([naive2(column, horizon, period) for column in past.T], axis=1)


def forecasts_of(
    codec: Codec, compared: Compared, train: Arrays, split: Arrays, baseline: str
) -> tuple[torch.Tensor, torch.Tensor] | None:
    """Returns the forecasts of one baseline for all windows of a split, and the targets.

    None where there is no such baseline, or they would be very many numbers.
    """
    outputs = _outputs(codec.shape)
    count = len(split["windows"])
    make = naive_forecasts(codec, train, split).get(baseline)
    if make is None or count * outputs.horizon * outputs.size > _MOST_NUMBERS:
        return None
    found = list(_compared(codec, compared, split, make))
    return torch.cat([part[0] for part in found]), torch.cat([part[1] for part in found])


def _compared(
    codec: Codec, compared: Compared, split: Arrays, make: Maker
) -> Iterator[tuple[torch.Tensor, torch.Tensor, Batch]]:
    """Yields forecasts and targets as metrics take them, and the batch, some at a time."""
    for first in range(0, len(split["windows"]), _AT_ONCE):
        indices = np.arange(first, min(first + _AT_ONCE, len(split["windows"])))
        batch = {
            name: torch.from_numpy(array) for name, array in codec.batch(split, indices).items()
        }
        forecasts = torch.from_numpy(make(np.asarray(split["windows"])[indices]))
        yield *compared(forecasts, batch), batch


def _scores(codec: Codec, compared: Compared, split: Arrays, make: Maker) -> dict[str, float]:
    outputs = _outputs(codec.shape)
    metrics: dict[str, Any] = {
        "mae": _metrics.mean_of(_metrics.absolute, outputs),
        "mse": _metrics.mean_of(_metrics.squared, outputs),
        "rmse": _metrics.mean_of(_metrics.squared, outputs, root=True),
        "smape": _metrics.mean_of(_metrics.symmetric_percentage, outputs),
        "mase": _metrics.scaled_error(outputs),
        "r2": _metrics.determination(outputs),
        "rse": _metrics.relative_squared(outputs, 0),
    }
    for predictions, targets, batch in _compared(codec, compared, split, make):
        for metric in metrics.values():
            metric.update(predictions, targets, batch)
    values = {name: metric.compute() for name, metric in metrics.items()}
    return {name: value for name, value in values.items() if not math.isnan(value)}


def _outputs(shape: Shape) -> Values:
    if not isinstance(shape.outputs, Values):
        raise TypeError(f"these baselines forecast values, not {shape.outputs}")
    return shape.outputs
