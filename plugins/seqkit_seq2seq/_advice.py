"""What may be behind a poor score of pairs: tokens that are not known."""

from __future__ import annotations

from collections.abc import Iterator

from seqkit.api import Advice, Outcome

_MANY_UNKNOWN = 0.1
"""A target with a token that cannot be written is never right as a whole."""
_MOSTLY_UNKNOWN = 0.5


def advice(outcome: Outcome) -> Iterator[Advice]:
    """Yields what the outcome shows, the likeliest first."""
    sides = {"sources": outcome.unknown or 0.0, "targets": outcome.unknown_targets or 0.0}
    side, unknown = max(sides.items(), key=lambda item: item[1])
    if unknown < _MANY_UNKNOWN or outcome.settings.get("task.tokenizer") in ("bpe", "characters"):
        return
    other = "characters" if unknown >= _MOSTLY_UNKNOWN else "bpe"
    yield Advice(
        f"{unknown:.0%} of the words of the {side} of the {outcome.split} split are unknown to the "
        "model, as they are too rare in the training texts",
        (f"task.tokenizer={other}",),
    )
