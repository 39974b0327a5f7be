"""Dropouts made for sequences: locked, embedding and word dropout.

Each is the identity in evaluation, and keeps the expected value of what it drops by scaling what
it keeps (word dropout excepted, which exchanges ids).
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

EmbeddingDropoutKind = Literal["elements", "channels", "types"]


def checked_probability(probability: float, name: str) -> float:
    """Returns a dropout probability, or raises ValueError unless it lies in [0, 1)."""
    if not 0.0 <= probability < 1.0:
        raise ValueError(f"{name} is {probability}, outside 0 <= {name} < 1.")
    return probability


def keep_mask(shape: tuple[int, ...], probability: float, like: Tensor) -> Tensor:
    """Draws a scaled keep mask: 0 with the given probability, else 1 / (1 - probability)."""
    mask = torch.empty(shape, dtype=like.dtype, device=like.device)
    return mask.bernoulli_(1.0 - probability).div_(1.0 - probability)


class LockedDropout(nn.Module):
    """Drops the same features at every step of a sequence.

    This is the variational dropout of Gal and Ghahramani (2016, "A Theoretically Grounded
    Application of Dropout in Recurrent Neural Networks") on the connections between layers, as
    in AWD-LSTM (Merity et al., 2018). Recurrent connections are left alone.
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = checked_probability(probability, "locked dropout")

    def forward(self, inputs: Tensor) -> Tensor:
        """Drops features of ``(batch, time, features)`` and returns the same shape."""
        if not self.training or not self.probability:
            return inputs
        batch, _, features = inputs.shape
        return inputs * keep_mask((batch, 1, features), self.probability, inputs)

    def extra_repr(self) -> str:
        """The probability, for the module's printed form."""
        return f"probability={self.probability}"


class EmbeddingDropout(nn.Module):
    """Dropout of embedded tokens.

    Kinds:
        ``elements``: ordinary dropout, each number on its own.
        ``channels``: the same embedding features at every step of a sequence (Keras'
            SpatialDropout1D).
        ``types``: whole words: a word dropped is dropped wherever it stands in the batch (Gal
            and Ghahramani, 2016; the embedding dropout of AWD-LSTM, Merity et al., 2018). The
            mask is drawn for the vocabulary and looked up by token, which equals masking the
            embedding matrix at a fraction of the cost.
    """

    def __init__(
        self,
        probability: float,
        vocabulary_size: int,
        kind: EmbeddingDropoutKind = "elements",
    ) -> None:
        super().__init__()
        self.probability = checked_probability(probability, "embedding dropout")
        self.vocabulary_size = vocabulary_size
        self.kind = kind

    def forward(self, embedded: Tensor, tokens: Tensor) -> Tensor:
        """Drops a part of the embedded tokens.

        Args:
            embedded: ``(batch, time, features)``.
            tokens: The ids that were embedded, ``(batch, time)``.

        Returns:
            The same shape as `embedded`.
        """
        if not self.training or not self.probability:
            return embedded
        if self.kind == "elements":
            return functional.dropout(embedded, self.probability)
        if self.kind == "channels":
            batch, _, features = embedded.shape
            return embedded * keep_mask((batch, 1, features), self.probability, embedded)
        mask = keep_mask((self.vocabulary_size,), self.probability, embedded)
        return embedded * mask[tokens].unsqueeze(-1)

    def extra_repr(self) -> str:
        """The settings, for the module's printed form."""
        return f"probability={self.probability}, kind={self.kind}"


class WordDropout(nn.Module):
    """Replaces tokens by the unknown token during training (Iyyer et al., 2015).

    Besides regularising, it trains the unknown token's embedding, which would otherwise rarely or
    never be seen before the test set. Padding is never replaced.
    """

    def __init__(self, probability: float, unknown_id: int, padding_id: int = 0) -> None:
        super().__init__()
        self.probability = checked_probability(probability, "word dropout")
        self.unknown_id = unknown_id
        self.padding_id = padding_id

    def forward(self, tokens: Tensor) -> Tensor:
        """Replaces a part of the ids ``(batch, time)`` and returns the same shape."""
        if not self.training or not self.probability:
            return tokens
        dropped = torch.rand(tokens.shape, device=tokens.device) < self.probability
        return tokens.masked_fill(dropped & (tokens != self.padding_id), self.unknown_id)

    def extra_repr(self) -> str:
        """The settings, for the module's printed form."""
        return f"probability={self.probability}, unknown_id={self.unknown_id}"
