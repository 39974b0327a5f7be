"""The recurrent models: their settings. The networks are imported when built."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import AliasChoices

import seqkit
from seqkit import Field
from seqkit.data import LocalPath
from seqkit.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from torch import nn

    from seqkit.nn import RecurrentStack
    from seqkit_recurrent._inputs import FeatureInput, TokenInput

Pooling = Literal[
    "last",
    "mean",
    "max",
    "attention",
    "max+mean",
    "last+max",
    "last+mean",
    "last+attention",
    "max+attention",
    "last+max+mean",
]

OUTPUTS = ("classes", "step-classes", "labels", "number", "values", "next-tokens")
SEES_THE_FUTURE = "it reads backwards too, and sees the token it is to predict"


class RecurrentConfig(seqkit.Config):
    """What the recurrent models have in common."""

    added = ("linear",)

    hidden_size: int = Field(128, ge=1, le=65_536, help="Units of each layer and direction.")
    layers: int = Field(1, ge=1, le=256, help="Recurrent layers on top of each other.")
    bidirectional: bool = Field(False, help="Whether each layer also reads backwards.")
    embedding_size: int = Field(
        100, ge=1, le=65_536, help="Size of a token's embedding. For token input."
    )
    vectors: LocalPath = Field(
        "",
        help="File of pretrained vectors to start the embeddings from: GloVe's .txt, fastText's "
        ".vec, or one packed as .gz or .zip; embedding_size must be theirs. For token input.",
    )
    embedding_spread: float = Field(
        0.1, gt=0, help="Standard deviation of the embeddings at the start. For token input."
    )
    projection_size: int = Field(
        0, ge=0, le=65_536, help="Size that features are projected to; 0 takes them as they are."
    )
    pooling: Literal["auto"] | Pooling = Field(
        "auto",
        help="How the valid steps become one vector; parts are concatenated. auto: last for "
        "a forecast, and else max+mean. Not for one class a step.",
    )
    word_dropout: float = Field(
        0.1, ge=0, lt=1, help="Chance that a token is replaced by the unknown one in training."
    )
    embedding_dropout: float = Field(
        0.3, ge=0, lt=1, help="Dropout of embedded tokens. For token input."
    )
    embedding_dropout_kind: Literal["elements", "channels", "types"] = Field(
        "elements",
        help="What it drops: single numbers, features of a whole sequence, or whole words.",
    )
    layer_dropout: float = Field(0.0, ge=0, lt=1, help="Dropout between recurrent layers.")
    layer_dropout_kind: Literal["ordinary", "locked"] = Field(
        "ordinary",
        help="Whether it draws anew at each step or locks one mask for a sequence; in language "
        "modelling also the dropout before the last linear layer.",
    )
    dropout: float = Field(0.0, ge=0, lt=1, help="Dropout before the last linear layer.")
    linear: bool = Field(
        False,
        help="Add a linear map of the context to the forecast, so that the recurrent layers learn "
        "what it leaves (the autoregressive part of LSTNet). For forecasts.",
    )
    weight_drop: float = Field(
        0.0, ge=0, lt=1, help="Dropout of recurrent weights. For language modelling."
    )
    tie_weights: bool = Field(
        False, help="Take the last layer's weights from the embeddings. For language modelling."
    )
    initialization: Literal["uniform", "orthogonal"] = Field(
        "uniform",
        validation_alias=AliasChoices("initialization", "initialisation"),
        help="Of the recurrent layers: PyTorch's, or orthogonal with open forget gates.",
    )


class RnnConfig(RecurrentConfig):
    """Settings of the plain recurrent network."""

    nonlinearity: Literal["tanh", "relu"] = Field("tanh", help="Activation of the units.")


class BiLstmConfig(RecurrentConfig):
    """Settings of the bidirectional LSTM."""

    bidirectional: bool = Field(True, help="Whether each layer also reads backwards.")


def _load_vectors(
    _model: seqkit.Model,
    config: RecurrentConfig,
    network: Any,
    codec: seqkit.Codec,
    notify: seqkit.Notify,
) -> None:
    if config.vectors:
        from seqkit.nn import load_vectors_

        embedding = getattr(network.reader, "embedding", None)
        load_vectors_(embedding, Path(config.vectors), codec.tokens, notify)


class Rnn(seqkit.Model):
    """Plain recurrent network (Elman, 1990)."""

    name = "rnn"
    outputs = OUTPUTS
    Config = RnnConfig
    initialize = _load_vectors

    def build(self, config: RnnConfig, shape: seqkit.Shape) -> nn.Module:
        return _build("rnn", config, shape, nonlinearity=config.nonlinearity)


class Lstm(seqkit.Model):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997)."""

    name = "lstm"
    outputs = OUTPUTS
    Config = RecurrentConfig
    initialize = _load_vectors

    def build(self, config: RecurrentConfig, shape: seqkit.Shape) -> nn.Module:
        return _build("lstm", config, shape)


