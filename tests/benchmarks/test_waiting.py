"""What it costs that threads sleep after a short spin, against threads that always spin."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seqkit.engine.openmp import WAITING

TRAIN = ("run", "sentiment", "trainer.max_steps=60", "trainer.threads=2", "--quiet")
PAIRS = 5


def seconds(policy: str, runs: Path) -> float:
    """Trains once with a policy of waiting, or seqkit's own, and returns the time by the clock."""
    environment = {name: value for name, value in os.environ.items() if name not in WAITING}
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "seqkit", *TRAIN, "--runs-dir", str(runs)],
        env=environment | ({"OMP_WAIT_POLICY": policy} if policy else {}),
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - start


@pytest.mark.slow
@pytest.mark.parametrize("others", [0, 2], ids=["idle", "beside two busy loops"])
def test_threads_that_spin_against_threads_that_sleep(tmp_path: Path, others: int) -> None:
    seconds("", tmp_path)
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(others)]
    try:
        pairs = [(seconds("active", tmp_path), seconds("", tmp_path)) for _ in range(PAIRS)]
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
    ratios = sorted(spinning / sleeping for spinning, sleeping in pairs)
    print(
        f"\ntwo threads, {others} busy loops: spinning / sleeping, by the clock: "
        f"median {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    )
