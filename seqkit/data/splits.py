"""Carves held-out records from a training split, the same ones on every machine."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from seqkit.errors import ConfigurationError

RecordT = TypeVar("RecordT", bound=Mapping[str, Any])


def hold_out(
    records: Sequence[RecordT],
    fraction: float,
    seed: int,
    key: str | Callable[[RecordT], Any] | None = None,
) -> tuple[list[RecordT], list[RecordT]]:
    """Divides records into those that stay and those that are held out.

    The choice depends on the seed, the number of records and, with a key, their values under it; it
    is the same with every version of Python and numpy. Both parts keep the order of the records.

    Args:
        records: The records to divide; left as they are.
        fraction: Part to hold out, at least 0 and below 1. Of two or more records at least one is
            held out, unless the fraction is 0, and at least one stays.
        seed: Chooses the records.
        key: Field whose values are held out in equal parts, such as `label`, or what returns the
            value of a record; None to ignore them. Of every value at least one record stays, so
            that fewer records are held out where many values have only one.

    Returns:
        The records that stay and the records held out.

    Raises:
        ConfigurationError: The fraction is not valid.
    """
    if not 0 <= fraction < 1:
        raise ConfigurationError(
            f"the fraction to hold out is {fraction}, in the splits. "
            "It must be at least 0 and below 1"
        )
    wanted = round(fraction * len(records))
    if fraction > 0:
        wanted = min(max(wanted, 1), len(records) - 1)
    groups: dict[Any, list[int]] = {}
    for position, record in enumerate(records):
        value = key(record) if callable(key) else None if key is None else record[key]
        groups.setdefault(value, []).append(position)

    # Only the sequence of random() is promised to be the same in every version of Python.
    generator = random.Random(seed)
    ranks = [generator.random() for _ in records]
    held_out: set[int] = set()
    for positions, share in zip(
        groups.values(), _shares([len(group) for group in groups.values()], wanted), strict=True
    ):
        held_out.update(sorted(positions, key=ranks.__getitem__)[:share])
    rest = [record for position, record in enumerate(records) if position not in held_out]
    return rest, [record for position, record in enumerate(records) if position in held_out]


def _shares(sizes: Sequence[int], wanted: int) -> list[int]:
    """Divides `wanted` over groups by their sizes, but for one of each group.

    What is left over goes to the largest remainders.
    """
    total = sum(sizes)
    if wanted <= 0:
        return [0] * len(sizes)
    shares = [size * wanted // total for size in sizes]
    by_remainder = sorted(range(len(sizes)), key=lambda group: -(sizes[group] * wanted % total))
    left = wanted - sum(shares)
    while left and (open_to := [one for one in by_remainder if shares[one] < sizes[one] - 1]):
        for group in open_to[:left]:
            shares[group] += 1
        left -= min(left, len(open_to))
    return shares
