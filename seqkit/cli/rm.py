"""`seqkit rm`: move runs into the trash, or bring them back."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from seqkit.cli.common import complete_runs, json_option, open_run, runs_dir_option
from seqkit.errors import CheckpointError, ConfigurationError
from seqkit.terminal import figures, output


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, shell_complete=complete_runs)
@click.option("--undo", is_flag=True, help="Bring runs back from the trash instead.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@runs_dir_option()
@json_option()
def rm(runs: tuple[str, ...], undo: bool, yes: bool, runs_dir: Path, as_json: bool) -> None:
    """Move runs into the trash: the folder .trash beside the others.

    The terminal UI deletes into the same one. Delete that folder to have the room.
    """
    from seqkit.runs.trash import throw_away

    if undo:
        _bring_back(runs, runs_dir, as_json)
        return
    folders = {folder.path.resolve(): folder for folder in (open_run(r, runs_dir) for r in runs)}
    chosen = list(folders.values())
    working = [folder.name for folder in chosen if _at_work(folder.path)]
    if working:
        raise CheckpointError(
            f"{' and '.join(working)} {'is' if len(working) == 1 else 'are'} at work, and nothing "
            f"was moved. Stop first: seqkit stop {working[0]}"
        )
    if not yes and not _confirmed([folder.name for folder in chosen]):
        raise click.Abort
    thrown = [(folder.name, throw_away(folder)) for folder in chosen]
    if as_json:
        output.json_document([{"run": name, "path": str(path)} for name, path in thrown])
        return
    for name, path in thrown:
        output.line(f"{name} is in {path.parent}.")
    names = [path.name for _, path in thrown]
    output.note(("Bring it back: ", "bold"), (_undo_command(names, runs_dir), "cyan"))


def _at_work(path: Path) -> bool:
    from seqkit.runs.folder import LIVE, RunFolder

    try:
        return RunFolder(path).status() in LIVE
    except CheckpointError:
        # A damaged run is thrown away like any other; it can be brought back.
        return False


def _confirmed(names: Sequence[str]) -> bool:
    """Asks. Raises ConfigurationError where there is nobody to be asked."""
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    question = f"Move {figures.count_of(len(names), 'run')} into the trash ({shown})?"
    if not sys.stdin.isatty():
        raise ConfigurationError(f"{question} There is nobody to ask. Add --yes")
    return click.confirm(question, err=True)


def _bring_back(names: Sequence[str], runs_dir: Path, as_json: bool) -> None:
    from seqkit.runs.trash import bring_back, find_thrown

    found = [find_thrown(Path(name).name, runs_dir) for name in dict.fromkeys(names)]
    back = [bring_back(path) for path in found]
    if as_json:
        output.json_document([{"run": run.name, "path": str(run.path)} for run in back])
        return
    for run in back:
        output.line(f"{run.name} is back.")


def _undo_command(names: Sequence[str], runs_dir: Path) -> str:
    words = ["seqkit", "rm", "--undo", *names]
    if os.path.realpath(runs_dir) != os.path.realpath("runs"):
        words += ["--runs-dir", str(runs_dir)]
    return shlex.join(words)
