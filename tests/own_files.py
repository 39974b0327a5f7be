"""What becomes of a person's own file: recognised, written as an experiment, read, and trained on.

Shared by the tests over kinds of files; each test module makes its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqkit.api import Recognition, Record
from seqkit.engine.run import start_run
from seqkit.experiments.beginning import begin
from seqkit.experiments.experiment import Experiment
from seqkit.experiments.loading import load_experiment
from seqkit.experiments.own_data import recognise, said_in_full
from seqkit.experiments.template import experiment_toml
from seqkit.registry.discovery import load_registry
from seqkit.registry.registry import Registry

TINY = ("trainer.max_steps=2", "trainer.batch_size=8", "trainer.threads=1", "trainer.device=cpu")
"""Words that make a run of a file's experiment take a second."""


@dataclass(frozen=True)
class Taken:
    """A file that `new` has written an experiment for, and that `run` has read.

    Attributes:
        dataset: Name of the dataset that recognised it.
        recognition: What it made of it.
        said: What `new` says of it.
        file: The experiment that was written.
        experiment: The same, read again.
        splits: Its records.
        told: What reading them told.
        warned: What `new` warns of.
    """

    dataset: str
    recognition: Recognition
    said: str
    file: Path
    experiment: Experiment
    splits: Mapping[str, list[Record]]
    told: list[str]
    warned: list[str]

    @property
    def records(self) -> list[Record]:
        """All records, whatever their split."""
        return [record for records in self.splits.values() for record in records]


def take(path: Path, registry: Registry | None = None, task: str = "", **given: Any) -> Taken:
    """Does what `new --data` does and what `run` does with the file that it writes, up to training.

    Args:
        path: The person's own file or folder.
        registry: What is installed.
        task: As of `--task`.
        **given: Settings of the dataset that are given.

    Raises:
        SeqkitError: As the commands do.
    """
    registry = registry or load_registry()
    warned: list[str] = []
    told: list[str] = []
    entry, recognition = recognise(path, registry, task, given, warned.append)
    begun = begin(entry, recognition, registry)
    file = path.parent / f"{path.name}.toml"
    file.write_text(experiment_toml(begun.document, registry, "", begun.warning), encoding="utf-8")
    experiment = load_experiment(file, registry)
    dataset = experiment.dataset
    splits = {
        split: list(records)
        for split, records in dataset.component.splits(dataset.config, told.append).items()
    }
    return Taken(
        dataset.name,
        recognition,
        said_in_full(recognition),
        file,
        experiment,
        splits,
        told,
        [*warned, *([begun.warning] if begun.warning else [])],
    )


def train(taken: Taken, *words: str) -> Path:
    """Trains on a file for two steps, and returns the folder of the run."""
    registry = load_registry()
    experiment = load_experiment(taken.file, registry, [*TINY, *words])
    outcome = start_run(experiment, registry, taken.file.parent / "runs", "", [])
    assert outcome.status == "finished"
    return outcome.folder.path
