"""Work beside the screen."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from textual.dom import DOMNode
from textual.worker import Worker


def begin(
    node: DOMNode,
    work: Callable[[], Coroutine[Any, Any, Any]],
    group: str = "default",
    exclusive: bool = False,
    exit_on_error: bool = False,
) -> Worker[Any]:
    """Begins work like `DOMNode.run_worker`, given what makes a coroutine and not one itself.

    One that is made and cancelled before it begins is warned of by Python, as never awaited.
    """
    made: Any = work
    return node.run_worker(made, group=group, exclusive=exclusive, exit_on_error=exit_on_error)
