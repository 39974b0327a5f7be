"""What the Runs screen does to runs: tag, rename, delete, bring back, resume, stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seqkit.errors import DataError, SeqkitError
from seqkit.processes.launch import resume_run
from seqkit.runs.folder import LIVE
from seqkit.runs.labels import Label, split_tags, write_label
from seqkit.runs.summary import summarise, words_to_go_on
from seqkit.runs.trash import bring_back, throw_away
from seqkit.terminal.cells import reason
from seqkit.tui.runs.rows import RunRow, some_events

if TYPE_CHECKING:
    from seqkit.tui.runs.screen import RunsScreen

_thrown: list[list[Path]] = []


def _say(screen: RunsScreen, message: str, wrong: bool = False) -> None:
    screen.app.notify(message, severity="error" if wrong else "information", markup=False)


def _confirmed(screen: RunsScreen, question: str, detail: str, act: Callable[[], None]) -> None:
    """Asks first, unless the user turned that off."""
    from seqkit.tui.dialogs import Confirm

    if not screen.context.preferences.confirm:
        act()
        return
    screen.app.push_screen(Confirm(question, detail), lambda yes: act() if yes else None)


def _counted(rows: Sequence[RunRow]) -> str:
    return rows[0].title if len(rows) == 1 else f"{len(rows)} runs"


def _each(screen: RunsScreen, rows: Sequence[RunRow], act: Callable[[RunRow], object]) -> int:
    """Does something to each run; says what went wrong, and returns how often it went well."""
    done = 0
    for row in rows:
        try:
            act(row)
            done += 1
        except Exception as error:
            _say(screen, reason(error), wrong=True)
    return done


def _ask(row: RunRow, action: str) -> None:
    """Asks a run for something. Raises DataError where it has ended since it was listed."""
    status = row.folder.status()
    if status not in LIVE:
        raise DataError(f"{row.title} is not running: it is {status}")
    row.folder.request(action)


def tag(screen: RunsScreen) -> None:
    """Asks for tags, and gives them to the runs in place of the old ones."""
    from seqkit.tui.dialogs import Ask

    rows = screen.targets()
    if not rows:
        return

    def write(text: str | None) -> None:
        if text is not None:
            tags = split_tags(text)
            _each(
                screen, rows, lambda row: write_label(row.folder.path, Label(row.label.title, tags))
            )
            screen.changed(*(row.name for row in rows))

    shared = [tag for tag in rows[0].label.tags if all(tag in row.label.tags for row in rows)]
    detail = "Parted by spaces or commas. Find them with the filter tag:NAME."
    screen.app.push_screen(Ask(f"Tags of {_counted(rows)}", " ".join(shared), detail), write)


def rename(screen: RunsScreen) -> None:
    """Asks for a title of the run under the cursor."""
    from seqkit.tui.dialogs import Ask

    row = screen.table.current
    if row is None:
        return

    def write(text: str | None) -> None:
        if text is not None:
            title = " ".join(text.split())
            label = Label("" if title == row.name else title, row.label.tags)
            _each(screen, [row], lambda row: write_label(row.folder.path, label))
            screen.changed(row.name)

    detail = f"The folder stays {row.name}, which commands know it by. Empty: its own name again."
    screen.app.push_screen(Ask("Title of the run", row.title, detail), write)


def delete(screen: RunsScreen) -> None:
    """Moves runs into the trash, after a question."""
    rows = [row for row in screen.targets() if not row.live]
    if not rows:
        if screen.targets():
            _say(screen, "It is still running. Stop it first (x).", wrong=True)
        return

    def act() -> None:
        thrown: list[Path] = []
        _each(screen, rows, lambda row: thrown.append(throw_away(row.folder)))
        if thrown:
            _thrown.append(thrown)
            _say(screen, f"{len(thrown)} in the trash. u brings them back.")
        screen.changed()

    detail = "It goes to the folder .trash beside the others; u brings it back."
    _confirmed(screen, f"Delete {_counted(rows)}?", detail, act)


def undelete(screen: RunsScreen) -> None:
    """Brings back what was deleted last."""
    if not _thrown:
        _say(screen, "Nothing was deleted since the start. Look into .trash for what was before.")
        return
    for path in _thrown.pop():
        try:
            bring_back(path)
        except SeqkitError as error:
            _say(screen, str(error), wrong=True)
    screen.changed()


def resume(screen: RunsScreen) -> None:
    """Goes on with the run under the cursor, in a process of its own."""
    row = screen.table.current
    if row is None:
        return
    if row.live:
        if row.status == "paused":
            if _each(screen, [row], lambda row: _ask(row, "resume")):
                _say(screen, f"Asked {row.title} to go on.")
        else:
            _say(screen, f"{row.title} is running.")
        return
    if screen.context.resuming(row.folder):
        _say(screen, f"{row.title} is being resumed.")
        return
    words: list[str] = []
    if row.status == "finished":
        try:
            summary = summarise(some_events(row.folder.events_file))
            words = words_to_go_on(summary.started, summary.step)
        except Exception as error:
            _say(screen, f"{row.title} cannot be read: {reason(error)}", wrong=True)
            return
    detail = f"seqkit resume {row.name} {' '.join(words)}".rstrip()
    question = f"Train {row.title} for longer?" if words else f"Resume {row.title}?"

    def act() -> None:
        try:
            launch = resume_run(row.folder, [*words, *screen.context.plugin_words])
        except SeqkitError as error:
            _say(screen, str(error), wrong=True)
            return
        screen.context.launches.append(launch)
        _say(screen, f"{row.title} is going on.")

    _confirmed(screen, question, detail, act)


def stop(screen: RunsScreen) -> None:
    """Asks live runs to save and stop."""
    rows = [row for row in screen.targets() if row.live]
    if not rows:
        _say(screen, "It is not running.")
        return

    def act() -> None:
        asked: list[RunRow] = []

        def ask(row: RunRow) -> None:
            _ask(row, "stop")
            asked.append(row)

        if _each(screen, rows, ask):
            _say(screen, f"Asked {_counted(asked)} to save and stop.")

    detail = "It stops after its present batch, with its state saved; c goes on with it."
    _confirmed(screen, f"Stop {_counted(rows)}?", detail, act)
