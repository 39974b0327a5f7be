"""A run renamed: its folder gets another name, and nobody works on it meanwhile."""

from __future__ import annotations

import os

from seqkit.errors import CheckpointError, ConfigurationError, DataError
from seqkit.runs.folder import RunFolder, require_name


def rename_run(run: RunFolder, name: str) -> RunFolder:
    """Gives a run another name, in the same folder of runs.

    Its title and tags, its checkpoints and its scores are in its folder, and go with it.

    Raises:
        ConfigurationError: It cannot be a run's name, or is taken.
        CheckpointError: A process works on the run.
        DataError: The folder cannot be renamed.
    """
    require_name(name)
    place = run.path.parent / name
    try:
        process = run.process(run.info())
    except CheckpointError:
        # A damaged record does not stand in the way; the lock still tells who is at work.
        process = {}
    try:
        with run.hold(process):
            if os.path.lexists(place):
                raise ConfigurationError(
                    f"there is a {'run' if place.is_dir() else 'file'} {name!r} already, in "
                    f"{place.parent}. Choose another name"
                )
            run.path.rename(place)
    except OSError as error:
        raise DataError(f"{run.path} cannot be renamed to {place}: {error.strerror}.") from error
    return RunFolder(place)
