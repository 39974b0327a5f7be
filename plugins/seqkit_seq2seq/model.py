"""The model `seq2seq`: its settings. The network is in `_net`, imported when built."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import model_validator

import seqkit
from seqkit import Features, Field, Tokens, Values
from seqkit.data import LocalPath
from seqkit.errors import ConfigurationError

if TYPE_CHECKING:
    from torch import nn


class Seq2SeqConfig(seqkit.Config):
    """Settings of the encoder-decoder."""

    added = ("lexical",)

    cell: Literal["rnn", "lstm", "gru"] = Field("gru", help="Kind of the recurrent layers.")
    hidden_size: int = Field(256, ge=1, le=65_536, help="Units of each layer and direction.")
    layers: int = Field(
        1, ge=1, le=256, help="Recurrent layers of the encoder, and of the decoder."
    )
    bidirectional: bool = Field(True, help="Whether the encoder also reads backwards.")
    attention: Literal["none", "dot", "general", "additive"] = Field(
        "general",
        help="How the decoder scores the steps of the source: none leaves it the encoder's last "
        "state alone; dot adds the two directions of the encoder.",
    )
    upper_layers: int = Field(
        0,
        ge=0,
        help="Recurrent layers of the decoder above the attention, which read what it found and "
        "remember it. For token input.",
    )
    input_feeding: bool = Field(
        False,
        help="Whether each step also reads what the step before attended to, which makes training "
        "go step by step.",
    )
    embedding_size: int = Field(
        256, ge=1, le=65_536, help="Size of a token's embedding. For token input."
    )
    vectors: LocalPath = Field(
        "",
        help="File of pretrained vectors to start the source's embeddings from: GloVe's .txt, "
        "fastText's .vec, or one packed as .gz or .zip; embedding_size must be theirs. For token "
        "input.",
    )
    tied_embeddings: bool = Field(
        True,
        help="Whether the output layer has the embeddings of the target as its weights and, with a "
        "joint vocabulary, source and target one table of embeddings. For token input.",
    )
    lexical: bool = Field(
        False,
        help="Whether logits are also made of the words of the source that attention looks at, and "
        "of nothing else (Nguyen and Chiang 2018): what few pairs gain most by. For token input.",
    )
    embedding_dropout: float = Field(
        0.3, ge=0, lt=1, help="Dropout of embedded tokens. For token input."
    )
    layer_dropout: float = Field(0.0, ge=0, lt=1, help="Dropout between recurrent layers.")
    dropout: float = Field(
        0.3, ge=0, lt=1, help="Dropout of the encoder's outputs and before the output layer."
    )
    teacher_forcing: float = Field(
        1.0,
        ge=0,
        le=1,
        help="Part of the target that the decoder is given in training; the rest is what it wrote "
        "itself. Below 1, training goes step by step. For token input.",
    )
    final_teacher_forcing: float = Field(
        1.0, ge=0, le=1, help="What teacher_forcing becomes over teacher_forcing_steps."
    )
    teacher_forcing_steps: int = Field(
        0,
        ge=0,
        help="Training batches in which it goes there, in a straight line; 0: it stays as it is.",
    )

    @model_validator(mode="after")
    def _settings_fit(self) -> Seq2SeqConfig:
        if self.upper_layers and self.attention == "none":
            raise ValueError(
                f"upper_layers ({self.upper_layers}) read what attention found, and attention is "
                "none"
            )
        if self.lexical and self.attention == "none":
            raise ValueError("lexical writes from what attention looks at, and attention is none")
        if self.final_teacher_forcing < 1 and not self.teacher_forcing_steps:
            raise ValueError(
                f"final_teacher_forcing ({self.final_teacher_forcing}) is reached over "
                "teacher_forcing_steps, which are 0"
            )
        return self


class Seq2Seq(seqkit.Model):
    """Encoder and decoder with attention (Sutskever et al., 2014; Luong et al., 2015)."""

    name = "seq2seq"
    outputs = ("tokens", "values")
    Config = Seq2SeqConfig

    def build(self, config: Seq2SeqConfig, shape: seqkit.Shape) -> nn.Module:
        if isinstance(shape.outputs, Values):
            return _forecaster(config, shape, shape.outputs)
        return _token_network(config, shape)

    def initialize(
        self, config: Seq2SeqConfig, network: Any, codec: seqkit.Codec, notify: seqkit.Notify
    ) -> None:
        if config.vectors:
            from seqkit.nn import load_vectors_

            embedding = getattr(network, "source_embedding", None)
            if embedding is None:
                embedding = getattr(network, "target_embedding", None)
            load_vectors_(embedding, Path(config.vectors), codec.tokens, notify)


def _forecaster(config: Seq2SeqConfig, shape: seqkit.Shape, outputs: Values) -> nn.Module:
    from seqkit_seq2seq._forecaster import EncoderDecoderForecaster

    if not isinstance(shape.inputs, Features):
        raise ConfigurationError(
            f"model seq2seq forecasts from numbers, and task {shape.task!r} has tokens. "
            "Choose another model"
        )
    return EncoderDecoderForecaster(
        shape.inputs.size,
        shape.extras.get("targets", range(outputs.size)),
        horizon=outputs.horizon,
        quantiles=outputs.quantiles,
        future=shape.extras.get("future", 0),
        cell=config.cell,
        hidden_size=config.hidden_size,
        layers=config.layers,
        bidirectional=config.bidirectional,
        attention=None if config.attention == "none" else config.attention,
        layer_dropout=config.layer_dropout,
        dropout=config.dropout,
    )


def _token_network(config: Seq2SeqConfig, shape: seqkit.Shape) -> nn.Module:
    from seqkit_seq2seq._net import Seq2SeqNetwork

    if not (isinstance(shape.inputs, Tokens) and isinstance(shape.outputs, Tokens)):
        raise ConfigurationError(
            f"model seq2seq writes tokens from tokens, and task {shape.task!r} has "
            f"{type(shape.inputs).__name__} and {type(shape.outputs).__name__}. "
            "Choose another model"
        )
    return Seq2SeqNetwork(
        config.cell,
        shape.inputs.size,
        shape.outputs.size,
        joint=bool(shape.extras.get("joint", False)),
        embedding_size=config.embedding_size,
        hidden_size=config.hidden_size,
        layers=config.layers,
        bidirectional=config.bidirectional,
        attention=None if config.attention == "none" else config.attention,
        upper_layers=config.upper_layers,
        input_feeding=config.input_feeding,
        tied=config.tied_embeddings,
        lexical=config.lexical,
        embedding_dropout=config.embedding_dropout,
        layer_dropout=config.layer_dropout,
        dropout=config.dropout,
        teacher_forcing=config.teacher_forcing,
        final_teacher_forcing=config.final_teacher_forcing,
        teacher_forcing_steps=config.teacher_forcing_steps,
    )
