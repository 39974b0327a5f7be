"""Runs that are killed at any moment end, when resumed, with the bits of a run that never was."""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from seqkit.runs.folder import RunFolder
from tests.faults.outcome import answers, differing, last_line, outcome, tree, unusable
from tests.faults.scenarios import SCENARIOS
from tests.faults.tally import draw, forms, tally
from tests.nursery import Child, Nursery

if TYPE_CHECKING:
    from tests.faults.conftest import Whole

pytestmark = pytest.mark.proof

SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
MOST_KILLS = 4
TASKS = list(SCENARIOS)


def wait_for_a_save(path: Path, seconds: float, chosen: random.Random) -> None:
    """Waits until a checkpoint is being written, and a moment more."""
    nth, seen, end = chosen.randint(1, 3), set[str](), time.monotonic() + seconds
    while time.monotonic() < end and len(seen) < nth:
        seen |= {found.name for found in path.glob("checkpoints/.step-*")}
        time.sleep(0.0005)
    time.sleep(chosen.random() * 0.003)


def kill(path: Path, child: Child, seconds: float, chosen: random.Random) -> list[str]:
    """Ends a child at a random moment by a random signal; returns what was wrong about its end."""
    record = path / "run.json"
    before = record.read_bytes() if record.exists() else b""
    number = chosen.choice(SIGNALS)
    if chosen.random() < 0.4:
        wait_for_a_save(path, seconds, chosen)
    else:
        time.sleep(chosen.random() * seconds)
    child.send(number)
    if chosen.random() < 0.15:
        time.sleep(chosen.random() * 0.05)
        child.send(number)
    done = child.wait()
    if number == signal.SIGKILL:
        return [] if done.code in (0, -number) else [f"ended with {done.code} when killed"]
    untouched = (record.read_bytes() if record.exists() else b"") == before
    if done.code in (0, 130) or (done.code == -number and untouched):
        return []
    return [f"ended with {done.code} by {number.name}: {last_line(done)}"]


@forms(short=1, long=100)
def test_a_run_killed_at_random_moments_ends_with_the_same_bits(
    nursery: Nursery, whole: Callable[[str], Whole], tmp_path: Path, count: int
) -> None:
    made = tally("kills at random moments")
    for case in range(count):
        chosen = draw("kills", case)
        right = whole(TASKS[(case + 1) % len(TASKS)])
        path = tmp_path / str(case) / right.scenario.name
        begin = ("run", *right.scenario.words, "--name", path.name, "--runs-dir", path.parent)
        faults, kills = [], chosen.randint(1, MOST_KILLS)
        for _ in range(kills):
            words = ("resume", path) if (path / "run.json").exists() else begin
            child = nursery.start(*words, "--quiet", home=right.home)
            faults += kill(path, child, right.seconds, chosen)
            if path.exists():
                faults += unusable(nursery, right.scenario, path, right.home)
        faults += _to_the_end(nursery, right, path, begin)
        made.add(f"case {case}, {right.scenario.name}, {kills} kills", faults, "same bits")
    made.check()


def _status(path: Path) -> str:
    return RunFolder(path).status() if (path / "run.json").exists() else ""


def _to_the_end(
    nursery: Nursery, right: Whole, path: Path, begin: tuple[object, ...], cut: bool = False
) -> list[str]:
    """Resumes a run and holds it to one that was not killed; its log may have lost a line."""
    before = tree(path) if _status(path) == "finished" else None
    words = ("resume", path) if (path / "run.json").exists() else begin
    done = nursery.run(*words, "--quiet", home=right.home)
    if done.code != 0:
        return [f"{words[0]} ended with {done.code}: {last_line(done)}"]
    if before is not None and tree(path) != before:
        return ["resuming a finished run changed it", *differing(outcome(path), right.outcome)]
    found = outcome(path) | ({"samples": right.outcome["samples"]} if cut else {})
    faults = differing(found, right.outcome)
    if answers(nursery, right.scenario, path, right.home) != right.answers:
        faults.append("predict answers otherwise")
    return faults


@pytest.mark.parametrize("task", ["forecasting", "language-modeling"])
def test_resuming_a_finished_run_leaves_every_byte_as_it_is(
    nursery: Nursery, whole: Callable[[str], Whole], tmp_path: Path, task: str
) -> None:
    right = whole(task)
    path = Path(shutil.copytree(right.path, tmp_path / task))
    before = tree(path)
    done = nursery.run("resume", path, home=right.home)
    assert done.code == 0, done.err
    after = tree(path)
    assert [name for name in {**before, **after} if before.get(name) != after.get(name)] == []


@forms(short=2, long=200)
def test_a_run_killed_before_any_change_of_its_folder_ends_with_the_same_bits(
    nursery: Nursery, whole: Callable[[str], Whole], tmp_path: Path, count: int
) -> None:
    made = tally("kills before one file operation")
    for case in range(count):
        chosen = draw("operations", case)
        right = whole(TASKS[(case + 1) % len(TASKS)])
        path = tmp_path / str(case) / right.scenario.name
        begin = ("run", *right.scenario.words, "--name", path.name, "--runs-dir", path.parent)
        # The end is where most can go wrong: the last checkpoint, the test, the last record.
        most = right.operations
        points = [chosen.randint(1, most) if case % 2 else most - chosen.randint(0, most // 5)]
        points += [chosen.randint(1, most)] if chosen.random() < 0.3 else []
        faults, cut = [], False
        for point in points:
            words = ("resume", path) if (path / "run.json").exists() else begin
            place: dict[str, Any] = {
                "within": str(path.parent),
                "crash_at": point,
                "home": right.home,
            }
            nursery.run(*words, "--quiet", **place)
            if chosen.random() < 0.5:
                cut = True
                _cut_the_last_line(path / "events.jsonl", chosen)
            faults += unusable(nursery, right.scenario, path, right.home)
        faults += _to_the_end(nursery, right, path, begin, cut)
        made.add(f"case {case}, {right.scenario.name}, before {points}", faults, "same bits")
    made.check()


def _cut_the_last_line(log: Path, chosen: random.Random) -> None:
    """Leaves a part of the last event, as a process killed while it writes it does."""
    text = log.read_bytes() if log.exists() else b""
    last = text.rstrip(b"\n").rfind(b"\n") + 1
    if len(text) > last + 1:
        log.write_bytes(text[: chosen.randint(last + 1, len(text) - 1)])
