"""Readers, windows and streams that go away: a run goes on to its end."""

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from seqkit.cli.streams import Narration, is_plain
from seqkit.runs import RunFolder

PATIENCE = 120


def seqkit_into_one_pipe(folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "seqkit", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        cwd=folder,
    )


def read_a_line_and_go(process: subprocess.Popen[str]) -> str:
    """What `2>&1 | head -1` does."""
    assert process.stdout is not None
    line = process.stdout.readline()
    process.stdout.close()
    return line


def test_a_run_and_its_resumption_outlive_the_reader_of_both_streams(
    tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    folder = RunFolder(tmp_path / "runs" / "piped")
    words = ["run", "sentiment", *tiny, "trainer.schedule=constant", "--name", "piped"]
    for steps, command in ((6, words), (9, ["resume", "piped", "trainer.max_steps=9"])):
        with seqkit_into_one_pipe(tmp_path, *command) as process:
            assert "Preparing" in read_a_line_and_go(process)
            assert process.wait(timeout=PATIENCE) == 0
        events = list(folder.events())
        assert (events[-1].kind, events[-1]["status"]) == ("ended", "finished")
        assert events[-1].step == steps
        assert folder.status() == "finished"


def test_a_failure_keeps_its_exit_code_when_nobody_reads(tmp_path: Path) -> None:
    with seqkit_into_one_pipe(tmp_path, "show", "nothing-like-this") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(timeout=PATIENCE) == 2


def test_a_run_outlives_its_terminal(tmp_path: Path, tiny: tuple[str, ...]) -> None:
    parent, child = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "seqkit", "run", "sentiment", *tiny, "--name", "closed"],
        stdin=subprocess.DEVNULL,
        stdout=child,
        stderr=child,
        cwd=tmp_path,
        env={**os.environ, "TERM": "xterm-256color", "NO_COLOR": ""},
    ) as process:
        os.close(child)
        assert os.read(parent, 10)
        os.close(parent)
        assert process.wait(timeout=PATIENCE) == 0
    assert RunFolder(tmp_path / "runs" / "closed").status() == "finished"


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
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
