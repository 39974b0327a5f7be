"""Which words count: how the probability of the label falls when each one is left out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

AT_ONCE = 256


def left_out(tokens: Tensor) -> Tensor:
    """Returns a sequence without each of its tokens in turn.

    Args:
        tokens: Ids, `(time,)`, at least two of them.

    Returns:
        `(time, time - 1)`; the row i lacks the token i.
    """
    time = len(tokens)
    kept = ~torch.eye(time, dtype=torch.bool, device=tokens.device)
    return tokens.expand(time, time)[kept].view(time, time - 1)


def weights_of_words(
    model: nn.Module, tokens: Tensor, label: int, whole: float, at_once: int = AT_ONCE
) -> list[float]:
    """Returns what each token adds to the probability of a label (Li, Monroe and Jurafsky, 2016).

    Args:
        model: Gives logits for `(inputs, lengths)`; a single one is that of the second class.
        tokens: Ids, `(time,)`.
        label: The class.
        whole: Its probability with all tokens.
        at_once: How many sequences are run together.
    """
    if len(tokens) < 2:
        return [0.0] * len(tokens)
    found: list[float] = []
    for part in torch.split(left_out(tokens), at_once):
        lengths = torch.full((len(part),), part.shape[1])
        logits = model(part, lengths).float()
        if logits.shape[-1] == 1:
            logits = torch.cat([torch.zeros_like(logits), logits], dim=-1)
        found += logits.softmax(dim=-1)[:, label].tolist()
    return [whole - without for without in found]
