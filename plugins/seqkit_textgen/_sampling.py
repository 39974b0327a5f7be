"""Drawing tokens: one step for all rows of a batch, with a number between 0 and 1 for each row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from seqkit.text import UNKNOWN_ID


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn.

    Attributes:
        temperature: What logits are divided by; 0 takes the likeliest token.
        top_k: How many of the likeliest tokens are drawn from; 0 for all (Fan et al. 2018).
        top_p: Probability that the tokens drawn from have together (Holtzman et al. 2020).
        repetition_penalty: What positive logits of tokens that have occurred are divided by, and
            negative ones multiplied with (Keskar et al. 2019).
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    repetition_penalty: float = 1.0


def draw(logits: Tensor, numbers: Tensor, sampling: Sampling) -> Tensor:
    """Draws a token for each row.

    Args:
        logits: `(rows, tokens)`; minus infinity for what is never drawn.
        numbers: Uniform in [0, 1), `(rows,)` float64.
        sampling: How; its penalty is not applied here.

    Returns:
        Ids, `(rows,)` int64.
    """
    if not sampling.temperature or sampling.top_k == 1:
        return logits.argmax(dim=-1)
    # Measured from the largest, logits over a tiny temperature do not overflow.
    scaled = logits.double()
    scaled = (scaled - scaled.amax(dim=-1, keepdim=True)) / sampling.temperature
    likeliest, order = scaled.softmax(dim=-1).sort(dim=-1, descending=True, stable=True)
    if sampling.top_k:
        likeliest, order = likeliest[:, : sampling.top_k], order[:, : sampling.top_k]
    reached = likeliest.cumsum(dim=-1)
    if sampling.top_p < 1:
        # The token that crosses the line belongs to those that have the probability together.
        likeliest = likeliest * (reached - likeliest < sampling.top_p * reached[:, -1:])
        reached = likeliest.cumsum(dim=-1)
    wanted = numbers.unsqueeze(1) * reached[:, -1:]
    place = torch.searchsorted(reached, wanted, right=True)
    # Rounding may lead past the end, and tokens of probability 0 have no claim to be drawn.
    last = (likeliest > 0).sum(dim=-1, keepdim=True) - 1
    return order.gather(1, torch.minimum(place, last)).squeeze(1)


def penalised(logits: Tensor, seen: Tensor, penalty: float) -> Tensor:
    """Returns logits `(rows, tokens)` made smaller where `seen`, of the same shape, is true."""
    return torch.where(seen, torch.where(logits > 0, logits / penalty, logits * penalty), logits)


def generate(
    model: nn.Module,
    inputs: Tensor,
    lengths: Tensor,
    numbers: Iterable[Tensor],
    sampling: Sampling,
) -> Iterator[list[int]]:
    """Reads prompts and yields the next token of every row, as long as it is asked.

    Neither padding nor the unknown token is ever drawn.

    Args:
        model: A language model.
        inputs: Right-padded ids of the prompts, `(rows, time)` int64.
        lengths: Tokens of each prompt, at least 1, `(rows,)` on the host.
        numbers: What each step is drawn with, uniform in [0, 1), `(rows,)` float64.
        sampling: How tokens are drawn.
    """
    rows = len(inputs)
    read, state = model(inputs, lengths, None)
    logits = read[torch.arange(rows, device=inputs.device), lengths.to(inputs.device) - 1].float()
    seen = torch.zeros_like(logits, dtype=torch.bool).scatter_(1, inputs, True)
    one = torch.ones(rows, dtype=torch.int64)
    drawn: Tensor | None = None
    for number in numbers:
        if drawn is not None:
            seen.scatter_(1, drawn, True)
            read, state = model(drawn, one, state)
            logits = read[:, 0].float()
        logits[:, : UNKNOWN_ID + 1] = -torch.inf
        if sampling.repetition_penalty > 1:
            logits = penalised(logits, seen, sampling.repetition_penalty)
        drawn = draw(logits, number, sampling).unsqueeze(1)
        yield drawn.squeeze(1).tolist()
