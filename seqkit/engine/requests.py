"""Requests carried out between two steps: stop, save, pause, resume, set the learning rate."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any, Protocol

from seqkit.engine.train import Training
from seqkit.events import Event

PAUSE_SECONDS = 0.1
"""Between two looks at the requests while a run is paused."""

STATUS_AFTER = {"pause": "paused", "resume": "running"}
"""The status of a run after a request that was carried out."""


class Controls(Protocol):
    """Where requests come from."""

    def poll(self) -> list[dict[str, Any]]:
        """Returns the requests made since the last call."""
        ...


class Requests:
    """Carries out what is asked of a run.

    Args:
        training: The loop.
        controls: Where requests come from.
    """

    def __init__(self, training: Training, controls: Controls) -> None:
        self._training = training
        self._controls = controls
        self._paused = False

    def attend(self) -> Iterator[Event]:
        """Carries out what was asked for since the last step; while paused, waits for more."""
        training = self._training
        for request in self._controls.poll():
            yield from self._obey(request)
        while self._paused and not training.stopped:
            time.sleep(PAUSE_SECONDS)
            for request in self._controls.poll():
                yield from self._obey(request)
            training.restart_clock()

    def _obey(self, request: dict[str, Any]) -> Iterator[Event]:
        """Carries out one request, and says whether it could."""
        action, value = request.get("request"), request.get("value")
        training = self._training
        if action in ("stop", "interrupt"):
            yield from training.report()
            yield self._answer(request, True, "stopping")
            yield training.saved("interrupted")
            training.stopped = "stopped" if action == "stop" else "interrupted"
        elif action == "save":
            yield from training.report()
            yield training.saved("requested")
            yield self._answer(request, True, "saved")
        elif action == "set-learning-rate" and _is_rate(value):
            scheduled = training.scheduled_rate()
            training.progress.rate_factor = float(value) / scheduled if scheduled > 0 else 1.0  # type: ignore[arg-type]
            yield self._answer(request, True, f"the learning rate is {value} from here on")
        elif action == "pause" and not self._paused:
            yield from training.report()
            yield training.saved("requested")
            self._paused = True
            yield self._answer(request, True, "paused")
        elif action == "resume" and self._paused:
            self._paused = False
            yield self._answer(request, True, "going on")
        elif action in ("pause", "resume"):
            now = "paused" if self._paused else "running"
            yield self._answer(request, False, f"the run is {now} already")
        else:
            yield self._answer(request, False, f"not a request that can be obeyed: {request}")

    def _answer(self, request: dict[str, Any], applied: bool, message: str) -> Event:
        return self._training.event("control", request=request, applied=applied, message=message)


def status_after(event: Event) -> str:
    """Returns the status that a run has after a `control` event; empty where it stays."""
    request = event["request"] if event["applied"] else {}
    return STATUS_AFTER.get(str(request.get("request")), "")


def _is_rate(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 < value <= sys.float_info.max
