"""SegRNN: a recurrent network over segments of a series, which forecasts all segments at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqkit.nn import RecurrentStack
from seqkit.nn.recurrent import Cell, State


class SegRnn(nn.Module):
    """Segment recurrent neural network (Lin et al., 2023, arXiv 2308.11200).

    One network reads each target's series on its own, in segments that a linear layer makes vectors
    of. From the state at the end of the context it takes one step for each segment of the horizon,
    all at once (the paper's parallel multi-step forecasting), told by a learnt vector which segment
    and which target it is for.

    The paper has no covariates. Here a segment's vector also depends on the covariates in it: past
    ones where the context is read, and known ones where the horizon is forecast.

    Args:
        features: Channels of the inputs.
        targets: The channels that are forecast; all others are covariates.
        horizon: Steps to forecast.
        quantiles: How many quantiles of each value; 0 for one number each.
        future: Covariates known for each step of the horizon; 0 for none.
        segment: Steps of a segment. A context that it does not divide is continued to the left by
            its first value; a horizon that it does not divide is forecast longer and cut.
        cell: ``rnn``, ``lstm`` or ``gru``.
        hidden_size: Units, and size of a segment's vector; even.
        layers: Recurrent layers.
        dropout: Probability of dropout before the last linear layer, and between recurrent layers.
    """

    def __init__(
        self,
        features: int,
        targets: Sequence[int],
        *,
        horizon: int,
        quantiles: int = 0,
        future: int = 0,
        segment: int = 24,
        cell: Cell = "gru",
        hidden_size: int = 128,
        layers: int = 1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.targets = list(targets)
        self.covariates = [channel for channel in range(features) if channel not in targets]
        self.horizon = horizon
        self.quantiles = quantiles
        self.segment = segment
        self.steps = -(-horizon // segment)
        self.value = nn.Linear(segment, hidden_size)
        self.covariate = (
            nn.Linear(segment * len(self.covariates), hidden_size, bias=False)
            if self.covariates
            else None
        )
        self.recurrent = RecurrentStack(
            cell, hidden_size, hidden_size, layers, dropout=dropout if layers > 1 else 0.0
        )
        self.position = nn.Parameter(torch.randn(self.steps, hidden_size // 2))
        self.channel = nn.Parameter(torch.randn(len(self.targets), hidden_size // 2))
        self.future = nn.Linear(segment * future, hidden_size, bias=False) if future else None
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden_size, segment * max(1, quantiles))

    def forward(self, inputs: Tensor, lengths: Tensor, future: Tensor | None = None) -> Tensor:
        """Forecasts.

        Args:
            inputs: Right-padded contexts, ``(batch, time, features)``.
            lengths: Valid steps of each context, ``(batch,)``, at least 1.
            future: What is known of the horizon, ``(batch, horizon, future)``.

        Returns:
            ``(batch, horizon, targets)``, or ``(batch, horizon, targets, quantiles)``.
        """
        batch, targets = len(inputs), len(self.targets)
        segments, counts = self._segments(inputs, lengths)
        read = functional.relu(self._embedded(segments))
        rows = read.flatten(0, 1)
        output = self.recurrent(rows, counts.repeat_interleave(targets), return_state=True)
        asked = self._asked(batch, future)
        steps = self.recurrent(
            asked.reshape(-1, 1, asked.shape[-1]),
            torch.ones(batch * targets * self.steps, dtype=torch.int64),
            _repeated(output.state, self.steps),
        )
        outputs: Tensor = self.head(self.dropout(steps.final))
        shape = (batch, targets, self.steps * self.segment, max(1, self.quantiles))
        outputs = outputs.view(shape)[:, :, : self.horizon].transpose(1, 2)
        return outputs if self.quantiles else outputs.squeeze(-1)

    def _segments(self, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Cuts contexts into segments, right-padded, and counts those of each."""
        batch, time, features = inputs.shape
        lengths = lengths.to("cpu")
        counts = (lengths + self.segment - 1) // self.segment
        if int(lengths.min()) < time or time % self.segment:
            wide = int(counts.max()) * self.segment
            before = (counts * self.segment - lengths)[:, None]
            steps = (torch.arange(wide) - before).clamp(min=0)
            steps = torch.minimum(steps, lengths[:, None] - 1).to(inputs.device)
            inputs = inputs.gather(1, steps[..., None].expand(-1, -1, features))
        return inputs.view(batch, -1, self.segment, features), counts

    def _embedded(self, segments: Tensor) -> Tensor:
        """Makes vectors of segments: ``(batch, targets, segments, hidden)``."""
        embedded: Tensor = self.value(segments[..., self.targets].permute(0, 3, 1, 2))
        if self.covariate is not None:
            beside = segments[..., self.covariates].flatten(2)
            embedded = embedded + self.covariate(beside).unsqueeze(1)
        return embedded

    def _asked(self, batch: int, future: Tensor | None) -> Tensor:
        """The inputs of the forecasting steps, ``(batch, targets, steps, hidden)``."""
        targets, width = self.channel.shape
        asked = torch.cat(
            [
                self.channel[:, None].expand(targets, self.steps, width),
                self.position.expand(targets, self.steps, width),
            ],
            dim=-1,
        ).expand(batch, -1, -1, -1)
        if self.future is not None and future is not None:
            missing = self.steps * self.segment - self.horizon
            known = functional.pad(future, (0, 0, 0, missing)).view(batch, self.steps, -1)
            asked = asked + self.future(known).unsqueeze(1)
        return asked


def _repeated(state: State | None, times: int) -> State:
    """Hands the state of each row to `times` rows in its place."""
    if isinstance(state, tuple):
        return state[0].repeat_interleave(times, 1), state[1].repeat_interleave(times, 1)
    assert state is not None
    return state.repeat_interleave(times, 1)
