"""Columns of few kinds, such as the weather in words, and a channel for each of these."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Record
from seqkit.data import listed
from seqkit.data.numbers import MISSING

Floats = NDArray[np.float64]
MOST_KINDS = 50
_FIRST = 1000


def coded(texts: Sequence[str]) -> tuple[Floats, tuple[str, ...]] | None:
    """Returns which kind each cell is, NaN where it is empty, and the kinds in their order.

    None where the kinds are more than a few, or all one.
    """
    if len(set(texts[:_FIRST])) > min(MOST_KINDS, len(texts) // 2):
        return None
    numbers, kinds = all_coded(texts)
    return (numbers, kinds) if 2 <= len(kinds) <= min(MOST_KINDS, len(texts) // 2) else None


def all_coded(texts: Sequence[str]) -> tuple[Floats, tuple[str, ...]]:
    """Returns which kind each cell is, NaN where it is empty, and the kinds in their order."""
    cells = [text.strip() for text in texts]
    kinds = sorted(kind for kind in set(cells) if kind.lower() not in MISSING)
    place = {kind: float(number) for number, kind in enumerate(kinds)}
    return np.array([place.get(cell, np.nan) for cell in cells]), tuple(kinds)


def channel(column: str, kind: str) -> str:
    """Returns the name of the channel of a kind."""
    return f"{column}={kind}"


def with_kinds(record: Record, kinds: Mapping[str, Sequence[str]]) -> tuple[Record, set[str]]:
    """Adds a column of 0 and 1 for each kind to a record, and to what it knows ahead.

    Args:
        record: Has the number of the kind in each row, and tells its own `kinds`.
        kinds: The kinds of each column that there are channels for.

    Returns:
        The record, and what it has of other kinds, as `column=kind`.
    """
    if not kinds:
        return record, set()
    new: set[str] = set()
    found: dict[str, Any] = {**record}
    for part in ("values", "ahead"):
        held = record.get(part)
        if held is None:
            continue
        found[part] = dict(held)
        for name, known in kinds.items():
            if name not in held:
                continue
            numbers = np.asarray(held[name], dtype=np.float64)
            own = tuple(record.get("kinds", {}).get(name, known))
            codes = np.nan_to_num(numbers, nan=-1).astype(np.int64)
            for kind in known:
                place = own.index(kind) if kind in own else len(own)
                hits = np.where(np.isnan(numbers), np.nan, codes == place)
                found[part][channel(name, kind)] = hits
            there = {own[code] for code in np.unique(codes) if 0 <= code < len(own)}
            new |= {channel(name, kind) for kind in there - {*known}}
    return found, new


def kinds_in(records: Sequence[Record], name: str) -> tuple[str, ...]:
    """Returns the kinds of a column that are in some records, in their order."""
    found: set[str] = set()
    for record in records:
        own = record.get("kinds", {}).get(name, ())
        codes = np.unique(np.asarray(record["values"][name], dtype=np.float64))
        found |= {own[int(code)] for code in codes[~np.isnan(codes)]}
    return tuple(sorted(found))


def tell_new(new: Collection[str]) -> str:
    """Says which kinds are none of those that were learnt."""
    shown = listed(sorted(new)[:6])
    more = f" and {len(new) - 6} more" if len(new) > 6 else ""
    what = "is a kind" if len(new) == 1 else "are kinds"
    return f"{shown}{more} {what} that training did not have, and read as none of them"
