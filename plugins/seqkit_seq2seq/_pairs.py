"""Records of pairs: their sources and targets, checked as they are read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from seqkit.api import Record
from seqkit.errors import DataError


def read_pairs(
    records: Iterable[Record], place: str, *, paired: bool
) -> tuple[list[str], list[str] | None]:
    """Returns the sources and the targets of records.

    Args:
        records: Read once.
        place: Where they come from, for messages: `the train split`.
        paired: Whether there must be a record, and each must have a target and no empty text.

    Returns:
        The sources, and the targets where every record has one.

    Raises:
        DataError: A text is missing, empty or no text; names the record.
    """
    sources: list[str] = []
    targets: list[str | None] = []
    for number, record in enumerate(records, start=1):
        source, target = record.get("source"), record.get("target")
        if not isinstance(source, str):
            raise _no_text("source", source, record, number, place)
        if not isinstance(target, str) and (paired or target is not None):
            raise _no_text("target", target, record, number, place)
        for name, text in (("source", source), ("target", target)):
            if paired and not str(text).strip():
                raise DataError(
                    f"the {name} of {_named(record, number)} is empty, in {place}. "
                    "Fill it in, or leave the pair out"
                )
        sources.append(source)
        targets.append(target)
    if paired and not sources:
        raise DataError(f"there is no pair, in {place}. Check the dataset's files and settings")
    known = [target for target in targets if target is not None]
    return sources, known if len(known) == len(sources) and known else None


def _no_text(name: str, value: Any, record: Record, number: int, place: str) -> DataError:
    fields = ", ".join(map(repr, record)) or "none"
    return DataError(
        f"record {number} has no {name}, in {place}. Its fields are: {fields}"
        if value is None
        else f"the {name} of record {number} is {value!r:.60}, in {place}. It must be text"
    )


def _named(record: Record, number: int) -> str:
    """Returns what finds a record again: its number, its id and how its source begins."""
    identity = f", id {record['id']}" if "id" in record else ""
    source = str(record["source"])
    return f"record {number} ({source[:40] + ('...' if len(source) > 40 else '')!r}{identity})"
