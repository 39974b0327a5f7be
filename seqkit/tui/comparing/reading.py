"""What the Compare screen shows, read from run folders; slow, so it is done in a thread."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seqkit.errors import SeqkitError
from seqkit.runs.compare import compare_runs
from seqkit.runs.comparison import Comparison
from seqkit.runs.folder import RunFolder
from seqkit.runs.listing import describe
from seqkit.runs.log import RunLog, damaged_lines
from seqkit.runs.summary import RunSummary, differing, settings
from seqkit.storage.checksums import line_fits
from seqkit.storage.regular_files import read_regular
from seqkit.terminal.cells import reason
from seqkit.terminal.figures import duration, number

MOST = 8
"""Runs that one chart tells apart."""


@dataclass(frozen=True)
class Compared:
    """One run of the comparison.

    Attributes:
        name: Its name.
        summary: Its events, summed up.
        settings: Its settings, flat.
        status: As `RunFolder.status` gives it.
        answers: Its answers to some test examples, by their number.
        problem: Why it cannot be read; empty when it can.
        described: What `describe` says of it; nothing where it cannot be read.
        damage: What of it is damaged and left out; empty where nothing is.
    """

    name: str
    summary: RunSummary
    settings: Mapping[str, Any]
    status: str
    answers: Mapping[int, Mapping[str, Any]]
    problem: str = ""
    described: Mapping[str, Any] = field(default_factory=dict)
    damage: str = ""

    def score(self, split: str, metric: str) -> float | None:
        """Returns a score of its best checkpoint."""
        event = self.summary.test if split == "test" else self.summary.best
        if event is None:
            return None
        value = event.get("loss") if metric == "loss" else event.get("metrics", {}).get(metric)
        return float(value) if isinstance(value, int | float) else None


@dataclass(frozen=True)
class Side:
    """Runs side by side.

    Attributes:
        runs: The runs.
        differing: The settings that are not the same in all of them.
        metrics: The loss and the metrics that are numbers, the one that chooses the best first.
        comparison: What there is evidence of, or None.
        problem: Why there is no such comparison.
    """

    runs: tuple[Compared, ...]
    differing: tuple[str, ...]
    metrics: tuple[str, ...]
    comparison: Comparison | None = None
    problem: str = ""

    def disagreements(self) -> list[int]:
        """Returns the test examples that some runs answer right and others wrong."""
        if not self.runs:
            return []
        shared = set.intersection(*(set(run.answers) for run in self.runs))
        return [
            example
            for example in self.runs[0].answers
            if example in shared
            and len({bool(run.answers[example].get("correct")) for run in self.runs}) > 1
        ]


@dataclass
class Order:
    """By what the runs are sorted.

    Attributes:
        metric: Name of the metric.
        higher: Whether higher is better, by metric, as far as the runs say.
    """

    metric: str = "loss"
    higher: Mapping[str, bool] = field(default_factory=dict)

    def places(self, side: Side) -> list[int]:
        """Returns the places of the runs, the best first; those without a score come last."""
        split = "test" if any(run.summary.test for run in side.runs) else "validation"
        sign = -1 if self.higher.get(self.metric, False) else 1

        def key(place: int) -> tuple[bool, float]:
            value = side.runs[place].score(split, self.metric)
            missing = value is None or value != value
            return missing, 0.0 if missing or value is None else sign * value

        return sorted(range(len(side.runs)), key=key)


class Reader:
    """Reads runs side by side, again and again; what was read of their logs is not read again.

    Args:
        folders: The runs.
    """

    def __init__(self, folders: Sequence[RunFolder]) -> None:
        self._folders = list(folders[:MOST])
        self._logs: dict[RunFolder, RunLog] = {}
        # A look that takes long may still go on when the next one begins.
        self._alone = threading.Lock()

    def read(self) -> Side:
        """Returns the runs as they are now."""
        with self._alone:
            return read_side(self._folders, self._logs)


def read_side(folders: Sequence[RunFolder], logs: dict[RunFolder, RunLog] | None = None) -> Side:
    """Reads runs side by side. A run that cannot be read has nothing to show.

    Args:
        folders: The runs.
        logs: Their logs as far as they were read, which are read on; those of new runs are added.
    """
    logs = {} if logs is None else logs
    runs = tuple(_read(folder, logs) for folder in folders[:MOST])
    differ = tuple(key for key in differing([run.settings for run in runs]) if key != "description")
    first = [run.summary.metric for run in runs if run.summary.metric]
    names = [
        name
        for run in runs
        for event in (*run.summary.evaluations, *([run.summary.test] if run.summary.test else []))
        for name, value in event.get("metrics", {}).items()
        if isinstance(value, int | float)
    ]
    metrics = tuple(dict.fromkeys([*first, "loss", *names]))
    try:
        described = [] if any(run.problem for run in runs) else [run.described for run in runs]
        comparison: Comparison | None = compare_runs(list(folders[:MOST]), described=described)
        problem = ""
    except Exception as error:
        comparison, problem = None, reason(error)
    return Side(runs, differ, metrics, comparison, problem)


def directions(side: Side) -> dict[str, bool]:
    """Returns whether higher is better, for the metrics of which the runs say so."""
    said = {
        run.summary.metric: bool(run.summary.started.get("higher_is_better"))
        for run in side.runs
        if run.summary.started.get("higher_is_better") is not None
    }
    return {"loss": False} | said


def _read(folder: RunFolder, logs: dict[RunFolder, RunLog]) -> Compared:
    try:
        log = logs.setdefault(folder, RunLog(folder.events_file))
        described = describe(folder, log)
        answers, lost = _answers(folder)
        run = Compared(
            folder.name,
            log.summary.copy(),
            settings(folder),
            described["status"],
            answers,
            described=described,
            damage=". ".join(filter(None, (described["damage"], lost))),
        )
        _prove(run)
        return run
    except Exception as error:
        # Whatever is wrong with one run, the others are still to be compared.
        logs.pop(folder, None)
        return Compared(folder.name, RunSummary(), {}, "cannot be read", {}, reason(error))


def _prove(run: Compared) -> None:
    """Asks for all that will be shown of a run. Raises where that has not the form it should."""
    names = {*(["loss", run.summary.metric] if run.summary.metric else ["loss"])}
    for event in (*run.summary.evaluations, *filter(None, (run.summary.test,))):
        names |= set(event.get("metrics", {}))
        for scores in dict(event.get("baselines") or {}).values():
            dict(scores)
    for split in ("test", "validation"):
        for name in names:
            run.score(split, name)
    duration(run.summary.elapsed)
    number(run.summary.started.get("parameters") or 0)


def _answers(folder: RunFolder) -> tuple[dict[int, Mapping[str, Any]], str]:
    """Returns a run's answers to test examples, and what of them is damaged."""
    found: dict[int, Mapping[str, Any]] = {}
    damaged, path = list[int](), folder.answers("test")
    try:
        content = read_regular(path)
    except FileNotFoundError:
        return {}, ""
    except (OSError, SeqkitError) as error:
        return {}, f"{path} cannot be read: {reason(error)}"
    for number_of_line, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            answer = json.loads(line) if line_fits(line) else {}
            found[int(answer["example"])] = answer
        except (ValueError, KeyError, TypeError, RecursionError):
            damaged.append(number_of_line)
    return found, damaged_lines(path, damaged)
