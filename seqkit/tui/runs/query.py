"""The language of the filter: `task:NAME model:NAME score>0.85 age<2d -tag:old`.

Words parted by spaces, all of which must hold. A word alone is looked for in everything that names
a run. `key:text` looks in one field, `key=value` compares whole, `key>number` compares numbers. A
`-` before a word turns it round. Keys are the fields below, scores (the beginning
of a name is enough), and settings (`lr`, `learning_rate` or `trainer.learning_rate`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from seqkit.errors import suggestion
from seqkit.tui.runs.rows import RunRow

Test = Callable[[RunRow], bool]

TEXTS: dict[str, Callable[[RunRow], str]] = {
    "name": lambda row: f"{row.title} {row.name}",
    "status": lambda row: row.status,
    "task": lambda row: row.task,
    "dataset": lambda row: row.dataset,
    "model": lambda row: row.model,
    "recipe": lambda row: row.recipe,
    "device": lambda row: row.device,
    "tag": lambda row: " ".join(row.label.tags),
    "message": lambda row: row.message,
}
NUMBERS: dict[str, Callable[[RunRow], float | None]] = {
    "score": lambda row: row.value,
    "loss": lambda row: row.scores.get("loss", row.loss),
    "step": lambda row: row.step,
    "epoch": lambda row: row.epoch,
    "progress": lambda row: None if row.progress is None else 100 * row.progress,
    "eta": lambda row: row.eta,
    "age": lambda row: time.time() - row.created if row.created else None,
    "time": lambda row: row.elapsed,
    "params": lambda row: row.parameters,
}
SHORT = {"lr": "learning_rate", "bs": "batch_size", "data": "dataset"}
_WORD = re.compile(r'(-?)(?:([\w.@-]*[\w.@])(:|!=|>=|<=|=|>|<))?(?:"([^"]*)"?|(\S*))')
_UNITS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400, "w": 604800, "k": 1e3, "M": 1e6}
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "=": lambda a, b: abs(a - b) <= 1e-9 * max(abs(a), abs(b)),
    "!=": lambda a, b: a != b,
}


@dataclass(frozen=True)
class Query:
    """What a filter asks for.

    Attributes:
        tests: All of which a run must pass.
        problem: What cannot be understood of it; empty when all can.
    """

    tests: tuple[Test, ...] = ()
    problem: str = ""

    def matches(self, row: RunRow) -> bool:
        """Tells whether a run passes."""
        return all(test(row) for test in self.tests)


def parse(text: str, known: Iterable[str] = ()) -> Query:
    """Reads a filter. What cannot be understood is left out, and said.

    Args:
        text: What the user wrote so far.
        known: Names of the scores and settings that the runs have; without any, as before the
            runs were read, every name is taken.
    """
    tests: list[Test] = []
    problems: list[str] = []
    found = set(known)
    names = _names(found) if found else set()
    for minus, key, sign, quoted, bare in _WORD.findall(text):
        value = quoted or bare
        if not key and not value:
            continue
        test, problem = _test(key, sign, value, names) if key else (_anywhere(value), "")
        if problem:
            problems.append(problem)
        elif test is not None:
            tests.append(_not(test) if minus else test)
    return Query(tuple(tests), problems[0] if problems else "")


def _names(known: Iterable[str]) -> set[str]:
    names = {*TEXTS, *NUMBERS, *SHORT}
    for name in known:
        names |= {name, name.rpartition(".")[2]}
    return names


def _test(key: str, sign: str, value: str, names: set[str]) -> tuple[Test | None, str]:
    if not value:
        return None, ""
    key = key if key in NUMBERS else SHORT.get(key, key)
    if key in TEXTS:
        if sign in (":", "=", "!="):
            return _text(TEXTS[key], sign, value), ""
        return None, f"{key} is a text: write {key}:{value}"
    found = _number(value)
    if names and key not in NUMBERS and not any(name.startswith(key) for name in names):
        return None, f"no run has {key!r}. {suggestion(key, names)}"
    if found is None and sign in (":", "=", "!="):
        return _text(lambda row: str(_setting(row, key)), sign, value), ""
    if found is None:
        return None, f"{value!r} is not a number, after {key}{sign}"
    return _numeric(key, "=" if sign == ":" else sign, found), ""


def _anywhere(value: str) -> Test:
    wanted = value.casefold()
    return lambda row: any(wanted in read(row).casefold() for read in TEXTS.values())


def _text(read: Callable[[RunRow], str], sign: str, value: str) -> Test:
    wanted = value.casefold()
    if sign == ":":
        return lambda row: wanted in read(row).casefold()
    same: Test = lambda row: wanted in (read(row).casefold(), *read(row).casefold().split())  # noqa: E731
    return same if sign == "=" else _not(same)


def _numeric(key: str, sign: str, wanted: float) -> Test:
    compare = _COMPARE[sign]

    def test(row: RunRow) -> bool:
        value = _value(row, key)
        return value is not None and compare(value, wanted)

    return test


def _not(test: Test) -> Test:
    return lambda row: not test(row)


def _value(row: RunRow, key: str) -> float | None:
    """Returns a number of a run: a field, a score by the beginning of its name, or a setting."""
    if key in NUMBERS:
        return NUMBERS[key](row)
    for name, score in row.scores.items():
        if name.startswith(key):
            return score
    value = _setting(row, key)
    return float(value) if isinstance(value, int | float) else None


def _setting(row: RunRow, key: str) -> Any:
    if key in row.settings:
        return row.settings[key]
    for name, value in row.settings.items():
        if name.rpartition(".")[2] == key:
            return value
    return None


def _number(text: str) -> float | None:
    found = re.fullmatch(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)(%|[a-zA-Z]*)", text)
    if found is None:
        return None
    amount, unit = float(found[1]), found[2]
    if unit in ("", "%"):
        return amount
    return amount * _UNITS[unit] if unit in _UNITS else None
