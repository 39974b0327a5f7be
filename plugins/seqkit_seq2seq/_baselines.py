"""Simple answers to compare a score with, from the source itself to a table of words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from seqkit.api import Accumulator, Record
from seqkit_seq2seq._metrics import ExactMatch, bleu, chrf
from seqkit_seq2seq._similar import Nearest
from seqkit_seq2seq._word_table import WordTable


def score_baselines(
    train: Sequence[Record], asked: Sequence[Record]
) -> dict[str, dict[str, float]]:
    """Scores simple answers by `bleu`, `chrf` and `exact-match`.

    - `copy-source`: the source as it is.
    - `most-frequent-target`: always that one.
    - `nearest-neighbour`: the target of the training source that is most like the source.
    - `word-table`: the source word by word, by a table learnt from the training pairs.
    """
    if not asked or "target" not in asked[0]:
        return {}
    # Of equally frequent targets the first; a Counter keeps the order.
    frequent = Counter(record["target"] for record in train).most_common(1)[0][0]
    sources, targets = ([record[side] for record in train] for side in ("source", "target"))
    nearest, table = Nearest(sources), WordTable(sources, targets)
    found = [targets[nearest.find(record["source"])] for record in asked]
    return {
        "copy-source": _scores([record["source"] for record in asked], asked),
        "most-frequent-target": _scores([frequent] * len(asked), asked),
        "nearest-neighbour": _scores(found, asked),
        "word-table": _scores([table.write(record["source"]) for record in asked], asked),
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
