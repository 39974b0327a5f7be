"""The forecasting encoder on disk: settings as JSON, scalers and last rows as safetensors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Record
from seqkit.errors import DataError
from seqkit_timeseries._encoder import ForecastingEncoder
from seqkit_timeseries._frequency import Frequency
from seqkit_timeseries._layout import Layout
from seqkit_timeseries._normalisation import Scaler

_FILE, _ARRAYS = "forecasting.json", "forecasting.safetensors"


def save_encoder(encoder: ForecastingEncoder, folder: Path) -> None:
    """Writes an encoder into a folder."""
    from safetensors.numpy import save_file

    frequency, tail = encoder.frequency, encoder.tail
    columns = encoder.layout.columns
    document = {
        "settings": encoder.settings,
        "layout": encoder.layout.as_dict(),
        "frequency": {
            "unit": frequency.unit,
            "count": frequency.count,
            "regular": frequency.regular,
        },
        "period": encoder.period,
        "names": encoder.names,
        "series": list(encoder.scalers),
        "tail": [record["series"] for record in tail],
    }
    scalers = list(encoder.scalers.values())
    width = len(columns)
    arrays = {
        "location": _stacked([scaler.location for scaler in scalers], width),
        "scale": _stacked([scaler.scale for scaler in scalers], width),
        "tail": _joined([_rows(record, columns) for record in tail], (0, width), np.float64),
        "times": _joined([_whole(record["time"]) for record in tail], (0,), np.int64),
    }
    if any("ahead" in record for record in tail):
        arrays["ahead"] = np.stack([_ahead(encoder, record) for record in tail])
    text = json.dumps(document, indent=1, ensure_ascii=False)
    (folder / _FILE).write_text(text + "\n", encoding="utf-8")
    save_file(arrays, folder / _ARRAYS)


def load_encoder(folder: Path) -> ForecastingEncoder:
    """Reads an encoder back. Raises DataError when a file is missing or damaged."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    path = folder / _FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        path = folder / _ARRAYS
        arrays = load_file(path)
        return _restored(document, arrays)
    except OSError as error:
        raise DataError(
            f"{path} cannot be read: {error.strerror or error}. Copy the whole run folder again"
        ) from error
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        raise DataError(f"{path} is damaged: {error}. Copy the whole run folder again") from error


def _restored(document: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> ForecastingEncoder:
    layout = Layout(**{name: tuple(columns) for name, columns in document["layout"].items()})
    frequency = Frequency(**document["frequency"])
    pairs = zip(document["series"], arrays["location"], arrays["scale"], strict=True)
    scalers = {name: Scaler(location, scale) for name, location, scale in pairs}
    context = int(document["settings"]["context"])
    times = arrays["times"]
    if frequency.unit != "rows":
        times = times.astype("datetime64[s]")
    if len(times) != len(document["tail"]) * context or len(times) != len(arrays["tail"]):
        raise ValueError(f"it has {len(times)} rows for {len(document['tail'])} series")
    tail: list[Record] = []
    for place, name in enumerate(document["tail"]):
        rows = slice(place * context, (place + 1) * context)
        values = dict(zip(layout.columns, arrays["tail"][rows].T, strict=True))
        record = {"series": name, "time": times[rows], "values": values}
        if "ahead" in arrays:
            record["ahead"] = dict(zip(layout.future, arrays["ahead"][place].T, strict=True))
        tail.append(record)
    period, names = int(document["period"]), document["names"]
    return ForecastingEncoder(document["settings"], layout, frequency, period, names, scalers, tail)


def _ahead(encoder: ForecastingEncoder, record: Record) -> NDArray[np.float64]:
    """Returns what is known of the horizon, `(horizon, future)`, NaN elsewhere."""
    rows = np.full((encoder.horizon, len(encoder.layout.future)), np.nan)
    for column, name in enumerate(encoder.layout.future):
        known = record.get("ahead", {}).get(name, ())
        rows[: len(known), column] = known
    return rows


def _rows(record: Record, columns: tuple[str, ...]) -> NDArray[np.float64]:
    return np.stack([record["values"][name] for name in columns], axis=1).astype(np.float64)


def _whole(times: NDArray[Any]) -> NDArray[np.int64]:
    seconds = times.astype("datetime64[s]") if times.dtype.kind == "M" else times
    return seconds.astype(np.int64)


def _stacked(rows: list[NDArray[np.float64]], width: int) -> NDArray[np.float64]:
    return np.array(rows, dtype=np.float64).reshape(-1, width)


def _joined(parts: list[NDArray[Any]], empty: tuple[int, ...], kind: Any) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(empty, dtype=kind)
