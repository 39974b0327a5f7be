"""The network of the recurrent models: tokens or features in, recurrent stack, pooling, head."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from seqkit.nn import (
    EmbeddingDropout,
    Pooling,
    RecurrentStack,
    WordDropout,
    initialise_recurrent_,
)
from seqkit.nn.dropout import EmbeddingDropoutKind
from seqkit.nn.recurrent import Cell, DropoutKind, Nonlinearity

Initialisation = Literal["uniform", "orthogonal"]

PADDING_ID = 0


class TokenInput(nn.Module):
    """Embeds token ids, with word and embedding dropout.

    Args:
        vocabulary_size: Number of ids; id 0 is the padding, whose embedding stays zero.
        embedding_size: Features of an embedded token.
        spread: Standard deviation of the embeddings at the start.
        unknown_id: The id that word dropout puts in.
        word_dropout: Probability with which a token becomes the unknown one.
        embedding_dropout: Probability of dropout of embedded tokens.
        embedding_dropout_kind: What that drops; see `seqkit.nn.EmbeddingDropout`.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        *,
        spread: float = 0.1,
        unknown_id: int = 1,
        word_dropout: float = 0.0,
        embedding_dropout: float = 0.0,
        embedding_dropout_kind: EmbeddingDropoutKind = "elements",
    ) -> None:
        super().__init__()
        self.output_size = embedding_size
        self.word_dropout = WordDropout(word_dropout, unknown_id, PADDING_ID)
        self.embedding = nn.Embedding(vocabulary_size, embedding_size, padding_idx=PADDING_ID)
        self.embedding_dropout = EmbeddingDropout(
            embedding_dropout, vocabulary_size, embedding_dropout_kind
        )
        with torch.no_grad():
            self.embedding.weight.normal_(std=spread)
            self.embedding.weight[PADDING_ID].zero_()

    def forward(self, tokens: Tensor) -> Tensor:
        """Embeds ``(batch, time)`` ids as ``(batch, time, embedding_size)``."""
        tokens = self.word_dropout(tokens)
        # Embedded time-major, as the recurrent kernels want it, which saves them a copy.
        embedded = self.embedding(tokens.t()).transpose(0, 1)
        dropped: Tensor = self.embedding_dropout(embedded, tokens)
        return dropped


class FeatureInput(nn.Module):
    """Takes features as they are or, with a projection size, through a linear layer.

    Args:
        features: Features of each step.
        projection_size: Size to project them to, or None to leave them.
    """

    def __init__(self, features: int, projection_size: int | None = None) -> None:
        super().__init__()
        self.output_size = projection_size or features
        self.projection = nn.Linear(features, projection_size) if projection_size else nn.Identity()

    def forward(self, features: Tensor) -> Tensor:
        """Maps ``(batch, time, features)`` to ``(batch, time, output_size)``."""
        projected: Tensor = self.projection(features)
        return projected


class RecurrentNetwork(nn.Module):
    """Reads a sequence and gives one vector of logits or values for it.

    Args:
        reader: Makes ``(batch, time, size)`` of the inputs: a `TokenInput` or `FeatureInput`.
        cell: ``rnn``, ``lstm`` or ``gru``.
        outputs: Width of the head.
        hidden_size: Units of each layer and direction.
        layers: Layers of the recurrent stack.
        bidirectional: Whether the stack also reads backwards.
        nonlinearity: Of an ``rnn``.
        layer_dropout: Probability of dropout between layers.
        layer_dropout_kind: ``ordinary`` or ``locked``.
        pooling: How steps become one vector; see `seqkit.nn.Pooling`.
        dropout: Probability of dropout before the head.
        initialisation: Of the stack: ``uniform`` as in torch.nn, or ``orthogonal``; see
            `seqkit.nn.initialise_recurrent_`.
    """

    def __init__(
        self,
        reader: TokenInput | FeatureInput,
        cell: Cell,
        outputs: int,
        *,
        hidden_size: int = 128,
        layers: int = 1,
        bidirectional: bool = False,
        nonlinearity: Nonlinearity = "tanh",
        layer_dropout: float = 0.0,
        layer_dropout_kind: DropoutKind = "ordinary",
        pooling: str = "last",
        dropout: float = 0.0,
        initialisation: Initialisation = "uniform",
    ) -> None:
        super().__init__()
        self.reader = reader
        self.recurrent = RecurrentStack(
            cell,
            reader.output_size,
            hidden_size,
            layers,
            bidirectional=bidirectional,
            dropout=layer_dropout,
            dropout_kind=layer_dropout_kind,
            nonlinearity=nonlinearity,
        )
        if initialisation == "orthogonal":
            initialise_recurrent_(self.recurrent)
        self.pooling = Pooling(pooling, self.recurrent.output_size)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(self.pooling.output_size, outputs)

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Runs the network.

        Args:
            inputs: Right-padded ids, ``(batch, time)`` int64, or features,
                ``(batch, time, features)``.
            lengths: Valid steps of each sequence, ``(batch,)``.

        Returns:
            ``(batch, outputs)``.
        """
        steps = self.recurrent(self.reader(inputs), lengths)
        logits: Tensor = self.head(self.dropout(self.pooling(steps, lengths)))
        return logits
