"""The events of a small made-up run, one of each kind, to try observers on."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from seqkit.events import Event
from seqkit.experiments.trainer import TrainerConfig
from seqkit.registry.observing import Observers
from seqkit.runs.verdict import Verdict
from seqkit.testing.checks import require


def sample_events(folder: Path) -> list[Event]:
    """Returns one event of each kind, with every field that `seqkit.events` lists.

    Args:
        folder: An existing folder, which the run is said to be in.
    """
    best = {"step": 10, "epoch": 1.0, "metric": "score", "value": 0.75}
    return [
        Event("started", 0, 0.0, _started(folder)),
        Event("step", 10, 1.0, _STEP),
        Event("evaluation", 10, 1.0, _EVALUATION),
        Event("sample", 10, 1.0, {"split": "validation", "items": [_SAMPLE]}),
        Event(
            "checkpoint",
            10,
            1.0,
            {"path": "checkpoints/step-00000010", "best": True, "reason": "epoch"},
        ),
        Event("control", 10, 1.0, {"request": {"request": "save"}, "applied": True, "message": ""}),
        Event("warning", 10, 1.0, {"message": "one row was skipped"}),
        Event(
            "ended",
            10,
            1.0,
            {
                "status": "finished",
                "message": "",
                "elapsed": 1.5,
                "best": best,
                "resume": "",
                "verdict": _VERDICT.as_dict(),
            },
        ),
    ]


_STEP = {
    "loss": 0.69,
    "learning_rate": 1e-3,
    "gradient_norm": 1.2,
    "examples_per_second": 640.0,
    "tokens_per_second": 12800.0,
    "elapsed": 1.0,
    "eta": 0.5,
}
_EVALUATION = {
    "split": "validation",
    "loss": 0.6,
    "train_loss": 0.65,
    "metrics": {"score": 0.75, "table": [[3, 1], [1, 3]]},
    "baselines": {"usual": {"score": 0.5}},
    "examples": 8,
    "seconds": 0.1,
    "best": True,
    "elapsed": 1.1,
    "unknown": 0.02,
    "unknown_targets": None,
    "classes": {"neg": [4, 4, 3], "pos": [4, 4, 3]},
}
_VERDICT = Verdict(True, "validation", "score", 0.75, "usual", 0.5, 0.25, (0.1, 0.4), 8)
_SAMPLE = {
    "view": "labels",
    "text": "a fine film",
    "label": "positive",
    "target": "positive",
    "correct": True,
}


def _started(folder: Path) -> dict[str, Any]:
    return {
        "run": folder.name,
        "folder": str(folder),
        "experiment": {
            "task": {"name": "own:sorting"},
            "dataset": {"name": "own:notes"},
            "model": {"name": "own:reader"},
            "loss": {"name": "own:loss"},
            "metrics": [{"name": "own:score"}],
            "trainer": TrainerConfig().model_dump(mode="json"),
        },
        "recipe": "notes",
        "task": "own:sorting",
        "dataset": "own:notes",
        "model": "own:reader",
        "device": "cpu",
        "device_reason": "no accelerator was found",
        "precision": "float32",
        "parameters": 1234,
        "layers": [{"name": "head", "parameters": 34}],
        "examples": {"train": 640, "validation": 8},
        "tokens": {"train": 12800, "validation": 160},
        "batch_size": 64,
        "facts": {"classes": {"neg": 320, "pos": 320}},
        "legend": {"∅": "an empty text"},
        "outputs": "classes",
        "next": [["predict {run}", "answer new inputs"]],
        "steps_per_epoch": 10,
        "total_steps": 10,
        "epochs": 1,
        "estimate": 2.5,
        "metric": "score",
        "higher_is_better": True,
        "about": {"positive": {"score": "pos"}, "names": {"table": ["neg", "pos"]}},
        "directions": {"score": True},
        "baselines": {"usual": {"score": 0.5}},
        "encoding": {"seconds": 0.1, "cached": False},
        "plugins": [],
        "resumed_from": None,
        "versions": {"seqkit": "0.1.0"},
    }


def show_run(observers: Observers) -> None:
    """Shows observers the events of a made-up run, called `seqkit-check`."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "seqkit-check"
        run.mkdir()
        for event in sample_events(run):
            # That one takes long says nothing on a busy machine, and is told in a run.
            observers.publish(event)
            require(not observers.failed, " ".join(observers.failed))
