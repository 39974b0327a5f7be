"""Hundreds of real seqkit processes, each started in milliseconds and killed where a test says.

`python nursery.py` imports everything once and then forks for each request, a JSON object a line
of its stdin. A child is a process like any other: it has an id, takes signals, and ends.
"""

from __future__ import annotations

import ctypes
import errno
import gc
import importlib
import itertools
import json
import os
import pkgutil
import resource
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

MOST_MEMORY = 12 << 30
"""Bytes that a child may have: damage may ask for more than there is."""

NEW_HOST_NAME = 0x04000000
"""CLONE_NEWUTS of Linux: a name of the machine for one process."""


@dataclass(frozen=True)
class Done:
    """How a child ended: its exit code, or the negative number of a signal; None after a hang."""

    code: int | None
    out: str
    err: str


class Child:
    """A process that the nursery started."""

    def __init__(self, nursery: Nursery, pid: int, streams: tuple[Path, Path]) -> None:
        self._nursery = nursery
        self.pid = pid
        self._streams = streams

    def send(self, number: int) -> None:
        """Sends a signal; one that comes too late is no error."""
        os.kill(self.pid, number)

    def wait(self, seconds: float = 120) -> Done:
        """Waits for the end. What takes longer is killed, and has no exit code."""
        code = self._nursery.ask({"wait": self.pid, "seconds": seconds})["code"]
        out, err = (path.read_text("utf-8", "backslashreplace") for path in self._streams)
        for path in self._streams:
            path.unlink()
        return Done(code, out, err)


class Nursery:
    """Starts children.

    Args:
        folder: Where they run, and where their output is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count(1)
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=30)

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Sends one request and returns the reply."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return dict(json.loads(self._process.stdout.readline()))

    def start(self, *words: object, home: Path | None = None, **faults: Any) -> Child:
        """Starts `seqkit WORDS`.

        Args:
            words: The words after `seqkit`.
            home: The folder of caches and configuration, if not this process's own.
            faults: What goes wrong, as `_prepare` reads it.
        """
        number = next(self._numbers)
        streams = (self.folder / f".out-{number}", self.folder / f".err-{number}")
        request = {
            "words": [str(word) for word in words],
            "home": str(home or os.environ["SEQKIT_HOME"]),
            "streams": [str(path) for path in streams],
            **faults,
        }
        return Child(self, self.ask(request)["pid"], streams)

    def run(self, *words: object, seconds: float = 120, **faults: Any) -> Done:
        """Starts `seqkit WORDS` and waits for its end."""
        return self.start(*words, **faults).wait(seconds)


# --- in the nursery's own process -----------------------------------------------------------------


def serve() -> None:
    """Answers requests until stdin ends, and takes its children with it."""
    _import_everything()
    children: set[int] = set()
    for line in sys.stdin:
        request = json.loads(line)
        if "wait" in request:
            reply: dict[str, Any] = {"code": _await(request["wait"], request["seconds"])}
            children.discard(request["wait"])
        else:
            pid = os.fork()
            if pid == 0:
                _live(request)
            children.add(pid)
            reply = {"pid": pid}
        print(json.dumps(reply), flush=True)
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def _import_everything() -> None:
    """Imports what the commands do, so that no child has to."""
    import seqkit.cli
    import seqkit.engine
    from seqkit.cli.main import run_command_line

    for package in (seqkit.cli, seqkit.engine):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    sys.stdout, before = open(os.devnull, "w", encoding="utf-8"), sys.stdout  # noqa: PTH123, SIM115
    run_command_line(["list", "--json"])
    sys.stdout = before
    gc.collect()
    gc.freeze()


def _await(pid: int, seconds: float) -> int | None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def _live(request: Mapping[str, Any]) -> None:
    """Is the child: runs the command line with its faults, and never returns."""
    code = 1
    try:
        out, err = (os.open(path, os.O_CREAT | os.O_WRONLY) for path in request["streams"])
        for number, stream in enumerate((os.open(os.devnull, os.O_RDONLY), out, err)):
            os.dup2(stream, number)
        os.environ["SEQKIT_HOME"] = request["home"]
        _prepare(request)
        if "terminal" in request:
            # The streams made here are those of files: a terminal wants new ones.
            os.execv(sys.executable, [sys.executable, "-m", "seqkit", *request["words"]])
        from seqkit.cli.main import run_command_line

        code = run_command_line(request["words"])
        sys.stdout.flush()
        if "operations" in request:
            Path(request["operations"]).write_text(str(_operations[0]), encoding="utf-8")
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


_operations = [0]


def _prepare(request: Mapping[str, Any]) -> None:
    """Sets the faults of a request up.

    within: The folder whose operations count: each opening for writing, making, renaming and
        deleting of something in it.
    crash_at: The number of the operation before which the process kills itself.
    full_at: The number of the operation from which on the disk is full.
    operations: A file that is told how many operations there were, when all went well.
    largest_file: The size in bytes that no file may exceed.
    terminal: The path of a terminal that the process is in, as one started in its window.
    host: The name of the machine, for this process alone; only root may choose one.
    at: The time at which the command begins.
    """
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    if "largest_file" in request:
        limit = int(request["largest_file"])
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    if "terminal" in request:
        os.setsid()
        # The first terminal that a session opens is the one whose hang-up ends it.
        terminal = os.open(request["terminal"], os.O_RDWR)
        for number in range(3):
            os.dup2(terminal, number)
        os.environ["TERM"] = "xterm-256color"
    if "host" in request:
        assert ctypes.CDLL(None).unshare(NEW_HOST_NAME) == 0
        socket.sethostname(request["host"])
    if "within" in request:
        within, crash_at = str(request["within"]), request.get("crash_at")
        full_at = request.get("full_at", sys.maxsize)

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            if not _changes(event, arguments, within):
                return
            _operations[0] += 1
            if _operations[0] == crash_at:
                os.kill(os.getpid(), signal.SIGKILL)
            if _operations[0] >= full_at and event in ("open", "os.mkdir"):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(arguments[0]))

        sys.addaudithook(hook)
    time.sleep(max(0.0, request.get("at", 0.0) - time.time()))


def _changes(event: str, arguments: tuple[Any, ...], folder: str) -> bool:
    """Tells whether an audit event is a change in a folder."""
    if event == "open":
        path, _, flags = arguments
        if not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return False
    elif event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir"):
        path = arguments[0]
    else:
        return False
    if isinstance(path, int):
        return False
    # `rmtree` names what is in a folder by its bare name.
    name = os.fsdecode(path)
    return os.sep not in name or str(Path(name).absolute()).startswith(folder)


if __name__ == "__main__":
    serve()
