"""The datasets of texts to learn to write from, and how a person's files go wrong."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqkit.config import validate
from seqkit.errors import ConfigurationError, DataError
from seqkit.registry.discovery import load_registry

Splits = Callable[..., dict[str, list[str]]]


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def splits(notes: list[str]) -> Splits:
    """Reads a dataset, and gives the texts of each split."""

    def read(name: str, **settings: Any) -> dict[str, list[str]]:
        entry = load_registry().find("datasets", name)
        config, problems = validate(entry.component.Config, settings, "dataset", entry.qualified)
        if problems:
            raise ConfigurationError(problems=problems)
        found = entry.component.splits(config, notes.append)
        return {split: [record["text"] for record in records] for split, records in found.items()}

    return read


def test_shakespeare_is_whole_and_split_as_in_char_rnn(splits: Splits, repository: Path) -> None:
    found = splits("shakespeare")
    assert {split: [len(text) for text in texts] for split, texts in found.items()} == {
        "train": [1_003_854],
        "validation": [111_540],
    }
    whole = "".join(found["train"] + found["validation"]).encode()
    readme = (repository / "data" / "shakespeare" / "README.md").read_text("utf-8")
    assert hashlib.sha256(whole).hexdigest() in readme
    assert whole.startswith(b"First Citizen:\nBefore we proceed")


def test_held_out_parts_follow_each_other_without_a_gap(splits: Splits) -> None:
    found = splits("shakespeare", validation=0.05, test=0.2)
    assert list(found) == ["train", "validation", "test"]
    assert "".join(text for texts in found.values() for text in texts) == "".join(
        splits("shakespeare", validation=0)["train"]
    )
    assert len(found["test"][0]) == pytest.approx(223_079, abs=1)
    assert len(found["validation"][0]) == pytest.approx(55_770, abs=1)


def test_one_file_several_a_pattern_and_a_folder_are_read(
    splits: Splits, tmp_path: Path, notes: list[str]
) -> None:
    (tmp_path / "poems").mkdir()
    first, second = tmp_path / "b.txt", tmp_path / "poems" / "a.TXT"
    packed, other = tmp_path / "c.txt.gz", tmp_path / "notes.md"
    first.write_bytes(b"one\r\ntwo\rthree\n")
    second.write_text("\ufefffour", encoding="utf-8")
    packed.write_bytes(gzip.compress(b"five"))
    other.write_text("six", encoding="utf-8")
    (tmp_path / "empty.txt").write_text(" \n", encoding="utf-8")

    def read(path: Any) -> list[str]:
        return splits("text-file", path=path, validation=0)["train"]

    mac = tmp_path / "mac.old"
    mac.write_bytes(b"one\rtwo\r")
    assert read(str(mac)) == ["one\ntwo\n"]
    assert read(str(first)) == ["one\ntwo\rthree\n"]
    assert read([str(other), str(first)]) == ["six", "one\ntwo\rthree\n"]
    assert read(str(tmp_path / "*.md")) == ["six"]
    assert read(str(tmp_path)) == ["one\ntwo\rthree\n", "five", "four"]
    assert notes == ["1 empty file left out ('empty.txt')."]
    assert read(str(tmp_path / "**" / "*.TXT")) == ["four"]


def test_the_end_of_the_text_is_held_out_across_files(splits: Splits, tmp_path: Path) -> None:
    for name, text in (("a", "a" * 60), ("b", "b" * 20), ("c", "c" * 20)):
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    found = splits("text-file", path=str(tmp_path), validation=0.1, test=0.15)
    assert found == {
        "train": ["a" * 60, "b" * 15],
        "validation": ["b" * 5, "c" * 5],
        "test": ["c" * 15],
    }


def test_files_for_validation_and_test_are_used_as_they_are(splits: Splits, tmp_path: Path) -> None:
    for name in ("train", "valid", "test"):
        (tmp_path / f"{name}.txt").write_text(name * 10, encoding="utf-8")
    paths = {
        "path": str(tmp_path / "train.txt"),
        "validation_path": str(tmp_path / "valid.txt"),
        "test_path": str(tmp_path / "test.txt"),
    }
    assert splits("text-file", **paths) == {
        "train": ["train" * 10],
        "validation": ["valid" * 10],
        "test": ["test" * 10],
    }


@pytest.mark.parametrize(
    ("name", "content", "settings", "message"),
    [
        ("a.txt", b"fine\ncaf\xe9\n", {}, r"a\.txt is not valid utf-8: byte 0xe9 on line 2"),
        ("a.txt", b"", {}, r"a\.txt is empty\. Name a file with text"),
        ("a.txt", b" \n\n", {}, r"a\.txt is empty"),
        ("a.txt", b"x\0y", {}, r"holds a NUL byte, on line 1"),
        ("a.txt", b"text", {"path": "b.txt"}, r"there is no file .*b\.txt\. Check the path"),
        ("a.txt", b"text", {"path": "*.text"}, r"no file matches .*\*\.text"),
        ("a.md", b"text", {"path": "."}, r"holds no \.txt file"),
        ("a.txt", b"text", {"encoding": "utf9"}, r"encoding"),
        ("a.txt", b"text", {"path": ""}, r"path"),
        ("a.txt", b"text", {"path": []}, r"path"),
        ("a.txt", b"text", {"validation": 0.6, "test": 0.5}, r"validation.*test"),
    ],
)
def test_files_that_cannot_be_read_are_named_with_the_next_step(
    splits: Splits,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: bytes,
    settings: dict[str, Any],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises((DataError, ConfigurationError), match=message):
        splits("text-file", **{"path": "a.txt", **settings})


def test_another_encoding_reads_what_utf8_cannot(
    splits: Splits, tmp_path: Path, notes: list[str]
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"caf\xe9")
    latin = splits("text-file", path=str(path), encoding="latin-1", validation=0)
    assert latin == {"train": ["café"]}
    assert splits("text-file", path=str(path), errors="replace", validation=0) == {
        "train": ["caf\ufffd"]
    }
    assert "replaced by U+FFFD" in notes[0]


def test_a_changed_or_added_file_changes_the_fingerprint(tmp_path: Path) -> None:
    component = load_registry().find("datasets", "text-file").component
    config = component.Config(path=str(tmp_path))
    (tmp_path / "a.txt").write_text("a", encoding="utf-8")
    one = component.fingerprint(config)
    assert component.fingerprint(config) == one
    (tmp_path / "b.txt").write_text("b", encoding="utf-8")
    assert component.fingerprint(config) != one


# --- reviews without a label ----------------------------------------------------------------------


@pytest.fixture
def archive(tmp_path: Path) -> str:
    path = tmp_path / "aclImdb_v1.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        for number in range(20):
            content = f"Review {number}.<br /><br />Good.".encode()
            member = tarfile.TarInfo(f"aclImdb/train/unsup/{number}_0.txt")
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return str(path)


def test_unlabelled_reviews_are_held_out_whole(splits: Splits, archive: str) -> None:
    found = splits("imdb-unlabelled", path=archive, validation=0.2, test=0.1)
    assert {split: len(texts) for split, texts in found.items()} == {
        "train": 14,
        "validation": 4,
        "test": 2,
    }
    texts = {text for part in found.values() for text in part}
    assert texts == {f"Review {number}.\n\nGood." for number in range(20)}
    assert splits("imdb-unlabelled", path=archive, limit=3, validation=0) == {
        "train": [f"Review {number}.\n\nGood." for number in range(3)]
    }


def test_without_the_archive_the_command_that_gets_it_is_named(
    splits: Splits, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=r"seqkit data get imdb"):
        splits("imdb-unlabelled")
    empty = tmp_path / "empty.tar.gz"
    with tarfile.open(empty, "w:gz"):
        pass
    with pytest.raises(DataError, match=r"no reviews without a label.*train/unsup"):
        splits("imdb-unlabelled", path=str(empty))
