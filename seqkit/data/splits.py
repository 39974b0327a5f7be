"""Carves held-out records from a training split, the same ones on every machine."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from seqkit.errors import ConfigurationError

RecordT = TypeVar("RecordT", bound=Mapping[str, Any])


def carve(
    records: Sequence[RecordT], fraction: float, seed: int, key: str | None = None
) -> tuple[list[RecordT], list[RecordT]]:
    """Divides records into those that stay and those that are held out.

    The choice depends on the seed, the number of records and, with a key, their values under it; it
    is the same with every version of Python and numpy. Both parts keep the order of the records.

    Args:
        records: The records to divide; left as they are.
        fraction: Part to hold out, at least 0 and below 1. Of two or more records at least one is
            held out, unless the fraction is 0, and at least one stays.
        seed: Chooses the records.
        key: Field whose values are held out in equal parts, such as `label`; None to ignore them.
            One record of each value stays.

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
        groups.setdefault(record[key] if key is not None else None, []).append(position)

    # Only the sequence of random() is promised to be the same in every version of Python.
    generator = random.Random(seed)
    ranks = [generator.random() for _ in records]
    held_out: set[int] = set()
    sizes = [len(group) for group in groups.values()]
    shares = _shares(sizes, wanted)
    if any(size > 1 for size in sizes):
        # A value that is nowhere left could not be learnt, and every use of it would be refused.
        shares = [min(share, size - 1) for share, size in zip(shares, sizes, strict=True)]
        if wanted and not any(shares):
            shares[sizes.index(max(sizes))] = 1
    for positions, share in zip(groups.values(), shares, strict=True):
        held_out.update(sorted(positions, key=ranks.__getitem__)[:share])
    rest = [record for position, record in enumerate(records) if position not in held_out]
    return rest, [record for position, record in enumerate(records) if position in held_out]


def _shares(sizes: Sequence[int], wanted: int) -> list[int]:
    """Divides `wanted` over groups by their sizes; what is left goes to the largest remainders."""
    total = sum(sizes)
    if not total:
        return []
    shares = [size * wanted // total for size in sizes]
    by_remainder = sorted(range(len(sizes)), key=lambda group: -(sizes[group] * wanted % total))
    for group in by_remainder[: wanted - sum(shares)]:
        shares[group] += 1
    return shares
