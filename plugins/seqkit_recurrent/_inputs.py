"""What the recurrent models read: token ids that they embed, or features."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqkit.nn import EmbeddingDropout, WordDropout
from seqkit.nn.dropout import EmbeddingDropoutKind

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
