"""Callbacks that plugins and the engine call, and the one that does nothing."""

from __future__ import annotations

import enum
from collections.abc import Callable

Notify = Callable[[str], None]
"""Receives one sentence for the user: a row that was skipped, a label seen in one split alone."""

Say = Callable[[int, str], None]
"""Receives text while it is generated: the number of the input that it answers, and the piece."""


def ignore(*_: object) -> None:
    """A callback that passes nothing on."""


class Stop(enum.Enum):
    """What an observer of events returns to have a run saved and ended."""

    STOP = "stop"


STOP = Stop.STOP
"""Returned by `on_event` of `seqkit.run`, it has the run saved and ended."""


class StopRun(Exception):  # noqa: N818 - nothing went wrong
    """Raised by `on_event` of `seqkit.run`, it has the run saved and ended."""
