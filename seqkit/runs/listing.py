"""What a front end lists of a run, as JSON values, and what of it cannot be read. Torch-free."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from seqkit.errors import CheckpointError, SeqkitError
from seqkit.runs.folder import LIVE, RunFolder
from seqkit.runs.log import RunLog, damage_of
from seqkit.runs.verdict import verdict_of

UNREADABLE = "unreadable"
"""What `listed` says is the status of a run that cannot be read."""

_DESCRIBED = (
    *("name", "path", "status", "created", "group", "recipe", "task", "dataset", "model"),
    *("device", "parameters", "step", "total_steps", "epoch", "epochs", "progress", "eta"),
    *("elapsed", "examples_per_second", "score", "metrics", "higher_is_better", "message"),
    *("verdict", "damage"),
)


def describe(run: RunFolder, log: RunLog | None = None) -> dict[str, Any]:
    """Returns what a front end lists of a run, as JSON values.

    Args:
        run: The run.
        log: Its log, where that is read already; what it has not read yet is read.

    Raises:
        CheckpointError: Its `run.json` is missing or damaged, or its log cannot be read.
    """
    info, status = run.info(), run.status()
    with reading(run):
        whole = (log or RunLog(run.events_file)).read_all()
        return _described(run, info, status, whole)


def _check_types(started: Mapping[str, Any]) -> None:
    """Refuses fields that front ends show or count with, where they are of another type."""
    for keys, kind, what in (
        (("recipe", "task", "dataset", "model", "device"), str, "a text"),
        (("parameters", "total_steps", "epochs"), int | float, "a number"),
    ):
        for key in keys:
            if not isinstance(started.get(key), kind | None):
                raise TypeError(f"{key} is {str(started[key])[:40]!r}; it must be {what}")


@contextmanager
def reading(run: RunFolder) -> Iterator[None]:
    """Turns whatever damaged events lead to into an error that names them.

    Events are checked where they are used: a field may be of any type in a file that was changed.
    """
    try:
        yield
    except SeqkitError:
        raise
    except Exception as error:
        raise CheckpointError(
            f"what is kept of run {run.name} is damaged, in {run.path}: "
            f"{type(error).__name__}: {error}. Its checkpoints may still be whole"
        ) from error


def listed(run: RunFolder) -> dict[str, Any]:
    """Returns what `describe` does and `error`: why the run cannot be read, or empty."""
    try:
        return describe(run) | {"error": ""}
    except SeqkitError as error:
        nothing = dict.fromkeys(_DESCRIBED)
        known = {"name": run.name, "path": str(run.path), "status": UNREADABLE, "group": ""}
        empty = {"metrics": {}, "message": "", "damage": ""}
        return nothing | known | empty | {"error": str(error)}


def _described(run: RunFolder, info: Mapping[str, Any], status: str, log: RunLog) -> dict[str, Any]:
    summary = log.summary
    started = summary.started
    _check_types(started)
    score, verdict = summary.score(), verdict_of(summary)
    return {
        "name": run.name,
        "path": str(run.path),
        "status": status,
        "created": info.get("created"),
        "group": str(info.get("group") or ""),
        **{key: started.get(key) for key in ("recipe", "task", "dataset", "model", "device")},
        "parameters": started.get("parameters"),
        "step": summary.step,
        "total_steps": started.get("total_steps"),
        "epoch": summary.epoch,
        "epochs": started.get("epochs"),
        "progress": summary.progress(),
        "eta": summary.eta if status in LIVE else None,
        "elapsed": summary.elapsed,
        "examples_per_second": summary.speed,
        "score": dict(zip(("split", "metric", "value"), score, strict=True)) if score else None,
        "metrics": {
            event.get("split"): dict(event.get("metrics", {})) | {"loss": event.get("loss")}
            for event in (summary.best, summary.test)
            if event is not None
        },
        "higher_is_better": started.get("higher_is_better"),
        "message": summary.ended.get("message", "") if summary.ended else "",
        "verdict": verdict.as_dict() if verdict is not None else None,
        "damage": damage_of(run, info, status in LIVE, log),
    }
