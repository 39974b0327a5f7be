"""Naive answers to compare a score with: the source itself, and the most frequent target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from seqkit.api import Accumulator, Record
from seqkit_seq2seq._metrics import ExactMatch, bleu, chrf


def score_baselines(
    train: Sequence[Record], asked: Sequence[Record]
) -> dict[str, dict[str, float]]:
    """Scores `copy-source` and `most-frequent-target` by `bleu`, `chrf` and `exact-match`."""
    if not asked or "target" not in asked[0]:
        return {}
    # Of equally frequent targets the first; a Counter keeps the order.
    frequent = Counter(record["target"] for record in train).most_common(1)[0][0]
    return {
        "copy-source": _scores([record["source"] for record in asked], asked),
        "most-frequent-target": _scores([frequent] * len(asked), asked),
    }


def _scores(predictions: Sequence[str], records: Sequence[Record]) -> dict[str, float]:
    answers = [{"prediction": prediction} for prediction in predictions]
    metrics: dict[str, Accumulator] = {
        "bleu": bleu(),
        "chrf": chrf(),
        "exact-match": ExactMatch(),
    }
    for metric in metrics.values():
        metric.update(answers, records)
    return {name: metric.compute() for name, metric in metrics.items()}
