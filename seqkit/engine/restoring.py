"""A damaged `run.json` made anew: from the log, the experiment and the sweep beside the run."""

from __future__ import annotations

from typing import Any

from seqkit.engine.metadata import identity, scalars_of, summary
from seqkit.errors import SeqkitError
from seqkit.events import Event
from seqkit.experiments.experiment import Experiment
from seqkit.experiments.sweep_file import groups_in, load_plan
from seqkit.registry.registry import Registry
from seqkit.runs.folder import DamagedRecordError, RunFolder
from seqkit.runs.log import read_log


def damage_of_record(folder: RunFolder) -> str:
    """Returns what is wrong with the `run.json` of a run, without a full stop; empty for nothing.

    Raises:
        CheckpointError: There is none, or it is no regular file.
    """
    try:
        folder.info()
    except DamagedRecordError as error:
        return error.what
    return ""


def restored_record(
    folder: RunFolder, experiment: Experiment, registry: Registry
) -> dict[str, Any]:
    """Returns what `run.json` said of a run, as far as what lies beside it still tells.

    Which checkpoint is the best one is known to the checkpoints, and is not among it.
    """
    log = read_log(folder)
    known = log.summary
    record = identity(experiment, registry) | _group(folder)
    # What the code was when the run began is lost with the file.
    record["code"] = {}
    record["recipe"] = str(known.started.get("recipe") or "")
    if log.began is not None:
        record["created"] = log.began
    try:
        record |= summary(Event("started", data=known.started))
        if known.evaluations:
            record["evaluation"] = scalars_of(known.evaluations[-1])
        if known.test is not None:
            record["test"] = scalars_of(known.test)
    except (LookupError, TypeError, AttributeError):
        # An event that was left out, or of another form: a resumed run notes these anew.
        pass
    if known.ended is not None:
        record |= {key: known.ended.get(key) for key in ("status", "message", "best")}
        record |= {"ended": known.ended.time, "seconds": known.elapsed, "step": known.step}
    return record


def _group(folder: RunFolder) -> dict[str, Any]:
    """Returns what the sweep that a run belongs to would note in it."""
    for group in groups_in(folder.path.parent):
        try:
            plan = load_plan(group, folder.path.parent)
        except SeqkitError:
            continue
        if any(run.name == folder.name for run in plan.runs):
            return {"group": group, "varies": list(plan.varies)}
    return {}
