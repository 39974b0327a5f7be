"""The table `from` of an experiment: the run whose weights training begins with."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from seqkit.errors import CheckpointError
from seqkit.experiments.experiment import Experiment
from seqkit.experiments.loading import load_experiment
from seqkit.experiments.provenance import load_run_experiment
from seqkit.registry.registry import Registry
from seqkit.runs.folder import RunFolder, find_run
from seqkit.storage.checksums import check_text_seal


def load_from_run(
    run: str,
    experiment: str | Path | Mapping[str, Any] | None,
    registry: Registry,
    overrides: Sequence[str],
    runs_dir: Path,
) -> Experiment:
    """Reads the experiment of a run that goes on from the weights of another one.

    Args:
        run: The other run, as commands name it.
        experiment: A recipe, file or tables; None for the experiment of that run.
        registry: Where its components are looked up.
        overrides: Words that change it.
        runs_dir: The folder of runs.

    Raises:
        CheckpointError: There is no such run.
        ConfigurationError: Something is not valid.
    """
    folder = find_run(run, runs_dir)
    # JSON's texts are TOML's too, and a name such as 7 is no number then.
    words = [f"from={json.dumps(_reference(folder, runs_dir))}", *overrides]
    if experiment is not None:
        return load_experiment(experiment, registry, words)
    check_text_seal(folder.experiment_file, "Restore it from a copy, or name an experiment as well")
    loaded = load_run_experiment(folder, registry, words)
    try:
        recipe = str(folder.info().get("recipe") or "")
    except CheckpointError:
        recipe = ""
    return replace(loaded, recipe=recipe)


def _reference(folder: RunFolder, runs_dir: Path) -> str:
    """Returns a run's name where it lies beside the others, and its whole path elsewhere."""
    whole = folder.path.resolve()
    beside = os.path.realpath(whole.parent) == os.path.realpath(runs_dir)
    return whole.name if beside else str(whole)
