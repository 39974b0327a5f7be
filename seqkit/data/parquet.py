"""Parquet files, as columns of texts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seqkit.callbacks import Notify
from seqkit.data.cell_texts import column_texts
from seqkit.data.folders import opened_regular, unreadable
from seqkit.data.reports import listed
from seqkit.data.sheets import MOST_CELLS, missing
from seqkit.data.unpacking import check_unpacked
from seqkit.errors import DataError

_AT_ONCE = 256
"""Rows that are unpacked before their size is known: a cell may hold a megabyte."""
_SMALLER = "Take a part of it, or fewer columns"


def parquet_columns(path: Path, notify: Notify) -> dict[str, list[str]]:
    """Returns the cells of each column, as texts.

    What lies inside a column stands under both names, as `translation.en`. Columns of lists, of
    maps and of bytes are left out, and told.

    Args:
        path: The file.
        notify: Receives what was left out.

    Raises:
        DataError: It is damaged, is refused for its size, or has no column to read.
        ConfigurationError: pyarrow is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise missing(path, "pyarrow", "parquet") from error
    try:
        with opened_regular(path) as file:
            opened = pyarrow.parquet.ParquetFile(file)
            _check_size(path, opened.metadata)
            table = pyarrow.Table.from_batches(_batches(path, opened), schema=opened.schema_arrow)
            columns = _columns(path, pyarrow, table, notify)
    except DataError:
        raise
    except (pyarrow.ArrowException, ValueError, MemoryError) as error:
        reason = str(error).split("\n")[0].rstrip(".") or type(error).__name__
        raise DataError(
            f"{path} is damaged, or no Parquet file: {reason}. Copy it again"
        ) from error
    except OSError as error:
        # pyarrow has the errors of files of its own.
        if error.errno is None:
            raise DataError(f"{path} is damaged or truncated: {error}. Copy it again") from error
        raise unreadable(path, error) from error
    if not columns:
        raise DataError(f"{path} has no column of texts, numbers or times.")
    return columns


def _check_size(path: Path, metadata: Any) -> None:
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    unpacked = sum(group.total_byte_size for group in groups)
    check_unpacked(path, path.stat().st_size, unpacked, _SMALLER)
    if metadata.num_rows * max(1, metadata.num_columns) > MOST_CELLS:
        raise DataError(
            f"{path} is refused: it has {metadata.num_rows:,} rows of {metadata.num_columns:,} "
            f"columns, which is more than {MOST_CELLS:,} cells. {_SMALLER}"
        )


def _batches(path: Path, opened: Any) -> Iterator[Any]:
    """Yields the rows of a file, a few at once, and stops where they fill the memory."""
    size = 0
    for batch in opened.iter_batches(_AT_ONCE):
        size += batch.nbytes
        check_unpacked(path, path.stat().st_size, size, _SMALLER, repeated=True)
        yield batch


def _columns(path: Path, pyarrow: Any, table: Any, notify: Notify) -> dict[str, list[str]]:
    types = pyarrow.types
    while any(types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    found: dict[str, list[str]] = {}
    left: list[str] = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        if types.is_dictionary(kind):
            column = column.cast(kind.value_type)
            kind = kind.value_type
        if types.is_nested(kind) or types.is_binary(kind) or types.is_large_binary(kind):
            left.append(name)
            continue
        if types.is_timestamp(kind):
            # Python knows no part of a microsecond.
            column = column.cast(pyarrow.timestamp("us", kind.tz), safe=False)
        if not name.startswith("__index_level_"):
            found[name] = column_texts(column.to_pylist())
    if left:
        notify(f"columns of lists or of bytes in {path} left out: {listed(left)}.")
    return found
