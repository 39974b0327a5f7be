"""Starting a run and resuming one."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seqkit.callbacks import Notify, ignore
from seqkit.engine.checkpoint import checkpoints_in, newest_whole
from seqkit.engine.metadata import identity
from seqkit.engine.restoring import damage_of_record, restored_record
from seqkit.engine.session import Observer, Session
from seqkit.engine.signals import Signals
from seqkit.engine.warm_start import open_source
from seqkit.errors import CheckpointError, ConfigurationError, DataError, Problem
from seqkit.experiments.experiment import Experiment
from seqkit.experiments.provenance import drift, load_run_experiment
from seqkit.registry.registry import Registry
from seqkit.runs.folder import RunFolder, create_run, remove_run, write_atomically
from seqkit.storage.checksums import check_text_seal, sealed_text
from seqkit.storage.locks import Hold
from seqkit.storage.regular_files import check_folder


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        folder: Its folder.
        status: finished, stopped or interrupted; a run that failed raises.
    """

    folder: RunFolder
    status: str


def start_run(
    experiment: Experiment,
    registry: Registry,
    runs_dir: Path,
    name: str = "",
    observers: Sequence[Observer] = (),
    notes: Mapping[str, Any] | None = None,
    waiting: Notify = ignore,
) -> Outcome:
    """Trains an experiment in a new run folder.

    Args:
        experiment: What to run.
        registry: Whose observers see the events.
        runs_dir: The folder of runs.
        name: Name of the run; the recipe's name and a number when empty.
        observers: Further observers, called in this process.
        notes: Further fields of `run.json`, such as the group that the run belongs to.
        waiting: Receives what is being done while no step is, for a person who waits.

    Raises:
        SeqkitError: It failed; the `ended` event and `run.json` say so too. A run that fails or is
            ended before its first step could be tried, as for missing data, leaves no folder.
    """
    source = None
    if experiment.origin is not None:
        source = open_source(experiment, registry, runs_dir)
        experiment = replace(experiment, origin=source.origin)
    base = experiment.recipe or f"{experiment.dataset.name}-{experiment.model.name}"

    def fill(folder: RunFolder) -> None:
        write_atomically(folder.experiment_file, sealed_text(experiment.as_toml()))
        folder.control_file.touch()
        folder.update(**identity(experiment, registry), **(notes or {}))

    with Signals() as signals:
        folder = create_run(runs_dir, base, name, fill)
        session: Session | None = None
        try:
            with _held(folder, {}) as hold:
                session = Session(
                    folder,
                    experiment,
                    registry,
                    observers,
                    hold,
                    signals,
                    source=source,
                    waiting=waiting,
                )
                return Outcome(folder, session.run(None))
        finally:
            if session is None or not session.began:
                remove_run(folder)


def resume_run(
    folder: RunFolder,
    registry: Registry,
    observers: Sequence[Observer] = (),
    overrides: Sequence[str] = (),
    force: bool = False,
    waiting: Notify = ignore,
) -> Outcome:
    """Continues a run at the batch after its newest whole checkpoint.

    Everything is loaded, checked and restored before the run's files are changed: where that fails,
    every one of them is as it was. A finished run that has nothing left to do is left as it is:
    observers are told by an `ended` event how to go on for longer, and the log says nothing.

    A `run.json` that is damaged is written anew from what lies beside it, and that is said.

    Args:
        folder: The run.
        registry: Where its components are looked up.
        observers: Further observers.
        overrides: Words such as `trainer.epochs=8`, to go on for longer.
        force: Take over from a process of another machine that still gives signs of life.
        waiting: As `start_run` takes it.

    Raises:
        CheckpointError: The run still runs, or has no whole checkpoint.
        SeqkitError: It failed.
    """
    check_folder(folder.path)
    process = {} if damage_of_record(folder) else folder.process(folder.info())
    with Signals() as signals, _held(folder, process, force) as hold:
        # Read here, as another process may have worked on it until now.
        damage = damage_of_record(folder)
        check_text_seal(
            folder.experiment_file,
            "Restore it from a copy; settings are changed by words: "
            f"seqkit resume {folder.name} key=value",
        )
        experiment = load_run_experiment(folder, registry, overrides)
        _require_its_encoder(folder, registry, experiment, overrides)
        record = restored_record(folder, experiment, registry) if damage else None
        before = folder.info() if record is None else record
        experiment = replace(experiment, recipe=str(before.get("recipe", "")))
        session = Session(
            folder,
            experiment,
            registry,
            observers,
            hold,
            signals,
            overrides,
            record,
            waiting=waiting,
        )
        try:
            if damage:
                session.warn(f"{damage}. It is written anew from what lies beside it")
            if said := drift(folder, registry):
                session.warn(said)
            if hold.forced:
                session.warn(
                    f"taken over from {hold.forced}, which gave a sign of life of late: should it "
                    "still be at work, both write to the same files"
                )
            checkpoint = newest_whole(folder.checkpoints, session.warn)
            if checkpoint is None and checkpoints_in(folder.checkpoints):
                raise CheckpointError(
                    f"no checkpoint of run {folder.name} is whole, in {folder.checkpoints}. "
                    f"Start it again: seqkit run {folder.experiment_file}"
                )
            if checkpoint is None and experiment.origin is not None:
                # It was ended before its first checkpoint, which holds the weights it began with.
                session.source = open_source(experiment, registry, folder.path.parent)
        except BaseException:
            session.close()
            raise
        ended = before if before.get("status") == "finished" else None
        return Outcome(folder, session.run(checkpoint, ended))


def _require_its_encoder(
    folder: RunFolder, registry: Registry, experiment: Experiment, overrides: Sequence[str]
) -> None:
    """Checks that no word changes a setting of the task, which its encoder was fitted with.

    Raises:
        ConfigurationError: A word does; the run would go on as before, and its file say otherwise.
    """
    words = [word for word in overrides if word.partition("=")[0].partition(".")[0] == "task"]
    if not words or not folder.codec.is_dir():
        return
    before, after = load_run_experiment(folder, registry).task, experiment.task
    if before.as_dict() == after.as_dict():
        return
    new = shlex.join(["seqkit", "run", str(folder.experiment_file), *words])
    raise ConfigurationError(
        problems=[
            Problem(
                "task",
                f"{' '.join(words)} changes how the data are encoded, and a run goes on with the "
                "encoder that its weights belong to",
                f"Begin another run: {new}",
            )
        ]
    )


def _held(folder: RunFolder, process: Mapping[str, Any], force: bool = False) -> Hold:
    try:
        return folder.hold(process, force)
    except OSError as error:
        raise DataError(
            f"the run folder {folder.path} cannot be written: {error.strerror}."
        ) from error
