"""Three tasks over sequences of digits that bring no model, loss or metric of their own.

`steps` tells at each step whether the digit is above the one before; `having` which of three digits
a sequence has; `mean` the mean of its digits. Digits are read as tokens or as features.
"""

from __future__ import annotations

import json
import random
from typing import Any, Literal

import numpy as np

import seqkit
from seqkit.data.ragged import pad_ragged

KINDS: dict[str, Any] = {
    "steps": seqkit.StepClasses(("down", "up"), (1, 1)),
    "having": seqkit.Labels(("one", "two", "three"), (1, 1, 1)),
    "mean": seqkit.Number(),
}


class Digits(seqkit.Dataset):
    """Sequences of digits from 1 to 9."""

    name = "digits"
    tasks = ("steps", "having", "mean")

    def splits(self, config: Any, notify: seqkit.Notify) -> dict[str, list[dict[str, Any]]]:
        drawn = random.Random(5)
        rows = [{"digits": drawn.choices(range(1, 10), k=drawn.randint(4, 9))} for _ in range(1000)]
        return {"train": rows[:800], "validation": rows[800:900], "test": rows[900:]}


class DigitCodec(seqkit.Codec):
    def __init__(self, task: str, inputs: str) -> None:
        self.task, self.inputs = task, inputs

    def save(self, folder: Any) -> None:
        (folder / "digits.json").write_text(json.dumps([self.task, self.inputs]))

    @property
    def shape(self) -> seqkit.Shape:
        inputs = seqkit.Tokens(10) if self.inputs == "tokens" else seqkit.Features(9)
        return seqkit.Shape(self.task, inputs, KINDS[self.task])

    def targets(self, digits: np.ndarray) -> np.ndarray:
        """Returns the targets of one sequence."""
        if self.task == "steps":
            return np.diff(digits, prepend=digits[0]) > 0
        if self.task == "having":
            return np.isin([1, 2, 3], digits)[None]
        return digits.mean(keepdims=True)[None] / 9

    def encode(self, records: Any, notify: seqkit.Notify) -> dict[str, np.ndarray]:
        rows = [np.array(record["digits"]) for record in records]
        targets = np.concatenate([self.targets(row) for row in rows])
        return {
            "values": np.concatenate(rows),
            "offsets": np.cumsum([0, *map(len, rows)]),
            "targets": targets.astype(np.int64 if self.task == "steps" else np.float32),
        }

    def parse(self, inputs: Any) -> list[Any]:
        return [{"digits": [int(digit) for digit in text]} for text in inputs]

    def batch(self, arrays: Any, indices: np.ndarray) -> dict[str, np.ndarray]:
        inputs, lengths = pad_ragged(arrays["values"], arrays["offsets"], indices)
        if self.task == "steps":
            targets, _ = pad_ragged(arrays["targets"], arrays["offsets"], indices)
            targets[np.arange(targets.shape[1]) >= lengths[:, None]] = -1
        else:
            targets = arrays["targets"][indices]
        if self.inputs == "features":
            inputs = np.eye(10, dtype=np.float32)[inputs][..., 1:]
        return {"inputs": inputs, "lengths": lengths, "targets": targets}

    def answers(self, outputs: Any, records: Any) -> list[dict[str, Any]]:
        return [{"outputs": row.tolist()} for row in outputs]

    def baselines(self, splits: Any, split: str) -> dict[str, dict[str, float]]:
        """The answer that is best when nothing is read."""
        known, wanted = splits["train"]["targets"], splits[split]["targets"]
        if self.task == "mean":
            return {"always the mean": {"rmse": float(np.std(wanted - known.mean()))}}
        usual = known.mean(axis=0) > 0.5
        right = (wanted == usual).reshape(len(wanted), -1).all(axis=1)
        return {"always the usual": {"accuracy": float(right.mean())}}


class DigitTask(seqkit.Task):
    class Config(seqkit.Config):
        reads: Literal["tokens", "features"] = seqkit.Field("tokens", help="What is read.")

    fields = {"digits": "the digits"}  # noqa: RUF012
    examples = ("3141",)

    def encode(self, config: Any, splits: Any, notify: seqkit.Notify) -> Any:
        codec = DigitCodec(self.name, config.reads)
        return codec, {split: codec.encode(rows, notify) for split, rows in splits.items()}

    def load(self, folder: Any) -> seqkit.Codec:
        return DigitCodec(*json.loads((folder / "digits.json").read_text()))


class Steps(DigitTask):
    """Tell at each step whether the digit is above the one before."""

    name = "steps"
    outputs = "step-classes"
    loss = "cross-entropy"
    metrics = ("accuracy", "f1", "confusion")


class Having(DigitTask):
    """Tell which of three digits a sequence has."""

    name = "having"
    outputs = "labels"
    loss = "bce"
    metrics = ("accuracy", "f1", "auroc")


class Mean(DigitTask):
    """Tell the mean of the digits, in ninths."""

    name = "mean"
    outputs = "number"
    loss = "mse"
    metrics = ("rmse", "mae", "r2")


@seqkit.hookimpl
def register_datasets() -> list[type[seqkit.Dataset]]:
    return [Digits]


@seqkit.hookimpl
def register_tasks() -> list[type[seqkit.Task]]:
    return [Steps, Having, Mean]
