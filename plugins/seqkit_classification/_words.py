"""Which words count: how the probability of the label falls when each one is left out."""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from seqkit_classification._logistic import class_logits

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


def without_each(text: str, tokens: Sequence[str], from_end: bool = False) -> list[str]:
    """Returns a text without each of its tokens in turn.

    Args:
        text: The text.
        tokens: What it was cut into, in either case; one that is not found is not left out.
        from_end: Whether the tokens are those at its end.
    """
    found, at = [text] * len(tokens), len(text) if from_end else 0
    places = range(len(tokens))
    for place in reversed(places) if from_end else places:
        if not tokens[place]:
            continue
        spans = re.finditer(re.escape(tokens[place]), text, re.IGNORECASE)
        inside = (one for one in spans if (one.end() <= at if from_end else one.start() >= at))
        match = max(inside, key=re.Match.start, default=None) if from_end else next(inside, None)
        if match is not None:
            at = match.start() if from_end else match.end()
            found[place] = text[: match.start()] + text[match.end() :]
    return found


def weights_of_words(
    model: nn.Module,
    tokens: Tensor,
    label: int,
    whole: float,
    base: Tensor | None = None,
    at_once: int = AT_ONCE,
) -> list[float]:
    """Returns what each token adds to the probability of a label (Li, Monroe and Jurafsky, 2016).

    Args:
        model: Gives logits for `(inputs, lengths)`; a single one is that of the second class.
        tokens: Ids, `(time,)`.
        label: The class.
        whole: Its probability with all tokens.
        base: What the logits without each token are added to, `(time, classes)`; None for nothing.
        at_once: How many sequences are run together.
    """
    if len(tokens) < 2:
        return [0.0] * len(tokens)
    found: list[float] = []
    for first in range(0, len(tokens), at_once):
        part = left_out(tokens)[first : first + at_once]
        lengths = torch.full((len(part),), part.shape[1])
        logits = class_logits(model(part, lengths).float())
        if base is not None:
            logits = logits + base[first : first + at_once].to(logits.device)
        found += logits.softmax(dim=-1)[:, label].tolist()
    return [whole - without for without in found]
