"""Talks to the helper process that knows the plugins; starts it again when it dies."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seqkit.processes.command import Command, end


class Checker:
    """One `python -m seqkit.processes.checker`, asked one thing at a time.

    Args:
        plugins: Local plugins of `--plugin`.
    """

    def __init__(self, plugins: Sequence[Path] = ()) -> None:
        self._plugins = [str(path) for path in plugins]
        self._process: asyncio.Task[asyncio.subprocess.Process] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._lock = asyncio.Lock()
        self._numbers = itertools.count(1)
        self._closed = False

    async def ask(self, do: str, **what: Any) -> dict[str, Any]:
        """Asks for something.

        Returns:
            The answer. One with the key `error` says in a sentence what went wrong; a helper that
            died is started again, once, before that.
        """
        async with self._lock:
            why = ""
            request = {"id": next(self._numbers), "do": do, **what}
            for _ in range(2):
                if self._closed:
                    break
                try:
                    return await self._ask(request)
                except (OSError, ValueError) as error:
                    why = f": {error}" if isinstance(error, OSError) and error.errno else ""
                    await self._end()
            return {"error": f"the helper process that checks experiments keeps ending{why}"}

    async def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        process = await self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(request, default=str).encode() + b"\n")
        await process.stdin.drain()
        while True:
            line = await process.stdout.readline()
            if not line:
                raise ConnectionError("the helper process ended")
            answer = json.loads(line)
            # An answer to what was asked before a request was given up is passed over.
            if answer.get("id") == request["id"]:
                return dict(answer)

    async def _running(self) -> asyncio.subprocess.Process:
        """Returns the helper, started anew where there is none."""
        if self._process is None:
            self._process = asyncio.ensure_future(self._start())
        # A question that is given up meanwhile must not leave half a process behind.
        return await asyncio.shield(self._process)

    async def _start(self) -> asyncio.subprocess.Process:
        command = Command(tuple(self._plugins), "seqkit.processes.checker")
        return await command.start_async(asked=True, errors=asyncio.subprocess.DEVNULL)

    async def _end(self) -> None:
        starting, self._process = self._process, None
        if starting is not None:
            # Whoever waits for the end may be given up meanwhile, and the helper ends all the same.
            ending = asyncio.ensure_future(_ended(starting))
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
            await asyncio.shield(ending)

    async def restart(self) -> None:
        """Ends the helper, whatever it does; the next question starts another one."""
        await self._end()

    async def close(self) -> None:
        """Ends the helper for good."""
        self._closed = True
        await self._end()
        await asyncio.gather(*self._ending)


async def _ended(starting: asyncio.Task[asyncio.subprocess.Process]) -> None:
    """Ends a helper, once it has started."""
    try:
        process = await starting
    except OSError:
        # It could not be started.
        return
    await end(process)
