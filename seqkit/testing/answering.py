"""A network that guesses, by which a task answers without any model being installed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seqkit.api import Record
from seqkit.engine.batching import evaluation_plan
from seqkit.errors import SeqkitError
from seqkit.nn import DecodingStep
from seqkit.registry.registry import Entry
from seqkit.shapes import NextTokens, Shape, Tokens
from seqkit.testing.records import Encoded, Records
from seqkit.testing.samples import output_shape

EXAMPLES = 8
"""Examples of the batch that is answered."""


class Guess(nn.Module):
    """Puts out what `Model.build` asks for, made of the sum of each example's inputs.

    Args:
        shape: What goes in and comes out.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, inputs: Tensor, lengths: Tensor, beside: Any = None) -> Any:
        """Guesses; with a state, or a target so far, as networks of such tasks do."""
        written = beside.shape[1] if isinstance(self.shape.outputs, Tokens) else 0
        batch, *rest = output_shape(self.shape, inputs.shape, written)
        outputs = self._of(inputs, math.prod(rest)).view(batch, *rest)
        if isinstance(self.shape.outputs, NextTokens):
            return outputs, torch.zeros(batch, 1)
        return outputs

    def begin(self, inputs: Tensor, lengths: Tensor) -> tuple[Any, Any]:
        """Reads the sources: the memory are they, the state is how much was written."""
        return inputs, torch.zeros(len(inputs), dtype=torch.int64)

    def step(self, tokens: Tensor, memory: Any, state: Any) -> DecodingStep:
        """Guesses the next token, and attends to all steps alike."""
        logits = self._of(memory + state[:, None], self.shape.output_size)
        return DecodingStep(logits, state + 1, torch.full(memory.shape, 1 / memory.shape[1]))

    def _of(self, inputs: Tensor, count: int) -> Tensor:
        sums = inputs.double().flatten(1).sum(dim=1, keepdim=True)
        return (sums + torch.arange(count, dtype=torch.float64)).sin().float()


class Answering:
    """A task with its encoded records and the guessing network.

    Attributes:
        shape: What the network puts out: the task's shape as its usual loss adapts it.
    """

    def __init__(self, task: Entry, encoded: Encoded, records: Records) -> None:
        self.task = task.component
        self.codec = encoded.codec
        self.arrays = encoded.arrays
        self.shape = self._adapted(records)
        self.codec.set_output_shape(self.shape)
        self.network = Guess(self.shape).eval()

    def _adapted(self, records: Records) -> Shape:
        """Returns the shape that the usual loss asks for; the task's check names a wrong one."""
        shape = self.codec.shape
        try:
            loss = records.registry.find("losses", self.task.loss)
            adapted = loss.component.adapt(records.config_of(loss), shape)
        except SeqkitError:
            return shape
        return adapted if isinstance(adapted, Shape) else shape

    def chosen(self, split: str, count: int = EXAMPLES) -> np.ndarray[Any, Any]:
        """Returns the examples of the first batch that an evaluation reads."""
        return evaluation_plan(self.codec, self.arrays[split], count)[0]

    def batch(self, arrays: Mapping[str, Any], indices: np.ndarray[Any, Any]) -> dict[str, Tensor]:
        """Cuts a batch and makes tensors of it."""
        return {
            name: torch.from_numpy(np.array(value))
            for name, value in self.codec.batch(arrays, indices).items()
        }

    def outputs(self, batch: Mapping[str, Tensor]) -> Tensor:
        """Runs the network as the task does."""
        with torch.inference_mode():
            return self.codec.forward(self.network, batch, None)[0].float()

    def answers(
        self, arrays: Mapping[str, Any], indices: np.ndarray[Any, Any], records: Sequence[Record]
    ) -> list[dict[str, Any]]:
        """Answers some examples."""
        with torch.inference_mode():
            options = self.task.PredictOptions()
            return self.codec.predict(self.network, self.batch(arrays, indices), records, options)

    def read_by(self, reads: str) -> list[tuple[Any, ...]]:
        """Returns what a metric is given for some training examples: at once, and in parts."""
        indices = self.chosen("train")
        cuts = [indices[:3], indices[3:4], indices[4:]] if len(indices) > 4 else [indices]
        return [self._read(reads, part) for part in (indices, *cuts)]

    def _read(self, reads: str, indices: np.ndarray[Any, Any]) -> tuple[Any, ...]:
        arrays = self.arrays["train"]
        if reads == "answers":
            records = self.codec.records(arrays, indices.tolist())
            return self.answers(arrays, indices, records), records
        batch = self.batch(arrays, indices)
        given = self.codec.metric_inputs(self.outputs(batch), batch)
        return (*given, batch) if reads == "batch" else given
