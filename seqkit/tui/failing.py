"""Why something that a screen does in the background has failed."""

from __future__ import annotations

from textual.worker import Worker, WorkerState

from seqkit.terminal.cells import reason


def failure_of(event: Worker.StateChanged) -> str:
    """Returns why a worker of a screen has failed; empty where it has not."""
    error = event.worker.error
    if event.state is not WorkerState.ERROR or not isinstance(error, Exception):
        return ""
    return reason(error)
