"""Events of a run as one line each, for logs that people read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqkit.events import Event
from seqkit.runs.verdict import verdict_from
from seqkit.terminal.figures import duration, number, scores
from seqkit.terminal.safe_text import bare, one_line

_LONGEST = 400
"""Characters of a line."""
_LONGEST_WHOLE = 2000
"""Characters of what is said in full."""


@dataclass(frozen=True)
class Entry:
    """A line of a run's log.

    Attributes:
        kind: The kind of the event.
        step: Optimiser steps done when it happened.
        epoch: Epochs done.
        time: Seconds since 1970.
        text: What happened, on one line and without control characters.
        good: Whether it is good news, bad news, or neither.
        whole: The text in full, where it is cut.
    """

    kind: str
    step: int
    epoch: float
    time: float
    text: str
    good: bool | None = None
    whole: str = ""


def entry(event: Event) -> Entry:
    """Returns the line of an event; control characters from data or messages are spelt out."""
    write = _WORDS.get(event.kind, _other)
    text, good = write(event)
    line = one_line(text, _LONGEST)
    whole = one_line(text, _LONGEST_WHOLE)
    whole = "" if whole == line else whole
    return Entry(event.kind, event.step, event.epoch, event.time, line, good, whole)


def _started(event: Event) -> tuple[str, bool | None]:
    resumed = event.get("resumed_from")
    head = f"went on after step {resumed}" if isinstance(resumed, int) else "started"
    model, dataset = (bare(event.get(key)) for key in ("model", "dataset"))
    return f"{head}: {model} on {dataset}, {event.get('device', 'unknown device')}", None


def _evaluation(event: Event) -> tuple[str, bool | None]:
    metrics = event.get("metrics")
    values = scores(metrics if isinstance(metrics, Mapping) else {})
    parts = [f"{name} {number(value)}" for name, value in values]
    text = f"{event.get('split', 'validation')}: " + "  ".join(
        [*parts, f"loss {number(event.get('loss'))}"]
    )
    best = event.get("best") is True and event.get("split") != "test"
    return text, True if best else None


def _checkpoint(event: Event) -> tuple[str, bool | None]:
    best = ", the best so far" if event.get("best") else ""
    return f"saved {event.get('path', '?')} ({event.get('reason', '?')}{best})", None


def _control(event: Event) -> tuple[str, bool | None]:
    request = event.get("request")
    action = request.get("request", "?") if isinstance(request, Mapping) else "?"
    return f"asked to {action}: {event.get('message', '')}", event.get("applied") is True and None


def _warning(event: Event) -> tuple[str, bool | None]:
    return str(event.get("message", "")), False


def _ended(event: Event) -> tuple[str, bool | None]:
    status = str(event.get("status", "?"))
    message = f": {event.get('message')}" if event.get("message") else ""
    elapsed = event.get("elapsed")
    spent = f" after {duration(elapsed)}" if isinstance(elapsed, int | float) else ""
    verdict = verdict_from(event.get("verdict"))
    judged = f". {verdict.sentence}" if verdict is not None else ""
    return f"{status}{spent}{message}{judged}", {"finished": True, "failed": False}.get(status)


def _other(event: Event) -> tuple[str, bool | None]:
    return event.kind, None


_WORDS: Mapping[str, Any] = {
    "started": _started,
    "evaluation": _evaluation,
    "checkpoint": _checkpoint,
    "control": _control,
    "warning": _warning,
    "ended": _ended,
}
