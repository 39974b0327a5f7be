"""Paths in settings, folders that appear whole, fingerprints."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from seqkit.config import Config
from seqkit.data import LocalPath, fingerprint, written_aside
from seqkit.errors import DataError


class Settings(Config):
    path: LocalPath = ""
    seed: int = 0


def test_a_relative_path_in_a_config_becomes_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings(path="data/a.csv").path == str(tmp_path / "data" / "a.csv")
    assert Settings.model_validate({"path": "~/a.csv"}).path == os.path.expanduser("~/a.csv")  # noqa: PTH111
    assert Settings().path == ""


def test_a_folder_written_aside_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "data"
    for content in ("first", "second"):
        with written_aside(target) as folder:
            (folder / "file").write_text(content)
        assert (target / "file").read_text() == content
    assert list(target.parent.iterdir()) == [target]


def test_a_failure_half_way_leaves_the_old_folder_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "data"
    target.mkdir()
    (target / "file").write_text("old")
    with pytest.raises(KeyboardInterrupt), written_aside(target) as folder:  # noqa: PT012
        (folder / "file").write_text("half")
        raise KeyboardInterrupt
    assert (target / "file").read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_is_named_and_nothing_is_lost(tmp_path: Path) -> None:
    target = tmp_path / "data"
    target.mkdir()
    (target / "file").write_text("old")
    with (  # noqa: PT012
        pytest.raises(DataError, match=r"data cannot be written: No space left.*SEQKIT_HOME"),
        written_aside(target) as folder,
    ):
        with (folder / "file").open("w") as file:
            file.write("new")
        raise OSError(28, "No space left on device")
    assert (target / "file").read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_place_that_cannot_hold_folders_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(DataError, match=r"file cannot be written"),
        written_aside(tmp_path / "file" / "data"),
    ):
        pass


def test_the_fingerprint_changes_with_settings_sizes_and_times(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("one")
    seen = {fingerprint(Settings(), [path]), fingerprint(Settings(seed=1), [path])}
    seen.add(fingerprint(Settings(), [path], version=2))
    path.write_text("four")
    seen.add(fingerprint(Settings(), [path]))
    os.utime(path, (1, 1))
    seen.add(fingerprint(Settings(), [path]))
    path.unlink()
    seen.add(fingerprint(Settings(), [path]))
    assert len(seen) == 6
    assert fingerprint(Settings(), [path]) in seen


def test_the_toolbox_is_imported_without_torch_numpy_or_the_network() -> None:
    code = "import sys, seqkit.data; print({'torch', 'numpy', 'pooch'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
