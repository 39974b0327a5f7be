"""Talks to the helper process that knows the plugins; starts it again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_LINE = 2**24


class Checker:
    """One `python -m seqkit.tui.checker`, asked one thing at a time.

    Args:
        plugins: Local plugins of `--plugin`.
    """

    def __init__(self, plugins: Sequence[Path] = ()) -> None:
        self._plugins = [str(path) for path in plugins]
        self._process: asyncio.subprocess.Process | None = None
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
            if self._closed:
                return {"error": "the helper process was ended"}
            request = {"id": next(self._numbers), "do": do, **what}
            for _ in range(2):
                try:
                    return await self._ask(request)
                except (ConnectionError, OSError, ValueError):
                    await self._end()
            return {"error": "the helper process that checks experiments keeps ending"}

    async def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await self._start()
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

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "seqkit.tui.checker", *self._plugins),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_LINE,
        )

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def restart(self) -> None:
        """Ends the helper, whatever it does; the next question starts another one."""
        await self._end()

    async def close(self) -> None:
        """Ends the helper for good."""
        self._closed = True
        await self._end()
