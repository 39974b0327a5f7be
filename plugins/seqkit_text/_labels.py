"""Labels of classification: one spelling each, and an order that no shuffling changes."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import numpy as np

_WHOLE = re.compile(r"^([+-]?\d+)\.0+$")


def label_name(value: Any) -> str | None:
    """Returns how a label is spelt, or None where there is none: null, empty, or not a number.

    A whole float is spelt as the integer it equals, so that `1`, `1.0`, `"1"` and `"1.0"` are one
    class; spaces around a label, and how its accents are composed, do not count.

    Raises:
        TypeError: The value is of a kind that names no class, such as a list.
    """
    if value is None:
        return None
    if isinstance(value, str):
        spelt = unicodedata.normalize("NFC", value).strip()
        return _WHOLE.sub(r"\1", spelt) or None
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return str(int(value)) if value.is_integer() else str(float(value))
    if isinstance(value, int):
        return str(value)
    if isinstance(value, np.generic):
        return label_name(value.item())
    raise TypeError(f"{value!r} is a {type(value).__name__}")


def alike(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Returns the labels that differ in upper and lower case alone, by groups."""
    groups: dict[str, list[str]] = {}
    for name in sorted(set(names)):
        groups.setdefault(name.casefold(), []).append(name)
    return [tuple(group) for group in groups.values() if len(group) > 1]


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
