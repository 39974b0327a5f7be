"""A process that holds a model and answers requests, so that a crash there leaves the UI alive."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

from seqkit.processes.command import Command
from seqkit.runs.folder import RunFolder

Reply = Mapping[str, Any]
_LAST = 4000


class AnswerWorker:
    """Starts `seqkit predict RUN --serve` and hands its replies over, in a thread of its own.

    Args:
        run: The run whose model answers.
        hear: Called with every reply, in another thread; the last one is
            `{"ended": why}`, with its exit `code` where it was started.
        words: More words of the command line, such as local plugins.
        checkpoint: `best`, `last`, or the name of one.

    Raises:
        OSError: The process cannot be started.
    """

    def __init__(
        self,
        run: RunFolder,
        hear: Callable[[Reply], None],
        words: Sequence[str] = (),
        checkpoint: str = "best",
    ) -> None:
        self._hear = hear
        self._requests = 0
        self._closed = False
        # A file and no pipe, which would stop the process once it is full and unread.
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `_listen`
        try:
            served = ("predict", str(run.path), "--serve", "--checkpoint", checkpoint, *words)
            # In a session of its own, as Ctrl-C in the terminal is not meant for it.
            self._process = Command(served).start(subprocess.PIPE, self._errors)
        except OSError:
            self._errors.close()
            raise
        # A daemon, as it waits in a read that nothing but the end of the process ends.
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def ask(self, inputs: Sequence[Any], options: Mapping[str, Any] | None = None) -> int:
        """Sends a request, and returns the number that its replies will bear."""
        self._requests += 1
        request = {"id": self._requests, "inputs": list(inputs), "options": dict(options or {})}
        assert self._process.stdin is not None
        # Where the process has ended, `hear` is told why.
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        return self._requests

    def interrupt(self) -> None:
        """Ends the request that is being answered."""
        with contextlib.suppress(OSError):
            self._process.send_signal(signal.SIGINT)

    def close(self) -> None:
        """Ends the process; nothing is heard of it any more."""
        self._closed = True
        with contextlib.suppress(OSError):
            self._process.kill()
        # It sees the end of the dead process's output at once.
        self._listener.join(1.0)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            reply: Any = None
            with contextlib.suppress(ValueError, RecursionError):
                reply = json.loads(line)
            if isinstance(reply, dict):
                self._tell(reply)
        code = self._process.wait()
        self._tell({"ended": self._said() or f"it ended with exit code {code}", "code": code})
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            with contextlib.suppress(OSError):
                assert stream is not None
                stream.close()

    def _tell(self, reply: Reply) -> None:
        if not self._closed:
            self._hear(reply)

    def _said(self) -> str:
        with contextlib.suppress(OSError, ValueError):
            self._errors.seek(0, 2)
            self._errors.seek(max(0, self._errors.tell() - _LAST))
            lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
            errors = [line for line in lines if "error: " in line]
            return (errors or lines or [""])[-1].removeprefix("seqkit: error: ")
        return ""
