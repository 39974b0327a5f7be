"""Which settings suit a user's own pairs. Each rule was measured: docs/own-data.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqkit.api import Choice, Record
from seqkit.choosing import step_seconds, threads, training
from seqkit.text import TextFacts, facts_of, quantile

SPEED = 3.5e6
"""Tokens times units that one core trains in a second."""

SHORT, LONGEST = 40, 100
"""Characters of texts up to which those of a writing without spaces, and those of names and codes
and what becomes of them, are read one by one."""


def choose(splits: Mapping[str, Sequence[Record]], cores: int) -> list[Choice]:
    """Returns the settings for pairs, by what the training split holds."""
    records = splits.get("train", ())
    if not records:
        return []
    sides = [
        facts_of([str(record.get(side) or "") for record in records])
        for side in ("source", "target")
    ]
    count = len(records)
    by_characters = _by_characters(*sides)
    bpe_size = _bpe_size(count)
    lengths = [
        max(both)
        for both in zip(
            *(_lengths(facts, by_characters) for facts in sides),
            strict=True,
        )
    ]
    batch_size = _batch_size(count)
    model = _model(by_characters)
    units = int(model["hidden_size"])
    tokens = 2 * batch_size * sum(lengths) / len(lengths)
    numbers = tokens * (2 * units + (100 if by_characters else bpe_size) / 16)
    why = f"{count:,} pairs: {units} units, batches of {batch_size}"
    return [
        *_tokens(sides, by_characters, bpe_size),
        *_length(lengths),
        *_metrics(sides[1], by_characters),
        Choice("model", model, why),
        Choice("loss.label_smoothing", 0.0 if by_characters else 0.1, why),
        Choice("trainer.batch_size", batch_size, why),
        *training(
            count,
            batch_size,
            steps=3000 if by_characters else 1500,
            epochs=(5, 60),
            seconds=step_seconds(numbers, SPEED),
        ),
        threads(numbers, cores),
    ]


def _by_characters(source: TextFacts, target: TextFacts) -> bool:
    """Tells whether pieces of words would be new again: in names, codes, short Chinese."""
    length = max(source.mean_characters, target.mean_characters)
    new = source.of_new_words or target.of_new_words
    unparted = source.unparted or target.unparted
    return (new and length <= LONGEST) or (unparted and length <= SHORT)


def _tokens(sides: Sequence[TextFacts], by_characters: bool, bpe_size: int) -> list[Choice]:
    count = sides[0].count
    if not by_characters:
        why = f"{count:,} pairs of longer texts: {bpe_size:,} pieces of words"
        return [Choice("task.bpe_size", bpe_size, why)]
    unparted = any(side.unparted for side in sides)
    why = "in a writing without spaces" if unparted else "whose words hardly repeat"
    why = f"{count:,} pairs of short texts {why}: characters"
    return [
        Choice("task.tokenizer", "characters", why),
        Choice("task.minimum_count", 1, why),
    ]


def _lengths(facts: TextFacts, by_characters: bool) -> Sequence[int]:
    return facts.characters if by_characters else [round(1.5 * one) for one in facts.words]


def _length(lengths: Sequence[int]) -> list[Choice]:
    """All but the longest 1% of the pairs are read, where the usual limit would leave out more."""
    longest = quantile(lengths, 0.99)
    if longest <= 100:
        return []
    most = min(400, -(-longest // 10) * 10)
    why = f"99% of the texts have no more than about {longest} tokens"
    return [Choice("task.maximum_length", most, why)]


def _metrics(target: TextFacts, by_characters: bool) -> list[Choice]:
    """BLEU counts runs of four words: it cannot move where targets have no four words."""
    if not by_characters and target.mean_words >= 4 and not target.unparted:
        return []
    why = f"targets of {target.mean_words:.0f} words: chrF, as BLEU is about runs of four words"
    return [Choice("metrics", ["chrf", "exact-match", "token-accuracy", "perplexity"], why)]


def _batch_size(count: int) -> int:
    """Few pairs need small batches to make steps enough."""
    sizes = {200: 4, 2000: 16, 8000: 32, 20_000: 64}
    return next((size for most, size in sizes.items() if count < most), 96)


def _bpe_size(count: int) -> int:
    """Returns how many pieces of words are learnt.

    Of few pairs most words are whole, which are translated by what is looked at.
    """
    return min(8000, max(2000, round(count // 4, -2)))


def _model(by_characters: bool) -> dict[str, Any]:
    """Characters follow rules, which dropout hides; words are learnt by heart without it."""
    units = 128 if by_characters else 256
    return {
        "name": "seq2seq",
        "cell": "gru",
        "hidden_size": units,
        "embedding_size": 64 if by_characters else 256,
        "attention": "general",
        "lexical": not by_characters,
        "upper_layers": 0 if by_characters else 1,
        "tied_embeddings": not by_characters,
        "embedding_dropout": 0.0 if by_characters else 0.3,
        "dropout": 0.1 if by_characters else 0.4,
    }
