"""Which examples make a batch: grouped by length, shuffled within and across the groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from seqkit.api import Arrays, Codec

POOL = 100
"""Batches' worth of shuffled examples that are sorted by length together.

Large enough that the lengths of a batch nearly agree, small enough that a batch is made of other
examples each epoch.
"""

Indices = np.ndarray[Any, Any]


def epoch_generator(seed: int, epoch: int) -> np.random.Generator:
    """Returns the source of an epoch's randomness, which depends on nothing else."""
    return np.random.default_rng([seed, epoch])


def shuffled_plan(
    sizes: Indices, batch_size: int, generator: np.random.Generator, bucketing: bool = True
) -> list[Indices]:
    """Returns the batches of a training epoch.

    Args:
        sizes: Time steps of each example, `(examples,)`.
        batch_size: Examples of a batch; the last one of the epoch may have fewer.
        generator: Source of the shuffling.
        bucketing: Put examples of similar length together.
    """
    order = generator.permutation(len(sizes))
    if not bucketing:
        return _chunks(order, batch_size)
    batches: list[Indices] = []
    for pool in _chunks(order, POOL * batch_size):
        batches += _chunks(pool[np.argsort(sizes[pool], kind="stable")], batch_size)
    return [batches[index] for index in generator.permutation(len(batches))]


def ordered_plan(sizes: Indices, batch_size: int) -> list[Indices]:
    """Returns batches of all examples by length, for evaluation: every example exactly once."""
    return _chunks(np.argsort(sizes, kind="stable"), batch_size)


def _chunks(order: Indices, size: int) -> list[Indices]:
    return [order[start : start + size] for start in range(0, len(order), size)]


def training_plan(
    codec: Codec,
    arrays: Arrays,
    batch_size: int,
    seed: int,
    epoch: int,
    bucketing: bool,
    only: int = 0,
) -> Sequence[Indices]:
    """Returns the batches of one epoch: the task's own plan, or else one grouped by length.

    Args:
        codec: The fitted task.
        arrays: The training split.
        batch_size: Examples of a batch.
        seed: The run's seed.
        epoch: Number of the epoch, from 0.
        bucketing: Group by length.
        only: Keep this many batches, the same ones each epoch; 0 keeps all.
    """
    generator = epoch_generator(seed, 0 if only else epoch)
    plan = codec.plan(arrays, batch_size, generator)
    if plan is None:
        plan = shuffled_plan(codec.sizes(arrays), batch_size, generator, bucketing)
    return plan[:only] if only else plan


def evaluation_plan(codec: Codec, arrays: Arrays, batch_size: int) -> Sequence[Indices]:
    """Returns batches that cover a split exactly once, in an order that never changes."""
    plan = codec.plan(arrays, batch_size, None)
    return ordered_plan(codec.sizes(arrays), batch_size) if plan is None else plan
