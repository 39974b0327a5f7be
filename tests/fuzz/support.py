"""What every fuzz shares: how many cases, what counts as an answer, and values of any kind."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from seqkit.engine.run import start_run
from seqkit.errors import ExitCode, SeqkitError
from seqkit.experiments.loading import load_experiment
from seqkit.registry.registry import Registry

IN_CI = 500
CASES = int(os.environ.get("FUZZ_CASES", str(IN_CI)))
"""Cases of all fuzzes together; FUZZ_CASES=10000 tries more, others in each process."""

LONGEST = 20.0
"""Seconds after which a case counts as a hang."""

TEXTS = st.text(max_size=30) | st.text(
    st.sampled_from(list("ab ,;\t\"'\\.-:/\n\r\0\x1b\u2028\x85\ufeff\ud800é😀0123456789=[]{}")),
    max_size=30,
)
NUMBERS = st.one_of(
    st.integers(-3, 100),
    st.floats(),
    st.sampled_from([0, -1, 2**31, 2**63, 10**19, 10**400, 1e-320, 1e308, -0.0]),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
"""JSON values of any kind."""


def cases(share: float) -> settings:
    """Returns settings for a part of all cases: the same ones each time, unless more are wanted."""
    return settings(
        max_examples=max(1, round(CASES * share)),
        derandomize=CASES == IN_CI,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


class HungError(BaseException):
    """A case took too long. No handler of `Exception` swallows it."""


@contextlib.contextmanager
def in_time() -> Iterator[None]:
    """Raises HungError in what takes too long."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise HungError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def refusal(error: SeqkitError) -> str:
    """Returns the message of an error after checking that it is one for a person."""
    message = str(error)
    assert message.strip(), f"{type(error).__name__} says nothing"
    assert "the run failed" not in message, message
    return message


def train(
    registry: Registry, folder: Path, document: Mapping[str, Any], words: Sequence[str] = ()
) -> str:
    """Trains for two steps; returns the complaint where it is refused, which leaves no folder."""
    complaint = ""
    try:
        with in_time():
            experiment = load_experiment(document, registry, words)
            start_run(experiment, registry, folder, observers=())
    except SeqkitError as error:
        complaint = refusal(error)
    if complaint and folder.exists():
        assert list(folder.iterdir()) == [], complaint
    return complaint


def command(*words: object) -> tuple[int, str]:
    """Runs a command line in this process; returns its exit code and all it wrote."""
    from seqkit.cli.main import run_command_line

    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = streams
    try:
        with in_time():
            code = run_command_line([str(word) for word in words])
    finally:
        sys.stdout, sys.stderr = before
    for stream in streams:
        stream.flush()
    written = b"".join(stream.buffer.getvalue() for stream in streams)
    return code, written.decode("utf-8", "replace")


def check_command(*words: object) -> None:
    """Checks that a command does what it should or refuses clearly."""
    code, written = command(*words)
    assert code in (ExitCode.DONE, ExitCode.USAGE, ExitCode.DATA), f"{words[0]}: {code}: {written}"
    assert "This is a bug in seqkit" not in written, written
