"""Where things are kept: by default in the user's folders, or under one of their choice."""

from pathlib import Path

import pytest

from seqkit.errors import DataError
from seqkit.paths import bundled, cache_home, config_home, data_home, runs_home


def test_one_variable_moves_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SEQKIT_HOME", str(tmp_path))

    assert data_home() == tmp_path / "data"
    assert cache_home() == tmp_path / "cache"
    assert config_home() == tmp_path / "config"


@pytest.mark.parametrize("value", [None, ""])
def test_without_it_the_folders_of_the_platform_are_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str | None
) -> None:
    monkeypatch.delenv("SEQKIT_HOME", raising=False)
    if value is not None:
        monkeypatch.setenv("SEQKIT_HOME", value)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))

    assert data_home().name == "data"
    assert "seqkit" in data_home().parts
    assert "seqkit" in cache_home().parts
    assert data_home() != cache_home()


def test_runs_lie_in_the_current_folder_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SEQKIT_RUNS_DIR", raising=False)
    assert runs_home() == Path("runs")
    monkeypatch.setenv("SEQKIT_RUNS_DIR", str(tmp_path))
    assert runs_home() == tmp_path


def test_bundled_data_are_found_in_a_checkout() -> None:
    assert bundled("sentences/imdb_labelled.txt").stat().st_size > 10_000


def test_a_bundled_file_that_is_missing_names_the_remedy() -> None:
    with pytest.raises(DataError, match=r"no/such\.txt is missing, in .*--force-reinstall"):
        bundled("no/such.txt")


def test_a_user_without_a_home_is_told_which_variable_to_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_home(_: str) -> Path:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.delenv("SEQKIT_HOME")
    monkeypatch.setattr("platformdirs.user_cache_path", no_home)
    with pytest.raises(DataError, match="Set SEQKIT_HOME"):
        cache_home()
