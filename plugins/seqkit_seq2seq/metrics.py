"""Metrics of texts: their settings. What adds up is in `_metrics`, imported when built."""

from __future__ import annotations

from typing import Any, Literal

import seqkit
from seqkit.api import Accumulator, Metric, Shape
from seqkit.config import Field


class Bleu(Metric):
    """BLEU of a corpus, 0 to 100, by sacrebleu on raw texts (Papineni et al. 2002; Post 2018).

    With the settings as they are its signature is
    `nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp`, followed by the version of sacrebleu, which
    `seqkit evaluate` shows. Answers are decoded as `seqkit predict` does without options, greedily.
    """

    name = "bleu"
    tasks = ("seq2seq",)
    reads = "answers"

    class Config(seqkit.Config):
        tokenize: Literal["13a", "intl", "zh", "char", "none"] = Field(
            "13a", help="How sacrebleu cuts texts into words; `tok` of the signature."
        )
        lowercase: bool = Field(
            False, help="Whether case is left aside; `case:lc` of the signature."
        )

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_seq2seq._metrics import bleu

        return bleu(config.tokenize, config.lowercase)

    def signature(self, config: Any) -> str:
        from seqkit_seq2seq._metrics import bleu

        return bleu(config.tokenize, config.lowercase).signature()


class ChrF(Metric):
    """F-score of character n-grams, 0 to 100, by sacrebleu on raw texts (Popovic 2015, 2017).

    With the settings as they are (chrF2) its signature is
    `nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no`, followed by the version of sacrebleu, which
    `seqkit evaluate` shows.
    """

    name = "chrf"
    tasks = ("seq2seq",)
    reads = "answers"

    class Config(seqkit.Config):
        word_order: int = Field(
            0, ge=0, le=4, help="Longest word n-grams that count too; 2 gives chrF++."
        )

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_seq2seq._metrics import chrf

        return chrf(config.word_order)

    def signature(self, config: Any) -> str:
        from seqkit_seq2seq._metrics import chrf

        return chrf(config.word_order).signature()


class ExactMatch(Metric):
    """Share of answers that are the target, character for character."""

    name = "exact-match"
    tasks = ("seq2seq",)
    reads = "answers"

    def build(self, config: Any, shape: Shape) -> Accumulator:
        from seqkit_seq2seq._metrics import ExactMatch

        return ExactMatch()
