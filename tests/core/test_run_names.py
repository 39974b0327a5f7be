"""Names of runs: those that no folder can have, or that do not show as they are, are refused."""

import time
from pathlib import Path

import pytest

from seqkit.errors import CheckpointError, ConfigurationError
from seqkit.runs.folder import create_run, find_run

BAD = ["x" * 50_000, "ä" * 150, "-q", ".hidden", "a\x1b[31m", "a\nb", "a\u202eb", " a", "a/b", "\0"]


@pytest.mark.parametrize("name", BAD, ids=ascii)
def test_a_name_that_is_none_is_refused_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be a run's name") as raised:
        create_run(tmp_path, "base", name)
    assert len(str(raised.value)) < 300
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["first-run", "lauf für alle", "実験-1", "x" * 200])
def test_a_name_of_any_language_is_taken(name: str, tmp_path: Path) -> None:
    assert create_run(tmp_path, "base", name).name == name


@pytest.mark.parametrize("word", ["x" * 300, "x" * 50_000, "a/" * 25_000, "\0"])
def test_a_word_that_names_no_run_is_refused_at_once(word: str, tmp_path: Path) -> None:
    create_run(tmp_path, "base", "there")
    began = time.perf_counter()
    with pytest.raises(CheckpointError, match="there is no run"):
        find_run(word, tmp_path)
    assert time.perf_counter() - began < 1
