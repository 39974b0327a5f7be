"""The forecasting codec on disk: settings as JSON, scalers and last rows as safetensors."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, create_model

from seqkit.api import Record
from seqkit.config import Config
from seqkit.data.times import is_zone
from seqkit.errors import CheckpointError
from seqkit.storage.regular_files import read_regular
from seqkit.text import Document, damaged, read_document
from seqkit_timeseries._calendar import CalendarFeature
from seqkit_timeseries._fitted import Fitted
from seqkit_timeseries._frequency import Frequency
from seqkit_timeseries._layout import Layout
from seqkit_timeseries._normalization import Scaler
from seqkit_timeseries._residual import Smoother
from seqkit_timeseries._smoothing import Ways

_FILE, _ARRAYS = "forecasting.json", "forecasting.safetensors"
_LARGEST_ARRAYS = 2**32
_LONGEST = 10**8
# Settings that forecasts depend on; others have a default where an older run lacks them.
_NEEDED = ("context", "horizon", "normalization", "missing", "report")


def save_fitted(fitted: Fitted, folder: Path) -> None:
    """Writes what was fitted into a folder."""
    from safetensors.numpy import save

    tail = fitted.tail
    unit = _time_unit([record["time"] for record in tail])
    columns = fitted.layout.columns
    document = {
        "settings": fitted.settings,
        "layout": fitted.layout.as_dict(),
        "frequency": asdict(fitted.frequency),
        "time_unit": unit,
        "period": fitted.period,
        "names": fitted.names,
        "series": list(fitted.scalers),
        "smoothed": list(fitted.smoothers),
        "tail": [record["series"] for record in tail],
    }
    scalers = list(fitted.scalers.values())
    width = len(columns)
    arrays = {
        "location": _stacked([scaler.location for scaler in scalers], width),
        "scale": _stacked([scaler.scale for scaler in scalers], width),
        "tail": _joined([_rows(record, columns) for record in tail], (0, width), np.float64),
        "times": _joined([_whole(record["time"], unit) for record in tail], (0,), np.int64),
    }
    if fitted.smooths:
        smoothers = list(fitted.smoothers.values())
        arrays["ways"] = np.stack([one.ways.as_array() for one in smoothers])
        arrays["spread"] = np.stack([one.spread for one in smoothers])
        arrays["lengths"] = np.array([len(record["time"]) for record in tail], dtype=np.int64)
    if any("ahead" in record for record in tail):
        arrays["ahead"] = np.stack([_ahead(fitted, record) for record in tail])
    text = json.dumps(document, indent=1, ensure_ascii=False)
    (folder / _FILE).write_text(text + "\n", encoding="utf-8")
    (folder / _ARRAYS).write_bytes(save(arrays))


class _Saved(Document):
    settings: Any
    layout: Layout
    frequency: Frequency
    time_unit: Literal["s", "ms", "us", "ns"] = "s"  # Runs of before keep whole seconds alone.
    period: Annotated[int, Field(ge=1, lt=2**31)]
    names: dict[str, Any]
    series: list[str]
    smoothed: Annotated[list[str], Field(default_factory=list)]
    tail: list[str]


def load_fitted(folder: Path, config: type[Config]) -> Fitted:
    """Reads back what was fitted; `config` is the class of its settings.

    Raises:
        CheckpointError: It is damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    kind = create_model("_SavedSettings", __base__=_Saved, settings=(config, ...))
    saved = read_document(folder / _FILE, "forecasting", kind)
    settings = _settings(folder / _FILE, saved)
    if "time_unit" not in saved.model_fields_set:
        # Versions without it kept no decimal sign either; they took a point for one.
        saved.names = {"decimal": ""} | saved.names
    path = folder / _ARRAYS
    try:
        arrays = load(read_regular(path, _LARGEST_ARRAYS))
        return _restored(saved, settings, arrays)
    except OSError as error:
        raise CheckpointError(
            f"{path} cannot be read: {error.strerror or error}. Copy the whole run folder again"
        ) from error
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        raise damaged(path, "forecasting", f"{error}") from error


def _settings(path: Path, saved: _Saved) -> dict[str, Any]:
    """Returns the task's settings, once they and the layout make sense."""
    missing = [name for name in _NEEDED if name not in saved.settings.model_fields_set]
    if missing:
        raise damaged(path, "forecasting", f"its settings lack {missing[0]!r}")
    layout = saved.layout
    known = set(layout.columns)
    fits = len(known) == len(layout.columns) and layout.targets and known >= {*layout.masked}
    fits = fits and {*layout.future} >= {*layout.static}
    if not fits or not {*get_args(CalendarFeature)} >= {*layout.calendar}:
        raise damaged(path, "forecasting", "its layout names columns that it does not have")
    if saved.frequency.count < 1:
        raise damaged(path, "forecasting", f"its rows are {saved.frequency.count} steps apart")
    zone = saved.frequency.zone
    if zone and not is_zone(zone):
        raise damaged(path, "forecasting", f"its time zone {zone!r} is not known on this machine")
    settings: dict[str, Any] = saved.settings.model_dump()
    if max(settings["context"], settings["horizon"]) > _LONGEST:
        raise damaged(path, "forecasting", "its context or horizon is larger than any data")
    return settings


