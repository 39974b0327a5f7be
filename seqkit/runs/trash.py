"""Runs thrown away: moved into a hidden folder beside the others, from where they come back."""

from __future__ import annotations

import shutil
from pathlib import Path

from seqkit.errors import CheckpointError, DataError
from seqkit.runs.folder import LIVE, RunFolder

TRASH = ".trash"


def throw_away(run: RunFolder) -> Path:
    """Moves a run into the trash of its folder.

    Returns:
        Where it lies now.

    Raises:
        CheckpointError: It is still running.
        DataError: It cannot be moved.
    """
    if _live(run):
        raise CheckpointError(f"{run.name} is still running. Stop it first")
    trash = run.path.parent / TRASH
    try:
        trash.mkdir(exist_ok=True)
        place = _free(trash, run.name)
        run.path.rename(place)
    except OSError as error:
        raise DataError(f"{run.path} cannot be moved to {trash}: {error.strerror}.") from error
    return place


def _live(run: RunFolder) -> bool:
    try:
        return (run.path / "run.json").exists() and run.status() in LIVE
    except Exception:
        # A damaged run is thrown away like any other; it can be brought back.
        return False


def bring_back(thrown: Path) -> RunFolder:
    """Moves a run out of the trash, to its old name where that is free.

    Raises:
        DataError: It cannot be moved.
    """
    name = thrown.name
    stem, dot, number = name.rpartition("~")
    place = _free(thrown.parent.parent, stem if dot and number.isdecimal() else name)
    try:
        shutil.move(thrown, place)
    except OSError as error:
        raise DataError(f"{thrown} cannot be moved to {place}: {error.strerror}.") from error
    return RunFolder(place)


def _free(folder: Path, name: str) -> Path:
    place, number = folder / name, 1
    while place.exists():
        number += 1
        place = folder / f"{name}~{number}"
    return place