class Gru(seqkit.Model):
    """Gated recurrent units (Cho et al., 2014)."""

    name = "gru"
    outputs = OUTPUTS
    Config = RecurrentConfig
    initialize = _load_vectors

    def build(self, config: RecurrentConfig, shape: seqkit.Shape) -> nn.Module:
        return _build("gru", config, shape)


class BiLstm(seqkit.Model):
    """LSTM that reads in both directions (Graves and Schmidhuber, 2005)."""

    name = "bilstm"
    outputs = ("classes", "step-classes", "labels", "number", "values")
    refuses = {"next-tokens": SEES_THE_FUTURE}  # noqa: RUF012 - as the contract has it
    Config = BiLstmConfig
    initialize = _load_vectors

    def build(self, config: BiLstmConfig, shape: seqkit.Shape) -> nn.Module:
        return _build("lstm", config, shape)


def _build(
    cell: Literal["rnn", "lstm", "gru"],
    config: RecurrentConfig,
    shape: seqkit.Shape,
    nonlinearity: Literal["tanh", "relu"] = "tanh",
) -> nn.Module:
    from seqkit_recurrent._forecaster import RecurrentForecaster
    from seqkit_recurrent._inputs import TokenInput
    from seqkit_recurrent._language_model import RecurrentLanguageModel
    from seqkit_recurrent._net import RecurrentNetwork, StepNetwork

    if isinstance(shape.outputs, seqkit.NextTokens):
        _refuse_backwards(config)
    reader = _reader(config, shape.inputs)
    stack = _stack(cell, reader.output_size, config, nonlinearity)
    match shape.outputs:
        case seqkit.NextTokens(size=size) if isinstance(reader, TokenInput):
            return RecurrentLanguageModel(
                reader,
                stack,
                size,
                weight_drop=config.weight_drop,
                dropout=config.dropout,
                dropout_kind=config.layer_dropout_kind,
                tie_weights=config.tie_weights,
            )
        case seqkit.Values(size=size, horizon=horizon, quantiles=quantiles):
            return RecurrentForecaster(
                reader,
                stack,
                size,
                horizon=horizon,
                quantiles=len(quantiles),
                future=shape.extras.get("future", 0),
                pooling="last" if config.pooling == "auto" else config.pooling,
                dropout=config.dropout,
                **_linear(config, shape),
            )
        case seqkit.StepClasses(names=names):
            return StepNetwork(reader, stack, len(names), dropout=config.dropout)
        case seqkit.Classes() | seqkit.Labels() | seqkit.Number():
            pooling = "max+mean" if config.pooling == "auto" else config.pooling
            return RecurrentNetwork(
                reader, stack, shape.output_size, pooling=pooling, dropout=config.dropout
            )
    inputs, outputs = type(shape.inputs).__name__, type(shape.outputs).__name__
    raise ConfigurationError(
        f"a recurrent model cannot make {outputs} of {inputs}, as task {shape.task!r} needs. "
        "Choose another model"
    )


def _linear(config: RecurrentConfig, shape: seqkit.Shape) -> dict[str, Any]:
    """Returns what a forecaster takes for its linear map; nothing where there is none."""
    if not config.linear:
        return {}
    if not isinstance(shape.inputs, seqkit.Features) or "context" not in shape.extras:
        problem = Problem(
            "model.linear",
            f"model.linear is true, and task {shape.task!r} has no context of numbers",
            "Write model.linear=false",
        )
        raise ConfigurationError(problems=[problem])
    targets = shape.extras.get("targets", range(shape.output_size))
    return {"linear": list(targets), "context": int(shape.extras["context"])}


def _stack(
    cell: Literal["rnn", "lstm", "gru"],
    input_size: int,
    config: RecurrentConfig,
    nonlinearity: Literal["tanh", "relu"],
) -> RecurrentStack:
    from seqkit.nn import RecurrentStack, initialize_recurrent_

    stack = RecurrentStack(
        cell,
        input_size,
        config.hidden_size,
        config.layers,
        bidirectional=config.bidirectional,
        dropout=config.layer_dropout,
        dropout_kind=config.layer_dropout_kind,
        nonlinearity=nonlinearity,
    )
    if config.initialization == "orthogonal":
        initialize_recurrent_(stack)
    return stack


def _reader(
    config: RecurrentConfig, inputs: seqkit.Tokens | seqkit.Features
) -> TokenInput | FeatureInput:
    from seqkit_recurrent._inputs import FeatureInput, TokenInput

    if isinstance(inputs, seqkit.Features):
        return FeatureInput(inputs.size, config.projection_size or None)
    return TokenInput(
        inputs.size,
        config.embedding_size,
        spread=config.embedding_spread,
        unknown_id=inputs.unknown,
        word_dropout=config.word_dropout,
        embedding_dropout=config.embedding_dropout,
        embedding_dropout_kind=config.embedding_dropout_kind,
    )


def _refuse_backwards(config: RecurrentConfig) -> None:
    if config.bidirectional:
        problem = Problem(
            "model.bidirectional",
            "model.bidirectional is true, and a model that predicts the next token cannot have it: "
            + SEES_THE_FUTURE,
            "Write model.bidirectional=false",
        )
        raise ConfigurationError(problems=[problem])
