"""The whole history of a long run: read by a process of its own, and kept in a cache.

`python -m seqkit.tui.backfill EVENTS` reads an event log from where its cache ends, or from the
start, and writes the cache anew. A cache is keyed by the log's path and by the byte it was read
to, holds arrays and JSON alone, and can be deleted at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections import deque
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqkit.events import Event, dump_event, parse_event
from seqkit.paths import cache_home
from seqkit.processes.command import Command
from seqkit.runs.tail import Tail
from seqkit.storage.regular_files import open_regular
from seqkit.terminal.log_lines import Entry
from seqkit.tui.history import History, Table

VERSION = 1
KEPT = 20
"""Caches that are kept; the oldest are deleted."""

_SLICE = 4 * 1024 * 1024
_PRINT = 4096
_NICE = 5


def cache_file(log: Path) -> Path:
    """Returns where the history of a log is kept."""
    name = hashlib.sha256(str(log.resolve()).encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return cache_home() / "histories" / f"{name}.npz"


def start(log: Path) -> subprocess.Popen[bytes]:
    """Starts the process that reads a log into its cache. Raises OSError when it cannot."""
    command = Command((str(log),), "seqkit.tui.backfill")
    return command.start(subprocess.DEVNULL, subprocess.DEVNULL)


def read_whole(history: History, tail: Tail) -> None:
    """Reads the rest of a log, to its present end."""
    while True:
        news = tail.read(_SLICE)
        history.damaged += news.skipped
        history.feed(news.lines)
        if not news.more:
            return


# --- the cache ------------------------------------------------------------------------------------


def save(log: Path, history: History, offset: int) -> None:
    """Writes a cache aside and renames it. Raises OSError when it cannot be written."""
    path = cache_file(log)
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "version": VERSION,
        "offset": offset,
        "print": _fingerprint(log, offset),
        "started": dump_event(Event("started", data=history.started)),
        "ended": None if history.ended is None else dump_event(history.ended),
        "test": None if history.test is None else dump_event(history.test),
        "best": [dump_event(event) for event in history.best],
        "samples": [dump_event(event) for event in history.samples],
        "marks": [dump_event(event) for event in history.marks],
        "entries": [list(vars(line).values()) for line in history.entries],
        "entries_before": history.entries_before,
        "step": history.step,
        "epoch": history.epoch,
        "eta": history.eta,
        "damaged": history.damaged,
    }
    packed = np.frombuffer(json.dumps(document).encode(), dtype=np.uint8)
    arrays = {
        **{f"steps/{name}": column for name, column in history.steps.arrays().items()},
        **{f"evaluations/{name}": column for name, column in history.evaluations.arrays().items()},
    }
    aside = path.with_name(f".{path.stem}.{os.getpid()}.npz")
    try:
        with aside.open("wb") as file:
            np.savez(file, document=packed, **arrays)  # type: ignore[arg-type]
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    _prune(path.parent)


def load(log: Path) -> tuple[History, int] | None:
    """Reads the cache of a log.

    Returns:
        The history and the byte that it reaches to; None where there is no cache of this log, or
        the log is another one by now.
    """
    try:
        with zipfile.ZipFile(cache_file(log)) as archive:
            columns = {
                name.removesuffix(".npy"): np.lib.format.read_array(
                    io.BytesIO(archive.read(name)), allow_pickle=False
                )
                for name in archive.namelist()
            }
        document = json.loads(columns.pop("document").tobytes())
        offset = int(document["offset"])
        printed = _fingerprint(log, offset)
        if document["version"] != VERSION or not printed or document["print"] != printed:
            return None
        return _history(document, columns), offset
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None


def _history(document: dict[str, Any], columns: dict[str, Any]) -> History:
    def table(prefix: str) -> Table:
        return Table.of(
            {
                name.removeprefix(prefix): column
                for name, column in columns.items()
                if name.startswith(prefix)
            }
        )

    def event(text: str | None) -> Event | None:
        return None if text is None else parse_event(text)

    def events(texts: Iterable[str], like: deque[Event]) -> deque[Event]:
        return deque((parse_event(text) for text in texts), maxlen=like.maxlen)

    empty = History()
    return History(
        started=parse_event(document["started"]).data,
        steps=table("steps/"),
        evaluations=table("evaluations/"),
        best=events(document["best"], empty.best),
        test=event(document["test"]),
        samples=events(document["samples"], empty.samples),
        marks=events(document["marks"], empty.marks),
        entries=deque((Entry(*line) for line in document["entries"]), empty.entries.maxlen),
        entries_before=document["entries_before"],
        ended=event(document["ended"]),
        step=document["step"],
        epoch=document["epoch"],
        eta=document["eta"],
        damaged=document["damaged"],
        version=1,
    )


def _fingerprint(log: Path, offset: int) -> str:
    """Returns what tells a log that was only added to from another one in its place."""
    digest = hashlib.sha256()
    with open_regular(log) as file:
        for place in (0, max(0, offset - _PRINT)):
            file.seek(place)
            digest.update(file.read(min(_PRINT, offset - place)))
        size = file.seek(0, os.SEEK_END)
    return digest.hexdigest() if size >= offset else ""


def _prune(folder: Path) -> None:
    found = []
    for path in folder.glob("*.npz"):
        with contextlib.suppress(OSError):
            found.append((path.stat().st_mtime, path))
    for _, path in sorted(found, reverse=True)[KEPT:]:
        with contextlib.suppress(OSError):
            path.unlink()


def main(arguments: Sequence[str]) -> int:
    """Reads a log into its cache.

    Returns:
        0, or 2 when no single log is named.
    """
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m seqkit.tui.backfill EVENTS\n")
        return 2
    log = Path(arguments[0])
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICE)
    history, offset = load(log) or (History(), 0)
    tail = Tail(log, offset, "following")
    read_whole(history, tail)
    save(log, history, tail.offset)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
