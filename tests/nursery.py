"""Hundreds of real seqkit processes, each started in milliseconds and killed where a test says.

`python nursery.py` imports everything once and then forks for each request, a JSON object a line
of its stdin, which is a socket. A child is a process like any other: it has an id, an environment,
a folder and streams of its own, takes signals, and ends. Where it starts a `python -m seqkit`, as
a sweep does, it forks too. What begins before the first line of seqkit, such as a stream that is
closed from the start, needs `python -m seqkit` itself.
"""

from __future__ import annotations

import _posixsubprocess
import ctypes
import errno
import gc
import importlib
import itertools
import json
import os
import pkgutil
import resource
import runpy
import signal
import socket
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self, TextIO

from seqkit.storage import locks

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
    """A process that the nursery started.

    Attributes:
        pid: Its id.
        done: How it ended, once it was waited for.
    """

    def __init__(self, nursery: Nursery, pid: int, streams: tuple[Path, Path]) -> None:
        self._nursery = nursery
        self._streams = streams
        self.pid = pid
        self.done: Done | None = None

    @property
    def out(self) -> str:
        """What it has written to stdout, where that is a file of the nursery's."""
        return self._streams[0].read_text("utf-8", "backslashreplace")

    @property
    def err(self) -> str:
        """What it has written to stderr, where that is a file of the nursery's."""
        return self._streams[1].read_text("utf-8", "backslashreplace")

    def alive(self) -> bool:
        """Tells whether it has not ended yet."""
        return self.done is None and not self._nursery.ask({"ended": self.pid})["ended"]

    def until(self, true: Callable[[], bool], seconds: float = 120) -> None:
        """Waits until something is so; fails when the process ends before, or in the end."""
        end = time.monotonic() + seconds
        while not true():
            assert self.alive(), self.wait()
            assert time.monotonic() < end, f"{self.out}\n{self.err}"
            time.sleep(0.02)

    def send(self, number: int) -> None:
        """Sends a signal; one that comes too late is no error."""
        os.kill(self.pid, number)

    def wait(self, seconds: float = 120) -> Done:
        """Waits for the end. What takes longer is killed, and has no exit code."""
        if self.done is None:
            code = self._nursery.ask({"wait": self.pid, "seconds": seconds})["code"]
            self.done = Done(code, self.out, self.err)
            for path in self._streams:
                path.unlink()
        return self.done

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Kills it, unless it was waited for."""
        if self.done is None:
            self.send(signal.SIGKILL)
            self.wait()


class Nursery:
    """Starts children.

    Args:
        folder: Where they run, and where their output is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count(1)
        self._socket, theirs = socket.socketpair()
        self._replies = self._socket.makefile("r", encoding="utf-8")
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, str(Path(__file__))],
                stdin=theirs.fileno(),
                cwd=folder,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._replies.close()
        self._socket.close()
        self._process.wait(timeout=60)

    def ask(self, request: Mapping[str, Any], streams: Sequence[int] = ()) -> dict[str, Any]:
        """Sends one request, with open files to hand on, and returns the reply."""
        line = json.dumps(request).encode() + b"\n"
        sent = socket.send_fds(self._socket, [line], streams)
        self._socket.sendall(line[sent:])
        return dict(json.loads(self._replies.readline()))

    def start(
        self,
        *words: object,
        home: Path | None = None,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        module: str = "seqkit",
        stdin: str = "",
        streams: Mapping[int, IO[Any] | int] | None = None,
        **faults: Any,
    ) -> Child:
        """Starts `seqkit WORDS`.

        Args:
            words: The words after `seqkit`.
            home: The folder of caches and configuration, if not this process's own.
            folder: Where it runs, if not in the nursery's folder.
            environment: Variables in addition to those of this process.
            module: What `python -m` is given instead of seqkit.
            stdin: What it reads.
            streams: Open files in the place of stdin (0), stdout (1) and stderr (2). Without one of
                the last two, `Done` tells what was written there.
            faults: What goes wrong, as `_prepare` reads it.
        """
        number = next(self._numbers)
        files = (self.folder / f".out-{number}", self.folder / f".err-{number}")
        read = self.folder / ".in"
        read.write_text(stdin, encoding="utf-8")
        for path in files:
            path.touch()
        given = {
            number: stream if isinstance(stream, int) else stream.fileno()
            for number, stream in (streams or {}).items()
        }
        variables = {**os.environ, **(environment or {})}
        if home is not None:
            variables["SEQKIT_HOME"] = str(home)
        request = {
            "module": module,
            "words": [str(word) for word in words],
            "folder": str(folder or self.folder),
            "environment": variables,
            "files": [str(path) for path in (read, *files)],
            "streams": list(given),
            **faults,
        }
        return Child(self, self.ask(request, list(given.values()))["pid"], files)

    def run(self, *words: object, seconds: float = 120, **more: Any) -> Done:
        """Starts `seqkit WORDS`, as `start` does, and waits for its end."""
        return self.start(*words, **more).wait(seconds)


# --- in the nursery's own process -----------------------------------------------------------------


