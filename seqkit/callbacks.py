"""Callbacks that plugins and the engine call, and the one that does nothing."""

from __future__ import annotations

from collections.abc import Callable

Notify = Callable[[str], None]
"""Receives one sentence for the user: a row that was skipped, a label seen in one split alone."""

Say = Callable[[int, str], None]
"""Receives text while it is generated: the number of the input that it answers, and the piece."""


def ignore(*_: object) -> None:
    """A callback that passes nothing on."""
