"""What was tried, and what came of it."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

SEED = int(os.environ.get("FAULTS_SEED", "0"))
COUNT = int(os.environ.get("FAULTS_COUNT", "0"))


@dataclass
class Tally:
    """The cases of one subject: how each ended, and what was wrong with the wrong ones.

    Attributes:
        subject: What was attacked.
        ways: How often a case ended in each way that is right.
        wrong: One line for each case that ended in another way.
    """

    subject: str
    ways: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, case: str, faults: list[str], way: str = "right") -> None:
        """Counts one case: right in some way, unless there are faults."""
        if faults:
            self.wrong.append(f"{case}: {'; '.join(faults)}")
        else:
            self.ways[way] += 1

    def check(self) -> None:
        """Fails where a case was wrong, and tells how to have it again."""
        shown = "\n".join(self.wrong[:30])
        tried = self.ways.total() + len(self.wrong)
        assert not self.wrong, (
            f"{len(self.wrong)} of {tried} were wrong (FAULTS_SEED={SEED}):\n{shown}"
        )


TALLIES: list[Tally] = []


def tally(subject: str) -> Tally:
    """Returns a new tally, which is printed after the tests."""
    made = Tally(subject)
    TALLIES.append(made)
    return made


def forms(short: int, long: int) -> pytest.MarkDecorator:
    """Runs a test with few cases, and with many where slow tests are asked for.

    The number of the many may be given as FAULTS_COUNT.
    """
    many = pytest.param(COUNT or long, marks=pytest.mark.slow, id="long")
    return pytest.mark.parametrize("count", [pytest.param(short, id="short"), many])


def draw(subject: str, number: int) -> random.Random:
    """Returns the generator of one case, the same whatever other cases there are."""
    return random.Random(f"{SEED} {subject} {number}")


def table(write: Callable[[str], None]) -> None:
    """Writes how many cases of each subject were tried, right and wrong."""
    width = max((len(made.subject) for made in TALLIES), default=0)
    write(f"{'':{width}}  {'tried':>6} {'right':>6} {'wrong':>6}")
    for made in TALLIES:
        right, wrong = made.ways.total(), len(made.wrong)
        ways = ", ".join(f"{count} {way}" for way, count in made.ways.most_common())
        write(f"{made.subject:{width}}  {right + wrong:6} {right:6} {wrong:6}   {ways}")
    write(f"FAULTS_SEED={SEED}")
