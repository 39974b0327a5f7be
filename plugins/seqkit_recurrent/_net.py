"""The networks of the recurrent models that put out one vector of a sequence, or of each step."""

from __future__ import annotations

from torch import Tensor, nn

from seqkit.nn import Pooling, RecurrentStack
from seqkit_recurrent._inputs import FeatureInput, TokenInput


class RecurrentNetwork(nn.Module):
    """Reads a sequence and gives one vector for it: logits, or a number.

    Args:
        reader: Makes ``(batch, time, size)`` of the inputs.
        recurrent: The stack that reads them.
        outputs: Width of the head.
        pooling: How steps become one vector; see `seqkit.nn.Pooling`.
        dropout: Probability of dropout before the head.
    """

    def __init__(
        self,
        reader: TokenInput | FeatureInput,
        recurrent: RecurrentStack,
        outputs: int,
        *,
        pooling: str = "last",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.reader = reader
        self.recurrent = recurrent
        self.pooling = Pooling(pooling, recurrent.output_size)
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


class StepNetwork(nn.Module):
    """Reads a sequence and gives a vector of logits for each of its steps.

    Args:
        reader: Makes ``(batch, time, size)`` of the inputs.
        recurrent: The stack that reads them.
        outputs: Width of the head.
        dropout: Probability of dropout before the head.
    """

    def __init__(
        self,
        reader: TokenInput | FeatureInput,
        recurrent: RecurrentStack,
        outputs: int,
        *,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.reader = reader
        self.recurrent = recurrent
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(recurrent.output_size, outputs)

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Runs the network.

        Args:
            inputs: Right-padded ids, ``(batch, time)`` int64, or features,
                ``(batch, time, features)``.
            lengths: Valid steps of each sequence, ``(batch,)``.

        Returns:
            ``(batch, time, outputs)``; what stands at padded steps means nothing.
        """
        steps, _, _ = self.recurrent(self.reader(inputs), lengths)
        logits: Tensor = self.head(self.dropout(steps))
        return logits
