"""Keys one after the other: each is handled whole before the next one is looked at.

Textual sends a key to the widget that has the focus when it arrives. Keys that arrive together, as
over a slow connection or while the machine is busy, all go to that one, though the first of them
opens a dialog or a filter that the others were meant for. Those are lost, and `enter` is taken by a
dialog that has seen nothing of what was typed before it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from textual import events
from textual.app import App
from textual.dom import DOMNode

_TURNS = 3
"""How often a key's way is gone behind it: for the key, what widgets say of it, and the focus."""

_PATIENCE = 1.0
"""Seconds after which a key counts as handled, whatever has become of it."""

Typed = events.Key | events.Paste


class TypingOrder:
    """Holds back keys and pasted texts while the one before is being handled.

    Args:
        app: The program.
        handle: What the program does with one; it is called in its own loop.
    """

    def __init__(self, app: App[Any], handle: Callable[[Typed], Awaitable[None]]) -> None:
        self._app = app
        self._handle = handle
        self._waiting: deque[Typed] = deque()
        self._number = 0
        self._late: asyncio.TimerHandle | None = None

    async def take(self, event: Typed) -> None:
        """Handles a key now, or when it is its turn."""
        self._waiting.append(event)
        if self._late is None:
            await self._next()

    async def _next(self) -> None:
        if self._waiting:
            self._number += 1
            number = self._number
            # Where the widget is gone before it comes to it, nobody says that it was handled.
            self._late = asyncio.get_running_loop().call_later(_PATIENCE, self._give_up, number)
            # Taken before it is handled: afterwards something else may have the focus.
            way = self._way()
            event = self._waiting.popleft()
            await self._handle(event)
            while self._waiting and self._is_written(event) and self._is_written(self._waiting[0]):
                # One letter after another; what is written changes nothing of where it goes.
                await self._handle(self._waiting.popleft())
            self._follow(way, number, 1)

    def _is_written(self, event: Typed) -> bool:
        """Tells whether a key is text for the line that has the focus."""
        focused = self._app.focused
        return (
            focused is not None
            and isinstance(event, events.Key)
            and focused.check_consume_key(event.key, event.character)
        )

    def _way(self) -> deque[DOMNode]:
        """Returns what a key goes through that is not taken, without the program at its end."""
        target = self._app.focused or self._app.screen
        return deque(node for node in target.ancestors_with_self if node is not self._app)

    def _follow(self, way: deque[DOMNode], number: int, turn: int) -> None:
        """Goes behind a key; what has been closed meanwhile is passed over."""
        while way:
            if way.popleft().call_later(self._follow, way, number, turn):
                return
        self._app.call_later(self._arrived, number, turn)

    async def _arrived(self, number: int, turn: int) -> None:
        if number == self._number and turn < _TURNS:
            self._follow(self._way(), number, turn + 1)
        else:
            await self._over(number)

    def _give_up(self, number: int) -> None:
        self._app.call_later(self._over, number)

    async def _over(self, number: int) -> None:
        if number == self._number and self._late is not None:
            self._late.cancel()
            self._late = None
            await self._next()
