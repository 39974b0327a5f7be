"""The end of the data as a table that `predict` reads, for a person to begin with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from seqkit.api import Record
from seqkit_timeseries._fitted import Fitted
from seqkit_timeseries._frequency import continued, time_texts
from seqkit_timeseries._kinds import channel
from seqkit_timeseries._layout import ids_of


def rows_of_end(fitted: Fitted, record: Record) -> list[dict[str, str]]:
    """Returns the last rows of a series with every column that is read, as texts by column.

    Where columns are known beforehand, rows for the horizon follow, with the other columns empty.
    There are none where the run's table has one series a row: it has no such rows.

    Args:
        fitted: What is read, and how tables of it are written.
        record: One of those that were kept.
    """
    layout, names = fitted.layout, fitted.names
    if names.get("wide") == "rows":
        return []
    decimal = names.get("decimal") or "."
    times = record["time"][-fitted.context :]
    shown = time_texts(times, fitted.frequency)
    values = {name: column[-fitted.context :] for name, column in record["values"].items()}
    parts: list[Mapping[str, Any]] = [values]
    if layout.beforehand:
        shown += time_texts(continued(times, fitted.frequency, fitted.horizon), fitted.frequency)
        same = {name: np.full(fitted.horizon, values[name][-1]) for name in layout.static}
        parts.append({**same, **record.get("ahead", {})})
    rows = [
        {name: _cell(fitted, name, part, row, decimal) for name in layout.sources}
        for part, count in zip(parts, (len(times), fitted.horizon), strict=False)
        for row in range(count)
    ]
    series = str(record["series"])
    time, ids = names.get("time") or "time", ids_of(names)
    if names.get("wide") == "columns":
        # Its one column is called as the series.
        rows = [{series: row[layout.sources[0]]} for row in rows]
    own = {ids[0]: series} if len(ids) == 1 and series else {}
    return [{time: at, **own, **row} for at, row in zip(shown, rows, strict=True)]


def _cell(fitted: Fitted, name: str, values: Mapping[str, Any], row: int, decimal: str) -> str:
    """Returns what a table holds in one place; nothing where it is not known."""
    kinds = fitted.layout.kinds.get(name)
    if kinds is not None:
        made = {kind: values.get(channel(name, kind), ()) for kind in kinds}
        return next((kind for kind, flags in made.items() if row < len(flags) and flags[row]), "")
    column = values.get(name, ())
    if row >= len(column) or np.isnan(column[row]):
        return ""
    return f"{column[row]:.10g}".replace(".", decimal)
