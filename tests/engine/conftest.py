"""A laboratory for whole runs: the real registry, the real loop, small models and tiny data."""

from __future__ import annotations

import contextlib
import itertools
import json
import signal
import textwrap
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from seqkit.engine.run import resume_run, start_run
from seqkit.events import Event
from seqkit.experiments.loading import load_experiment
from seqkit.registry.discovery import load_registry
from seqkit.runs.folder import RunFolder

SMALL: Mapping[str, Any] = {
    "task": {"name": "classification"},
    "dataset": {"name": "sentences"},
    "model": {"name": "gru", "hidden_size": 8, "embedding_size": 8},
    "trainer": {
        "epochs": 2,
        "batch_size": 64,
        "learning_rate": 0.01,
        "baselines": False,
        "test": False,
        "samples": 0,
        "threads": 1,
        "device": "cpu",
        "log_every": 1,
    },
}
"""12 steps an epoch; a run takes about half a second."""

TIMES = {
    "time",
    "seconds",
    "elapsed",
    "eta",
    "estimate",
    "examples_per_second",
    "tokens_per_second",
}


@dataclass(frozen=True)
class Run:
    """A run folder and what can be read from it."""

    folder: RunFolder
    status: str = ""

    @property
    def path(self) -> Path:
        return self.folder.path

    @property
    def events(self) -> list[Event]:
        return list(self.folder.events())

    def of(self, kind: str) -> list[Event]:
        return [event for event in self.events if event.kind == kind]

    @property
    def warnings(self) -> list[str]:
        return [event["message"] for event in self.of("warning")]

    @property
    def losses(self) -> dict[int, float]:
        """Loss of each step; a resumed run repeats none of those it kept."""
        return {event.step: event["loss"] for event in self.of("step")}

    @property
    def rates(self) -> list[float]:
        return [event["learning_rate"] for event in self.of("step")]

    def numbers(self, kind: str = "evaluation") -> list[dict[str, Any]]:
        """Everything that events of a kind say but for times."""
        return [
            {"step": event.step} | {k: v for k, v in event.data.items() if k not in TIMES}
            for event in self.of(kind)
        ]

    @property
    def checkpoints(self) -> list[Path]:
        """Every checkpoint, the oldest first."""
        return sorted(self.folder.checkpoints.glob("step-*"))

    @property
    def weights_file(self) -> bytes:
        return (self.checkpoints[-1] / "model.safetensors").read_bytes()

    def weights(self, index: int = -1) -> dict[str, torch.Tensor]:
        return load_file(self.checkpoints[index] / "model.safetensors")

    def state(self, index: int = -1) -> dict[str, torch.Tensor]:
        return load_file(self.checkpoints[index] / "state.safetensors")

    def manifest(self, index: int = -1) -> dict[str, Any]:
        path = self.checkpoints[index] / "manifest.json"
        return dict(json.loads(path.read_text(encoding="utf-8")))


class Lab:
    """Starts and resumes runs in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs = folder / "runs"
        self._numbers = itertools.count(1)
        self._plugins: dict[str, Path] = {}

    def plugin(self, source: str) -> Path:
        """Writes a plugin, as a person tries local code out; the same code once only."""
        if source not in self._plugins:
            path = self.folder / f"local{next(self._numbers)}.py"
            path.write_text(textwrap.dedent(source), encoding="utf-8")
            self._plugins[source] = path
        return self._plugins[source]

    def experiment(self, *words: str, plugins: Sequence[Path] = (), **tables: Any) -> Any:
        document = deepcopy(dict(SMALL)) | tables
        return load_experiment(document, load_registry(plugins), words)

    def train(
        self,
        *words: str,
        plugins: Sequence[Path] = (),
        observers: Sequence[Callable[[Event], None]] = (),
        name: str = "",
        source: Path | None = None,
        **tables: Any,
    ) -> Run:
        """Trains the small experiment with some words changed, or the one of a file."""
        registry = load_registry(plugins)
        document: Any = source or deepcopy(dict(SMALL)) | tables
        experiment = load_experiment(document, registry, words)
        outcome = start_run(experiment, registry, self.runs, name, observers)
        return Run(outcome.folder, outcome.status)

    def resume(
        self,
        run: Run,
        *words: str,
        plugins: Sequence[Path] = (),
        observers: Sequence[Callable[[Event], None]] = (),
    ) -> Run:
        outcome = resume_run(run.folder, load_registry(plugins), observers, words)
        return Run(outcome.folder, outcome.status)

    def newest(self) -> Run:
        """The newest run, such as one that has just failed."""
        return Run(RunFolder(max(self.runs.iterdir(), key=lambda path: path.stat().st_ctime_ns)))

    def toml(self, *words: str, plugins: Sequence[Path] = (), **tables: Any) -> Path:
        """Writes the small experiment as a file."""
        path = self.folder / f"experiment{next(self._numbers)}.toml"
        text = self.experiment(*words, plugins=plugins, **tables).as_toml()
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


@pytest.fixture
def signal_at() -> Callable[..., Callable[[Event], None]]:
    """Makes an observer that sends this process a signal, once or more, at a step."""

    def make(step: int, number: int = signal.SIGINT, times: int = 1) -> Callable[[Event], None]:
        left = [number] * times

        def observe(event: Event) -> None:
            while event.kind == "step" and event.step >= step and left:
                signal.raise_signal(left.pop())

        return observe

    return make


@pytest.fixture
def reviews(tmp_path: Path) -> Callable[..., Path]:
    """Writes a tiny CSV file of reviews that are easily told apart."""

    def write(name: str = "reviews.csv", count: int = 60, extra: str = "") -> Path:
        path = tmp_path / name
        words = ["film", "plot", "cast", "scene", "music", "ending", "script"]
        lines = ["text,label"]
        for index in range(count):
            filler = " ".join(words[(index + k) % 7] for k in range(1 + index % 5))
            verdict = "good" if index % 2 else "bad"
            lines.append(f"{verdict} {filler}{extra},{'pos' if index % 2 else 'neg'}")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def no_left_overs() -> Callable[[Path], None]:
    """Asserts that a folder holds nothing that was left half written."""

    def check(folder: Path) -> None:
        with contextlib.suppress(FileNotFoundError):
            assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []

    return check
