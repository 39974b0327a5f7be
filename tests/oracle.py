"""A whole task that seqkit has never heard of; it answers in every view. Used by `--plugin`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import seqkit
from seqkit.api import Classes, Codec, Features, Shape

if TYPE_CHECKING:
    from torch import Tensor

ANSWERS = json.loads((Path(__file__).parent / "answers.json").read_text())
NAMES = list(ANSWERS)


class OracleCodec(Codec):
    @property
    def shape(self) -> Shape:
        return Shape("oracle", Features(1), Classes(("no", "yes"), (1, 1), 2))

    def save(self, folder: Path) -> None:
        (folder / "oracle.json").write_text("{}")

    def encode(self, records: Any, notify: Any) -> Any:
        asked = np.array([NAMES.index(record["question"]) for record in records], np.int64)
        return {"offsets": np.arange(len(asked) + 1), "asked": asked}

    def parse(self, inputs: Any) -> Any:
        return [{"question": item} if isinstance(item, str) else item for item in inputs]

    def batch(self, arrays: Any, indices: Any) -> Any:
        asked = np.asarray(arrays["asked"])[indices]
        inputs = asked[:, None, None].astype(np.float32)
        lengths = np.ones(len(asked), np.int64)
        return {"inputs": inputs, "lengths": lengths, "targets": asked % 2}

    def answers(self, outputs: Tensor, records: Any) -> Any:
        return [ANSWERS[record["question"]] for record in records]

    def records(self, arrays: Any, indices: Any) -> Any:
        return [{"question": NAMES[int(arrays["asked"][index])]} for index in indices]

    def legend(self) -> dict[str, str]:
        return {"Rome": "a town"}


class Oracle(seqkit.Task):
    """Answer whatever it is asked."""

    name = "oracle"
    loss = "oracle-loss"
    metrics = ("oracle-score",)
    fields = {"question": "what is asked"}  # noqa: RUF012 - as the contract has it
    outputs = "classes"
    examples = ('is it "so"?',)
    purpose = "ask the oracle"
    hint = "Ask for a view by its name."
    next_commands = {"consult {run}": "consult it again"}  # noqa: RUF012 - as the contract has it

    def encode(self, config: Any, splits: Any, notify: Any) -> Any:
        codec = OracleCodec()
        return codec, {name: codec.encode(records, notify) for name, records in splits.items()}

    def load(self, folder: Path) -> Codec:
        return OracleCodec()


class Questions(seqkit.Dataset):
    """Ask for every view in turn."""

    name = "questions"
    tasks = ("oracle",)

    def splits(self, config: Any, notify: Any) -> Any:
        records = [{"question": name} for name in NAMES]
        return {"train": records * 4, "validation": records, "test": records}

    def fingerprint(self, config: Any) -> str:
        return "questions"


class OracleModel(seqkit.Model):
    """Guess."""

    name = "oracle-model"
    tasks = ("oracle",)

    def build(self, config: Any, shape: Shape) -> Any:
        from torch import nn

        class Guess(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.layer = nn.Linear(1, 2)

            def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
                guessed: Tensor = self.layer(inputs[:, 0])
                return guessed

        return Guess()


class OracleLoss(seqkit.Loss):
    """Cross-entropy."""

    name = "oracle-loss"
    tasks = ("oracle",)

    def build(self, config: Any, shape: Shape) -> Any:
        from torch.nn.functional import cross_entropy

        return lambda outputs, targets: (
            cross_entropy(outputs, targets, reduction="sum"),
            len(targets),
        )


class OracleScore(seqkit.Metric):
    """One, always."""

    name = "oracle-score"
    tasks = ("oracle",)

    def build(self, config: Any, shape: Shape) -> Any:
        class One:
            def update(self, predictions: Any, targets: Any) -> None: ...
            def merge(self, other: Any) -> None: ...
            def compute(self) -> float:
                return 1.0

        return One()


@seqkit.hookimpl
def register_tasks() -> list[type[seqkit.Task]]:
    return [Oracle]


@seqkit.hookimpl
def register_datasets() -> list[type[seqkit.Dataset]]:
    return [Questions]


@seqkit.hookimpl
def register_models() -> list[type[seqkit.Model]]:
    return [OracleModel]


@seqkit.hookimpl
def register_losses() -> list[type[seqkit.Loss]]:
    return [OracleLoss]


@seqkit.hookimpl
def register_metrics() -> list[type[seqkit.Metric]]:
    return [OracleScore]
