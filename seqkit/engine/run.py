"""Starting a run and resuming one."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seqkit.engine.checkpoint import checkpoints_in, newest_whole
from seqkit.engine.facts import identity
from seqkit.engine.session import Observer, Session
from seqkit.errors import CheckpointError, DataError
from seqkit.experiment import Experiment, load_experiment
from seqkit.registry import Registry
from seqkit.runs import RunFolder, create_run, this_process, write_atomically


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        folder: Its folder.
        status: finished, stopped, interrupted or failed.
        message: One sentence more; may be empty.
    """

    folder: RunFolder
    status: str
    message: str = ""


def start_run(
    experiment: Experiment,
    registry: Registry,
    runs_dir: Path,
    name: str = "",
    observers: Sequence[Observer] = (),
    notes: Mapping[str, Any] | None = None,
) -> Outcome:
    """Trains an experiment in a new run folder.

    Args:
        experiment: What to run.
        registry: Whose observers see the events.
        runs_dir: The folder of runs.
        name: Name of the run; the recipe's name and a number when empty.
        observers: Further observers, called in this process.
        notes: Further fields of `run.json`, such as the group that the run belongs to.

    Raises:
        SeqkitError: It failed; the `ended` event and `run.json` say so too. A run that fails
            before its first step could be tried, as for missing data, leaves no folder.
    """
    base = experiment.recipe or f"{experiment.dataset.name}-{experiment.model.name}"
    folder = create_run(runs_dir, base, name)
    try:
        write_atomically(folder.experiment_file, experiment.as_toml())
        folder.control_file.touch()
        folder.update(**identity(folder, experiment, registry), **(notes or {}))
    except OSError as error:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise DataError(
            f"the run folder {folder.path} cannot be written: {error.strerror}. "
            "Give another with --runs-dir"
        ) from error
    session = Session(folder, experiment, registry, observers)
    try:
        return Outcome(folder, session.run(None))
    finally:
        if not session.began:
            shutil.rmtree(folder.path, ignore_errors=True)


def resume_run(
    folder: RunFolder,
    registry: Registry,
    observers: Sequence[Observer] = (),
    overrides: Sequence[str] = (),
) -> Outcome:
    """Continues a run at the batch after its newest whole checkpoint.

    A finished run that has nothing left to do is left as it is: observers are told by an `ended`
    event how to go on for longer, and the log says nothing.

    Args:
        folder: The run.
        registry: Where its components are looked up.
        observers: Further observers.
        overrides: Words such as `trainer.epochs=8`, to go on for longer.

    Raises:
        CheckpointError: The run still runs, or has no whole checkpoint.
        SeqkitError: It failed.
    """
    if folder.status() in ("running", "paused"):
        raise CheckpointError(
            f"run {folder.name} is still running. Stop it first: seqkit stop {folder.name}"
        )
    before = folder.info()
    recipe = str(before.get("recipe", ""))
    experiment = load_experiment(folder.experiment_file, registry, overrides)
    experiment = replace(experiment, recipe=recipe)
    session = Session(folder, experiment, registry, observers)
    try:
        checkpoint = newest_whole(folder.checkpoints, session.warn)
        if checkpoint is None and checkpoints_in(folder.checkpoints):
            raise CheckpointError(
                f"no checkpoint of run {folder.name} is whole, in {folder.checkpoints}. "
                f"Start it again: seqkit run {folder.experiment_file}"
            )
        resolved = folder.experiment_file.read_text(encoding="utf-8")
        if overrides:
            write_atomically(folder.experiment_file, experiment.as_toml())
        folder.update(status="running", process=this_process())
    except OSError as error:
        session.close()
        raise DataError(
            f"the run folder {folder.path} cannot be written: {error.strerror}."
        ) from error
    except BaseException:
        session.close()
        raise
    status = session.run(checkpoint, ended=before if before.get("status") == "finished" else None)
    if overrides and not session.began:
        write_atomically(folder.experiment_file, resolved)
    return Outcome(folder, status)
