"""One registry, and small trained runs, for all fuzzes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from seqkit.registry.discovery import load_registry
from seqkit.registry.registry import Registry

if sys.platform == "win32":
    collect_ignore_glob = ["test_*.py"]

TRAINER: dict[str, Any] = {
    "max_steps": 2,
    "batch_size": 8,
    "samples": 1,
    "threads": 1,
    "device": "cpu",
}


@pytest.fixture(scope="session")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="session")
def trainer() -> dict[str, Any]:
    """Settings of a run of two steps."""
    return dict(TRAINER)


@pytest.fixture(scope="session")
def trained(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run of each task."""
    from seqkit.engine.run import start_run
    from seqkit.experiments.loading import load_experiment

    folder = tmp_path_factory.mktemp("trained")
    small = ["model.hidden_size=4", *(f"trainer.{key}={value}" for key, value in TRAINER.items())]
    words = {
        "sentiment": ["model.embedding_size=4"],
        "weather-rnn": ["trainer.epochs=1"],
        "shakespeare-gru": ["model.embedding_size=4", "trainer.test=false"],
        "reverse-seq2seq": ["model.embedding_size=4", "dataset.train=200"],
    }
    runs = {}
    for recipe, more in words.items():
        experiment = load_experiment(recipe, registry, [*small, *more])
        runs[recipe] = start_run(experiment, registry, folder, recipe).folder.path
    return runs
