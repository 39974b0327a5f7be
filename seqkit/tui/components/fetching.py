"""A download under way: `seqkit data get`, in a process that outlives the terminal UI."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from seqkit.errors import SeqkitError
from seqkit.paths import cache_home
from seqkit.processes.launch import Launch, start
from seqkit.storage.regular_files import open_regular
from seqkit.terminal.cells import bar
from seqkit.terminal.figures import size

_LAST = 4096


@dataclass
class Fetch:
    """A download.

    Attributes:
        launch: Its process.
        done: Bytes that are here.
        total: Bytes there are; None where that is not known.
        running: Whether it goes on.
        error: Why it failed; empty while it did not.
    """

    launch: Launch
    done: int = 0
    total: int | None = None
    running: bool = True
    error: str = ""

    @classmethod
    def begin(cls, name: str, plugin_words: Sequence[str]) -> Fetch:
        """Starts to fetch a dataset. Raises DataError when its log cannot be written."""
        log = cache_home() / "tui" / f"get-{name.replace(':', '-')}.log"
        log.unlink(missing_ok=True)
        return cls(start(["data", "get", name, "--json", "--progress", *plugin_words], log))

    def look(self) -> None:
        """Reads how far it is."""
        self.running = self.launch.running()
        try:
            with open_regular(self.launch.log) as file:
                file.seek(max(0, self.launch.log.stat().st_size - _LAST))
                lines = file.read().decode("utf-8", "replace").splitlines()
        except (OSError, SeqkitError):
            return
        for line in reversed(lines):
            try:
                document = json.loads(line)
                self.done, self.total = int(document["done"]), document["total"]
                break
            except (ValueError, KeyError, TypeError):
                continue
        if not self.running:
            self.error = self.launch.failure()


def progress_text(fetch: Fetch, width: int = 8) -> str:
    """Draws how far a download is."""
    if fetch.error:
        return fetch.error
    if not fetch.running:
        return "fetched"
    if fetch.total:
        return f"{bar(fetch.done / fetch.total, width)} {fetch.done / fetch.total:>4.0%}"
    return size(fetch.done) if fetch.done else "fetching …"
