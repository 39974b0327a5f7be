"""A disk that fills up at any write ends a run with a message; with room again, with its bits."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from seqkit.errors import ExitCode
from tests.faults.outcome import crashed, differing, last_line, outcome, unusable
from tests.faults.tally import draw, forms, tally
from tests.nursery import Done, Nursery

pytestmark = pytest.mark.proof

if TYPE_CHECKING:
    from tests.faults.conftest import Whole

TASKS = ("forecasting", "language-modeling", "classification", "seq2seq")
LOST = {"files", "scores", "answers", "evaluations", "samples"}
"""What may be missing in the end where a run went on, and said so: the log and what it shows."""


@contextlib.contextmanager
def small_disk(folder: Path, size: int) -> Iterator[bool]:
    """Mounts a file system of some bytes, where that is allowed."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    mounted = bool(shutil.which("mount")) and not subprocess.run(command, check=False).returncode
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def faults_of(done: Done) -> list[str]:
    """Returns what is wrong about how a run took a full disk."""
    told = any(words in done.err for words in ("o space left", "too large", "could not", "cannot"))
    if crashed(done) or done.code not in (ExitCode.DONE, ExitCode.DATA) or not told:
        return [f"on the full disk it ended with {done.code}: {last_line(done)}"]
    return []


@forms(short=1, long=100)
def test_a_run_that_met_a_full_disk_ends_with_the_same_bits(
    nursery: Nursery, whole: Callable[[str], Whole], tmp_path: Path, count: int
) -> None:
    made = tally("full disk")
    for case in range(count):
        chosen = draw("full disk", case)
        right = whole(TASKS[case % min(count, len(TASKS))])
        needed = sum(path.stat().st_size for path in right.path.rglob("*") if path.is_file())
        runs = tmp_path / str(case)
        with small_disk(runs, 4096 * chosen.randint(2, 2 * needed // 4096)) as mounted:
            full: dict[str, Any] = {}
            way = "a small disk"
            if not mounted or chosen.random() < 0.3:
                way = "no change after the Nth"
                full = {"within": str(runs), "full_at": chosen.randint(1, right.operations)}
            elif chosen.random() < 0.2:
                way = "no large file"
                full = {"largest_file": chosen.randint(1, 30_000)}
            path = runs / right.scenario.name
            words = ("run", *right.scenario.words, "--name", path.name, "--runs-dir", runs)
            first = nursery.run(*words, "--quiet", home=right.home, **full)
            faults = [] if first.code == 0 and not first.err else faults_of(first)
            if mounted:
                command = ["mount", "-o", "remount,size=64m", str(runs)]
                subprocess.run(command, check=True)
            faults += unusable(nursery, right.scenario, path, right.home)
            if (path / "run.json").exists():
                words = ("resume", path)
            done = nursery.run(*words, "--quiet", home=right.home)
            if done.code != 0:
                faults.append(f"with room again it ended with {done.code}: {last_line(done)}")
            else:
                lost = LOST if first.err else set()
                found = differing(outcome(path), right.outcome)
                faults += [line for line in found if line.partition(":")[0] not in lost]
        made.add(f"case {case}, {right.scenario.name}, {way} {full}", faults, way)
    made.check()
