"""The forecasting network of `seq2seq`: an encoder of the context, a decoder of the horizon."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from seqkit.nn import RecurrentStack
from seqkit.nn.recurrent import Cell, State


class EncoderDecoderForecaster(nn.Module):
    """Recurrent encoder-decoder (Cho et al., 2014; Sutskever et al., 2014) of real values.

    The decoder starts from the encoder's state and goes step by step over the horizon. Each step
    reads the values forecast for the step before (the last observed ones at first) and what is
    known of its own step. It is trained as it is used, on its own forecasts.

    Args:
        features: Channels of the inputs.
        targets: The channels that are forecast.
        horizon: Steps to forecast.
        quantiles: The quantiles of each value, ascending; empty for one number each. The decoder
            reads the one nearest to the median.
        future: Covariates known for each step of the horizon; 0 for none.
        cell: ``rnn``, ``lstm`` or ``gru``.
        hidden_size: Units of each layer and direction.
        layers: Recurrent layers of the encoder, and of the decoder.
        bidirectional: Whether the encoder also reads the context backwards.
        dropout: Probability of dropout between layers and before the last linear layer.
    """

    def __init__(
        self,
        features: int,
        targets: Sequence[int],
        *,
        horizon: int,
        quantiles: Sequence[float] = (),
        future: int = 0,
        cell: Cell = "gru",
        hidden_size: int = 128,
        layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.targets = list(targets)
        self.horizon = horizon
        self.future = future
        self.quantiles = len(quantiles)
        self.median = min(range(len(quantiles)), key=lambda i: abs(quantiles[i] - 0.5), default=0)
        between = dropout if layers > 1 else 0.0
        size = len(self.targets)
        self.encoder = RecurrentStack(
            cell, features, hidden_size, layers, bidirectional=bidirectional, dropout=between
        )
        parts = 2 if cell == "lstm" else 1
        self.bridges = nn.ModuleList(
            nn.Linear(2 * hidden_size, hidden_size) for _ in range(parts if bidirectional else 0)
        )
        self.decoder = RecurrentStack(cell, size + future, hidden_size, layers, dropout=between)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden_size, size * max(1, self.quantiles))

    def forward(self, inputs: Tensor, lengths: Tensor, future: Tensor | None = None) -> Tensor:
        """Forecasts.

        Args:
            inputs: Right-padded contexts, ``(batch, time, features)``.
            lengths: Valid steps of each context, ``(batch,)``, at least 1.
            future: What is known of the horizon, ``(batch, horizon, future)``.

        Returns:
            ``(batch, horizon, targets)``, or ``(batch, horizon, targets, quantiles)``.
        """
        batch = len(inputs)
        encoded = self.encoder(inputs, lengths, return_state=True).state
        assert encoded is not None
        state = self._bridged(encoded)
        rows, ends = torch.arange(batch, device=inputs.device), (lengths - 1).to(inputs.device)
        value = inputs[rows, ends][:, self.targets]
        one = torch.ones(batch, dtype=torch.int64)
        steps = []
        for step in range(self.horizon):
            if self.future and future is not None:
                value = torch.cat([value, future[:, step]], dim=1)
            output = self.decoder(value.unsqueeze(1), one, state, return_state=True)
            state = output.state
            values = self.head(self.dropout(output.final)).view(batch, len(self.targets), -1)
            value = values[..., self.median]
            steps.append(values)
        outputs = torch.stack(steps, dim=1)
        return outputs if self.quantiles else outputs.squeeze(-1)

    def _bridged(self, state: State) -> State:
        """Makes the decoder's first state of the encoder's last, layer by layer."""
        if not self.bridges:
            return state
        parts = state if isinstance(state, tuple) else (state,)
        made = [self._joined(bridge, p) for bridge, p in zip(self.bridges, parts, strict=True)]
        return (made[0], made[1]) if len(made) == 2 else made[0]

    def _joined(self, bridge: nn.Module, part: Tensor) -> Tensor:
        batch = part.shape[1]
        both = (
            part.view(-1, 2, batch, part.shape[2])
            .transpose(1, 2)
            .reshape(-1, batch, 2 * part.shape[2])
        )
        joined: Tensor = torch.tanh(bridge(both))
        return joined
