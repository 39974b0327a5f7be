"""How the checks of models build a network, run it on a batch, and compare what it puts out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from unittest import SkipTest

from seqkit.errors import ConfigurationError
from seqkit.shapes import NextTokens, Shape, StepClasses
from seqkit.testing.checks import require
from seqkit.testing.samples import RaggedBatch, describe

if TYPE_CHECKING:
    from torch import Tensor, nn

TOLERANCE = 1e-5
Build = Callable[[], "nn.Module"]
Trial = Callable[[Build, Shape], None]


def seeded(trial: Callable[[], None], shape: Shape) -> None:
    """Runs a trial from the same random state, names the shape in what it finds wrong.

    The caller's random state stays as it was.
    """
    import torch

    threads = torch.get_num_threads()
    # More of them only wait for each other where sizes are this small.
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            # `torch.manual_seed` writes the whole stack down for each device that is not in use.
            torch.default_generator.manual_seed(0)
            trial()
    except AssertionError as failure:
        raise AssertionError(f"{describe(shape)}: {failure}") from failure
    finally:
        torch.set_num_threads(threads)


class Refusals:
    """Collects the shapes that a component refuses by ConfigurationError, by the reason."""

    def __init__(self) -> None:
        self.refused: dict[str, list[str]] = {}
        self.taken: list[Shape] = []

    def attempt(self, trial: Callable[[], None], shape: Shape) -> None:
        """Runs a trial, and notes the shape as taken or refused."""
        try:
            seeded(trial, shape)
        except ConfigurationError as refusal:
            self.refused.setdefault(str(refusal), []).append(describe(shape))
        else:
            self.taken.append(shape)

    def note(self) -> str:
        """Returns what was refused and why; empty if nothing was.

        Raises:
            SkipTest: Every shape was refused.
        """
        reasons = " ".join(f"{'; '.join(them)}: {why}" for why, them in self.refused.items())
        if self.refused and not self.taken:
            raise SkipTest(f"it refuses all sample data. {reasons}")
        return f"not tried: {reasons}" if self.refused else ""


def call(network: nn.Module, batch: RaggedBatch, shape: Shape) -> Tensor:
    """Runs a network as codecs of its kind of output do, and returns its outputs."""
    import torch

    given = (batch.inputs, batch.lengths)
    if isinstance(shape.outputs, NextTokens):
        result = network(*given, None)
        require(
            isinstance(result, tuple) and len(result) == 2,
            f"forward(inputs, lengths, state) returned {type(result).__name__}, not logits and "
            "a state",
        )
        result = result[0]
    else:
        result = network(*given) if batch.beside is None else network(*given, batch.beside)
    require(
        isinstance(result, torch.Tensor),
        f"forward(inputs, lengths) returned {type(result).__name__}, not a tensor",
    )
    return result  # type: ignore[no-any-return]


def forward(network: nn.Module, batch: RaggedBatch, shape: Shape) -> Tensor:
    """Runs a network without gradients; where it has an output for each step, zeros padded ones."""
    import torch

    with torch.no_grad():
        outputs = call(network, batch, shape)
    if isinstance(shape.outputs, NextTokens | StepClasses) and outputs.dim() == 3:
        return _valid_steps(outputs, batch.lengths)
    return outputs


def _valid_steps(outputs: Tensor, lengths: Tensor) -> Tensor:
    """Returns outputs with zeros at padded steps, and no step behind the longest sequence."""
    import torch
    from torch.nn import functional

    steps = int(lengths.max())
    outputs = functional.pad(outputs, (0, 0, 0, max(0, steps - outputs.shape[1])))[:, :steps]
    valid = torch.arange(steps) < lengths[:, None]
    return outputs * valid[..., None]


def joined(parts: list[Tensor]) -> Tensor:
    """Puts outputs of single examples together, padded with zeros to the longest."""
    import torch
    from torch.nn import functional

    if parts[0].dim() == 3:
        steps = max(part.shape[1] for part in parts)
        parts = [functional.pad(part, (0, 0, 0, steps - part.shape[1])) for part in parts]
    return torch.cat(parts)


def distance(one: Tensor, other: Tensor) -> float:
    """Returns the largest difference of two outputs, which must have one shape."""
    require(
        one.shape == other.shape,
        f"outputs of the shape {tuple(other.shape)}, and of {tuple(one.shape)} with other padding",
    )
    return float((one - other).abs().max())
