"""Whole runs to compare with, half ones to go on with, and a table at the end."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

if sys.platform == "win32":
    collect_ignore_glob = ["test_*.py"]
else:
    from tests.faults.outcome import answers, outcome
    from tests.faults.scenarios import SCENARIOS, Scenario, write_data
    from tests.faults.tally import TALLIES, table
    from tests.nursery import Nursery

    @dataclass(frozen=True)
    class Whole:
        """A run that nothing happened to.

        Attributes:
            scenario: What it is a run of.
            path: Its folder.
            home: The folder of caches it was made with.
            outcome: What it ended with.
            answers: What it predicts.
            operations: How many changes it made in its folder.
        seconds: How long it took.
        """

        scenario: Scenario
        path: Path
        home: Path
        outcome: dict[str, Any]
        answers: str
        operations: int
        seconds: float

    @pytest.fixture(scope="session")
    def whole(nursery: Nursery) -> Callable[[str], Whole]:
        """Trains the run of a task from its beginning to its end, once."""
        made: dict[str, Whole] = {}
        write_data(nursery.folder)

        def train(task: str) -> Whole:
            if task not in made:
                scenario = SCENARIOS[task]
                home = nursery.folder / f"home-{task}"
                counted = nursery.folder / "operations"
                begun = time.monotonic()
                done = nursery.run(
                    *("run", *scenario.words, "--runs-dir", "whole", "--name", task, "--quiet"),
                    home=home,
                    within=str(nursery.folder / "whole"),
                    operations=str(counted),
                )
                seconds = time.monotonic() - begun
                assert done.code == 0, done.err
                path = nursery.folder / "whole" / task
                made[task] = Whole(
                    scenario,
                    path,
                    home,
                    outcome(path),
                    answers(nursery, scenario, path, home),
                    int(counted.read_text(encoding="utf-8")),
                    seconds,
                )
            return made[task]

        return train

    @pytest.fixture(scope="session")
    def half(nursery: Nursery, whole: Callable[[str], Whole]) -> Callable[[str], Path]:
        """Trains a part of the run of a task, once: it was killed after some checkpoints."""

        def train(task: str) -> Path:
            path = nursery.folder / "half" / task
            if not path.exists():
                right = whole(task)
                place: dict[str, Any] = {
                    "within": str(path.parent),
                    "crash_at": right.operations // 2,
                }
                words = ("run", *right.scenario.words, "--runs-dir", path.parent, "--name", task)
                assert nursery.run(*words, home=right.home, **place).code == -signal.SIGKILL
            return path

        return train

    def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
        if TALLIES and "not slow" not in terminalreporter.config.getoption("markexpr"):
            terminalreporter.section("faults")
            table(terminalreporter.write_line)
