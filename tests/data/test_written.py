"""Files written whole or not at all, and tables that hold no formulas."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.data import table_cell, write_table, write_text, written_whole


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+SUM(A1)", "-2+3", "@SUM(1)", "=HYPERLINK(1)", "\t=1", " =1", "\uff1d1", "- a dash"],
)
def test_a_text_that_a_spreadsheet_might_compute_has_an_apostrophe_before_it(text: str) -> None:
    assert table_cell(text) == "'" + text


@pytest.mark.parametrize("value", ["-3.5", "+1", "-1e-5", ".5", "a=b", "", "'tis", -3.5, 0, True])
def test_numbers_and_other_texts_stay_as_they_are(value: Any) -> None:
    assert table_cell(value) == value


@given(st.text(st.sampled_from("'=+-@ \ta1.")))
def test_the_apostrophe_can_be_taken_off_again(text: str) -> None:
    cell = table_cell(text)
    back = cell[1:] if re.match(r"'+\s*[=+\-@]", cell) else cell
    assert back == text
    assert re.match(r"\s*[=+\-@]", cell) is None or re.fullmatch(r"\s*[+-]?[0-9.]+\s*", cell)


def test_half_a_surrogate_pair_is_written_as_a_replacement(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    write_table(path, ["text"], [["good \ud83d half"], [None], [-3.5]])
    assert path.read_text(encoding="utf-8").split() == [
        "text",
        "good",
        "\ufffd",
        "half",
        '""',
        "-3.5",
    ]


def test_a_file_that_was_there_is_untouched_when_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")

    def rows() -> Any:
        yield ["new"]
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_table(path, ["x"], rows())
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


def test_a_killed_process_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    code = (
        "import os, sys, pathlib, signal\n"
        "from seqkit.data import write_table\n"
        "def rows():\n"
        "    yield ['x'] * 100000\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "write_table(pathlib.Path(sys.argv[1]), ['x'], rows())\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == "old"


def test_a_link_stays_a_link_and_the_mode_of_a_file_is_kept(tmp_path: Path) -> None:
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_device_is_written_directly() -> None:
    with written_whole(Path("/dev/null")) as path:
        assert path == Path("/dev/null")
