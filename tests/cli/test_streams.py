"""Readers, windows and streams that go away: a run goes on to its end."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seqkit.runs.folder import RunFolder
from seqkit.terminal.streams import Narration, is_plain

if TYPE_CHECKING:
    from tests.nursery import Nursery

PATIENCE = 120


def first_line_and_code(nursery: Nursery, folder: Path, *words: str) -> tuple[str, int | None]:
    """Does what `2>&1 | head -1` does; returns the exit code too."""
    ours, theirs = os.pipe()
    with os.fdopen(theirs, "w") as pipe, os.fdopen(ours, encoding="utf-8") as reader:
        child = nursery.start(*words, folder=folder, streams={1: pipe, 2: pipe})
        pipe.close()
        line = reader.readline()
    return line, child.wait().code


def test_a_run_and_its_resumption_outlive_the_reader_of_both_streams(
    nursery: Nursery, tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    folder = RunFolder(tmp_path / "runs" / "piped")
    words = ["run", "sentiment", *tiny, "trainer.schedule=constant", "--name", "piped"]
    for steps, command in ((6, words), (9, ["resume", "piped", "trainer.max_steps=9"])):
        line, code = first_line_and_code(nursery, tmp_path, *command)
        assert ("Preparing" in line, code) == (True, 0)
        events = list(folder.events())
        assert (events[-1].kind, events[-1]["status"]) == ("ended", "finished")
        assert events[-1].step == steps
        assert folder.status() == "finished"


def test_a_failure_keeps_its_exit_code_when_nobody_reads(nursery: Nursery) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "w") as pipe:
        done = nursery.run("show", "nothing-like-this", streams={1: pipe, 2: pipe})
    assert done.code == 2


def test_a_run_outlives_its_terminal(
    nursery: Nursery, tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    parent, terminal = pty.openpty()
    with nursery.start(
        *("run", "sentiment", *tiny, "--name", "closed"),
        folder=tmp_path,
        environment={"TERM": "xterm-256color", "NO_COLOR": ""},
        streams={1: terminal, 2: terminal},
    ) as child:
        os.close(terminal)
        assert os.read(parent, 10)
        os.close(parent)
        assert child.wait().code == 0
    assert RunFolder(tmp_path / "runs" / "closed").status() == "finished"


@pytest.mark.parametrize(
    "closed",
    [
        pytest.param(">&-", marks=pytest.mark.slow),
        pytest.param("2>&-", marks=pytest.mark.slow),
        ">&- 2>&-",
    ],
)
def test_a_run_needs_no_open_stream(closed: str, tmp_path: Path, tiny: tuple[str, ...]) -> None:
    words = [sys.executable, "-m", "seqkit", "run", "sentiment", *tiny, "--name", "deaf"]
    script = f'exec "$@" {closed}'
    done = subprocess.run(
        ["sh", "-c", script, "sh", *words],
        capture_output=True,
        cwd=tmp_path,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0
    assert RunFolder(tmp_path / "runs" / "deaf").status() == "finished"


def test_narration_falls_silent_on_a_closed_stream() -> None:
    stream = io.StringIO()
    narration = Narration(stream)
    assert narration.write("heard") == 5
    stream.close()
    assert narration.write("unheard") == 7
    narration.flush()
    assert not narration.isatty()


def test_narration_to_nowhere_is_plain() -> None:
    narration = Narration(None)
    assert narration.write("text") == 4
    narration.flush()
    assert is_plain(narration)  # type: ignore[arg-type]
    with pytest.raises(OSError, match="no stream"):
        narration.fileno()


def test_narration_escapes_what_the_encoding_lacks_and_goes_on() -> None:
    raw = io.BytesIO()
    narration = Narration(io.TextIOWrapper(raw, encoding="ascii", write_through=True))
    narration.write("é ●")
    narration.write("!")
    assert raw.getvalue() == b"\\xe9 \\u25cf!"
