"""A progress bar for work whose amount is known."""

from __future__ import annotations

from typing import Self

from seqkit.terminal import output, safe_text
from seqkit.terminal.streams import is_plain, stderr


class Bar:
    """A progress bar on a terminal, and nothing elsewhere.

    Args:
        title: What is going on.
        transfer: Whether the amounts are bytes.
    """

    def __init__(self, title: str, transfer: bool = False) -> None:
        # The commands that use a bar are loaded by many that show none.
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        amounts = (DownloadColumn(), TransferSpeedColumn()) if transfer else (MofNCompleteColumn(),)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            *amounts,
            TimeRemainingColumn(),
            console=output.narration(),
            transient=True,
            redirect_stdout=False,
            disable=is_plain(stderr()),
        )
        self._task = self._progress.add_task(safe_text.visible(title), total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._progress.stop()

    def update(self, done: int, total: int | None, title: str = "") -> None:
        """Moves the bar to `done` of `total`."""
        self._progress.update(self._task, completed=done, total=total)
        if title:
            self._progress.update(self._task, description=safe_text.visible(title))