def _restored(saved: _Saved, settings: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Fitted:
    layout, frequency, context = saved.layout, saved.frequency, int(settings["context"])
    width = len(layout.columns)
    lengths = np.full(len(saved.tail), context)
    smoothers: dict[str, Smoother] = {}
    if settings["residual"] == "smoothing":
        lengths = _array(arrays, "lengths", (len(saved.tail),), np.int64)
        if ((lengths < context) | (lengths > _LONGEST)).any():
            raise ValueError("the rows that it keeps are fewer than it reads")
        smoothers = _smoothers(saved, arrays)
    ends = np.cumsum(lengths)
    rows = int(lengths.sum())
    location = _array(arrays, "location", (len(saved.series), width), np.float64)
    scale = _array(arrays, "scale", (len(saved.series), width), np.float64)
    if not (np.isfinite(location).all() and np.isfinite(scale).all() and (scale > 0).all()):
        raise ValueError("a scaler is not finite, or divides by 0")
    scalers = {
        name: Scaler(*pair) for name, *pair in zip(saved.series, location, scale, strict=True)
    }
    if len(scalers) < len(saved.series):
        raise ValueError("a series is there twice")
    times = _array(arrays, "times", (rows,), np.int64)
    if frequency.unit != "rows":
        times = times.astype(f"datetime64[{saved.time_unit}]")
    values = _array(arrays, "tail", (rows, width), np.float64)
    shape = (len(saved.tail), int(settings["horizon"]), len(layout.future))
    ahead = _array(arrays, "ahead", shape, np.float64) if "ahead" in arrays else None
    tail: list[Record] = []
    for place, name in enumerate(saved.tail):
        part = slice(int(ends[place] - lengths[place]), int(ends[place]))
        columns = dict(zip(layout.columns, values[part].T, strict=True))
        record = {"series": name, "time": times[part], "values": columns}
        if ahead is not None:
            record["ahead"] = dict(zip(layout.future, ahead[place].T, strict=True))
        tail.append(record)
    return Fitted(settings, layout, frequency, saved.period, saved.names, scalers, tail, smoothers)


def _smoothers(saved: _Saved, arrays: dict[str, NDArray[Any]]) -> dict[str, Smoother]:
    shape = (len(saved.smoothed), len(saved.layout.targets))
    ways = _array(arrays, "ways", (*shape, len(fields(Ways))), np.float64)
    spread = _array(arrays, "spread", shape, np.float64)
    if not ((ways >= 0) & (ways <= 1)).all() or not (np.isfinite(spread) & (spread > 0)).all():
        raise ValueError("a way to smooth is none")
    pairs = zip(saved.smoothed, ways, spread, strict=True)
    return {name: Smoother(Ways(*way.T), own) for name, way, own in pairs}


def _array(
    arrays: dict[str, NDArray[Any]], name: str, shape: tuple[int, ...], kind: Any
) -> NDArray[Any]:
    found = arrays[name]
    if found.shape != shape or found.dtype != kind:
        raise ValueError(f"{name!r} is {found.dtype} {found.shape}, not {np.dtype(kind)} {shape}")
    return found


def _ahead(fitted: Fitted, record: Record) -> NDArray[np.float64]:
    """Returns what is known of the horizon, `(horizon, future)`, NaN elsewhere."""
    rows = np.full((fitted.horizon, len(fitted.layout.future)), np.nan)
    for column, name in enumerate(fitted.layout.future):
        known = record.get("ahead", {}).get(name, ())
        rows[: len(known), column] = known
    return rows


def _rows(record: Record, columns: tuple[str, ...]) -> NDArray[np.float64]:
    return np.stack([record["values"][name] for name in columns], axis=1).astype(np.float64)


def _time_unit(times: list[NDArray[Any]]) -> str:
    """Returns the unit that holds all times without loss."""
    units = {np.datetime_data(one.dtype)[0] for one in times if one.dtype.kind == "M"}
    if "ns" in units:
        return "ns"
    return "us" if units & {"us", "ms"} else "s"


def _whole(times: NDArray[Any], unit: str) -> NDArray[np.int64]:
    exact = times.astype(f"datetime64[{unit}]") if times.dtype.kind == "M" else times
    return exact.astype(np.int64)


def _stacked(rows: list[NDArray[np.float64]], width: int) -> NDArray[np.float64]:
    return np.array(rows, dtype=np.float64).reshape(-1, width)


def _joined(parts: list[NDArray[Any]], empty: tuple[int, ...], kind: Any) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(empty, dtype=kind)
