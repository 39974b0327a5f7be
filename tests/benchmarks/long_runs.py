"""Run folders with as many events as wanted, as the engine would have written them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seqkit.runs.folder import RunFolder
from seqkit.storage.checksums import sealed_line
from seqkit.storage.locks import this_process

EVENTS = 1_000_000

STEP = (
    '{{"v":1,"event":"step","time":{time:.3f},"step":{step},"epoch":{epoch:.6f},"loss":{loss:.16f},'
    '"learning_rate":0.001,"gradient_norm":{norm:.4f},"examples_per_second":812.4,'
    '"tokens_per_second":20311.5,"elapsed":{elapsed:.3f},"eta":{eta:.1f}}}'
)


def step_lines(first: int, last: int) -> Iterator[str]:
    """Lines of step events, as the engine writes them."""
    generator = np.random.default_rng(first)
    noise = generator.normal(1.0, 0.1, last - first)
    for step in range(first, last):
        loss = float((0.3 + 2.0 * np.exp(-5.0 * step / EVENTS)) * noise[step - first])
        yield _line(
            time=1.7e9 + step * 0.05,
            step=step,
            epoch=step / 100_000,
            loss=loss,
            norm=loss * 3,
            elapsed=step * 0.05,
            eta=(EVENTS - step) * 0.05,
        )


def _line(**values: float) -> str:
    return sealed_line(STEP.format(**values)).decode() + "\n"


def make_run(folder: Path, events: int, status: str) -> RunFolder:
    """A run folder as the engine would leave it after so many steps."""
    run = RunFolder(folder)
    folder.mkdir(parents=True)
    started = {
        "v": 1, "event": "started", "time": 1.7e9, "step": 0, "epoch": 0.0, "run": folder.name,
        "task": "language-modeling", "dataset": "made", "model": "lstm", "device": "cpu",
        "total_steps": EVENTS, "epochs": 10, "metric": "loss",
    }  # fmt: skip
    with run.events_file.open("w", encoding="utf-8") as file:
        file.write(sealed_line(json.dumps(started)).decode() + "\n")
        file.writelines(step_lines(1, events))
    run.update(status=status, created=1.7e9, process=this_process())
    return run
