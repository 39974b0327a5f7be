"""What the name of a column says: what it holds, which series a row is of, or the row's number."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from seqkit.errors import DataError

MOST_COLUMNS = 20_000
"""More would take minutes; a table is that wide when its rows and columns are exchanged."""

_IDS = re.compile(
    "id|series|timeseries|symbol|ticker|isin|sku|store|shop|item|product|device|station|sensor|"
    "meter|machine|asset|vehicle|region|country|city|site|location|branch|warehouse|customer|client|"
    "household|patient"
)
_ROWS = re.compile(
    "(row|line|record|obs|observation|serial|s|sr|sl)?(index|idx|id|number|num|no|nr|#)|rows?|line|n|"
    "serial|seq|sequence|counter|count|obs|observation|record|level0|key|pk|t|k|i|step|x"
)
_ROWS_ALONE = re.compile(
    "(row|line|record|obs|observation|serial|s|sr|sl)(index|idx|id|number|num|no|nr|#)|index|idx|"
    "no|nr|rows?|line|serial|seq|sequence|key|pk|level0"
)
_NUMBERED = re.compile(r"(\D*)(\d{1,9})")
_UNNAMED = re.compile(r"unnamed: \d+(\.\d+)*(_level_\d+)?|\.\.\.\d+", re.IGNORECASE)


def header_of(source: object, row: Sequence[str], *, option: bool = False) -> tuple[str, ...]:
    """Returns the names in a header; one without a name is called as pandas calls it.

    Args:
        source: What to call the table in messages.
        row: The fields of its header.
        option: Whether it is no dataset, and has no settings.

    Raises:
        DataError: Two columns have one name, or there are too many.
    """
    if len(row) > MOST_COLUMNS:
        raise DataError(
            f"{source} has {len(row):,} columns; {MOST_COLUMNS:,} are the most that are read. "
            "Give a row for each time or example: rows and columns may be exchanged"
        )
    names = [name.strip() for name in row]
    repeated = sorted(name for name, times in Counter(names).items() if times > 1 and name)
    if repeated:
        way = "" if option else ", or set dataset.header=false if its first row is no header"
        raise DataError(
            f"{source} has more than one column {repeated[0]!r} in its header. Rename one of "
            f"them{way}"
        )
    taken = set(names)
    for place, name in enumerate(names):
        if not name:
            names[place] = f"Unnamed: {place}"
            while names[place] in taken:
                names[place] += ".1"
            taken.add(names[place])
    return tuple(names)


def are_numbered(columns: Sequence[str]) -> bool:
    """Tells whether names are one word with numbers that count on, as V1, V2, ..., or none."""
    parts = [_NUMBERED.fullmatch(name) for name in columns]
    found = [(match[1], int(match[2])) for match in parts if match is not None]
    if len(found) < max(2, len(columns)) or len({word for word, _ in found}) > 1:
        return False
    return all(after[1] - before[1] == 1 for before, after in pairwise(found))


def is_unnamed(column: str) -> bool:
    """Tells whether a column has no name but the one that a program gave it."""
    return not column or bool(_UNNAMED.fullmatch(column))


def column_named(columns: Sequence[str], *names: Sequence[str]) -> str:
    """Returns the only column that has one of some names; empty where there is none, or several.

    Args:
        columns: The columns of a table.
        *names: Names in small letters: the usual ones, and others that count where no column has
            one of those before.
    """
    for wanted in names:
        found = [column for column in columns if column.lower().strip() in wanted]
        if found:
            return found[0] if len(found) == 1 else ""
    return ""


def names_ids(column: str) -> bool:
    """Tells whether a name says that a column tells series apart, such as `store` or `item_id`."""
    if _IDS.fullmatch(_word(column)) or re.search(r"[a-z0-9]I[dD]$", column):
        return True
    *before, last = re.split(r"[^a-z0-9]+", column.lower().strip())
    if last in ("nbr", "nr", "no", "num", "number", "code", "key", "name"):
        return bool(before and _IDS.fullmatch(before[0]))
    return last == "id"


def names_rows(column: str) -> bool:
    """Tells whether a name says that a column numbers the rows, such as `index` or `No.`."""
    return is_unnamed(column) or bool(_ROWS.fullmatch(_word(column)))


def names_rows_alone(column: str) -> bool:
    """Tells whether a name can hardly say anything but that a column numbers the rows."""
    return bool(_ROWS_ALONE.fullmatch(_word(column)))


def _word(column: str) -> str:
    return re.sub(r"[^a-z0-9#]", "", column.lower())
