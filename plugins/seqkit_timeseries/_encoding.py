"""One series as arrays, by what was fitted to the training data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Arrays, Record
from seqkit.errors import DataError
from seqkit_timeseries._fitted import Fitted
from seqkit_timeseries._frequency import calendar_features, continued
from seqkit_timeseries._layout import matrix_of, named, row_text, times_in
from seqkit_timeseries._normalization import Floats, Scaler, fit_scaler
from seqkit_timeseries._precision import ROUNDING, check_scaled, check_training, check_values
from seqkit_timeseries._residual import first_origin, fit_smoothers, smoothed
from seqkit_timeseries._windows import forward_filled, interpolated, window_starts


def encode_series(fitted: Fitted, record: Record, place: str) -> dict[str, NDArray[Any]]:
    """Encodes one series; its windows count from its own first row."""
    layout, horizon = fitted.layout, fitted.horizon
    matrix = matrix_of(record, layout.columns, place)
    times, start = times_in(record, fitted.frequency), record.get("start")
    size = len(layout.targets)
    if fitted.settings["missing"] == "error" and np.isnan(matrix).any():
        row, column = np.argwhere(np.isnan(matrix))[0]
        raise DataError(
            f"{named(record)} has no value in column {layout.columns[column]!r}, "
            f"{row_text(record, int(row))} of {place}. "
            "Fill it in, or write task.missing=mask"
        )
    check_values(matrix, record, layout.columns, place)
    scaler = _scaler(fitted, record, matrix if not start else matrix[:start], place)
    in_sample = matrix[: record.get("in_sample", start) or None, :size]
    naive_error = seasonal_naive_error(in_sample, fitted.period)
    if start is None:
        matrix = np.concatenate([matrix, _ahead(fitted, record, place)])
        times = np.concatenate([times, continued(times, fitted.frequency, horizon)])
        windows = np.array([max(0, len(matrix) - horizon - fitted.context)], dtype=np.int64)
        if len(matrix) - horizon < fitted.context:
            windows = windows[:0]
    else:
        stride = fitted.settings["evaluation_stride" if start else "stride"]
        windows = window_starts(len(matrix), start, fitted.context, horizon, stride)
        if fitted.smooths:
            settled = windows[windows + fitted.context >= first_origin(fitted.period)]
            windows = settled if len(settled) else windows
    scaled = scaler.scaled(matrix)
    check_scaled(scaled, matrix, {**record, "time": times}, layout.columns, place)
    part = {
        "values": _channels(fitted, scaled, times),
        "times": times,
        "ids": np.array([str(record.get("series", ""))]),
        "location": scaler.location[None, :size],
        "scale": scaler.scale[None, :size],
    }
    if fitted.smooths:
        part["past"] = matrix[:, :size]
    if start is not None:
        part["targets"] = matrix[:, :size]
        # A window without any target to compare with would count for nothing.
        there = np.concatenate([[0], np.cumsum(~np.isnan(part["targets"]).all(axis=1))])
        first = windows + fitted.context
        windows = windows[there[first + horizon] > there[first]]
    if fitted.settings["report"] == "scaled":
        naive_error = naive_error / scaler.scale[:size]
    part["naive_error"] = naive_error[None]
    part["windows"] = windows
    return part


def smoothed_targets(
    fitted: Fitted, past: Floats, offsets: NDArray[Any], names: Sequence[str], scales: Floats
) -> Arrays:
    """Smooths the targets of each series as in training, or as suits it where it is new."""
    series = np.split(past, offsets[1:-1])
    found = {place: fitted.smoothers.get(name) for place, name in enumerate(names)}
    new = [place for place, one in found.items() if one is None]
    if new:
        parts = [series[place] for place in new]
        own = fit_smoothers(parts, [scales[place] for place in new], fitted.period, fitted.horizon)
        found |= dict(zip(new, own, strict=True))
    smoothers = [one for one in found.values() if one is not None]
    arrays = smoothed(series, [one.ways for one in smoothers], fitted.period)
    return {**arrays, "spread": np.stack([one.spread for one in smoothers])}


def scaler_of(fitted: Fitted, record: Record, place: str) -> Scaler:
    """Returns the scaler of a record without a `start`."""
    return _scaler(fitted, record, matrix_of(record, fitted.layout.columns, place), place)


def _scaler(fitted: Fitted, record: Record, history: Floats, place: str) -> Scaler:
    """Returns the scaler of a series; one that was not in the training split has its own."""
    if "scaler" in record:
        return cast(Scaler, record["scaler"])
    scaler = fitted.scalers.get(str(record.get("series", "")))
    if scaler is None and len(fitted.scalers) == 1 and record.get("start") is None:
        scaler = next(iter(fitted.scalers.values()))
    if scaler is not None:
        return scaler
    known = np.where(np.isnan(history).all(axis=0), 0.0, history)
    check_training(known, record, fitted.layout.columns, place)
    own = fit_scaler(known, fitted.settings["normalization"])
    like = next(iter(fitted.scalers.values()), own)
    places = _shared(fitted)
    own.location[places], own.scale[places] = like.location[places], like.scale[places]
    return own


def _shared(fitted: Fitted) -> list[int]:
    """Columns that are scaled alike in all series."""
    names = {*fitted.layout.indicators, *fitted.layout.static}
    return [place for place, name in enumerate(fitted.layout.columns) if name in names]


def _ahead(fitted: Fitted, record: Record, place: str) -> Floats:
    """Returns the rows of the horizon: NaN but for the columns that are known ahead."""
    layout, horizon = fitted.layout, fitted.horizon
    rows = np.full((horizon, len(layout.columns)), np.nan)
    for column, name in enumerate(layout.future, start=len(layout.observed)):
        if name in layout.static:
            rows[:, column] = last_known(record["values"][name])
            continue
        ahead = record.get("ahead", {}).get(name, ())
        if len(ahead) < horizon or np.isnan(ahead[:horizon]).any():
            raise DataError(
                f"{named(record)} has {int((~np.isnan(ahead[:horizon])).sum())} of {horizon} "
                f"values ahead in column {name!r}, in {place}. Give rows for the horizon with "
                f"{name!r} filled in and the targets empty"
            )
        rows[:, column] = ahead[:horizon]
    return rows


def _channels(fitted: Fitted, scaled: Floats, times: NDArray[Any]) -> NDArray[np.float32]:
    layout = fitted.layout
    masks = [layout.columns.index(name) for name in layout.masked]
    known = ~np.isnan(scaled[:, masks])
    if fitted.settings["missing"] == "linear":
        filled = interpolated(scaled)
    elif fitted.settings["missing"] == "forward":
        filled = forward_filled(scaled)
    else:
        filled = scaled.copy()
        others = [c for c in range(len(layout.columns)) if c not in masks]
        filled[:, others] = forward_filled(scaled[:, others])
    filled = np.nan_to_num(filled, nan=0.0).astype(np.float32)
    seen = len(layout.observed)
    waves = calendar_features(times, layout.calendar, fitted.frequency)
    channels = [filled[:, :seen], known.astype(np.float32), filled[:, seen:], waves]
    return np.concatenate(channels, axis=1)


def too_short(fitted: Fitted, short: tuple[str, int], place: str, with_targets: bool) -> DataError:
    name, rows = short
    if not with_targets:
        return DataError(
            f"{name} has {rows} rows, and the run reads {fitted.context}, in {place}. "
            "Give more rows of the past"
        )
    return DataError(
        f"{name} has {rows} rows in {place}, too few for a context of {fitted.context} and a "
        f"horizon of {fitted.horizon} rows. Lower task.horizon or task.context, or give more rows"
    )


def last_known(column: Floats) -> float:
    known = np.asarray(column)[~np.isnan(column)]
    return float(known[-1]) if len(known) else math.nan


def seasonal_naive_error(values: Floats, period: int) -> Floats:
    """Returns the mean absolute difference between values a season apart, `(columns,)`.

    Where there is no season of rows, of neighbours; NaN where nothing can be compared, and 0 where
    there is no difference but what rounding leaves.
    """
    lag = period if period < len(values) else 1
    differences = np.abs(values[lag:] - values[:-lag])
    counts = (~np.isnan(differences)).sum(axis=0)
    totals = np.nansum(differences, axis=0)
    errors = totals / np.maximum(counts, 1)
    sizes = np.nan_to_num(np.abs(values)).max(axis=0, initial=0)
    errors = np.where(errors <= ROUNDING * sizes, 0.0, errors)
    return np.where(counts > 0, errors, np.nan)
