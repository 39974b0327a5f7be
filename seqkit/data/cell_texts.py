"""Values of sheets, Parquet and JSON as the texts that a CSV file would hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

_EXACT = 2.0**53


def cell_text(value: Any) -> str:
    """Returns a value as a text: whole numbers without a fraction, times as ISO 8601 has them."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        whole = value.is_integer() and abs(value) < _EXACT
        return str(int(value)) if whole else repr(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value)


def column_texts(values: Sequence[Any]) -> list[str]:
    """Returns the texts of a column; its times are days where all begin one."""
    times = [value for value in values if isinstance(value, datetime)]
    if times and all(value.time() == time() and value.tzinfo is None for value in times):
        return [cell_text(v.date() if isinstance(v, datetime) else v) for v in values]
    return list(map(cell_text, values))
