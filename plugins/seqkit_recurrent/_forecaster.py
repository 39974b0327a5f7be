"""The forecasting network of the recurrent models: one pass over the context, all steps at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from seqkit.nn import Pooling, RecurrentStack
from seqkit_recurrent._inputs import FeatureInput, TokenInput


class RecurrentForecaster(nn.Module):
    """Reads the context and forecasts every step of the horizon directly, by one linear layer.

    Args:
        reader: Makes ``(batch, time, size)`` of the inputs.
        recurrent: The stack that reads them.
        values: What is forecast at each step.
        horizon: Steps to forecast.
        quantiles: How many quantiles of each value; 0 for one number each.
        future: Covariates known for each step of the horizon, which go into the linear layer
            beside the pooled context; 0 for none.
        pooling: How the context becomes one vector; see `seqkit.nn.Pooling`.
        dropout: Probability of dropout of that vector.
        linear: Features of the input that a linear map of the whole context is added for, those
            that are forecast; empty for none. It is one map for all of them, from zero (the
            autoregressive part of LSTNet, Lai et al. 2018).
        context: Steps of the context, where there is such a map.
    """

    def __init__(
        self,
        reader: TokenInput | FeatureInput,
        recurrent: RecurrentStack,
        values: int,
        *,
        horizon: int,
        quantiles: int = 0,
        future: int = 0,
        pooling: str = "last",
        dropout: float = 0.0,
        linear: Sequence[int] = (),
        context: int = 0,
    ) -> None:
        super().__init__()
        self.output_shape = (horizon, values, quantiles) if quantiles else (horizon, values)
        self.future = future
        self.reader = reader
        self.recurrent = recurrent
        self.pooling = Pooling(pooling, recurrent.output_size)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(
            self.pooling.output_size + horizon * future, horizon * values * max(1, quantiles)
        )
        self.linear = nn.Linear(context, horizon, bias=False) if linear else None
        self._linear_of = list(linear)
        self._context = context
        if self.linear is not None:
            nn.init.zeros_(self.linear.weight)

    def forward(self, inputs: Tensor, lengths: Tensor, future: Tensor | None = None) -> Tensor:
        """Forecasts.

        Args:
            inputs: Right-padded contexts, ``(batch, time, features)``, or ids, ``(batch, time)``.
            lengths: Valid steps of each context, ``(batch,)``.
            future: What is known of the horizon, ``(batch, horizon, future)``.

        Returns:
            ``(batch, horizon, values)``, or ``(batch, horizon, values, quantiles)``.
        """
        steps = self.recurrent(self.reader(inputs), lengths)
        known: Tensor = self.dropout(self.pooling(steps, lengths))
        if self.future and future is not None:
            known = torch.cat([known, future.flatten(1)], dim=1)
        outputs: Tensor = self.head(known)
        outputs = outputs.view(len(outputs), *self.output_shape)
        if self.linear is not None:
            # (batch, context, values) -> (batch, horizon, values)
            read = inputs[:, : self._context, self._linear_of]
            straight: Tensor = self.linear(read.mT).mT
            outputs = outputs + straight.view(*straight.shape, *[1] * (outputs.dim() - 3))
        return outputs
