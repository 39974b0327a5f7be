"""What may be behind a poor score of language modelling: tokens that are not known."""

from __future__ import annotations

from collections.abc import Iterator

from seqkit.api import Advice, Outcome

_MANY_UNKNOWN = 0.2


def advice(outcome: Outcome) -> Iterator[Advice]:
    """Yields what the outcome shows."""
    unknown = outcome.unknown or 0.0
    if unknown >= _MANY_UNKNOWN and outcome.settings.get("task.tokens") == "words":
        yield Advice(
            f"{unknown:.0%} of the words of the {outcome.split} split are unknown to the model, as "
            "they are too rare in the training text",
            ("task.tokens=bpe",),
        )
