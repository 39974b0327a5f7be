"""Objects read from JSON: one a line, in an array, or as columns of values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqkit.callbacks import Notify
from seqkit.data.json_lines import objects_of_lines
from seqkit.data.reports import counted, shortly
from seqkit.data.texts import Errors, read_text
from seqkit.errors import DataError

_WAYS = "Write a list of objects, columns of values by name, or one object a line"


@dataclass(frozen=True)
class Objects:
    """The objects of a JSON file.

    Attributes:
        path: The file.
        items: The objects.
        numbers: The number of each, counted from 1.
        counts: What these count: `line` or `object`.
    """

    path: Path
    items: Sequence[dict[str, Any]]
    numbers: Sequence[int]
    counts: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The names that any object has, in the order in which they come."""
        return tuple(dict.fromkeys(name for item in self.items for name in item))


def read_objects(
    path: Path,
    notify: Notify,
    *,
    encoding: str = "utf-8",
    errors: Errors = "strict",
    option: bool = False,
    usual: str = "utf-8",
) -> Objects:
    """Reads the objects of a JSON file, however it arranges them.

    They stand one on a line, in a list, or in a table of columns, each a list of values or values
    by row, as pandas writes them; a list or table may be the one value of an object.

    Args:
        path: The file, which may be packed by gzip.
        notify: Receives what the user should know.
        encoding: See `read_text`.
        errors: See `read_text`.
        option: See `read_text`.
        usual: See `read_text`.

    Raises:
        DataError: The file cannot be read, is empty, or is not such JSON.
    """
    text = read_text(path, notify, encoding=encoding, errors=errors, option=option, usual=usual)
    start = text.lstrip()[:1]
    if ".json" not in [suffix.lower() for suffix in path.suffixes] and start != "[":
        return _of_lines(path, text, notify)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        if start == "{" and getattr(error, "msg", "") == "Extra data":
            return _of_lines(path, text, notify)
        what = f"{path} is empty" if not start else f"{path} is not valid JSON: {error}"
        raise DataError(f"{what}. {_WAYS}") from error
    items = _items(path, document)
    if not items:
        raise DataError(f"{path} holds no objects. {_WAYS}")
    return Objects(path, items, range(1, len(items) + 1), "object")


def _of_lines(path: Path, text: str, notify: Notify) -> Objects:
    found = objects_of_lines(path, text, notify)
    return Objects(path, [item for _, item in found], [line for line, _ in found], "line")


def _items(path: Path, document: Any) -> list[dict[str, Any]]:
    if isinstance(document, list):
        return _checked(path, document)
    if not isinstance(document, dict):
        raise DataError(f"{path} holds {type(document).__name__} {shortly(document)}. {_WAYS}")
    names, rows = document.get("columns"), document.get("data")
    if isinstance(names, list) and isinstance(rows, list) and _are_rows(rows, len(names)):
        return [dict(zip(map(str, names), row, strict=True)) for row in rows]
    lists = [value for value in document.values() if isinstance(value, list)]
    if len(lists) == 1 and lists[0] and all(isinstance(item, dict) for item in lists[0]):
        return list(lists[0])
    if lists and len(lists) == len(document):
        return _from_columns(path, document)
    if document and all(isinstance(value, dict) for value in document.values()):
        return _from_rows_by_name(document)
    raise DataError(f"{path} holds one object with {_names(document)}. {_WAYS}")


def _checked(path: Path, document: Sequence[Any]) -> list[dict[str, Any]]:
    for number, item in enumerate(document, start=1):
        if not isinstance(item, dict):
            raise DataError(
                f"{path} holds {type(item).__name__} {shortly(item)} in place {number} of its "
                "list. Each must be an object"
            )
    return list(document)


def _are_rows(rows: Sequence[Any], width: int) -> bool:
    return all(isinstance(row, list) and len(row) == width for row in rows)


def _from_columns(path: Path, columns: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        few, many = min(lengths, key=lengths.__getitem__), max(lengths, key=lengths.__getitem__)
        raise DataError(
            f"{path} has {counted(lengths[few], 'value')} under {few!r} and "
            f"{counted(lengths[many], 'value')} under {many!r}. Write as many under each name"
        )
    rows = zip(*columns.values(), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _from_rows_by_name(columns: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns the rows of columns whose values have the same names, else each value as a row."""
    first = next(iter(columns.values()))
    if any(values.keys() != first.keys() for values in columns.values()) or any(
        isinstance(value, dict) for value in first.values()
    ):
        return [dict(values) for values in columns.values()]
    # Records by their id have the names of columns inside; pandas has the rows' numbers there.
    if not all(name.lstrip("-").isdigit() for name in first):
        return [dict(values) for values in columns.values()]
    return [{name: values[row] for name, values in columns.items()} for row in first]


def _names(document: Mapping[str, Any]) -> str:
    shown = ", ".join(map(repr, list(document)[:5])) or "no names"
    return shown + (", ..." if len(document) > 5 else "")
