"""Tests of the terminal UI may be coroutines; each runs in a loop of its own."""

from __future__ import annotations

import asyncio
import inspect
import shutil
from pathlib import Path

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


_TINY = (
    "model.hidden_size=8",
    "model.embedding_size=8",
    "trainer.max_steps=12",
    "trainer.epochs=2",
    "trainer.log_every=2",
    "trainer.threads=1",
)


@pytest.fixture(scope="session")
def recorded_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two finished runs of the engine, `first` (bilstm) and `second` (gru)."""
    from seqkit.cli.main import run_command_line

    folder = tmp_path_factory.mktemp("recorded")
    for name, *more in (("first",), ("second", "model=gru", "trainer.learning_rate=0.01")):
        words = ["run", "sentiment", *_TINY, *more, "--runs-dir", str(folder), "--name", name]
        assert run_command_line([*words, "--quiet"]) == 0
    return folder


@pytest.fixture
def runs_dir(recorded_runs: Path, tmp_path: Path) -> Path:
    """A copy of the recorded runs, to be changed at will."""
    folder = tmp_path / "runs"
    shutil.copytree(recorded_runs, folder)
    return folder
