"""What a person may ask of a run from the monitor, and how it is asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from textual.screen import Screen

from seqkit.errors import SeqkitError
from seqkit.processes.launch import resume_run
from seqkit.runs.folder import LIVE, RunFolder
from seqkit.runs.listing import UNREADABLE
from seqkit.terminal.cells import reason
from seqkit.tui.context import Context
from seqkit.tui.dialogs import Ask, Confirm

STEERING = ("steer", "rate", "resume")
"""The actions of the monitor that change a run."""


@dataclass(frozen=True)
class Request:
    """Something to ask a live run for.

    Attributes:
        question: What is asked before.
        detail: What happens then.
        yes: The word for going on.
        done: What is said once it is asked for.
    """

    question: str
    detail: str
    yes: str
    done: str


REQUESTS: Mapping[str, Request] = {
    "pause": Request(
        "Pause the run?",
        "It saves a checkpoint and waits; its process and its memory stay.",
        "Pause",
        "Asked to pause.",
    ),
    "resume": Request("Go on?", "The run takes up where it paused.", "Go on", "Asked to go on."),
    "save": Request(
        "Save a checkpoint now?", "The run goes on after it.", "Save", "Asked to save."
    ),
    "stop": Request(
        "Stop the run?",
        "It saves its state and ends. Nothing is lost: it can be resumed at any time.",
        "Stop",
        "Asked to save and stop.",
    ),
}
"""By the word in the control file."""


class Steering:
    """Asks a run for things, each after a question where questions are on.

    Args:
        screen: Where questions and answers are shown.
        folder: The run.
        read_only: Whether nothing may be asked for.
    """

    def __init__(self, screen: Screen[Any], folder: RunFolder, read_only: bool) -> None:
        self._screen = screen
        self._folder = folder
        self._read_only = read_only
        self.status = ""

    # --- what is possible -------------------------------------------------------------------------

    def possible(self, action: str) -> bool:
        """Tells whether an action of the monitor means something now."""
        if self._read_only:
            return False
        if action == "resume":
            ended = self.status in ("stopped", "interrupted", "failed", "crashed", UNREADABLE)
            return ended and not self.resuming
        return self.status in LIVE

    @property
    def resuming(self) -> bool:
        """Whether a process that was started from here is about to go on with the run."""
        context = shared_context(self._screen)
        return context is not None and context.resuming(self._folder)

    def _refused(self, request: str) -> bool:
        """Says why a run cannot be asked for something now, and tells whether that is so."""
        name = self._folder.name
        why = ""
        if self._read_only:
            why = "This is read-only: nothing is steered. Start without --read-only to steer"
        elif self.status not in LIVE:
            why = f"{name} is not running: it is {self.status}"
        elif request == "pause" and self.status == "paused":
            why = f"{name} is paused already"
        elif request == "resume" and self.status == "running":
            why = f"{name} is going on already"
        if why:
            self._screen.notify(why, severity="warning", markup=False)
        return bool(why)

    # --- asking -----------------------------------------------------------------------------------

    def request(self, action: str) -> None:
        """Asks for one of `REQUESTS`."""
        if self._refused(action):
            return
        asked = REQUESTS[action]
        self._confirmed(
            asked.question, asked.detail, asked.yes, lambda: self._write(action, None, asked.done)
        )

    def request_rate(self, now: float) -> None:
        """Asks a person for a learning rate, then the run.

        Args:
            now: The present one, or not a number.
        """
        if self._refused("set-learning-rate"):
            return

        def written(text: str | None) -> None:
            if text is None:
                return
            value = learning_rate(text)
            if value is None:
                return
            self._write("set-learning-rate", value, f"Asked for a learning rate of {value:g}.")

        detail = "The schedule goes on from this value. It is marked in the charts."
        shown = f"{now:g}" if math.isfinite(now) else ""

        def complaint(text: str) -> str:
            if learning_rate(text) is not None:
                return ""
            return f"{text!r} is not a learning rate. Write a number above 0, such as 1e-4"

        self._screen.app.push_screen(Ask("Learning rate", shown, detail, complaint), written)

    def resume(self) -> None:
        """Starts a process of its own that goes on with the run from its newest checkpoint."""
        name = self._folder.name
        detail = f"{name} goes on from its newest checkpoint, in a process of its own."
        self._confirmed("Resume the run?", detail, "Resume", self._resume)

    def _resume(self) -> None:
        try:
            launch = resume_run(self._folder)
        except SeqkitError as error:
            self._screen.notify(str(error), severity="error", markup=False)
            return
        context = shared_context(self._screen)
        if context is not None:
            context.launches.append(launch)
        self._screen.notify(f"Resuming {self._folder.name} ...", markup=False)

    def _confirmed(self, question: str, detail: str, yes: str, then: Callable[[], None]) -> None:
        """Does something, after a question where questions are on."""
        context = shared_context(self._screen)
        if context is not None and not context.preferences.confirm:
            then()
            return

        def answered(agreed: bool | None) -> None:
            if agreed:
                then()

        self._screen.app.push_screen(Confirm(question, detail, yes), answered)

    def _write(self, action: str, value: float | None, done: str) -> None:
        """Writes a request, unless the run has ended while the question was open."""
        try:
            self.status = self._folder.status()
            if self._refused(action):
                return
            self._folder.request(action, value)
        except Exception as error:
            self._screen.notify(reason(error), severity="error", markup=False)
            return
        self._screen.notify(done, markup=False)


def learning_rate(text: str) -> float | None:
    """Reads a learning rate; None when it is not a finite number above zero."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None


def shared_context(screen: Screen[Any]) -> Context | None:
    """Returns what the program shares with its screens; None in one that shares nothing."""
    found = getattr(screen.app, "context", None)
    return found if isinstance(found, Context) else None
