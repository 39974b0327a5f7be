"""Attention of a decoder over the steps of a source, by dot, general or additive scores."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

AttentionKind = Literal["dot", "general", "additive"]

MOST_NUMBERS = 2**24
"""Numbers that the additive score holds at once; with more, it takes the queries in parts."""


class Attention(nn.Module):
    """Weighs the steps of a memory by how well they fit a query.

    Scores:
        ``dot``: ``q . m`` (Luong et al., 2015, "Effective Approaches to Attention-based Neural
            Machine Translation"); both must have the same size.
        ``general``: ``q . W m`` (Luong et al., 2015).
        ``additive``: ``v . tanh(U q + W m + b)`` (Bahdanau et al., 2015, "Neural Machine
            Translation by Jointly Learning to Align and Translate").

    What is projected of the memory, its keys, does not depend on the query: compute it once with
    `keys`, and use it for every query.

    Args:
        kind: The score.
        query_size: Features of a query.
        memory_size: Features of a step of the memory.
        hidden_size: Units of the additive score; the size of a query if None.

    Raises:
        ValueError: The kind is unknown, or the sizes differ for ``dot``.
    """

    def __init__(
        self,
        kind: AttentionKind,
        query_size: int,
        memory_size: int,
        hidden_size: int | None = None,
    ) -> None:
        super().__init__()
        self.kind = kind
        if kind == "dot":
            if query_size != memory_size:
                raise ValueError(
                    f"Queries have {query_size} features and the memory has {memory_size}. "
                    "Attention by dot needs them equal; use general or additive."
                )
        elif kind == "general":
            self.project_memory = nn.Linear(memory_size, query_size, bias=False)
        elif kind == "additive":
            units = hidden_size or query_size
            self.project_memory = nn.Linear(memory_size, units)
            self.project_query = nn.Linear(query_size, units, bias=False)
            self.score = nn.Linear(units, 1, bias=False)
        else:
            raise ValueError(f"Unknown attention {kind!r}. Choose dot, general or additive.")

    def keys(self, memory: Tensor) -> Tensor:
        """Projects a memory, ``(batch, steps, memory_size)``, for `forward`."""
        if self.kind == "dot":
            return memory
        projected: Tensor = self.project_memory(memory)
        return projected

    def forward(
        self, queries: Tensor, keys: Tensor, memory: Tensor, mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Attends to a memory.

        Args:
            queries: ``(batch, time, query_size)``; each is answered on its own.
            keys: What `keys` made of the memory, ``(batch, steps, ...)``.
            memory: ``(batch, steps, memory_size)``, finite at padded steps.
            mask: True at the valid steps of the memory, ``(batch, steps)``.

        Returns:
            The contexts, ``(batch, time, memory_size)``, and the weights they are made with,
            ``(batch, time, steps)``: zero at padding and else of sum one; all zero where no step
            is valid.
        """
        if self.kind == "additive":
            scores = self._additive(queries, keys)
        else:
            scores = torch.bmm(queries, keys.transpose(1, 2))
        mask = mask.unsqueeze(1)
        # The lowest finite number, as a row of minus infinity would make not-a-numbers.
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1) * mask
        return torch.bmm(weights.to(memory.dtype), memory), weights

    def _additive(self, queries: Tensor, keys: Tensor) -> Tensor:
        projected: Tensor = self.project_query(queries)
        numbers = projected.shape[1] * keys.numel()
        if numbers <= MOST_NUMBERS:
            return self._additive_part(projected, keys)
        size = math.ceil(projected.shape[1] * MOST_NUMBERS / numbers)
        # Each part is computed once more in the backward pass, instead of being kept until then.
        parts = [
            checkpoint(self._additive_part, part, keys, use_reentrant=False)
            for part in torch.split(projected, size, dim=1)
        ]
        return torch.cat(parts, dim=1)

    def _additive_part(self, projected: Tensor, keys: Tensor) -> Tensor:
        scores: Tensor = self.score(torch.tanh(projected.unsqueeze(2) + keys.unsqueeze(1)))
        return scores.squeeze(-1)

    def extra_repr(self) -> str:
        """The kind, for the module's printed form."""
        return self.kind
