"""What goes into a model and what comes out of it, without torch; models are built from it."""

from __future__ import annotations

import inspect
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
    """One of several classes for each example, `(batch, classes)`; targets are ids, `(batch,)`.

    Attributes:
        names: The labels, in the order of their ids.
        counts: Training examples of each class.
        logits: How many numbers the model puts out; 1 for a loss that wants a single logit.
    """

    names: tuple[str, ...]
    counts: tuple[int, ...]
    logits: int


@dataclass(frozen=True)
class StepClasses:
    """One of several classes for each time step, `(batch, time, classes)`.

    Targets are ids, `(batch, time)` int64; -1 counts nothing, as at padded steps.

    Attributes:
        names: The labels, in the order of their ids.
        counts: Training steps of each class.
    """

    names: tuple[str, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Labels:
    """Any number of labels for each example, `(batch, labels)`; targets are 0 or 1, float32.

    Attributes:
        names: The labels, in the order of their ids.
        counts: Training examples that have each label.
    """

    names: tuple[str, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Number:
    """One real number for each example, `(batch, 1)`; a target that is not known is NaN."""


@dataclass(frozen=True)
class Values:
    """Real values of a horizon, `(batch, horizon, size)`; quantiles are a dimension behind that.

    A target that is not known is NaN.
    """

    size: int
    horizon: int = 1
    quantiles: tuple[float, ...] = ()


@dataclass(frozen=True)
class NextTokens:
    """The token after each time step, `(batch, time, size)`, by a network that carries its state.

    Attributes:
        size: Number of ids, padding and unknown included; as a target, 0 counts nothing.
        unknown: The id that stands for tokens out of the vocabulary.
    """

    size: int
    unknown: int = 1


Inputs = Tokens | Features
Outputs = Classes | StepClasses | Labels | Number | Values | NextTokens | Tokens
"""`Tokens` as outputs are a sequence of its own, which a decoder writes token by token."""

INPUTS = {"tokens": Tokens, "features": Features}
OUTPUTS = {
    "classes": Classes,
    "step-classes": StepClasses,
    "labels": Labels,
    "number": Number,
    "values": Values,
    "next-tokens": NextTokens,
    "tokens": Tokens,
}
"""What each kind is called where tasks, models, losses and metrics say what they are for."""


def kind_of(part: Inputs | Outputs) -> str:
    """Returns what an input or output is called: `tokens`, `classes`, `step-classes`."""
    kinds: dict[str, type[Any]] = {**INPUTS, **OUTPUTS}
    return next(name for name, kind in kinds.items() if isinstance(part, kind))


def about_kind(name: str) -> str:
    """Returns what a kind of input or output holds, in one line; empty for an unknown one."""
    kinds: dict[str, type[Any]] = {**INPUTS, **OUTPUTS}
    return (inspect.getdoc(kinds[name]) or "").split("\n", 1)[0] if name in kinds else ""


@dataclass(frozen=True)
class Shape:
    """What goes into a model and what comes out of it, without torch; models are built from it.

    Attributes:
        task: Name of the task.
        inputs: What the model reads.
        outputs: What the model puts out.
        extras: What a task adds for parts that know of it, as plain JSON values; the task says in
            `Task.extras` what each holds.
    """

    task: str
    inputs: Inputs
    outputs: Outputs
    extras: Mapping[str, Any] = field(default_factory=dict)

    @property
    def output_size(self) -> int:
        """Width of the model's last layer."""
        match self.outputs:
            case Classes(logits=logits):
                return logits
            case Values(size, horizon, quantiles):
                return size * horizon * max(1, len(quantiles))
            case StepClasses(names=names) | Labels(names=names):
                return len(names)
            case Number():
                return 1
            case NextTokens(size=size) | Tokens(size=size):
                return size

    def with_outputs(self, **changes: Any) -> Shape:
        """Returns the shape with fields of its outputs changed."""
        return replace(self, outputs=replace(self.outputs, **changes))

    def with_those_outputs(self, document: Mapping[str, Any]) -> Shape:
        """Returns the shape with the outputs that `as_dict` had of another one."""
        values = {k: tuple(v) if isinstance(v, list) else v for k, v in document.items()}
        made: Any = OUTPUTS[str(values.pop("kind"))](**values)
        return replace(self, outputs=made)

    def as_dict(self) -> dict[str, Any]:
        """Returns the shape as plain JSON values."""
        document = asdict(self)
        document["inputs"]["kind"] = kind_of(self.inputs)
        document["outputs"]["kind"] = kind_of(self.outputs)
        return document
