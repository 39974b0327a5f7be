"""Labels of classification: one spelling each, in an order that does not depend on the data's."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqkit.errors import DataError


def label_name(value: Any) -> str | None:
    """Returns how a label is spelt, or None where there is none: null, empty, or not a number.

    A whole float is spelt as the integer it equals, so that `1`, `1.0` and `"1"` are one class.

    Raises:
        TypeError: The value is of a kind that names no class, such as a list.
    """
    if isinstance(value, str):
        return value or None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if value is None or isinstance(value, int | float):
        return None if value is None else str(value)
    if isinstance(value, np.generic):
        return label_name(value.item())
    raise TypeError(f"{value!r} is a {type(value).__name__}")


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Sorts labels: by value where all are numbers, else by code points."""
    found = sorted(set(names))
    try:
        numbers = {name: float(name) for name in found}
    except ValueError:
        return tuple(found)
    if not all(map(math.isfinite, numbers.values())):
        return tuple(found)
    return tuple(sorted(found, key=lambda name: (numbers[name], name)))


def label_ids(names: Sequence[str], known: Sequence[str], split: str) -> NDArray[np.int64]:
    """Returns the id of each label, `(examples,)` int64.

    Args:
        names: A label for each record.
        known: The labels of the training data, by their ids.
        split: Where the records come from, for the message.

    Raises:
        DataError: A label does not occur in the training data.
    """
    ids = {name: number for number, name in enumerate(known)}
    try:
        return np.fromiter(map(ids.__getitem__, names), dtype=np.int64, count=len(names))
    except KeyError:
        position = next(i for i, name in enumerate(names) if name not in ids)
    shown = ", ".join(known[:10]) + (", ..." if len(known) > 10 else "")
    raise DataError(
        f"the label {names[position]!r} of record {position + 1} does not occur in the training "
        f"data, in the {split} split. The labels there are: {shown}. Add training examples with "
        "this label, or leave such records out"
    )
