"""stdout and stderr when nobody reads them any more: closed pipes, windows and notebooks."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Iterator
from io import TextIOWrapper
from typing import TextIO, cast


class ReaderGoneError(Exception):
    """Whoever read stdout has gone, as `head` does: there is nothing more to do, and no failure."""


class Narration:
    """A text stream that falls silent once it cannot be written, and never raises.

    It tells how things go. That nobody listens any more must not end what it tells of.

    Args:
        stream: Where the text goes; None, as in a program without a console, for nowhere.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.encoding = getattr(stream, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        """Writes text; what the encoding lacks is written as an escape."""
        try:
            if self._stream is not None:
                self._stream.write(text)
        except UnicodeEncodeError:
            self.write(text.encode(self.encoding, "backslashreplace").decode(self.encoding))
        except (OSError, ValueError):
            self._fall_silent()
        return len(text)

    def flush(self) -> None:
        """Writes out what is buffered."""
        try:
            if self._stream is not None:
                self._stream.flush()
        except (OSError, ValueError):
            self._fall_silent()

    def isatty(self) -> bool:
        """Tells whether the stream is a terminal."""
        return _is_terminal(self._stream)

    def fileno(self) -> int:
        """Returns the descriptor. Raises OSError where there is none."""
        if self._stream is None:
            raise OSError("there is no stream")
        return self._stream.fileno()

    def _fall_silent(self) -> None:
        stream, self._stream = self._stream, None
        original = sys.__stderr__
        if original is not None and stream is original:
            _discard(original)


@functools.cache
def narration(stream: TextIO | None) -> TextIO:
    """Returns a stream that never raises; the same one each time."""
    return cast(TextIO, Narration(stream))


def stderr() -> TextIO:
    """Returns stderr itself, also while a live display stands in for it. It never raises."""
    return narration(getattr(sys.stderr, "rich_proxied_file", sys.stderr))


class _Aside:
    """Passes on to stderr what is printed while stdout is for results alone."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        """Writes text."""
        return stderr().write(text)

    def flush(self) -> None:
        """Writes out what is buffered."""
        stderr().flush()

    def isatty(self) -> bool:
        """Tells whether stderr is a terminal."""
        return stderr().isatty()


_results: list[TextIO] = []


def stdout() -> TextIO:
    """Returns the stream that results go to."""
    return _results[-1] if _results else sys.stdout


@contextlib.contextmanager
def results_apart() -> Iterator[None]:
    """Keeps what anyone prints out of the results, which `output` alone writes."""
    _results.append(stdout())
    try:
        with contextlib.redirect_stdout(cast(TextIO, _Aside())):
            yield
    finally:
        _results.pop()


def is_plain(stream: TextIO) -> bool:
    """Tells whether a stream takes plain text alone."""
    dumb = os.environ.get("TERM") in ("dumb", "unknown")
    return bool(os.environ.get("NO_COLOR")) or dumb or not _is_terminal(stream)


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def prepare() -> None:
    """Makes characters that a stream cannot encode show as escapes, not as failures.

    A stream that was closed before the program began leads nowhere from here on.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def discard_stdout() -> None:
    """Throws away whatever else is written to stdout, whose reader has gone."""
    if not _discard(stdout()):
        if _results:
            _results[-1] = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
        else:
            sys.stdout = None


def _discard(stream: TextIO) -> bool:
    """Leads a stream's descriptor nowhere, so that what is still buffered cannot fail at exit."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        return True
    return False
