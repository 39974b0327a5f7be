"""One small run that the tests of the commands read, and ways to call the command line."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from seqkit.cli.main import run_command_line

TINY = (
    "model.hidden_size=8",
    "model.embedding_size=8",
    "trainer.max_steps=6",
    "trainer.epochs=1",
    "trainer.log_every=2",
    "trainer.learning_rate=0.002",
)


@pytest.fixture
def tiny() -> tuple[str, ...]:
    """Words that make a run small enough for a test."""
    return TINY


@dataclass(frozen=True)
class Done:
    """How a command line ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def seqkit(capfd: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Runs a command line in this process."""

    def call(*words: object) -> Done:
        capfd.readouterr()
        code = run_command_line([str(word) for word in words])
        sys.stdout.flush()
        out, err = capfd.readouterr()
        return Done(code, out, err)

    return call


@pytest.fixture(scope="session")
def runs_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one finished run, `first`, and one with other settings, `second`."""
    folder = tmp_path_factory.mktemp("runs")
    for name, *more in (("first",), ("second", "model=gru", "trainer.learning_rate=0.01")):
        words = ["run", "sentiment", *TINY, *more, "--runs-dir", str(folder), "--name", name]
        assert run_command_line([*words, "--quiet"]) == 0
    return folder


@pytest.fixture
def in_process_of_its_own(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `python -m seqkit` in a process of its own, in an empty folder."""

    def call(
        *words: object, stdin: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "seqkit", *map(str, words)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            input=stdin,
            cwd=tmp_path,
            env=os.environ | environment,
            timeout=120,
            check=False,
        )

    return call
