"""Metrics that compare the texts of answers with those of records."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from seqkit.api import Record

Answers = Sequence[Mapping[str, Any]]


class CorpusScore:
    """A score of sacrebleu over a whole corpus, which is no mean of its sentences."""

    def __init__(self, metric: Any) -> None:
        self.metric = metric
        self.predictions: list[str] = []
        self.targets: list[str] = []

    def update(self, answers: Answers, records: Sequence[Record]) -> None:
        self.predictions += [str(answer["prediction"]) for answer in answers]
        self.targets += [str(record["target"]) for record in records]

    def merge(self, other: CorpusScore) -> None:
        self.predictions += other.predictions
        self.targets += other.targets

    def signature(self) -> str:
        # sacrebleu knows the number of references only once it has scored something.
        self.metric.corpus_score([""], [[""]])
        return str(self.metric.get_signature())

    def compute(self) -> float:
        if not self.targets:
            return math.nan
        return float(self.metric.corpus_score(self.predictions, [self.targets]).score)


def bleu(tokenize: str = "13a", lowercase: bool = False) -> CorpusScore:
    from sacrebleu.metrics.bleu import BLEU

    return CorpusScore(BLEU(tokenize=tokenize, lowercase=lowercase, force=True))


def chrf(word_order: int = 0) -> CorpusScore:
    from sacrebleu.metrics.chrf import CHRF

    return CorpusScore(CHRF(word_order=word_order))


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
