"""Lists that are narrowed by typing: what fits, and what of it stands first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def narrowed(
    items: Iterable[T],
    wanted: str,
    label: Callable[[T], str],
    about: Callable[[T], str] = lambda _item: "",
) -> list[T]:
    """Returns the items that hold every word, those first whose label is nearest to what was typed.

    Args:
        items: Everything there is, in the order that holds where none is nearer.
        wanted: What was typed.
        label: What an item is called.
        about: What else its words are looked for in.
    """
    words = wanted.casefold().split()
    found = [
        item
        for item in items
        if all(word in f"{label(item)} {about(item)}".casefold() for word in words)
    ]
    return sorted(found, key=lambda item: distance(label(item), wanted))


def distance(label: str, wanted: str) -> int:
    """Tells how far a label is from what was typed: that itself, its beginning, a part, another."""
    typed, label = " ".join(wanted.casefold().split()), label.casefold()
    if label == typed or not typed:
        return 0
    if label.startswith(typed):
        return 1
    return 2 if all(word in label for word in typed.split()) else 3
