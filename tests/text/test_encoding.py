"""Flat arrays: truncation, and fitting and encoding in one pass."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import seqkit.text
from seqkit.errors import ConfigurationError, DataError
from seqkit.text import Vocabulary, build_tokenizer, fit_and_encode, truncate

SEQUENCES = st.lists(st.lists(st.integers(0, 99), max_size=8), max_size=8)


def flat(sequences: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    values = np.array([value for sequence in sequences for value in sequence], dtype=np.int32)
    return values, np.cumsum([0, *map(len, sequences)], dtype=np.int64)


@given(sequences=SEQUENCES, maximum_length=st.integers(1, 9))
@pytest.mark.parametrize("keep", ["head", "tail"])
def test_truncation_equals_slicing_each_sequence(
    sequences: list[list[int]], maximum_length: int, keep: str
) -> None:
    part = slice(None, maximum_length) if keep == "head" else slice(-maximum_length, None)
    values, offsets = truncate(*flat(sequences), maximum_length, keep)  # type: ignore[arg-type]
    expected_values, expected_offsets = flat([sequence[part] for sequence in sequences])
    assert values.tolist() == expected_values.tolist()
    assert offsets.tolist() == expected_offsets.tolist()
    assert values.dtype == np.int32
    assert offsets.dtype == np.int64


def test_truncation_keeps_whole_rows_of_features() -> None:
    values = np.arange(10, dtype=np.float32).reshape(5, 2)
    shortened, offsets = truncate(values, np.array([0, 3, 5]), 2, "tail")
    assert shortened.tolist() == [[2, 3], [4, 5], [6, 7], [8, 9]]
    assert offsets.tolist() == [0, 2, 4]


@pytest.mark.parametrize("maximum_length", [None, 3, 100])
def test_truncation_copies_nothing_where_nothing_is_too_long(maximum_length: int | None) -> None:
    values, offsets = flat([[1, 2, 3], [4]])
    shortened, new_offsets = truncate(values, offsets, maximum_length)
    assert shortened is values
    assert new_offsets is offsets


def test_a_truncation_setting_out_of_range_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"maximum_length is 0.*at least 1"):
        truncate(*flat([[1]]), 0)
    with pytest.raises(ConfigurationError, match=r"keep is 'tial'.*Did you mean tail\?"):
        truncate(*flat([[1]]), 1, "tial")  # type: ignore[arg-type]


@pytest.mark.parametrize("offsets", [[], [1, 3], [0, 2], [0, 4, 3], [0, 4]])
def test_offsets_that_do_not_divide_the_values_are_refused(offsets: list[int]) -> None:
    with pytest.raises(DataError, match="do not divide the 3 values"):
        truncate(np.zeros(3), np.array(offsets, dtype=np.int64), 2)


@given(
    texts=st.lists(st.text("abc <padunk>.", max_size=40), max_size=12),
    minimum_count=st.integers(1, 3),
    maximum_size=st.none() | st.integers(4, 9),
    maximum_length=st.none() | st.integers(1, 9),
    keep=st.sampled_from(["head", "tail"]),
)
@pytest.mark.parametrize("name", ["basic-english", "characters"])
def test_one_pass_equals_fitting_encoding_and_truncating(
    name: str,
    texts: list[str],
    minimum_count: int,
    maximum_size: int | None,
    maximum_length: int | None,
    keep: str,
) -> None:
    tokenizer = build_tokenizer(name)
    choice = {"minimum_count": minimum_count, "maximum_size": maximum_size, "specials": ["<eos>"]}
    expected = Vocabulary.fit(tokenizer.tokenize_many(texts), **choice)  # type: ignore[arg-type]
    expected_values, expected_offsets = truncate(
        *expected.encode_many(tokenizer.tokenize_many(texts)),
        maximum_length,
        keep,  # type: ignore[arg-type]
    )
    vocabulary, values, offsets = fit_and_encode(
        iter(texts),
        tokenizer,
        maximum_length=maximum_length,
        keep=keep,  # type: ignore[arg-type]
        **choice,  # type: ignore[arg-type]
    )
    assert vocabulary == expected
    assert values.tolist() == expected_values.tolist()
    assert offsets.tolist() == expected_offsets.tolist()
    assert values.dtype == np.int32
    assert offsets.dtype == np.int64


def test_public_names_are_sorted_and_there() -> None:
    names = seqkit.text.__all__
    constants = [name for name in names if name.isupper()]
    classes = [name for name in names if not name.isupper() and name[0].isupper()]
    functions = [name for name in names if name[0].islower()]
    assert names == sorted(constants) + sorted(classes) + sorted(functions)
    assert all(hasattr(seqkit.text, name) for name in names)


def test_importing_the_toolbox_imports_neither_torch_nor_tokenizers() -> None:
    program = "import sys, seqkit.text; print({'torch', 'tokenizers'} & sys.modules.keys())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.strip() == "set()"
