"""What the commands cost that nobody wants to wait for, in processor time of the whole process."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.long_runs import make_run

CASES = [(("--help",), 0.25), (("list",), 0.6), (("runs",), 0.6), (("show", "lstm"), 0.6)]


def processor_seconds(words: tuple[str, ...], folder: Path) -> float:
    """Runs a command once and returns its user and system time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "seqkit", *words]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.slow
@pytest.mark.parametrize(("words", "aim"), CASES, ids=[" ".join(words) for words, _ in CASES])
def test_the_start_of_a_command(words: tuple[str, ...], aim: float, tmp_path: Path) -> None:
    make_run(tmp_path / "runs" / "one", 1000, "finished")
    times = sorted(processor_seconds(words, tmp_path) for _ in range(7))
    print(
        f"\nseqkit {' '.join(words):12} min {times[0]:.3f}  median {times[3]:.3f}  "
        f"max {times[-1]:.3f} s of processor time (aim: under {aim})"
    )
