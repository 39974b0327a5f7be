"""The colour of each status of a run."""

from __future__ import annotations

STATUS_COLOURS = {
    "running": "green",
    "paused": "yellow",
    "finished": "",
    "stopped": "yellow",
    "interrupted": "yellow",
    "failed": "red",
    "crashed": "red",
    "unreadable": "red",
}
