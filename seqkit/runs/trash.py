"""Runs thrown away: moved into a hidden folder beside the others, from where they come back."""

from __future__ import annotations

import shutil
from pathlib import Path

from seqkit.errors import CheckpointError, DataError, suggestion
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
    place = _free(thrown.parent.parent, former_name(thrown))
    try:
        shutil.move(thrown, place)
    except OSError as error:
        raise DataError(f"{thrown} cannot be moved to {place}: {error.strerror}.") from error
    return RunFolder(place)


def in_trash(folder: Path) -> list[Path]:
    """Returns what lies in the trash of a folder of runs, what was thrown away last first."""
    try:
        found = [path for path in (folder / TRASH).iterdir() if path.is_dir()]
        return sorted(found, key=lambda path: path.stat().st_ctime_ns, reverse=True)
    except OSError:
        return []


def find_thrown(name: str, folder: Path) -> Path:
    """Finds a run in the trash of a folder of runs: of several of one name, the last thrown away.

    Raises:
        CheckpointError: There is none.
    """
    thrown = in_trash(folder)
    names = [former_name(path) for path in thrown]
    for path, former in zip(thrown, names, strict=True):
        if name in (former, path.name):
            return path
    hint = suggestion(name, names) if names else "The trash is empty"
    raise CheckpointError(f"there is no run {name!r} in {folder / TRASH}. {hint}")


def former_name(thrown: Path) -> str:
    """Returns what a run in the trash was called."""
    stem, mark, number = thrown.name.rpartition("~")
    return stem if mark and number.isdecimal() else thrown.name


def _free(folder: Path, name: str) -> Path:
    place, number = folder / name, 1
    while place.exists():
        number += 1
        place = folder / f"{name}~{number}"
    return place
