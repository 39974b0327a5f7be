"""What takes the place of a file is on the disk before, so that no power cut leaves half of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from seqkit.data import write_text
from seqkit.engine.checkpoint import write_checkpoint
from seqkit.runs.folder import write_atomically

if sys.platform == "win32":
    pytest.skip("tells files by their inodes", allow_module_level=True)


def a_checkpoint(path: Path) -> None:
    write_checkpoint(path, 7, {"w": torch.ones(2)}, {"m": torch.zeros(2)}, {"epoch": 1})


def inodes(path: Path) -> set[int]:
    """Returns what tells the files of a path from others."""
    files = path.rglob("*") if path.is_dir() else [path]
    return {file.stat().st_ino for file in files}


@pytest.mark.parametrize(
    "write", [lambda path: write_atomically(path, "x"), lambda path: write_text(path, "x")]
)
def test_a_file_is_synced_before_it_is_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], None]
) -> None:
    synced, renamed = watch(monkeypatch)
    (tmp_path / "a").write_text("old")
    write(tmp_path / "a")
    assert renamed == [True]
    assert synced


def test_the_files_of_a_checkpoint_are_synced_before_it_has_its_name_and_the_folder_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "checkpoints"
    for _ in range(2):
        synced, renamed = watch(monkeypatch)
        a_checkpoint(folder)
        assert renamed[-1]
        # The names are in the folder's own data.
        assert synced[-1] == folder.stat().st_ino


def watch(monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], list[bool]]:
    """Returns what is synced from now on, and of each renaming whether all of it was synced."""
    synced: list[int] = []
    renamed: list[bool] = []
    sync, replace = os.fsync, os.replace

    def note_sync(handle: int) -> None:
        synced.append(os.fstat(handle).st_ino)
        sync(handle)

    def note_replace(source: Path, target: Path) -> None:
        renamed.append(inodes(Path(source)) <= set(synced))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(os, "replace", note_replace)
    return synced, renamed
