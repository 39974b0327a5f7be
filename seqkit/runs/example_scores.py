"""What a run keeps of each test example: its loss and the metrics that are means over examples.

A file of safetensors, `scores/test.safetensors`: `count` `(examples,)` is what the loss of each
example is divided by, and `loss` and `metric.NAME` `(examples,)` are its scores, in the order of
the dataset. `baseline.METRIC NAME` are the scores of a baseline, by a mean as the metric has it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save

from seqkit.errors import DataError
from seqkit.storage.checksums import SEAL

Floats = NDArray[np.float64]
Mean = Literal["arithmetic", "geometric", "quadratic"]
"""How scores of examples become that of all: shares, geometric means, and roots of mean squares."""

MEANS: tuple[Mean, ...] = ("arithmetic", "geometric", "quadratic")
LOSS = "loss"
_COUNT = "count"
_METRIC = "metric."
_BASELINE = "baseline."
_SCHEMA = "1"


@dataclass(frozen=True)
class Column:
    """One score of every example.

    Attributes:
        values: The score of each, `(examples,)`.
        weighted: Whether an example counts as often as its loss does, as with scores per token.
        mean: The mean that gives the score of all examples.
    """

    values: Floats
    weighted: bool = False
    mean: Mean = "arithmetic"


@dataclass(frozen=True)
class ExampleScores:
    """The scores of every example of a split.

    Attributes:
        count: What the loss of each example is divided by, `(examples,)`.
        columns: `loss`, and the metrics that are means over examples.
        digest: Of the targets, where each example has one; tells whether two runs were scored on
            the same examples. Empty for other tasks.
        block: Neighbouring examples that depend on each other, as overlapping windows do.
        baselines: Scores of baselines, `(examples,)`, by `METRIC NAME`; older runs keep none.
    """

    count: Floats
    columns: Mapping[str, Column]
    digest: str = ""
    block: int = 1
    baselines: Mapping[str, Floats] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Writes the file, aside and then renamed, with a checksum.

        Raises:
            OSError: The folder cannot be written to.
        """
        tensors = {_COUNT: self.count.astype(np.float64)}
        how = {}
        for name, column in self.columns.items():
            tensors[name if name == LOSS else _METRIC + name] = column.values.astype(np.float64)
            how[name] = {"weighted": column.weighted, "mean": column.mean}
        for name, values in self.baselines.items():
            tensors[_BASELINE + name] = values.astype(np.float64)
        metadata = {
            "schema": _SCHEMA,
            "digest": self.digest,
            "block": str(self.block),
            "columns": json.dumps(how),
        }
        metadata[SEAL] = _checksum(tensors, metadata)
        path.parent.mkdir(exist_ok=True)
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            aside.write_bytes(save(tensors, metadata))
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)


def _checksum(tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name, values in sorted(tensors.items()):
        digest.update(f"{name} {values.dtype} {values.shape}".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def load_scores(path: Path) -> ExampleScores | None:
    """Reads back what `ExampleScores.save` wrote; None where there is no file.

    Raises:
        DataError: The file is damaged.
    """
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            expected = metadata.pop(SEAL, None)
            if expected is not None and expected != _checksum(tensors, metadata):
                raise ValueError("its checksum does not match")
            how: dict[str, Any] = json.loads(metadata["columns"])
            count = tensors[_COUNT].astype(np.float64)
            columns = {}
            for name, item in how.items():
                values = tensors[name if name == LOSS else _METRIC + name]
                if values.shape != count.shape or item["mean"] not in MEANS:
                    raise ValueError(f"the scores {name!r} do not fit")
                columns[name] = Column(
                    values.astype(np.float64), bool(item["weighted"]), item["mean"]
                )
            baselines = {
                name.removeprefix(_BASELINE): values.astype(np.float64)
                for name, values in tensors.items()
                if name.startswith(_BASELINE) and values.shape == count.shape
            }
            block = int(metadata["block"])
            return ExampleScores(count, columns, metadata["digest"], block, baselines)
    except Exception as error:
        # A crafted file raises much more than SafetensorError.
        raise DataError(f"{path} is damaged: {error}. Delete it to compare without it") from error


def to_sum(values: Floats, mean: Mean) -> Floats:
    """Returns what is added up for a mean: the values, their logarithms or their squares."""
    if mean == "geometric":
        return np.log(values)
    return values**2 if mean == "quadratic" else values


def from_sum(values: Floats, mean: Mean) -> Floats:
    """Returns means of values from the means of what `to_sum` returned."""
    if mean == "geometric":
        return np.exp(values)
    return np.sqrt(np.maximum(values, 0)) if mean == "quadratic" else values
