"""Cuts padded batches from flat arrays by vectorised indexing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


def pad_ragged(
    values: NDArray[Any],
    offsets: NDArray[np.int64],
    indices: NDArray[np.int64],
    dtype: DTypeLike = np.int64,
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Returns some sequences of a flat array, padded with 0 on the right to the longest of them.

    Args:
        values: All sequences one after another, `(items, ...)`.
        offsets: Where each begins, and the end of the last, `(sequences + 1,)`.
        indices: The sequences of the batch, `(batch,)`.
        dtype: Type of the result.

    Returns:
        The padded sequences, `(batch, longest, ...)`, and their lengths, `(batch,)` int64.
    """
    flat, bounds = np.asarray(values), np.asarray(offsets)
    starts = bounds[indices]
    lengths = bounds[np.asarray(indices) + 1] - starts
    columns = np.arange(int(lengths.max(initial=0)))
    if not columns.size:
        return np.zeros((len(lengths), 0, *flat.shape[1:]), dtype=dtype), lengths
    # Positions past the end of a sequence read what follows it, and are then overwritten.
    padded = flat.take(starts[:, None] + columns, axis=0, mode="clip").astype(dtype, copy=False)
    padded[columns >= lengths[:, None]] = 0
    return padded, lengths
