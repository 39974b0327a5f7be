"""The file that keeps the runs of a sweep together, and the right to change it.

`runs/GROUP.sweep.json` says what the runs of a group are; the runs themselves are folders like any
other, with the group's name in their `run.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from seqkit.errors import ConfigurationError, DataError
from seqkit.experiments.sweep_plan import SweepPlan, SweepRun, joined
from seqkit.runs.folder import RunFolder, write_atomically
from seqkit.storage.checksums import read_document, sealed_document
from seqkit.storage.locks import SILENCE_SECONDS, HeldError, Hold

_ENDING = ".sweep.json"
_LOCK_ENDING = ".sweep.lock"
_SCHEMA = 1
_LONGEST_PART = 24
_OPENING, _CLOSING = "[{(", "]})"


def file_of(group: str, runs_dir: Path) -> Path:
    """Returns the file that keeps the runs of a group together."""
    return runs_dir / f"{group}{_ENDING}"


def groups_in(runs_dir: Path) -> list[str]:
    """Returns the names of the groups that have such a file."""
    return sorted(path.name.removesuffix(_ENDING) for path in runs_dir.glob(f"*{_ENDING}"))


def free_name(base: str, plan: SweepPlan, runs_dir: Path) -> str:
    """Returns the name of the group that has the same runs already, or else one that is free."""
    number = 1
    while True:
        name = base if number == 1 else f"{base}-{number}"
        there = file_of(name, runs_dir)
        if not there.exists() or load_plan(name, runs_dir).same_runs(plan):
            return name
        number += 1


def load_plan(group: str, runs_dir: Path) -> SweepPlan:
    """Reads the runs of a group.

    Raises:
        DataError: The file is missing or damaged.
    """
    path = file_of(group, runs_dir)
    document = _document(path)
    try:
        return SweepPlan(
            group=group,
            experiment=str(document["experiment"]),
            varies=tuple(map(str, document["varies"])),
            runs=tuple(map(_planned, document["runs"])),
            failed=dict(document.get("failed") or {}),
        )
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{path} is damaged: {error}. Start the sweep again by its words") from None


def _planned(run: Mapping[str, Any]) -> SweepRun:
    planned = SweepRun(**{**run, "words": tuple(map(str, run["words"]))})
    texts, numbers = (planned.name, planned.label, planned.digest), (planned.seed, planned.threads)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError(f"name, label and digest of the run {planned.name!r} must be texts")
    if not all(isinstance(number, int) for number in numbers):
        raise TypeError(f"seed and threads of the run {planned.name!r} must be whole numbers")
    return planned


def _document(path: Path) -> dict[str, Any]:
    try:
        return read_document(path.read_bytes())
    except FileNotFoundError:
        from seqkit.errors import suggestion

        group = path.name.removesuffix(_ENDING)
        groups = groups_in(path.parent)
        hint = suggestion(group, groups) if groups else "There are no sweeps yet"
        raise DataError(f"there is no sweep {group!r}, in {path.parent}. {hint}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(
            f"{path} cannot be read: {error}. Start the sweep again by its words, after deleting "
            "the file: its runs stay and are gone on with"
        ) from error


def save_plan(plan: SweepPlan, runs_dir: Path) -> None:
    """Writes the runs of a group.

    Raises:
        DataError: The folder cannot be written to.
    """
    document = {
        "schema": _SCHEMA,
        "experiment": plan.experiment,
        "varies": plan.varies,
        "runs": [vars(run) for run in plan.runs],
        "failed": plan.failed,
    }
    path = file_of(plan.group, runs_dir)
    try:
        runs_dir.mkdir(parents=True, exist_ok=True)
        text = json.dumps(sealed_document(document), indent=2, ensure_ascii=False)
        write_atomically(path, text + "\n")
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> DataError:
    return DataError(
        f"{path} cannot be written: {error.strerror}. Give another folder with --runs-dir"
    )


def hold_group(group: str, runs_dir: Path) -> Hold:
    """Takes the right to work on a group, for this process alone.

    Raises:
        ConfigurationError: Another sweep works on it.
        DataError: The folder cannot be written to.
    """
    path = runs_dir / f"{group}{_LOCK_ENDING}"
    try:
        runs_dir.mkdir(parents=True, exist_ok=True)
        return Hold(path, stays=False)
    except HeldError as error:
        there = f"sweep {group} is running already{error.where}, in {runs_dir}"
        if not error.host:
            raise ConfigurationError(f"{there}. Stop that one with Ctrl-C first") from None
        raise ConfigurationError(
            f"{there}. Stop that one first or, if that machine is gone for certain, wait until it "
            f"has been silent for {SILENCE_SECONDS:.0f} seconds"
        ) from None
    except OSError as error:
        raise _unwritable(path, error) from error


def up_to_date(plan: SweepPlan, runs_dir: Path) -> SweepPlan:
    """Returns a group that this process holds, with what other sweeps made of it before.

    Raises:
        ConfigurationError: It is of another experiment by now.
        DataError: Its file is damaged.
    """
    if not file_of(plan.group, runs_dir).exists():
        return plan
    return joined(load_plan(plan.group, runs_dir), plan)


def groups_with(run: str, runs_dir: Path) -> list[str]:
    """Returns the groups whose file names a run; a file that is damaged names none."""
    found = []
    for group in groups_in(runs_dir):
        try:
            plan = load_plan(group, runs_dir)
        except DataError:
            continue
        if any(planned.name == run for planned in plan.runs):
            found.append(group)
    return found


def rename_in_group(group: str, before: str, after: str, runs_dir: Path) -> None:
    """Calls a run of a group, which this process holds, by another name.

    Raises:
        DataError: The file is damaged, or cannot be written.
    """
    plan = load_plan(group, runs_dir)
    runs = tuple(replace(run, name=after) if run.name == before else run for run in plan.runs)
    failed = {after if name == before else name: why for name, why in plan.failed.items()}
    save_plan(replace(plan, runs=runs, failed=failed), runs_dir)


def folder_of(plan: SweepPlan, run: SweepRun, runs_dir: Path) -> RunFolder | None:
    """Returns the folder of a run where it is there.

    Raises:
        ConfigurationError: The folder is that of a run outside the group.
    """
    folder = RunFolder(runs_dir / run.name)
    if not (folder.path / "run.json").is_file():
        return None
    if folder.info().get("group") != plan.group:
        raise ConfigurationError(
            f"there is a run {run.name!r} already that is not of group {plan.group}, in "
            f"{runs_dir}. Choose another --name"
        )
    return folder
