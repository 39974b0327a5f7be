"""Which settings suit a user's own texts and labels. Each rule was measured: docs/own-data.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from seqkit.api import Choice, Record
from seqkit.choosing import step_seconds, threads, training
from seqkit.text import TextFacts, facts_of, quantile
from seqkit_classification._labels import name_classes, spelling

MANY = 15_000
"""Texts from which on the settings of imdb-bilstm are the better ones."""

LONGEST = {"basic-english": 400, "characters": 600}
"""Tokens of a text that are read at most, as longer ones cost more than they tell."""

SPEED = 8e6
"""Tokens times units that one core trains in a second."""

RARE = 0.4
"""A class is rare below this part of an even share: 20% of two classes, 13% of three."""

FEW = 200
"""Texts of a rare class below which the validation split has too few for F1 to move."""


def choose(splits: Mapping[str, Sequence[Record]], cores: int) -> list[Choice]:
    """Returns the settings for texts and labels, by what the training split holds."""
    records = splits.get("train", ())
    if not records:
        return []
    facts = facts_of([str(record.get("text") or "") for record in records])
    by_characters = facts.unparted or facts.of_new_words
    lengths, length = _length(facts, by_characters)
    model = _model(facts.count, by_characters)
    batch_size = _batch_size(facts.count)
    tokens = batch_size * sum(min(one, length) for one in lengths) / len(lengths)
    units = 2 * int(model["hidden_size"])
    scale = f"{facts.count:,} {'texts read by characters' if by_characters else 'texts'}"
    why = f"{scale}: {model['hidden_size']} units, batches of {batch_size}"
    return [
        *_tokens(facts, by_characters),
        *_truncation(lengths, length),
        _residual(facts.count),
        *_balance(_classes(records)),
        Choice("model", model, why),
        Choice("trainer.batch_size", batch_size, why),
        *training(
            facts.count,
            batch_size,
            steps=2000 if by_characters else 1200,
            epochs=(3, 40),
            seconds=step_seconds(tokens * units, SPEED),
        ),
        threads(tokens * units, cores),
    ]


def _tokens(facts: TextFacts, by_characters: bool) -> list[Choice]:
    """Words that are not repeated tell nothing: their characters do."""
    if facts.unparted:
        why = f"{facts.count:,} texts in a writing without spaces: characters"
    else:
        why = f"{facts.count:,} short texts whose words hardly repeat: characters"
    if by_characters:
        return [
            Choice("task.tokenizer", "characters", why),
            Choice("task.minimum_count", 1 if facts.count < MANY else 2, why),
        ]
    fewest = 1 if facts.count < 3000 else 2
    why = f"{facts.novelty:.0%} of the words in new texts will be unknown"
    return [Choice("task.minimum_count", fewest, why)] if fewest > 1 else []


def _residual(count: int) -> Choice:
    """Counts of n-grams are learnt from few texts already; a network learns what they leave."""
    why = f"{count:,} texts: answers begin from counts of n-grams, and what they leave is learnt"
    return Choice("task.residual", "nb-svm", why)


def _length(facts: TextFacts, by_characters: bool) -> tuple[Sequence[int], int]:
    """Returns the tokens of each text, and those that are read: all but of the longest 1%."""
    lengths = facts.characters if by_characters else facts.words
    most = LONGEST["characters" if by_characters else "basic-english"]
    return lengths, min(most, -(-quantile(lengths, 0.99) // 10) * 10 or 10)


def _truncation(lengths: Sequence[int], length: int) -> list[Choice]:
    longer = sum(one > length for one in lengths) / len(lengths)
    if max(lengths) <= 1.5 * length and max(lengths) <= LONGEST["basic-english"]:
        return []
    why = f"{longer:.0%} of the texts are longer than {length} tokens, up to {max(lengths):,}"
    return [Choice("task.maximum_length", length, why)]


def _classes(records: Sequence[Record]) -> Counter[str]:
    """Returns how many texts each class has."""
    spelt = [spelling(record.get("label")) for record in records]
    labels = [label for label in spelt if label is not None]
    names = name_classes(labels)
    return Counter(names[label] for label in labels)


def _balance(counts: Counter[str]) -> list[Choice]:
    """A rare class is never told where all examples weigh the same, and accuracy hides it."""
    if len(counts) < 2:
        return []
    rare, fewest = min(counts.items(), key=lambda pair: (pair[1], pair[0]))
    share = fewest / counts.total()
    if share >= RARE / len(counts):
        return []
    chooses = "F1" if fewest >= FEW else "AUROC"
    why = f"{share:.1%} of the texts are {rare!r}: classes weigh the same, and {chooses} chooses"
    f1: Any = {"name": "f1", "positive": rare} if len(counts) == 2 else "f1"
    metrics = [f1, "auroc"] if fewest >= FEW else ["auroc", f1]
    return [
        Choice("loss", {"name": "cross-entropy", "class_weights": "balanced"}, why),
        Choice("metrics", [*metrics, "accuracy"], why),
    ]


def _batch_size(count: int) -> int:
    """Few texts need small batches to make steps enough."""
    sizes = {200: 4, 3000: 16, MANY: 32}
    return next((size for most, size in sizes.items() if count < most), 64)


def _model(count: int, by_characters: bool) -> dict[str, Any]:
    """The fewer the texts, the more dropout; characters are few and all needed: little of it."""
    if by_characters:
        return {
            "name": "bilstm",
            "embedding_size": 48,
            "hidden_size": 128,
            "pooling": "max+mean",
            "embedding_dropout": 0.1,
            "word_dropout": 0.05,
            "dropout": 0.3,
        }
    if count < MANY:
        few = count < 3000
        return {
            "name": "bilstm",
            "embedding_size": 64,
            "hidden_size": 64,
            "pooling": "max",
            "embedding_dropout": 0.6 if few else 0.5,
            "embedding_dropout_kind": "types",
            "word_dropout": 0.3 if few else 0.2,
            "dropout": 0.5,
        }
    return {
        "name": "bilstm",
        "embedding_size": 100,
        "hidden_size": 128,
        "pooling": "max+mean",
        "embedding_dropout": 0.3,
        "embedding_dropout_kind": "elements",
        "word_dropout": 0.1,
        "dropout": 0.5,
        "initialization": "orthogonal",
    }
