"""What gzip packed is unpacked as far as memory allows, and bombs are refused."""

from __future__ import annotations

import gzip
import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqkit.api import ignore
from seqkit.data import read_csv, read_jsonl, read_text, unpacked
from seqkit.errors import DataError
from seqkit.text import read_vectors


@pytest.fixture(scope="module")
def bomb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100 kB that unpack to 100 MB."""
    path = tmp_path_factory.mktemp("bomb") / "rows.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"1" * 10**8, compresslevel=9))
    return path


READERS: dict[str, Callable[..., Any]] = {"csv": read_csv, "jsonl": read_jsonl, "text": read_text}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_a_small_file_that_unpacks_to_very_much_is_refused_early(
    bomb: Path, read: Callable[..., Any]
) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"rows\.csv\.gz is refused: .*gunzip --keep"):
            read(bomb, ignore)
        assert tracemalloc.get_traced_memory()[1] < 80_000_000
    finally:
        tracemalloc.stop()


def test_what_is_packed_well_without_being_a_bomb_is_read(tmp_path: Path) -> None:
    # A table of repeated rows comes to a hundredth, and a short one to a thousandth.
    chance = random.Random(0)
    lines = "".join(f"{chance.randrange(10)},{'a word and another, ' * 20}\n" for _ in range(2000))
    for content in (lines.encode() * 100, b"0" * 10**6):
        packed = gzip.compress(content, compresslevel=9)
        assert unpacked(tmp_path / "x.gz", packed) == content


@pytest.mark.parametrize("cut", [5, 12, 50, -9, -1])
def test_what_is_cut_off_is_named(tmp_path: Path, cut: int) -> None:
    packed = gzip.compress(bytes(range(256)) * 100)
    with pytest.raises(DataError, match=r"x\.gz is damaged or truncated"):
        unpacked(tmp_path / "x.gz", packed[:cut])


def test_vectors_without_a_line_break_are_refused_before_they_fill_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"a " + b"1" * 10**7))
    with pytest.raises(DataError, match="a line of more than"):
        read_vectors(path, ["a"], 1)


def test_vectors_in_gzip_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"1 2\na 1 2\nb 3 4"))
    vectors, found = read_vectors(path, ["b", "c"], 2)
    np.testing.assert_array_equal(vectors, [[3, 4], [0, 0]])
    assert found.tolist() == [True, False]
