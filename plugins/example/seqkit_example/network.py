"""The network of `attn-gru`: an ordinary module, which knows no configuration."""

from __future__ import annotations

from torch import Tensor, nn

import seqkit
from seqkit.nn import Pooling, RecurrentStack


class AttnGRUNetwork(nn.Module):
    """Embeds or projects the steps, runs a GRU over them, and pools them by attention.

    Args:
        inputs: What the network reads.
        output_size: Numbers it puts out for each sequence.
        embedding_size: Size of a step after the first layer.
        hidden_size: Units of each direction.
        bidirectional: Whether to read the sequence backwards as well.
        dropout: Probability of dropout before the last layer.
    """

    def __init__(
        self,
        inputs: seqkit.Tokens | seqkit.Features,
        output_size: int,
        embedding_size: int,
        hidden_size: int,
        bidirectional: bool,
        dropout: float,
    ) -> None:
        super().__init__()
        self.embed: nn.Module
        if isinstance(inputs, seqkit.Tokens):
            self.embed = nn.Embedding(inputs.size, embedding_size, padding_idx=0)
        else:
            self.embed = nn.Linear(inputs.size, embedding_size)
        self.gru = RecurrentStack("gru", embedding_size, hidden_size, bidirectional=bidirectional)
        self.pool = Pooling("attention", self.gru.output_size)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(self.pool.output_size, output_size)

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Classifies a batch.

        Args:
            inputs: Padded on the right, `(batch, time)` int64 or `(batch, time, features)` float32.
            lengths: Valid steps of each sequence, `(batch,)`.

        Returns:
            Logits, `(batch, classes)`.
        """
        steps = self.gru(self.embed(inputs), lengths)
        logits: Tensor = self.head(self.dropout(self.pool(steps, lengths)))
        return logits
