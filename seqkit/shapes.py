"""What goes into a model and what comes out of it, without torch; models are built from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Tokens:
    """Token ids, `(batch, time)` int64; id 0 is the padding, and as a target counts nothing.

    Attributes:
        size: Number of ids, padding and unknown included.
        unknown: The id that stands for tokens out of the vocabulary.
    """

    size: int
    unknown: int = 1


@dataclass(frozen=True)
class Features:
    """Real values, `(batch, time, size)` float32."""

    size: int


@dataclass(frozen=True)
class Classes:
    """One of several classes for each example.

    Attributes:
        names: The labels, in the order of their ids.
        counts: Training examples of each class.
        logits: How many numbers the model puts out; 1 for a loss that wants a single logit.
    """

    names: tuple[str, ...]
    counts: tuple[int, ...]
    logits: int


@dataclass(frozen=True)
class Values:
    """Real values, `(batch, horizon, size)`; with quantiles, `(..., quantiles)` behind that."""

    size: int
    horizon: int = 1
    quantiles: tuple[float, ...] = ()


@dataclass(frozen=True)
class Shape:
    """What goes into a model and what comes out of it, without torch; models are built from it.

    Attributes:
        task: Name of the task, such as `classification`.
        inputs: What the model reads.
        outputs: What the model puts out.
        extras: What a task's own protocol adds, as plain JSON values.
    """

    task: str
    inputs: Tokens | Features
    outputs: Classes | Values | Tokens
    extras: Mapping[str, Any] = field(default_factory=dict)

    @property
    def output_size(self) -> int:
        """Width of the model's last layer."""
        match self.outputs:
            case Classes(logits=logits):
                return logits
            case Values(size, horizon, quantiles):
                return size * horizon * max(1, len(quantiles))
            case Tokens(size=size):
                return size

    def with_outputs(self, **changes: Any) -> Shape:
        """Returns the shape with fields of its outputs changed."""
        return replace(self, outputs=replace(self.outputs, **changes))

    def as_dict(self) -> dict[str, Any]:
        """Returns the shape as plain JSON values."""
        document = asdict(self)
        document["inputs"]["kind"] = type(self.inputs).__name__.lower()
        document["outputs"]["kind"] = type(self.outputs).__name__.lower()
        return document
