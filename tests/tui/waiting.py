"""How tests wait for what other processes, threads or timers bring about."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.pilot import Pilot


async def as_soon_as(
    pilot: Pilot[None], reached: Callable[[], object], seconds: float = 60
) -> None:
    """Waits until something is so, and no moment longer."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not reached():
        assert asyncio.get_running_loop().time() < deadline, "it never came"
        await pilot.pause(0.02)


async def until(pilot: Pilot[None], reached: Callable[[], object], seconds: float = 60) -> None:
    """Waits until something is so, and until what it has led to is drawn."""
    await as_soon_as(pilot, reached, seconds)
    await pilot.pause()
