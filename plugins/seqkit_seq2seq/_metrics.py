"""Metrics that compare the texts of answers with those of records."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from seqkit.api import Record

Answers = Sequence[Mapping[str, Any]]


class _Texts:
    """Predictions and targets; the scores below are of a whole corpus, not means of sentences."""

    def __init__(self) -> None:
        self.predictions: list[str] = []
        self.targets: list[str] = []

    def update(self, answers: Answers, records: Sequence[Record]) -> None:
        self.predictions += [str(answer["prediction"]) for answer in answers]
        self.targets += [str(record["target"]) for record in records]

    def merge(self, other: _Texts) -> None:
        self.predictions += other.predictions
        self.targets += other.targets


class Bleu:
    def __init__(self, tokenize: str = "13a", lowercase: bool = False) -> None:
        from sacrebleu.metrics.bleu import BLEU

        self.metric = BLEU(tokenize=tokenize, lowercase=lowercase, force=True)
        self.texts = _Texts()

    def update(self, answers: Answers, records: Sequence[Record]) -> None:
        self.texts.update(answers, records)

    def merge(self, other: Bleu) -> None:
        self.texts.merge(other.texts)

    def signature(self) -> str:
        # sacrebleu knows the number of references only once it has scored something.
        self.metric.corpus_score([""], [[""]])
        return str(self.metric.get_signature())

    def compute(self) -> float:
        if not self.texts.targets:
            return math.nan
        return float(self.metric.corpus_score(self.texts.predictions, [self.texts.targets]).score)


class ChrF:
    def __init__(self, word_order: int = 0) -> None:
        from sacrebleu.metrics.chrf import CHRF

        self.metric = CHRF(word_order=word_order)
        self.texts = _Texts()

    def update(self, answers: Answers, records: Sequence[Record]) -> None:
        self.texts.update(answers, records)

    def merge(self, other: ChrF) -> None:
        self.texts.merge(other.texts)

    def signature(self) -> str:
        # sacrebleu knows the number of references only once it has scored something.
        self.metric.corpus_score([""], [[""]])
        return str(self.metric.get_signature())

    def compute(self) -> float:
        if not self.texts.targets:
            return math.nan
        return float(self.metric.corpus_score(self.texts.predictions, [self.texts.targets]).score)


class ExactMatch:
    def __init__(self) -> None:
        self.right = 0
        self.seen = 0

    def update(self, answers: Answers, records: Sequence[Record]) -> None:
        pairs = zip(answers, records, strict=True)
        self.right += sum(answer["prediction"] == record["target"] for answer, record in pairs)
        self.seen += len(records)

    def merge(self, other: ExactMatch) -> None:
        self.right += other.right
        self.seen += other.seen

    def compute(self) -> float:
        return self.right / self.seen if self.seen else math.nan
