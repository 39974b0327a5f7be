"""Models made for forecasting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import seqkit
from seqkit import Field

if TYPE_CHECKING:
    from torch import nn


class SegRnnConfig(seqkit.Config):
    """Settings of SegRNN."""

    segment: int = Field(
        24, ge=1, help="Steps of a segment; best a divisor of the context and of the horizon."
    )
    cell: Literal["gru", "lstm", "rnn"] = Field("gru", help="The recurrent cell.")
    hidden_size: int = Field(
        128, ge=2, le=65_536, multiple_of=2, help="Units, and size of a segment's vector; even."
    )
    layers: int = Field(1, ge=1, le=256, help="Recurrent layers on top of each other.")
    dropout: float = Field(0.0, ge=0, lt=1, help="Dropout before the last linear layer.")


class SegRnn(seqkit.Model):
    """Recurrent network over segments of a series, shared by all targets (Lin et al., 2023)."""

    name = "segrnn"
    inputs = ("features",)
    outputs = ("values",)
    Config = SegRnnConfig

    def build(self, config: SegRnnConfig, shape: seqkit.Shape) -> nn.Module:
        from seqkit_timeseries._segrnn import SegRnn as Network

        assert isinstance(shape.inputs, seqkit.Features)
        assert isinstance(shape.outputs, seqkit.Values)
        return Network(
            shape.inputs.size,
            shape.extras.get("targets", range(shape.outputs.size)),
            horizon=shape.outputs.horizon,
            quantiles=len(shape.outputs.quantiles),
            future=shape.extras.get("future", 0),
            segment=config.segment,
            cell=config.cell,
            hidden_size=config.hidden_size,
            layers=config.layers,
            dropout=config.dropout,
        )
