"""Whether the data of an experiment can be folded for a cross-validation."""

from __future__ import annotations

from seqkit.errors import ConfigurationError
from seqkit.experiments.experiment import Experiment


def require_foldable(experiment: Experiment) -> None:
    """Refuses data that cannot be folded.

    Raises:
        ConfigurationError: Examples of the dataset hang together, or it has splits of its own.
    """
    dataset = experiment.dataset
    if not dataset.component.foldable:
        raise ConfigurationError(
            f"dataset {dataset.name!r} cannot be folded: its examples hang together, or its test "
            "split is one that others compare with. Leave --folds out; 'seqkit sweep' with --seeds "
            "tells how much is chance"
        )
    if getattr(dataset.config, "split", ""):
        raise ConfigurationError(
            "dataset.split names a column of splits, and folds make splits of their own. Give "
            "dataset.split= to leave it out"
        )
    for split in ("validation", "test"):
        if getattr(dataset.config, f"{split}_path", ""):
            raise ConfigurationError(
                f"dataset.{split}_path is given, and folds make splits of their own. Leave one out"
            )
