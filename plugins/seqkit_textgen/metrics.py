"""The metric `bits-per-character`. What adds up is imported when built."""

from __future__ import annotations

from typing import Any

from seqkit.api import Accumulator, Metric, Shape


class BitsPerCharacter(Metric):
    """Bits that the model needs to tell a character of the text, given the true text before it.

    The summed negative log-likelihood over the number of characters that the tokens spell, which
    are counted exactly, be they words or byte pairs. Unknown tokens cost bits and spell nothing. A
    task without `extras["characters"]` is taken to have one character a token.
    """

    name = "bits-per-character"
    outputs = ("next-tokens",)
    higher_is_better = False

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_textgen._metrics import BitsPerCharacter

        return BitsPerCharacter(shape.extras.get("characters"))
