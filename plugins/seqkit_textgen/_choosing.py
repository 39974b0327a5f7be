"""Which settings suit a user's own text. Each rule was measured: docs/own-data.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqkit.api import Choice, Record
from seqkit.choosing import step_seconds, threads, training

WINDOW = 64
TINY, SMALL, LARGE = 10_000, 30_000, 300_000
"""Characters below which a text is tiny, small, and from which on it is large."""

SPEED = 4e6
"""Tokens times units that one core trains in a second."""


def choose(splits: Mapping[str, Sequence[Record]], cores: int) -> list[Choice]:
    """Returns the settings for a text, by its length and its characters."""
    texts = [str(record.get("text") or "") for record in splits.get("train", ())]
    size = sum(map(len, texts))
    if not size:
        return []
    kinds = len(set().union(*texts))
    streams = _streams(size)
    model = _model(size, kinds)
    numbers = streams * WINDOW * (int(model["hidden_size"]) + kinds / 4)
    why = f"{size:,} characters of {kinds:,} kinds: {model['hidden_size']} units"
    return [
        Choice("task.window", WINDOW, why),
        Choice("model", model, f"{why}, dropout {model['dropout']}"),
        Choice("trainer.learning_rate", 2e-3 if size < SMALL else 4e-3, why),
        Choice("trainer.ema_decay", 0.99, "what is kept is the mean of the last 100 steps or so"),
        Choice(
            "trainer.batch_size", streams, f"{size:,} characters: read as {streams} streams at once"
        ),
        *training(
            max(1, size // WINDOW),
            streams,
            steps=1500 if size < TINY else 2000 if size < SMALL else 3000,
            epochs=(3, 150),
            seconds=step_seconds(numbers, SPEED),
        ),
        threads(numbers, cores),
    ]


def _streams(size: int) -> int:
    """Returns how many parts are read side by side: few, where more would leave too few steps."""
    if size < TINY:
        return 2
    return next((rows for rows in (32, 16, 8) if size >= 100 * WINDOW * rows), 4)


def _model(size: int, kinds: int) -> dict[str, Any]:
    """The shorter the text, the smaller the model and the more dropout."""
    return {
        "name": "lstm",
        "embedding_size": 64 if kinds < 300 else 128,
        "hidden_size": 64 if size < TINY else 256,
        "word_dropout": 0.0,
        "embedding_dropout": 0.2 if TINY <= size < SMALL else 0.0,
        "dropout": 0.5 if size < SMALL else 0.4 if size < LARGE else 0.2,
    }
