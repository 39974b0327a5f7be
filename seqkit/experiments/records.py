"""Records that are objects in memory, written to a file that every way into seqkit can read.

The file is named by its content: the same records are the same data in every process, so that a run
on them is resumed, evaluated and shown in the terminal UI like any other.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from seqkit.data import written_whole
from seqkit.errors import DataError

_TEXT, _NUMBER = "text", "value"


def save_records(records: Any, folder: Path, name: str) -> Path:
    """Writes records as a CSV file, or as JSON lines where a value is a list or a table.

    Args:
        records: A DataFrame of pandas or polars, a mapping of columns, a sequence of mappings, of
            texts or of numbers, or a one- or two-dimensional array.
        folder: Where the file goes; made where it is missing.
        name: The beginning of its name.

    Returns:
        The file.

    Raises:
        DataError: They are none of these, are empty, or the file cannot be written.
    """
    rows = rows_of(records)
    if not rows:
        raise DataError("there are no records. Give at least one row")
    columns = list(dict.fromkeys(key for row in rows for key in row))
    nested = any(isinstance(value, list | dict) for row in rows for value in row.values())
    text = _json_lines(rows) if nested else _csv(columns, rows)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    path = folder / f"{name}-{digest}{'.jsonl' if nested else '.csv'}"
    if path.is_file():
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as aside:
            aside.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}.") from error
    return path


def rows_of(records: Any) -> list[dict[str, Any]]:
    """Returns records as rows of plain values; raises DataError for what is no records."""
    if isinstance(records, str | bytes):
        raise DataError("a text is no records. Give a list of texts, or the path to 'seqkit new'")
    if hasattr(records, "to_dicts"):
        return [_plain_row(row) for row in records.to_dicts()]
    if hasattr(records, "to_dict") and hasattr(records, "columns"):
        # The usual index counts rows; any other, such as one of times, is data.
        kept = type(getattr(records, "index", range(0))).__name__ not in ("RangeIndex", "range")
        frame = records.reset_index() if kept else records
        return [_plain_row(row) for row in frame.to_dict("records")]
    if isinstance(records, Mapping):
        return _from_columns(records)
    if hasattr(records, "tolist"):
        records = records.tolist()
    if not isinstance(records, Iterable):
        raise DataError(f"{type(records).__name__} is no records. {_WAYS}")
    return [_row(record) for record in records]


_WAYS = "Give a DataFrame, columns by name, or a list of dictionaries, texts or numbers"


def _from_columns(columns: Mapping[Any, Any]) -> list[dict[str, Any]]:
    lists = {str(name): list(values) for name, values in columns.items()}
    lengths = {name: len(values) for name, values in lists.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} {count:,}" for name, count in lengths.items())
        raise DataError(f"the columns have different lengths: {shown}. Give as many values in each")
    return [
        _plain_row(dict(zip(lists, values, strict=True)))
        for values in zip(*lists.values(), strict=True)
    ]


def _row(record: Any) -> dict[str, Any]:
    if isinstance(record, Mapping):
        return _plain_row(record)
    if isinstance(record, str):
        return {_TEXT: record}
    if isinstance(record, int | float) or hasattr(record, "item"):
        return {_NUMBER: _plain(record)}
    if isinstance(record, Sequence):
        return {f"{_NUMBER}{place}": _plain(item) for place, item in enumerate(record, start=1)}
    raise DataError(f"a record is {type(record).__name__}. {_WAYS}")


def _plain_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): _plain(value) for key, value in row.items()}


def _plain(value: Any) -> Any:
    """Returns a value as JSON has it; what is missing, such as NaN, becomes None."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        # That of numpy is one too, and writes itself otherwise.
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return _plain_row(value)
    if type(value).__name__ in ("NaTType", "NAType"):
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "tolist"):
        found = value.tolist()
        # A time of numpy counts nanoseconds as a list; its text is the time.
        return str(value) if type(value).__name__ == "datetime64" else _plain(found)
    if isinstance(value, Sequence | set | frozenset):
        return [_plain(item) for item in value]
    return str(value)


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        values = (row.get(column) for column in columns)
        writer.writerow(["" if value is None else _cell(value) for value in values])
    return stream.getvalue()


def _cell(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)


def _json_lines(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
