"""Callbacks that plugins and the engine call, and the one that does nothing."""

from __future__ import annotations

from collections.abc import Callable

Notify = Callable[[str], None]
"""Receives one sentence for the user: a row that was skipped, a label seen in one split alone."""

Say = Callable[[int, str], None]
"""Told of text while it is being generated: which of the inputs it answers, and the next piece."""


def ignore(*_: object) -> None:
    """A callback that passes nothing on."""
