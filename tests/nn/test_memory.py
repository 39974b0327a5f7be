"""Huge pages, seen in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

SETTING = Path("/sys/kernel/mm/transparent_hugepage/enabled")
PROGRAM = """
import os, resource
import torch
from seqkit.nn.memory import use_huge_pages

for huge in (True, False):
    if os.fork():
        assert os.wait()[1] == 0
        continue
    if huge:
        use_huge_pages()
    torch.ones(16 << 20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(3):
        torch.ones(16 << 20)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before, flush=True)
    os._exit(0)
"""


@pytest.mark.skipif(
    not SETTING.is_file() or "[madvise]" not in SETTING.read_text(),
    reason="huge pages are not given on request here",
)
def test_large_tensors_cost_few_page_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("THP_MEM_ALLOC_ENABLE", raising=False)
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    huge, plain = map(int, run.stdout.split())
    assert huge * 4 < plain
