"""The forecasting network of `seq2seq`: an encoder of the context, a decoder of the horizon."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from seqkit.nn import Attention, RecurrentStack, valid_mask
from seqkit.nn.attention import AttentionKind
from seqkit.nn.recurrent import Cell, State
from seqkit_seq2seq._net import Encoder


class EncoderDecoderForecaster(nn.Module):
    """Recurrent encoder-decoder (Cho et al., 2014; Sutskever et al., 2014) of real values.

    The decoder starts from the encoder's state and goes step by step over the horizon. Each step
    reads the values forecast for the step before (the last observed ones at first) and what is
    known of its own step, and attends to the context. It is trained as it is used, on its own
    forecasts.

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
        attention: How the decoder scores the steps of the context, or None for no attention.
        layer_dropout: Probability of dropout between recurrent layers.
        dropout: Probability of dropout of the encoder's outputs and before the last linear layer.
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
        attention: AttentionKind | None = None,
        layer_dropout: float = 0.0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.targets = list(targets)
        self.horizon = horizon
        self.future = future
        self.quantiles = len(quantiles)
        self.median = min(range(len(quantiles)), key=lambda i: abs(quantiles[i] - 0.5), default=0)
        size = len(self.targets)
        self.encoder = Encoder(
            cell,
            features,
            hidden_size,
            layers,
            bidirectional=bidirectional,
            add_directions=attention == "dot",
            dropout=dropout,
            layer_dropout=layer_dropout,
        )
        memory = self.encoder.output_size
        self.attention = Attention(attention, hidden_size, memory) if attention else None
        self.decoder = RecurrentStack(
            cell, size + future, hidden_size, layers, dropout=layer_dropout
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(
            hidden_size + (memory if attention else 0), size * max(1, self.quantiles)
        )

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
        memory, hidden = self.encoder(inputs, lengths)
        keys = self.attention.keys(memory) if self.attention is not None else memory
        mask = valid_mask(lengths, memory.shape[1], memory.device)
        first = [part.transpose(0, 1).contiguous() for part in hidden]
        state: State | None = (first[0], first[1]) if len(first) == 2 else first[0]
        rows, ends = torch.arange(batch, device=inputs.device), (lengths - 1).to(inputs.device)
        value = inputs[rows, ends][:, self.targets]
        one = torch.ones(batch, dtype=torch.int64)
        steps = []
        for step in range(self.horizon):
            if self.future and future is not None:
                value = torch.cat([value, future[:, step]], dim=1)
            read, final, state = self.decoder(value.unsqueeze(1), one, state, return_state=True)
            if self.attention is not None:
                context, _ = self.attention(read, keys, memory, mask)
                final = torch.cat([final, context.squeeze(1)], dim=1)
            values = self.head(self.dropout(final)).view(batch, len(self.targets), -1)
            value = values[..., self.median]
            steps.append(values)
        outputs = torch.stack(steps, dim=1)
        return outputs if self.quantiles else outputs.squeeze(-1)
