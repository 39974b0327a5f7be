"""One way to start a `python -m seqkit`, whoever needs one and for whatever."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO

_LONGEST_LINE = 2**24
"""Bytes of the longest line that is read from an asynchronous process."""


@dataclass(frozen=True)
class Command:
    """`python -m seqkit WORDS`, by the Python that runs this.

    Attributes:
        words: The words after the module.
        module: `seqkit`, or a module of it that is a program of its own.
    """

    words: tuple[str, ...]
    module: str = "seqkit"

    @property
    def arguments(self) -> list[str]:
        """The whole command line."""
        return [sys.executable, "-m", self.module, *self.words]

    def start(
        self,
        output: int | IO[bytes],
        errors: int | IO[bytes],
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Starts it in a session of its own, in which it outlives this process and its terminal.

        Args:
            output: Where its stdout goes: a file, `subprocess.PIPE` or `subprocess.DEVNULL`. With
                a pipe its stdin is one too.
            errors: Where its stderr goes. A file where nobody reads along, as a full pipe would
                stop it.
            environment: Variables beside those of this process.

        Raises:
            OSError: It cannot be started.
        """
        return subprocess.Popen(
            self.arguments,
            stdin=subprocess.PIPE if output == subprocess.PIPE else subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env={**os.environ, **environment} if environment else None,
            start_new_session=True,
        )

    async def start_async(self, asked: bool, errors: int) -> asyncio.subprocess.Process:
        """Starts it for an event loop, which reads its stdout.

        Args:
            asked: Whether something is written to its stdin.
            errors: Where its stderr goes.

        Raises:
            OSError: It cannot be started.
        """
        return await asyncio.create_subprocess_exec(
            *self.arguments,
            stdin=asyncio.subprocess.PIPE if asked else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            limit=_LONGEST_LINE,
        )


async def end(process: asyncio.subprocess.Process) -> None:
    """Kills a process, and waits until nothing of it is left; it may have ended by itself.

    Whoever is given up meanwhile, as when the program ends, waits for that too: it takes a moment.
    """
    given_up: asyncio.CancelledError | None = None
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    # Its pipes are read to their ends, and so closed: here, or by whoever asks it something.
    wait = process.communicate if process.stdin is None else process.wait
    while True:
        try:
            await wait()
            break
        except asyncio.CancelledError as error:
            given_up = error
    if given_up is not None:
        raise given_up