def serve() -> None:
    """Answers requests until the other end is closed, and takes its children with it."""
    channel = socket.socket(fileno=os.dup(0))
    _import_everything()
    ended: dict[int, int] = {}
    children: set[int] = set()
    while request := _received(channel):
        if "wait" in request:
            reply: dict[str, Any] = {"code": _await(request["wait"], request["seconds"], ended)}
            children.discard(request["wait"])
        elif "ended" in request:
            reply = {"ended": _has_ended(request["ended"], ended)}
        else:
            pid = os.fork()
            if pid == 0:
                channel.close()
                _live(request)
            for stream in request["opened"]:
                os.close(stream)
            children.add(pid)
            reply = {"pid": pid}
        channel.sendall(json.dumps(reply).encode() + b"\n")
    for pid in children - set(ended):
        os.kill(pid, signal.SIGKILL)


def _received(channel: socket.socket) -> dict[str, Any] | None:
    """Reads one request and the files that came with it; nothing at the end."""
    line, opened, _, _ = socket.recv_fds(channel, 1 << 16, 3)
    while line and not line.endswith(b"\n"):
        line += channel.recv(1 << 16)
    return json.loads(line) | {"opened": opened} if line else None


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
    # What scoring a classifier takes from torch, and optimisers of other releases.
    importlib.import_module("torch.fx.experimental.symbolic_shapes")
    gc.collect()
    gc.freeze()


def _has_ended(pid: int, ended: dict[int, int]) -> bool:
    if pid not in ended:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            ended[pid] = os.waitstatus_to_exitcode(status)
    return pid in ended


def _await(pid: int, seconds: float, ended: dict[int, int]) -> int | None:
    end = time.monotonic() + seconds
    while not _has_ended(pid, ended):
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return None
        time.sleep(0.002)
    return ended[pid]


def _live(request: Mapping[str, Any]) -> None:
    """Is the child: runs the command line with its faults, and never returns."""
    code = 1
    try:
        streams = dict(zip(request["streams"], request["opened"], strict=True))
        ways = (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)
        for number, (path, way) in enumerate(zip(request["files"], ways, strict=True)):
            file = os.open(path, way)
            os.dup2(streams.get(number, file), number)
            os.close(file)
        for stream in request["opened"]:
            os.close(stream)
        os.environ.clear()
        os.environ.update(request["environment"])
        os.chdir(request["folder"])
        _prepare(request)
        if "within" not in request:
            subprocess._fork_exec = _fork  # type: ignore[attr-defined]
        if request["words"][:1] == ["tui"]:
            # The interface looks at the streams that Python itself made, and knows no torch.
            os.execv(sys.executable, [sys.executable, "-m", "seqkit", *request["words"]])
        code = _run(request)
        if "operations" in request:
            Path(request["operations"]).write_text(str(_operations[0]), encoding="utf-8")
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _fork(
    arguments: Sequence[str],
    programs: Sequence[bytes],
    close: bool,
    kept: Sequence[int],
    folder: str | None,
    environment: Sequence[bytes] | None,
    *more: Any,
) -> int:
    """Starts a process for `subprocess`; a `python -m seqkit` without importing everything anew.

    A thread that only gives signs of life is no hindrance: it holds no lock that a run needs.
    """
    command = [sys.executable, "-m", "seqkit"]
    if list(arguments[:3]) != command or folder:
        whole = (arguments, programs, close, kept, folder, environment, *more)
        return int(_posixsubprocess.fork_exec(*whole))
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with warnings.catch_warnings():
        # Python 3.12 warns of that thread.
        warnings.simplefilter("ignore")
        pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        _begin_anew(more[0], more[3], more[5], bool(more[9]))
        if environment is not None:
            os.environ.clear()
            os.environb.update(one.split(b"=", 1) for one in environment)  # type: ignore[misc]
        code = _run({"module": arguments[2], "words": arguments[3:], "folder": str(Path.cwd())})
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _begin_anew(read: int, output: int, errors: int, in_session_of_its_own: bool) -> None:
    """Leaves behind what the process was at that forked: its files and its handlers of signals."""
    # What has these files open is never cleared away, which would close others of their numbers.
    gc.freeze()
    for number, stream in enumerate((read, output, errors)):
        if stream >= 0:
            os.dup2(stream, number)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    for one in signal.valid_signals():
        if callable(signal.getsignal(one)):
            signal.signal(one, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if in_session_of_its_own:
        os.setsid()


def _run(request: Mapping[str, Any]) -> int:
    """Does what `python -m MODULE WORDS` does, and returns its exit code."""
    sys.argv = [request["module"], *request["words"]]
    sys.path[0] = request["folder"]
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        setattr(sys, name, _opened(number))
        setattr(sys, f"__{name}__", getattr(sys, name))
    code: Any = 0
    try:
        runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
    except SystemExit as error:
        code = error.code
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    return int(code or 0)


def _opened(number: int) -> TextIO:
    """Opens a stream of the process as Python does."""
    by_line = number == 2 or os.isatty(number)
    return open(
        number,
        "w" if number else "r",
        buffering=1 if by_line else -1,
        encoding="utf-8",
        errors="backslashreplace" if number == 2 else "surrogateescape" if number == 0 else None,
        closefd=False,
    )


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
    patience: Seconds that it waits for another process to let go of what it wants.
    """
    if "patience" in request:
        locks._PATIENCE_SECONDS = request["patience"]
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
