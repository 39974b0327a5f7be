"""A small search at work: variations of an experiment trained one after another, within a time."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from seqkit.experiments.beginning import Begun
from seqkit.experiments.searching import Search, Settings, in_words
from seqkit.processes.run_process import Child
from seqkit.registry.registry import Registry
from seqkit.runs.folder import RunFolder
from seqkit.runs.summary import RunSummary
from seqkit.terminal import figures, output
from seqkit.terminal.safe_text import one_line

_POLL_SECONDS = 0.1
_LAST_WAIT = 10.0
"""Seconds that a run has to end after it was asked to."""

_LEAST = 0.25
"""Part of what a run took that must be left for another one to begin."""


def best_of_variations(
    begun: Begun, registry: Registry, file: Path, seconds: float, plugins: Sequence[Path] = ()
) -> tuple[Begun, list[dict[str, Any]]]:
    """Tries variations of an experiment; returns it with the best settings, and what was tried.

    Args:
        begun: The experiment.
        registry: Where its components are.
        file: The experiment as a file.
        seconds: The time for all.
        plugins: Local plugins.
    """
    search = Search(begun.document, registry)
    try_variations(search, file, seconds, plugins)
    best, scores = search.best(), [one.score for one in search.tried]
    tried = [
        {"settings": {**one.settings}, search.metric: None if math.isnan(one.score) else one.score}
        for one in search.tried
    ]
    if best is None:
        output.warn("nothing that was tried came to a score, and the file is as it was begun")
        return begun, tried
    why = (
        f"best of {figures.count_of(len(scores), 'setting')} that were tried: {search.metric} "
        f"{figures.number(best.score)} on validation, and {figures.number(scores[0])} before"
    )
    reasons = {**begun.reasons, **dict.fromkeys(best.settings, why)}
    return replace(begun, document=search.document(best.settings), reasons=reasons), tried


def try_variations(
    search: Search, file: Path, seconds: float, plugins: Sequence[Path] = ()
) -> None:
    """Tries settings until the time is over, nothing is left to try, or Ctrl-C; tells each score.

    Args:
        search: What is tried, and where scores are noted.
        file: The experiment as a file.
        seconds: The time for all.
        plugins: Local plugins.
    """
    deadline = time.monotonic() + seconds
    longest = 0.0
    output.note(f"Searching for {figures.duration(seconds)}: {search.metric} on validation decides")
    try:
        with tempfile.TemporaryDirectory(prefix="seqkit-search-") as folder:
            while (deadline - time.monotonic()) > _LEAST * longest:
                settings = search.propose()
                if settings is None:
                    break
                began = time.monotonic()
                score, failure = _tried(search, settings, file, Path(folder), deadline, plugins)
                longest = max(longest, time.monotonic() - began)
                _tell(search, settings, score, failure)
    except KeyboardInterrupt:
        output.end_line()
        output.note("Stopped. The best so far is kept.")


def _tried(
    search: Search,
    settings: Settings,
    file: Path,
    runs_dir: Path,
    deadline: float,
    plugins: Sequence[Path],
) -> tuple[float, str]:
    """Trains one variation; returns its score, which is not a number where it failed, and why."""
    name = f"try-{len(search.tried)}"
    words = ["run", str(file), *in_words(settings), "trainer.test=false", "trainer.baselines=false"]
    words += ["trainer.samples=0", "--name", name, "--runs-dir", str(runs_dir), "--quiet"]
    for plugin in plugins:
        words += ["--plugin", str(plugin)]
    child = Child(RunFolder(runs_dir / name), words, {})
    asked = False
    try:
        while not child.look():
            now = time.monotonic()
            if now > deadline and not asked:
                child.interrupt()
                asked = True
            if now > deadline + _LAST_WAIT:
                child.interrupt()
                break
            time.sleep(_POLL_SECONDS)
        status, message = child.outcome()
        score = _score(child.summary, search)
        # One that is asked to end before it begins has no time to say so.
        failed = status == "failed" and not asked
        return (math.nan, message) if failed else (score, "" if math.isfinite(score) else _NO_TIME)
    except KeyboardInterrupt:
        _end(child)
        search.add(settings, _score(child.summary, search))
        raise
    finally:
        child.close()


_NO_TIME = "no time for an evaluation"


def _end(child: Child) -> None:
    """Asks a run to end, and waits for it."""
    child.interrupt()
    until = time.monotonic() + _LAST_WAIT
    while not child.look() and time.monotonic() < until:
        time.sleep(_POLL_SECONDS)


def _score(summary: RunSummary, search: Search) -> float:
    """Returns the best validation score of a run."""
    scores = [
        event["loss"] if search.metric == "loss" else event["metrics"].get(search.metric, math.nan)
        for event in summary.evaluations
    ]
    known = [float(score) for score in scores if math.isfinite(score)]
    return (max if search.higher else min)(known, default=math.nan)


def _tell(search: Search, settings: Settings, score: float, failure: str) -> None:
    best = search.add(settings, score)
    what = ", ".join(in_words(settings)) or "as it is"
    why = failure if failure == _NO_TIME else f"failed: {one_line(failure, 200)}"
    came = why if failure else figures.number(score)
    output.note(f"  {came:>8}  {what}", ("  best so far", "green") if best else "")
