"""The network of the recurrent language models: tokens in, a logit for each next token out."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from seqkit.nn import LockedDropout, RecurrentStack
from seqkit.nn.dropout import checked_probability
from seqkit.nn.recurrent import DropoutKind, RecurrentOutput, State
from seqkit_recurrent._inputs import TokenInput


class RecurrentLanguageModel(nn.Module):
    """Predicts each next token of a text from those before it.

    Args:
        reader: Embeds the tokens.
        recurrent: The stack that reads them, in one direction.
        vocabulary_size: Tokens to choose from.
        weight_drop: Probability with which a recurrent weight is left out of a whole chunk
            (DropConnect as in Merity et al., 2018, "Regularizing and Optimizing LSTM Language
            Models").
        dropout: Probability of dropout before the head.
        dropout_kind: ``ordinary``, or ``locked`` for one mask over all steps of a chunk.
        tie_weights: Whether the head takes its weights from the embeddings (Press and Wolf, 2017;
            Inan et al., 2017), through a linear layer where their size is not that of the stack.
    """

    def __init__(
        self,
        reader: TokenInput,
        recurrent: RecurrentStack,
        vocabulary_size: int,
        *,
        weight_drop: float = 0.0,
        dropout: float = 0.0,
        dropout_kind: DropoutKind = "ordinary",
        tie_weights: bool = False,
    ) -> None:
        super().__init__()
        self.weight_drop = checked_probability(weight_drop, "weight_drop")
        self.reader = reader
        self.recurrent = recurrent
        self.dropout = LockedDropout(dropout) if dropout_kind == "locked" else nn.Dropout(dropout)
        head = TiedHead if tie_weights else Head
        self.head = head(recurrent.output_size, reader.output_size, vocabulary_size)

    def forward(
        self, inputs: Tensor, lengths: Tensor, state: State | None = None
    ) -> tuple[Tensor, State | None]:
        """Runs the network.

        Args:
            inputs: Right-padded ids, ``(batch, time)`` int64.
            lengths: Valid steps of each row, ``(batch,)``.
            state: What the call before returned, to read on where it stopped; None at a beginning.

        Returns:
            Logits of the token after each step, ``(batch, time, vocabulary_size)``, and the state
            after each row's last valid step.
        """
        steps, _, after = self._read(self.reader(inputs), lengths, state)
        logits: Tensor = self.head(self.dropout(steps), self.reader.embedding.weight)
        return logits, after

    def _read(self, embedded: Tensor, lengths: Tensor, state: State | None) -> RecurrentOutput:
        """Runs the stack, in training without the recurrent weights that are dropped."""
        output: RecurrentOutput
        if not self.training or not self.weight_drop:
            output = self.recurrent(embedded, lengths, state, return_state=True)
        else:
            dropped = {
                name: functional.dropout(weight, self.weight_drop)
                for name, weight in self.recurrent.named_parameters()
                if name.startswith("weight_hh")
            }
            arguments = (embedded, lengths, state)
            output = functional_call(self.recurrent, dropped, arguments, {"return_state": True})
        return output


class Head(nn.Module):
    """A linear layer of its own."""

    def __init__(self, hidden_size: int, embedding_size: int, vocabulary_size: int) -> None:
        super().__init__()
        self.linear = nn.Linear(hidden_size, vocabulary_size)

    def forward(self, steps: Tensor, embeddings: Tensor) -> Tensor:
        """Maps ``(batch, time, hidden)`` to ``(batch, time, tokens)``."""
        logits: Tensor = self.linear(steps)
        return logits


class TiedHead(nn.Module):
    """A linear layer whose weights are the embeddings; only the bias is its own."""

    def __init__(self, hidden_size: int, embedding_size: int, vocabulary_size: int) -> None:
        super().__init__()
        fits = hidden_size == embedding_size
        self.projection = nn.Identity() if fits else nn.Linear(hidden_size, embedding_size)
        self.bias = nn.Parameter(torch.zeros(vocabulary_size))

    def forward(self, steps: Tensor, embeddings: Tensor) -> Tensor:
        """Maps ``(batch, time, hidden)`` to ``(batch, time, tokens)``."""
        return functional.linear(self.projection(steps), embeddings, self.bias)
