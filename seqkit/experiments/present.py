"""The settings of a run by their present names, whichever version wrote them."""

from __future__ import annotations

from typing import Any

from seqkit.errors import SeqkitError
from seqkit.experiments.loading import load_experiment
from seqkit.registry.registry import Registry
from seqkit.runs.folder import RunFolder
from seqkit.runs.summary import flatten, read_settings


def present_settings(run: RunFolder, registry: Registry) -> dict[str, Any]:
    """Returns the settings of a run, flat, as a run of today would write them.

    Settings that were renamed go by their new names, and those that came later have their
    defaults. Where the run's components are not installed, it is what its file says.

    Args:
        run: The run.
        registry: Where its components are looked up.

    Raises:
        CheckpointError: The file is missing or damaged.
    """
    given = read_settings(run)
    try:
        experiment = load_experiment(run.experiment_file, registry, needed=())
    except SeqkitError:
        return given
    return flatten(experiment.as_dict())
