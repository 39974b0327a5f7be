"""A sealed text that was cut or changed anywhere is named, its first line included."""

from pathlib import Path

import pytest

from seqkit.errors import CheckpointError
from seqkit.storage.checksums import check_text_seal, sealed_text
from seqkit.storage.regular_files import LARGEST_TEXT

TEXT = 'description = "a run"\n[task]\nname = "toy"\n'
FIRST = len(sealed_text(""))


def passes(path: Path) -> bool:
    try:
        check_text_seal(path, "Restore it")
    except CheckpointError:
        return False
    return True


def test_a_text_is_whole_with_its_line_and_without_it(tmp_path: Path) -> None:
    path = tmp_path / "experiment.toml"
    for text in (sealed_text(TEXT), TEXT, "# a word of my own\n" + TEXT):
        path.write_text(text)
        assert passes(path)


def test_a_text_cut_at_any_place_is_named(tmp_path: Path) -> None:
    path, whole = tmp_path / "experiment.toml", sealed_text(TEXT).encode()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        assert not passes(path), whole[:size]


def test_no_flipped_bit_of_the_first_line_hides_one_behind_it(tmp_path: Path) -> None:
    path, whole = tmp_path / "experiment.toml", sealed_text(TEXT).encode()
    for bit in range(8 * FIRST):
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
        assert not passes(path) or data[FIRST - 1 :] == b"\n" + TEXT.encode()


@pytest.mark.parametrize("size", [LARGEST_TEXT + 1, 2**40])
def test_a_text_larger_than_any_is_refused_before_it_is_read(tmp_path: Path, size: int) -> None:
    path = tmp_path / "experiment.toml"
    with path.open("wb") as file:
        file.truncate(size)
    assert not passes(path)
