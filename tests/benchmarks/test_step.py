"""What the engine adds to a training step, against a bare PyTorch loop over the same batches.

Both loops start from the same weights, use the same kernels and options (fused Adam, clipping to a
norm of 1), and take turns in one process, some steps each, so that a busy machine slows both. The
bare loop gets its batches ready made; the engine cuts them, logs its events to a file and looks
for requests, as in any run.
"""

from __future__ import annotations

import contextlib
import copy
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from seqkit.engine.control import ControlFile
from seqkit.engine.device import choose_device
from seqkit.engine.encoding import encode_data
from seqkit.engine.learner import build_learner
from seqkit.engine.progress import Progress
from seqkit.engine.requests import Requests
from seqkit.engine.train import Training
from seqkit.events import Event, EventLog
from seqkit.experiments.loading import load_experiment
from seqkit.registry.discovery import load_registry


@dataclass(frozen=True)
class Case:
    """A model, the size of what it reads, and how many turns of how many steps are taken.

    The engine logs once in a turn.
    """

    name: str
    model: dict[str, Any]
    words: int
    length: tuple[int, int]
    batch_size: int
    turns: int
    steps: int
    aim: float


CASES = [
    Case(
        "IMDB, bilstm 128, 64 x 400",
        {"name": "bilstm", "hidden_size": 128},
        words=30_000,
        length=(380, 400),
        batch_size=64,
        turns=9,
        steps=2,
        aim=1.03,
    ),
    Case(
        "short, gru 32, 64 x 48",
        {"name": "gru", "hidden_size": 32, "embedding_size": 32},
        words=2_000,
        length=(32, 48),
        batch_size=64,
        turns=60,
        steps=10,
        aim=1.10,
    ),
    Case(
        "tiny, gru 32, 16 x 12",
        {"name": "gru", "hidden_size": 32, "embedding_size": 32},
        words=2_000,
        length=(8, 12),
        batch_size=16,
        turns=100,
        steps=10,
        aim=1.10,
    ),
]


def write_texts(path: Path, case: Case) -> None:
    """Writes as many texts as the turns need, of random words."""
    generator = np.random.default_rng(0)
    count = case.batch_size * case.steps * (case.turns + 1)
    lengths = generator.integers(case.length[0], case.length[1] + 1, count)
    lines = ["text,label"]
    for index, length in enumerate(lengths):
        words = generator.integers(0, case.words, length)
        lines.append(" ".join(f"w{word}" for word in words) + f",{index % 2}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def build(case: Case, folder: Path) -> Training:
    """Puts the engine's loop together."""
    write_texts(folder / "texts.csv", case)
    registry = load_registry()
    dataset = {"name": "text-csv", "path": str(folder / "texts.csv"), "validation": 0, "test": 0}
    trainer = {"epochs": 1, "batch_size": case.batch_size, "log_every": case.steps, "device": "cpu"}
    document = {
        "task": {"name": "classification", "minimum_count": 1},
        "dataset": dataset,
        "model": case.model,
        "trainer": trainer,
    }
    experiment = load_experiment(document, registry)
    data = encode_data(experiment, registry, lambda message: None)
    learner = build_learner(experiment, data.codec, choose_device(experiment.trainer))

    def save(training: Training, reason: str, best: bool) -> Event:
        return Event("checkpoint", 0, 0.0, {"path": "", "best": best, "reason": reason})

    return Training(learner, data.splits, Progress(), save)


def bare_steps(
    model: nn.Module, batches: list[dict[str, torch.Tensor]], steps: int
) -> Iterator[None]:
    """Trains as one would by hand, a turn at a time."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    model.train()
    for number, batch in enumerate(batches, start=1):
        outputs = model(batch["inputs"], batch["lengths"])
        loss = nn.functional.cross_entropy(outputs, batch["targets"])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if number % steps == 0:
            yield


def engine_steps(training: Training, folder: Path, steps: int) -> Generator[None]:
    """Trains by the engine, a turn at a time."""
    (folder / "control.jsonl").touch()
    with contextlib.closing(EventLog(folder / "events.jsonl")) as log:
        requests = Requests(training, ControlFile(folder / "control.jsonl"))
        for event in training.run(requests.attend):
            log.write(event)
            if event.kind == "step" and event.step % steps == 0:
                yield


def timed(steps: Iterator[None]) -> float:
    """Returns the seconds of processor time of a turn, which a busy machine disturbs least."""
    start = time.process_time()
    next(steps)
    return time.process_time() - start


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_step_of_the_engine_beside_that_of_a_bare_loop(case: Case, tmp_path: Path) -> None:
    # One thread, as long as two would fight over the cores with whatever else runs.
    torch.set_num_threads(1)
    training = build(case, tmp_path)
    model = copy.deepcopy(training.learner.model)
    plan = training.plan(0)
    batches = [training.learner.place(training.splits["train"], indices) for indices in plan]
    bare = bare_steps(model, batches, case.steps)
    engine = engine_steps(training, tmp_path, case.steps)
    with contextlib.closing(engine):
        timed(bare)
        timed(engine)
        pairs = [(timed(bare), timed(engine)) for _ in range(case.turns)]
    ratios = sorted(mine / other for other, mine in pairs)
    step = 1000 * np.median([other for other, _ in pairs]) / case.steps
    print(
        f"\n{case.name:28} bare step {step:8.2f} ms   engine / bare: "
        f"min {ratios[0]:.3f}  median {np.median(ratios):.3f}  max {ratios[-1]:.3f}  "
        f"(aim: at most {case.aim:.2f})"
    )
