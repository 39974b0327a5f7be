"""Cuts long sequences of a flat array."""

from __future__ import annotations

from typing import Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from seqkit.errors import ConfigurationError, DataError, suggestion

Keep = Literal["head", "tail"]
Scalar = TypeVar("Scalar", bound=np.generic)


def truncate(
    values: NDArray[Scalar],
    offsets: NDArray[np.int64],
    maximum_length: int | None,
    keep: Keep = "head",
) -> tuple[NDArray[Scalar], NDArray[np.int64]]:
    """Shortens each sequence of a flat array to at most `maximum_length` items.

    Args:
        values: All sequences one after another, `(items, ...)`.
        offsets: Where each begins, and the end of the last, `(sequences + 1,)`.
        maximum_length: Most items a sequence keeps, at least 1; None keeps all.
        keep: Which end of a long sequence stays: `head` or `tail`.

    Returns:
        The shortened values and their offsets; the very arrays given where nothing is too long.

    Raises:
        ConfigurationError: `maximum_length` or `keep` is not valid.
        DataError: The offsets do not divide the values.
    """
    if maximum_length is not None and maximum_length < 1:
        raise ConfigurationError(
            f"maximum_length is {maximum_length}, in the truncation. It must be at least 1."
        )
    if keep not in get_args(Keep):
        raise ConfigurationError(
            f"keep is {keep!r}, in the truncation. {suggestion(keep, get_args(Keep))}"
        )
    lengths = np.diff(offsets)
    if not len(offsets) or offsets[0] != 0 or offsets[-1] != len(values) or np.any(lengths < 0):
        raise DataError(
            f"The {len(offsets)} offsets do not divide the {len(values)} values, in the truncation."
            " They must rise from 0 to the number of values."
        )
    if maximum_length is None or not np.any(lengths > maximum_length):
        return values, offsets
    kept = np.minimum(lengths, maximum_length)
    dropped = lengths - kept
    # Runs of kept and dropped items take turns; a mask of them costs one byte an item.
    runs = (kept, dropped) if keep == "head" else (dropped, kept)
    flags = np.tile(np.array([keep == "head", keep == "tail"]), len(lengths))
    mask = np.repeat(flags, np.stack(runs, axis=1).ravel())
    new_offsets = np.zeros(len(offsets), dtype=np.int64)
    np.cumsum(kept, out=new_offsets[1:])
    return values[mask], new_offsets
