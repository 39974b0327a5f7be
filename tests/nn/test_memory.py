"""Keeping freed memory, seen in a process of its own."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
import numpy as np
from seqkit.nn.memory import keep_freed_memory

if sys.argv[1] == "keep":
    assert keep_freed_memory()
def step():
    np.ones(16 << 20, dtype=np.float32)
step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_a_freed_block_is_used_again_without_page_faults() -> None:
    faults = {}
    for choice in ("keep", "leave"):
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM, choice], capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr
        faults[choice] = int(run.stdout)
    assert faults["keep"] * 10 < faults["leave"]
