"""Tables of any kind of file: separated values, JSON, sheets and Parquet, all as texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from seqkit.callbacks import Notify
from seqkit.data.cell_texts import column_texts
from seqkit.data.columns import MOST_COLUMNS, header_of
from seqkit.data.endings import OBJECTS, PARQUET, SHEETS, kind_of
from seqkit.data.objects import Objects, read_objects
from seqkit.data.reports import counted, listed, report_left_out
from seqkit.data.sheets import MOST_CELLS
from seqkit.data.tables import Table, below_titles, read_csv
from seqkit.data.texts import Errors
from seqkit.errors import DataError

READING = ("encoding", "errors", "delimiter", "header", "quotes", "sheet")
"""Settings of a dataset that say how its file is read."""
_DEEPEST = 8


def read_table(
    path: Path,
    notify: Notify,
    *,
    encoding: str = "utf-8",
    errors: Errors = "strict",
    delimiter: str = "",
    header: bool = True,
    quotes: bool = True,
    sheet: str = "",
    keep_empty: bool = False,
    option: bool = False,
    usual: str = "utf-8",
) -> Table:
    """Reads a table, as the ending of its file says: .xlsx, .parquet, .json, .jsonl, or else CSV.

    Numbers and times become texts as a CSV file would hold them. What lies inside an object or a
    column has both names, with a dot between; lists are left out, and told.

    Args:
        path: The file.
        notify: Receives what the user should know.
        encoding: See `read_text`; sheets and Parquet have none.
        errors: See `read_text`.
        delimiter: See `read_csv`.
        header: See `read_csv`; objects and Parquet have names in any case.
        quotes: See `read_csv`.
        sheet: The sheet of an .xlsx file; empty for the first.
        keep_empty: See `read_csv`.
        option: See `read_text`.
        usual: See `read_text`.

    Raises:
        DataError: The file cannot be read, or holds no table.
        ConfigurationError: What reads such files is not installed.
    """
    kind = kind_of(path)
    if kind in OBJECTS:
        found = read_objects(
            path, notify, encoding=encoding, errors=errors, option=option, usual=usual
        )
        return table_of_objects(found, notify)
    if kind in PARQUET:
        from seqkit.data.parquet import parquet_columns

        columns = parquet_columns(path, notify)
        rows = list(zip(*columns.values(), strict=True))
        names = header_of(path, tuple(columns), option=True)
        return _finished(path, names, rows, range(1, len(rows) + 1), "row", notify, keep_empty)
    if kind in SHEETS:
        return _sheet(path, notify, header, sheet, keep_empty, option)
    return read_csv(
        path,
        notify,
        encoding=encoding,
        errors=errors,
        delimiter=delimiter,
        header=header,
        quotes=quotes,
        keep_empty=keep_empty,
        option=option,
        usual=usual,
    )


def reading_of(config: object) -> dict[str, Any]:
    """Returns the settings of a dataset that say how its file is read, for `read_table`."""
    return {name: getattr(config, name) for name in READING if hasattr(config, name)}


def table_of_objects(objects: Objects, notify: Notify) -> Table:
    """Returns objects as a table of texts."""
    items = [flat(item) for item in objects.items]
    names = list(dict.fromkeys(name for item in items for name in item))
    if len(names) > MOST_COLUMNS or len(names) * len(items) > MOST_CELLS:
        raise DataError(
            f"{objects.path} has {len(names):,} names in {counted(len(items), 'object')}. Give "
            "all objects the same names"
        )
    lists = [name for name in names if any(isinstance(item.get(name), list) for item in items)]
    if lists:
        notify(f"lists in {objects.path} left out: {listed(lists)}.")
    kept = [name for name in names if name not in lists]
    if not kept:
        raise DataError(f"{objects.path} has no texts, numbers or times in its objects.")
    columns = [column_texts([item.get(name) for item in items]) for name in kept]
    rows = list(zip(*columns, strict=True))
    names_read = header_of(objects.path, kept, option=True)
    return Table(objects.path, names_read, rows, objects.numbers, objects.counts, headed=True)


def flat(item: Mapping[str, Any], deep: int = 0) -> dict[str, Any]:
    """Returns an object whose inner ones are part of it, under both names: `translation.en`."""
    found: dict[str, Any] = {}
    for name, value in item.items():
        if isinstance(value, dict) and deep < _DEEPEST:
            found |= {f"{name}.{key}": more for key, more in flat(value, deep + 1).items()}
        else:
            found[str(name)] = value
    return found


def _sheet(
    path: Path, notify: Notify, header: bool, sheet: str, keep_empty: bool, option: bool
) -> Table:
    from seqkit.data.sheets import sheet_rows

    cells, said = sheet_rows(path, sheet)
    if said:
        way = "" if option else ". Set dataset.sheet for another"
        notify(f"of {path}, {said}{way}.")
    rows = [(number, row) for number, row in enumerate(cells, start=1)]
    filled = [(number, row) for number, row in rows if any(cell.strip() for cell in row)]
    begins, first = filled[0]
    names = first if header else list(map(str, range(1, len(first) + 1)))
    columns = header_of(path, names, option=option)
    if header:
        if error := below_titles(path, filled[:20], ", "):
            raise error
        rows = [(number, row) for number, row in rows if number > begins]
        if not any(number > begins for number, _ in filled):
            raise DataError(f"{path} has a header ({listed(columns)}) and no rows.")
    numbers = [number for number, _ in rows]
    cells = [row for _, row in rows]
    return _finished(path, columns, cells, numbers, "row", notify, keep_empty, headed=header)


def _finished(
    path: Path,
    columns: tuple[str, ...],
    rows: Sequence[Sequence[str]],
    numbers: Iterable[int],
    counts: str,
    notify: Notify,
    keep_empty: bool,
    headed: bool = True,
) -> Table:
    """Returns a table, less its empty rows, which are told, unless they are kept."""
    numbers = list(numbers)
    if not rows:
        raise DataError(f"{path} has a header ({listed(columns)}) and no rows.")
    if not keep_empty:
        empty = [n for n, row in zip(numbers, rows, strict=True) if not any(map(str.strip, row))]
        gone = set(empty)
        rows = [row for n, row in zip(numbers, rows, strict=True) if n not in gone]
        numbers = [n for n in numbers if n not in gone]
        what = counted(len(empty), "empty row")
        report_left_out(path, empty, what, notify, counts)
    return Table(path, columns, rows, numbers, counts, headed=headed)
