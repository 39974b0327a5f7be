"""Deals records into folds for cross-validation, the same ones on every machine."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Sequence


def deal(
    groups: Sequence[Hashable], strata: Sequence[Hashable], folds: int, seed: int
) -> list[int]:
    """Returns the fold of each record, from 0, with what belongs together in one fold.

    Groups are dealt one after another, the largest first, each to the fold that has least of what
    it holds: folds become of one size, and each has its share of every stratum, as far as the
    groups allow.

    Args:
        groups: What each record belongs to; equal ones stay together.
        strata: What is to be spread evenly, such as the class of each record.
        folds: How many there are.
        seed: Shuffles groups that are alike.

    Raises:
        ValueError: There are fewer groups than folds.
    """
    members: dict[Hashable, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    if len(members) < folds:
        raise ValueError(f"{len(members):,} groups cannot be dealt into {folds} folds")
    # Only the sequence of random() is promised to be the same in every version of Python.
    generator = random.Random(seed)
    ranks = {group: generator.random() for group in members}
    totals = Counter(strata)
    held: list[Counter[Hashable]] = [Counter() for _ in range(folds)]
    sizes = [0] * folds
    found = [0] * len(groups)
    for group in sorted(members, key=lambda group: (-len(members[group]), ranks[group])):
        places = members[group]
        own = Counter(strata[place] for place in places)

        def load(fold: int, own: Counter[Hashable] = own) -> tuple[float, int, int]:
            share = sum(count * held[fold][one] / totals[one] for one, count in own.items())
            return share, sizes[fold], fold

        chosen = min(range(folds), key=load)
        held[chosen].update(own)
        sizes[chosen] += len(places)
        for place in places:
            found[place] = chosen
    return found
