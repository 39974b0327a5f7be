"""From the steps of a sequence to one vector, by its length.

No function here reads a padded step: ``last`` is the final state that the recurrent stack hands
over, never an index into the padded outputs.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from seqkit.nn.mask import valid_mask
from seqkit.nn.recurrent import RecurrentOutput

POOLINGS = ("last", "mean", "max", "attention")


def pooling_parts(name: str) -> tuple[str, ...]:
    """Splits a pooling such as ``max+mean`` into its parts.

    Raises:
        ValueError: A part is unknown or stands twice.
    """
    parts = tuple(part.strip() for part in name.split("+"))
    for part in parts:
        if part not in POOLINGS:
            known = ", ".join(POOLINGS)
            raise ValueError(f"Unknown pooling {part!r} in {name!r}. Choose from {known}.")
    if any(first == second for first, second in pairwise(sorted(parts))):
        raise ValueError(f"Pooling {name!r} names a part twice. Name each part once.")
    return parts


def pooled_size(name: str, size: int) -> int:
    """Features of the pooled vector, from those of each step."""
    return size * len(pooling_parts(name))


def mean_pool(outputs: Tensor, lengths: Tensor) -> Tensor:
    """Averages the valid steps.

    Args:
        outputs: Padded batch, ``(batch, time, size)``, finite at padded steps.
        lengths: Valid steps of each sequence, ``(batch,)``.

    Returns:
        ``(batch, size)``; zeros for a sequence of length zero.
    """
    lengths = lengths.to(outputs.device, non_blocking=True)
    mask = valid_mask(lengths, outputs.shape[1])
    weights = mask.to(outputs.dtype) / lengths.clamp(min=1).unsqueeze(1).to(outputs.dtype)
    return _weighted_sum(weights, outputs)


def max_pool(outputs: Tensor, lengths: Tensor) -> Tensor:
    """Takes each feature's largest value over the valid steps.

    Args:
        outputs: Padded batch, ``(batch, time, size)``.
        lengths: Valid steps of each sequence, ``(batch,)``.

    Returns:
        ``(batch, size)``; zeros for a sequence of length zero.
    """
    if outputs.shape[1] == 0:
        return outputs.new_zeros(outputs.shape[0], outputs.shape[2])
    lengths = lengths.to(outputs.device, non_blocking=True)
    padding = ~valid_mask(lengths, outputs.shape[1])
    largest = outputs.masked_fill(padding.unsqueeze(-1), -torch.inf).max(dim=1).values
    return largest.masked_fill((lengths == 0).unsqueeze(-1), 0.0)


class AttentionPooling(nn.Module):
    """Averages the valid steps by learnt weights (Yang et al., 2016).

    The score of a step is additive, ``v . tanh(W h + b)`` (Bahdanau et al., 2015), and the weights
    are its softmax over the valid steps.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.project = nn.Linear(size, size)
        self.score = nn.Linear(size, 1, bias=False)

    def forward(self, outputs: Tensor, lengths: Tensor) -> Tensor:
        """Pools ``(batch, time, size)`` to ``(batch, size)``; zeros where a length is zero."""
        return _weighted_sum(self.weights(outputs, lengths), outputs)

    def weights(self, outputs: Tensor, lengths: Tensor) -> Tensor:
        """The weights of the steps, ``(batch, time)``; zero at padding, else of sum one."""
        mask = valid_mask(lengths, outputs.shape[1], outputs.device)
        scores = self.score(torch.tanh(self.project(outputs))).squeeze(-1)
        # The lowest finite number, as a row of minus infinity would make not-a-numbers.
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        return torch.softmax(scores, dim=1).to(outputs.dtype) * mask


class Pooling(nn.Module):
    """Pools a recurrent stack's output by one or several ways, concatenated.

    Args:
        name: One of ``last`` (the last valid step of each direction), ``mean``, ``max`` and
            ``attention``, or several joined by ``+``, such as ``max+mean``.
        size: Features of each step.

    Raises:
        ValueError: A part is unknown or stands twice.
    """

    def __init__(self, name: str, size: int) -> None:
        super().__init__()
        self.name = name
        self.parts = pooling_parts(name)
        self.output_size = pooled_size(name, size)
        self.attention = AttentionPooling(size) if "attention" in self.parts else None

    def forward(self, output: RecurrentOutput, lengths: Tensor) -> Tensor:
        """Pools a batch.

        Args:
            output: What the recurrent stack gave for the batch.
            lengths: Valid steps of each sequence, ``(batch,)``.

        Returns:
            ``(batch, output_size)``; zeros for a sequence of length zero.
        """
        pooled = [self._part(part, output, lengths) for part in self.parts]
        return pooled[0] if len(pooled) == 1 else torch.cat(pooled, dim=-1)

    def _part(self, part: str, output: RecurrentOutput, lengths: Tensor) -> Tensor:
        if part == "last":
            return output.final
        if part == "mean":
            return mean_pool(output.outputs, lengths)
        if part == "max":
            return max_pool(output.outputs, lengths)
        assert self.attention is not None
        return self.attention(output.outputs, lengths)  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        """The name, for the module's printed form."""
        return self.name


def _weighted_sum(weights: Tensor, outputs: Tensor) -> Tensor:
    return torch.bmm(weights.unsqueeze(1), outputs).squeeze(1)
