"""Records of classification: their texts and labels, checked as they are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Notify, Record
from seqkit.errors import DataError
from seqkit.text import UNKNOWN_ID
from seqkit.text.truncation import Keep
from seqkit_classification._labels import Labels, spelling


@dataclass(frozen=True)
class Reading:
    """How a text is read.

    Attributes:
        lowercase: Whether it is lowercased first.
        maximum_length: Most tokens that are kept; None keeps all.
        keep: Which end of a longer text is kept: `head` or `tail`.
    """

    lowercase: bool
    maximum_length: int | None
    keep: Keep


def read_texts(
    records: Iterable[Record],
    reading: Reading,
    labels: list[str | None],
    place: str,
    *,
    labelled: bool,
    known: Labels | None = None,
) -> Iterator[str]:
    """Yields the text of each record and appends its label as it is spelt, None without one.

    Args:
        records: Read once.
        reading: How texts are read.
        labels: Receives the labels.
        place: Where the records come from, for messages: `the train split`.
        labelled: Whether there must be a record, and each must have a label.
        known: The labels that are valid; None where all are.
    """
    seen: set[str] = set()
    for number, record in enumerate(records, start=1):
        text = record.get("text")
        if not isinstance(text, str):
            fields = ", ".join(map(repr, record)) or "none"
            raise DataError(
                f"record {number} has no text, in {place}. Its fields are: {fields}"
                if text is None
                else f"the text of record {number} is {text!r:.60}, in {place}. It must be text"
            )
        try:
            label = spelling(record.get("label"))
        except TypeError as error:
            raise DataError(
                f"the label of {_named(record, number)} names no class: {error}, in {place}. "
                "Give a word or a number"
            ) from error
        if labelled and label is None:
            raise DataError(
                f"{_named(record, number)} has no label, in {place}. "
                "Give it one, or leave the record out"
            )
        if label is not None and known is not None and label not in seen:
            if known.find(label) is None:
                raise _unknown(label, known, _named(record, number), place)
            seen.add(label)
        labels.append(label)
        yield text.lower() if reading.lowercase else text
    if labelled and not labels:
        raise DataError(f"there is no record, in {place}. Check the dataset's files and settings")


def _unknown(label: str, known: Labels, record: str, place: str) -> DataError:
    shown = ", ".join(known.names[:10]) + (", ..." if len(known.names) > 10 else "")
    alike = known.alike(label)
    meant = f"Spell it {alike!r} if that is what it is, or add" if alike else "Add"
    return DataError(
        f"the label {label!r} of {record} does not occur in the training data, in {place}. "
        f"The labels there are: {shown}. {meant} training examples with this label, or leave such "
        "records out"
    )


def _named(record: Record, number: int) -> str:
    """Returns what finds a record again: its number, its id and how its text begins."""
    identity = f", id {record['id']}" if "id" in record else ""
    text = str(record["text"])
    return f"record {number} ({text[:40] + ('...' if len(text) > 40 else '')!r}{identity})"


def fill_empty(
    values: NDArray[np.int32], offsets: NDArray[np.int64], notify: Notify, place: str
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Gives each text without a token the unknown one, so that every length is at least 1."""
    empty = np.flatnonzero(np.diff(offsets) == 0)
    if not len(empty):
        return values, offsets
    notify(
        f"{len(empty)} of {len(offsets) - 1} texts of {place} are empty and were kept "
        f"as one unknown token (the first is record {empty[0] + 1})"
    )
    filled = np.insert(values, offsets[empty], UNKNOWN_ID)
    moved = offsets.copy()
    moved[1:] += np.cumsum(np.diff(offsets) == 0)
    return filled, moved
