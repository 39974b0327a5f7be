"""`seqkit.run` from Python shows what the command shows, on stderr."""

import io
import os
from pathlib import Path

import pytest

import seqkit
from seqkit.terminal.streams import is_plain


class Notebook(io.StringIO):
    """A stream like that of a notebook: no terminal and no descriptor."""

    encoding = "UTF-8"

    def isatty(self) -> bool:
        return False


def test_a_run_from_python_shows_its_progress_in_plain_lines(
    tmp_path: Path, tiny: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    cell, printed = Notebook(), Notebook()
    monkeypatch.setattr("sys.stderr", cell)
    monkeypatch.setattr("sys.stdout", printed)
    seen: list[str] = []
    result = seqkit.run(
        "sentiment", *tiny, runs_dir=tmp_path, on_event=lambda event: seen.append(event.kind)
    )
    written = cell.getvalue()
    for word in ("Preparing sentences", "device", "train 720", "of 6: loss", "Test score"):
        assert word in written
    assert not {"\r", "\x1b"} & set(written)
    assert max(map(len, written.splitlines())) <= 110 + len(os.fspath(tmp_path))
    assert printed.getvalue() == ""
    assert result.status == "finished"
    assert seen[0] == "started"
    assert is_plain(cell)


def test_a_run_from_python_can_be_silent(
    tmp_path: Path, tiny: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    seqkit.run("sentiment", *tiny, runs_dir=tmp_path, progress=False)
    assert capfd.readouterr() == ("", "")


def test_a_closed_stderr_does_not_end_a_run_from_python(
    tmp_path: Path, tiny: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = io.StringIO()
    gone.close()
    monkeypatch.setattr("sys.stderr", gone)
    assert seqkit.run("sentiment", *tiny, runs_dir=tmp_path).status == "finished"
