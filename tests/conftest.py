"""Fixtures for every test: isolation from the user, seeds, and real data where present."""

from __future__ import annotations

import contextlib
import gc
import itertools
import os
import random
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from seqkit.runs.folder import RunFolder
from seqkit.storage.locks import Hold

if TYPE_CHECKING:
    from tests.nursery import Nursery

REPOSITORY = Path(__file__).resolve().parents[1]

# Read when torch is first imported, here and in every process a test starts.
os.environ.setdefault("OMP_NUM_THREADS", "1")


# The hundreds of processes that the tests start read compiled code, and so does the next session,
# though the environment of a container or of CI often says that none is written.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Examples that Hypothesis draws are judged by what they do, not by how long a busy machine takes.
settings.register_profile("seqkit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("seqkit")

# A background job of a shell is deaf to Ctrl-C, and so are the processes that it starts: those that
# a test interrupts must not be.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_finish() -> None:
    """Spares each collection of garbage a walk through thousands of tests and all of torch."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def isolated_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keeps module and session fixtures out of the user's cache and configuration.

    Returns an endless supply of folders that are not there yet.
    """
    for name in list(os.environ):
        if name.startswith("SEQKIT_") and name not in {"SEQKIT_TEST_DATA", "SEQKIT_WHEEL"}:
            del os.environ[name]
    folder = tmp_path_factory.mktemp("homes")
    session = folder / "session"
    session.mkdir()
    os.environ["SEQKIT_HOME"] = str(session)
    return (folder / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def isolated(isolated_session: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives each test its own empty cache and configuration folder."""
    home = next(isolated_session)
    home.mkdir()
    monkeypatch.setenv("SEQKIT_HOME", str(home))


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Starts each test from the same random state; torch is seeded only where a test uses it."""
    random.seed(0)
    torch = sys.modules.get("torch")
    if torch is not None:
        # `torch.manual_seed` notes the whole stack for each device that is not in use yet.
        torch.default_generator.manual_seed(0)
        if torch.cuda.is_initialized():
            torch.cuda.manual_seed_all(0)
        torch.set_num_threads(1)


@pytest.fixture
def held() -> Iterator[Callable[[Path], Hold]]:
    """Works on a run, as far as others can tell, until the test ends or `release` is called."""
    with contextlib.ExitStack() as stack:

        def hold(folder: Path) -> Hold:
            taken = stack.enter_context(RunFolder(folder).hold())
            taken.begun()
            return taken

        yield hold


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Starts `seqkit` in processes of their own without importing everything for each."""
    if not hasattr(os, "fork"):
        pytest.skip("processes are forked")
    from tests.nursery import Nursery

    with Nursery(tmp_path_factory.mktemp("nursery")) as started:
        yield started


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """Finds a real dataset by its path inside the data folder, or skips the test naming it.

    The folder is named by the environment variable SEQKIT_TEST_DATA, and is otherwise
    ``shared/data`` beside the checkout.
    """
    folder = Path(os.environ.get("SEQKIT_TEST_DATA") or REPOSITORY.parent / "shared" / "data")

    def find(name: str) -> Path:
        path = folder / name
        if not path.exists():
            pytest.skip(f"real data {name} not found in {folder} (set SEQKIT_TEST_DATA)")
        return path

    return find
