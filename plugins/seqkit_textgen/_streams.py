"""Which parts of one long stream of tokens make a batch.

An example is a position of the stream: the window of tokens that begins there is read, and each
token's successor is to be told. The last position has no successor; it stands for a row that has
nothing left to read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


def training_plan(
    tokens: int, window: int, rows: int, generator: np.random.Generator
) -> list[Indices]:
    """Returns the windows of each batch of an epoch: row for row, one goes on where one ended.

    The stream is cut into windows from a random offset, which are dealt out to the rows in
    contiguous parts whose lengths differ by one window at most. The few tokens before the offset
    and after the last whole window have their turn in other epochs. The number of batches is the
    same in every epoch.

    Args:
        tokens: Length of the stream, at least 2.
        window: Tokens of a window.
        rows: Streams that are read side by side; fewer where there are fewer windows.
        generator: Draws the offset.
    """
    pairs = tokens - 1
    windows = max(1, (pairs - window + 1) // window)
    offset = int(generator.integers(max(0, pairs - windows * window) + 1))
    rows = min(rows, windows)
    batches = -(-windows // rows)
    shorter = batches * rows - windows
    lengths = np.full(rows, batches)
    lengths[rows - shorter :] -= 1
    first = np.cumsum(lengths) - lengths
    plan = []
    for batch in range(batches):
        starts = offset + (first + batch) * window
        plan.append(np.where(batch < lengths, starts, tokens - 1))
    return plan


def stream_plan(tokens: int, window: int) -> list[Indices]:
    """Returns the windows of a single row that reads the whole stream once."""
    return [np.array([start]) for start in range(0, tokens - 1, window)]


def block_plan(tokens: int, window: int, rows: int) -> list[Indices]:
    """Returns windows that cover the whole stream once, each to be read on its own."""
    starts = np.arange(0, tokens - 1, window)
    return [starts[first : first + rows] for first in range(0, len(starts), rows)]


def cut_windows(arrays: Mapping[str, NDArray[Any]], starts: Indices) -> dict[str, NDArray[Any]]:
    """Cuts the windows that begin at some positions.

    Args:
        arrays: `values`, int32 `(tokens,)`, and `window`, int64 `(1,)`.
        starts: Positions, `(rows,)`.

    Returns:
        `inputs` and `targets`, `(rows, time)` int64 padded with 0, and `lengths`, `(rows,)`.
    """
    values, window = arrays["values"], int(arrays["window"][0])
    last = len(values) - 1
    starts = np.asarray(starts, dtype=np.int64)
    lengths = np.clip(last - starts, 1, window)
    steps = np.arange(int(lengths.max()) + 1)
    read = values.take(starts[:, None] + steps, mode="clip").astype(np.int64)
    inputs, targets = read[:, :-1].copy(), read[:, 1:].copy()
    padded = steps[:-1] >= lengths[:, None]
    inputs[padded] = 0
    targets[padded] = 0
    targets[starts == last] = 0
    return {"inputs": inputs, "lengths": lengths, "targets": targets}
