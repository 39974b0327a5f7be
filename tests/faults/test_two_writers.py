"""One run has one writer, whoever comes at the same moment, and from wherever."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from seqkit.errors import ExitCode
from seqkit.runs.folder import RunFolder
from tests.faults.outcome import crashed, differing, last_line, outcome
from tests.faults.tally import draw, forms, tally
from tests.nursery import Done, Nursery

if TYPE_CHECKING:
    from tests.faults.conftest import Whole

pytestmark = pytest.mark.proof


def beginnings(path: Path) -> int:
    """Returns how often a run began or was gone on with."""
    return sum(event.kind == "started" for event in RunFolder(path).events())


def at_one_moment(
    nursery: Nursery,
    words: Sequence[object],
    later: float,
    begin_again: Callable[[], None],
    **more: Any,
) -> list[Done]:
    """Starts a command twice, the second time a little later, and returns the better end first.

    On a busy machine one may be done before the other has begun, which shows nothing: such a pair
    is tried again, once `begin_again` has seen that one alone trained.
    """
    ends: list[Done] = []
    for _ in range(8):
        at = time.time() + 0.4
        children = [nursery.start(*words, at=moment, **more) for moment in (at, at + later)]
        ends = sorted((child.wait() for child in children), key=lambda done: done.code or 0)
        if [done.code for done in ends] != [ExitCode.DONE, ExitCode.DONE]:
            break
        begin_again()
    return ends


@forms(short=1, long=50)
def test_of_two_that_come_at_one_moment_one_trains_and_the_other_is_refused(
    nursery: Nursery,
    whole: Callable[[str], Whole],
    half: Callable[[str], Path],
    tmp_path: Path,
    count: int,
) -> None:
    made = tally("two writers at one moment")
    right = whole("language-modeling")
    for case in range(count):
        chosen = draw("two writers", case)
        path = tmp_path / str(case) / right.scenario.name
        words: tuple[object, ...]
        if case % 5 == 4:
            words = ("run", *right.scenario.words, "--name", path.name, "--runs-dir", path.parent)
            refused = ExitCode.USAGE
        else:
            shutil.copytree(half(right.scenario.name), path)
            words, refused = ("resume", path), ExitCode.DATA
        began = beginnings(path)
        later = chosen.choice([0.0, 0.0, chosen.random() * 0.05])

        def begin_again(path: Path = path, began: int = began) -> None:
            assert beginnings(path) == began + 1
            shutil.rmtree(path)
            if began:
                shutil.copytree(half(right.scenario.name), path)

        # Neither waits for the other: what is done within half a second would be found done.
        ends = at_one_moment(
            nursery, (*words, "--quiet"), later, begin_again, home=right.home, patience=0
        )
        faults = [last_line(done) for done in ends if crashed(done)]
        if [done.code for done in ends] != [ExitCode.DONE, refused]:
            faults.append(f"they ended with {[done.code for done in ends]}")
        if beginnings(path) != began + 1:
            faults.append(f"{beginnings(path) - began} of them began")
        faults += differing(outcome(path), right.outcome)
        made.add(f"case {case}, {words[0]}", faults, "one trained, one was refused")
    made.check()


@forms(short=1, long=20)
def test_of_two_sweeps_of_a_group_one_works_and_the_other_is_refused(
    nursery: Nursery, tmp_path: Path, count: int
) -> None:
    made = tally("two sweeps at one moment")
    words: tuple[str, ...] = (
        "sweep",
        "sentiment",
        "--seeds",
        "1",
        "--name",
        "cells",
        "model.hidden_size=2",
    )
    words += ("model.embedding_size=2", "trainer.max_steps=600", "trainer.threads=1")
    words += ("trainer.baselines=false", "trainer.test=false", "trainer.samples=0")
    for case in range(count):
        chosen = draw("two sweeps", case)
        folder = tmp_path / str(case)
        later = chosen.choice([0.0, 0.0, chosen.random()])

        def begin_again(folder: Path = folder) -> None:
            assert beginnings(folder / "cells-seed0") == 1
            shutil.rmtree(folder)

        ends = at_one_moment(nursery, (*words, "--runs-dir", folder), later, begin_again)
        faults = [last_line(done) for done in ends if crashed(done)]
        if [done.code for done in ends] != [ExitCode.DONE, ExitCode.USAGE]:
            faults.append(f"they ended with {[done.code for done in ends]}")
        if "sweep cells is running already, as process" not in ends[-1].err:
            faults.append(f"the refusal was {last_line(ends[-1])}")
        if beginnings(folder / "cells-seed0") != 1:
            faults.append("its run did not begin once")
        made.add(f"case {case}", faults, "one worked, one was refused")
    made.check()


def on_another_host(nursery: Nursery, right: Whole, path: Path, at: int) -> None:
    """Trains a run in a machine of another name, where it is killed before some operation."""
    if sys.platform != "linux" or os.geteuid():
        pytest.skip("only root gives a process another host name")
    words = ("run", *right.scenario.words, "--name", path.name, "--runs-dir", path.parent)
    place: dict[str, Any] = {"within": str(path.parent), "crash_at": at, "host": "node17"}
    done = nursery.run(*words, "--quiet", home=right.home, **place)
    assert done.code is not None
    assert done.code < 0


def test_a_run_killed_on_another_host_can_be_taken_over(
    nursery: Nursery, whole: Callable[[str], Whole], tmp_path: Path
) -> None:
    right = whole("language-modeling")
    killed = tmp_path / "there" / right.scenario.name
    on_another_host(nursery, right, killed, right.operations // 2)
    path = Path(shutil.copytree(killed, tmp_path / "copied" / right.scenario.name))
    for run in (killed, path):
        done = nursery.run("resume", run, "--quiet", home=right.home)
        if done.code == ExitCode.DATA:
            assert "--force" in done.err, done.err
            done = nursery.run("resume", run, "--force", home=right.home)
            assert "node17" in done.err, done.err
        assert done.code == ExitCode.DONE, done.err
        assert differing(outcome(run), right.outcome) == []
