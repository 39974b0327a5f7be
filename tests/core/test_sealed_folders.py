"""Checksums: whatever of a sealed folder or text is no more what it was is named."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from seqkit.errors import CheckpointError
from seqkit.storage.checksums import (
    CHECKSUMS,
    check_folder_seal,
    check_text_seal,
    digest_of,
    fingerprint,
    seal_folder,
    sealed_text,
)

LARGE = 2**20 + 3
"""More than is read at once."""


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    folder = tmp_path / "encoder"
    (folder / "source").mkdir(parents=True)
    (folder / "words.json").write_text('["very", "good"]')
    (folder / "source" / "vectors.bin").write_bytes(bytes(LARGE))
    seal_folder(folder)
    check_folder_seal(folder, "Restore it")
    return folder


@pytest.mark.parametrize(
    ("name", "place"), [("words.json", 2), ("source/vectors.bin", 0), ("source/vectors.bin", -1)]
)
def test_a_byte_of_any_file_and_place_is_noticed(sealed: Path, name: str, place: int) -> None:
    content = bytearray((sealed / name).read_bytes())
    content[place] ^= 1
    (sealed / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=rf"{re.escape(name)} is damaged.*Restore it"):
        check_folder_seal(sealed, "Restore it")


@pytest.mark.parametrize("name", ["words.json", "source/vectors.bin"])
def test_a_file_that_is_gone_or_longer_is_noticed(sealed: Path, name: str) -> None:
    with (sealed / name).open("ab") as file:
        file.write(b"\0")
    with pytest.raises(CheckpointError, match=f"{name} is damaged"):
        check_folder_seal(sealed, "Restore it")
    (sealed / name).unlink()
    with pytest.raises(CheckpointError, match=f"{name} cannot be read: No such file.*Restore it"):
        check_folder_seal(sealed, "Restore it")


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"files": {}}', '{"sha256": ""}'])
def test_a_list_that_is_no_list_is_damage(sealed: Path, content: str) -> None:
    (sealed / CHECKSUMS).write_text(content)
    with pytest.raises(CheckpointError, match=rf"{CHECKSUMS} is damaged.*Restore it"):
        check_folder_seal(sealed, "Restore it")


def test_a_list_that_leaves_a_file_out_is_damage(sealed: Path) -> None:
    document = json.loads((sealed / CHECKSUMS).read_text())
    del document["files"]["words.json"]
    (sealed / CHECKSUMS).write_text(json.dumps(document))
    with pytest.raises(CheckpointError, match=r"checksums\.json is damaged: its checksum does not"):
        check_folder_seal(sealed, "Restore it")


def test_a_folder_that_was_never_sealed_passes(sealed: Path) -> None:
    (sealed / CHECKSUMS).unlink()
    (sealed / "words.json").write_text("[]")
    check_folder_seal(sealed, "Restore it")


def test_a_fingerprint_is_of_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(LARGE))
    found = fingerprint(path)
    path.write_bytes(bytes(LARGE - 1) + b"\1")
    assert found["size"] == LARGE
    assert fingerprint(path) != found


def test_the_order_of_keys_changes_no_checksum() -> None:
    assert digest_of({"a": 1, "b": {"c": 2, "d": 3}}) == digest_of({"b": {"d": 3, "c": 2}, "a": 1})


def test_a_text_that_was_changed_is_named_and_one_without_the_line_passes(tmp_path: Path) -> None:
    path = tmp_path / "experiment.toml"
    path.write_text(sealed_text("epochs = 3\n"))
    check_text_seal(path, "Restore it")
    path.write_text(path.read_text().replace("3\n", "8\n"))
    with pytest.raises(CheckpointError, match=r"experiment\.toml is damaged or was edited.*Restor"):
        check_text_seal(path, "Restore it")
    path.write_text(path.read_text().partition("\n")[2])
    check_text_seal(path, "Restore it")
    check_text_seal(tmp_path / "nothing.toml", "Restore it")
