"""Padded batches of flat arrays."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.data.ragged import pad_ragged


def flat(sequences: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    lengths = [len(sequence) for sequence in sequences]
    values = np.array([item for sequence in sequences for item in sequence], dtype=np.int32)
    return values, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


@given(st.data())
def test_each_row_is_its_sequence_followed_by_zeros(data: st.DataObject) -> None:
    sequences = data.draw(st.lists(st.lists(st.integers(1, 9), max_size=7), min_size=1, max_size=9))
    indices = data.draw(st.lists(st.integers(0, len(sequences) - 1), max_size=12))
    padded, lengths = pad_ragged(*flat(sequences), np.array(indices, dtype=np.int64))
    assert padded.dtype == lengths.dtype == np.int64
    assert padded.shape == (len(indices), max([len(sequences[i]) for i in indices], default=0))
    for row, length, index in zip(padded, lengths, indices, strict=True):
        assert row[:length].tolist() == sequences[index]
        assert not row[length:].any()


def test_rows_of_features_are_padded_with_zeros_even_beside_what_is_not_finite() -> None:
    values = np.array([[1, 2], [np.nan, np.inf], [3, 4]], dtype=np.float64)
    padded, lengths = pad_ragged(values, np.array([0, 1, 3]), np.array([0, 1]), dtype=np.float32)
    assert padded.dtype == np.float32
    assert lengths.tolist() == [1, 2]
    np.testing.assert_array_equal(padded[0], [[1, 2], [0, 0]])
    np.testing.assert_array_equal(padded[1], values[1:])


def test_memory_mapped_arrays_give_arrays_of_their_own(tmp_path: Path) -> None:
    values, offsets = flat([[1, 2, 3], [4]])
    np.save(tmp_path / "values.npy", values)
    np.save(tmp_path / "offsets.npy", offsets)
    padded, lengths = pad_ragged(
        np.load(tmp_path / "values.npy", mmap_mode="r"),
        np.load(tmp_path / "offsets.npy", mmap_mode="r"),
        np.array([1, 0]),
    )
    assert padded.tolist() == [[4, 0, 0], [1, 2, 3]]
    assert lengths.tolist() == [1, 3]
    assert type(padded) is np.ndarray
    padded[0, 0] = 7


def test_what_was_given_is_never_written_to() -> None:
    values, offsets = flat([[1, 2, 3], [4]])
    values = values.astype(np.int64)
    pad_ragged(values, offsets, np.array([1, 0]))
    assert values.tolist() == [1, 2, 3, 4]


def test_a_sequence_that_is_not_there_is_an_error() -> None:
    with pytest.raises(IndexError):
        pad_ragged(*flat([[1]]), np.array([1]))
