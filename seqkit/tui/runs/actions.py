"""What the Runs screen does to runs: tag, rename, delete, bring back, resume, stop."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from textual.screen import Screen

from seqkit.errors import DataError, SeqkitError
from seqkit.processes.launch import resume_run
from seqkit.runs.folder import LIVE
from seqkit.runs.labels import Label, split_tags, write_label
from seqkit.runs.summary import summarise, words_to_go_on
from seqkit.runs.trash import bring_back, throw_away
from seqkit.terminal.cells import reason
from seqkit.tui.context import Context
from seqkit.tui.runs.rows import RunRow, some_events
from seqkit.tui.runs.table import RunTable


class RunActions:
    """What may be done to the runs of a list, each after a question where questions are on.

    Args:
        screen: Where questions and answers are shown.
        context: What every screen is given.
        table: The list.
        changed: Called with the names of runs that have changed, or with none where all may have.
    """

    def __init__(
        self,
        screen: Screen[Any],
        context: Context,
        table: RunTable,
        changed: Callable[..., None],
    ) -> None:
        self._screen = screen
        self._context = context
        self._table = table
        self._changed = changed
        self._thrown: list[list[Path]] = []

    def _say(self, message: str, wrong: bool = False) -> None:
        self._screen.app.notify(message, severity="error" if wrong else "information", markup=False)

    def _confirmed(self, question: str, detail: str, act: Callable[[], None]) -> None:
        """Asks first, unless the user turned that off."""
        from seqkit.tui.dialogs import Confirm

        if not self._context.preferences.confirm:
            act()
            return
        self._screen.app.push_screen(Confirm(question, detail), lambda yes: act() if yes else None)

    def _each(self, rows: Sequence[RunRow], act: Callable[[RunRow], object]) -> int:
        """Does something to each run; says what went wrong, and returns how often it went well."""
        done = 0
        for row in rows:
            try:
                act(row)
                done += 1
            except Exception as error:
                self._say(reason(error), wrong=True)
        return done

    def _hidden(self, rows: Sequence[RunRow]) -> str:
        """Returns a sentence on those of the runs that the filter hides, and a space."""
        names = {row.name for row in rows}
        count = sum(row.name in names for row in self._table.hidden)
        return f"The filter hides {count} of them. " if count else ""

    def tag(self) -> None:
        """Asks for tags, and gives them to the runs in place of the old ones."""
        from seqkit.tui.dialogs import Ask

        rows = self._table.targets()
        if not rows:
            return

        def write(text: str | None) -> None:
            if text is not None:
                tags = split_tags(text)
                self._each(
                    rows, lambda row: write_label(row.folder.path, Label(row.label.title, tags))
                )
                self._changed(*(row.name for row in rows))

        shared = [tag for tag in rows[0].label.tags if all(tag in row.label.tags for row in rows)]
        detail = "Parted by spaces or commas. Find them with the filter tag:NAME."
        self._screen.app.push_screen(
            Ask(f"Tags of {_counted(rows)}", " ".join(shared), detail), write
        )

    def rename(self) -> None:
        """Asks for a title of the run under the cursor."""
        from seqkit.tui.dialogs import Ask

        row = self._table.current
        if row is None:
            return

        def write(text: str | None) -> None:
            if text is not None:
                title = " ".join(text.split())
                label = Label("" if title == row.name else title, row.label.tags)
                self._each([row], lambda row: write_label(row.folder.path, label))
                self._changed(row.name)

        detail = (
            f"The folder stays {row.name}, which commands know it by. Empty: its own name again."
        )
        self._screen.app.push_screen(Ask("Title of the run", row.title, detail), write)

    def delete(self) -> None:
        """Moves runs into the trash, after a question."""
        rows = [row for row in self._table.targets() if not row.live]
        if not rows:
            if self._table.targets():
                self._say("It is still running. Stop it first (x).", wrong=True)
            return

        def act() -> None:
            thrown: list[Path] = []
            self._each(rows, lambda row: thrown.append(throw_away(row.folder)))
            if thrown:
                self._thrown.append(thrown)
                them = "it" if len(thrown) == 1 else "them"
                self._say(f"{len(thrown)} in the trash. u brings {them} back.")
            self._changed()

        it, goes, brings = ("It", "goes", "it") if len(rows) == 1 else ("They", "go", "them")
        detail = f"{it} {goes} to the folder .trash beside the others; u brings {brings} back."
        self._confirmed(f"Delete {_counted(rows)}?", self._hidden(rows) + detail, act)

    def undelete(self) -> None:
        """Brings back what was deleted last."""
        if not self._thrown:
            self._say("Nothing was deleted since the start. Look into .trash for what was before.")
            return
        for path in self._thrown.pop():
            try:
                bring_back(path)
            except SeqkitError as error:
                self._say(str(error), wrong=True)
        self._changed()

    def resume(self) -> None:
        """Goes on with the run under the cursor, in a process of its own."""
        row = self._table.current
        if row is None:
            return
        if row.live:
            if row.status == "paused":
                if self._each([row], lambda row: _ask(row, "resume")):
                    self._say(f"Asked {row.title} to go on.")
            else:
                self._say(f"{row.title} is running.")
            return
        if self._context.resuming(row.folder):
            self._say(f"{row.title} is being resumed.")
            return
        words: list[str] = []
        if row.status == "finished":
            try:
                summary = summarise(some_events(row.folder.events_file))
                words = words_to_go_on(summary.started, summary.step)
            except Exception as error:
                self._say(f"{row.title} cannot be read: {reason(error)}", wrong=True)
                return
        detail = shlex.join(["seqkit", "resume", row.name, *words, *self._context.plugin_words])
        question = f"Train {row.title} for longer?" if words else f"Resume {row.title}?"

        def act() -> None:
            try:
                launch = resume_run(row.folder, [*words, *self._context.plugin_words])
            except SeqkitError as error:
                self._say(str(error), wrong=True)
                return
            self._context.launches.append(launch)
            self._say(f"{row.title} is going on.")

        self._confirmed(question, detail, act)

    def stop(self) -> None:
        """Asks live runs to save and stop."""
        rows = [row for row in self._table.targets() if row.live]
        if not rows:
            self._say("It is not running.")
            return

        def act() -> None:
            asked: list[RunRow] = []

            def ask(row: RunRow) -> None:
                _ask(row, "stop")
                asked.append(row)

            if self._each(rows, ask):
                self._say(f"Asked {_counted(asked)} to save and stop.")

        detail = "It stops after its present batch, with its state saved; c goes on with it."
        self._confirmed(f"Stop {_counted(rows)}?", self._hidden(rows) + detail, act)


def _counted(rows: Sequence[RunRow]) -> str:
    return rows[0].title if len(rows) == 1 else f"{len(rows)} runs"


def _ask(row: RunRow, action: str) -> None:
    """Asks a run for something. Raises DataError where it has ended since it was listed."""
    status = row.folder.status()
    if status not in LIVE:
        raise DataError(f"{row.title} is not running: it is {status}")
    row.folder.request(action)
