"""Pairs made up by a rule: what a working encoder-decoder must be able to learn."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

from pydantic import model_validator

import seqkit
from seqkit.api import Dataset, Notify, Record
from seqkit.config import Field
from seqkit.data import fingerprint
from seqkit.errors import DataError

LETTERS = "abcdefghijklmnopqrstuvwxyz"
# A source that was drawn before is drawn again; with more than this part of all that there are,
# that would go on and on.
_LARGEST_PART = 0.9


class GeneratedConfig(seqkit.Config):
    """What generated datasets have in common."""

    train: int = Field(20_000, ge=1, help="Training pairs.")
    validation: int = Field(1000, ge=1, help="Validation pairs.")
    test: int = Field(1000, ge=1, help="Test pairs.")
    seed: int = Field(0, help="Chooses the pairs; no source is drawn twice.")


class LettersConfig(GeneratedConfig):
    """Settings of sequences of letters."""

    letters: int = Field(26, ge=2, le=26, help="Letters of the alphabet that occur.")
    minimum_length: int = Field(3, ge=1, help="Letters of the shortest sequence.")
    maximum_length: int = Field(12, ge=1, help="Letters of the longest sequence.")

    @model_validator(mode="after")
    def _lengths_in_order(self) -> LettersConfig:
        if self.minimum_length > self.maximum_length:
            raise ValueError(
                f"minimum_length ({self.minimum_length}) must not be above maximum_length "
                f"({self.maximum_length})"
            )
        return self


class AdditionConfig(GeneratedConfig):
    """Settings of sums."""

    train: int = Field(50_000, ge=1, help="Training pairs.")
    digits: int = Field(3, ge=1, le=9, help="Most digits of each of the two numbers.")


class Reverse(Dataset):
    """Letters and the same letters from the last to the first; made up, with a seed."""

    name = "reverse"
    tasks = ("seq2seq",)
    Config = LettersConfig

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        return _letters(config, lambda source: source[::-1])

    def fingerprint(self, config: Any) -> str:
        return fingerprint(config, [])


class Sort(Dataset):
    """Letters and the same letters in the order of the alphabet; made up, with a seed."""

    name = "sort"
    tasks = ("seq2seq",)
    Config = LettersConfig

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        return _letters(config, lambda source: "".join(sorted(source)))

    def fingerprint(self, config: Any) -> str:
        return fingerprint(config, [])


class Addition(Dataset):
    """Sums such as 12+345 and what they come to (Zaremba and Sutskever 2014); made up."""

    name = "addition"
    tasks = ("seq2seq",)
    Config = AdditionConfig

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        def draw(generator: random.Random) -> str:
            # The number of digits is drawn first, as nearly all numbers have the most there are.
            numbers = (
                _below(generator, 10 ** (1 + _below(generator, config.digits))) for _ in range(2)
            )
            return "+".join(map(str, numbers))

        def add(source: str) -> str:
            first, _, second = source.partition("+")
            return str(int(first) + int(second))

        return _drawn(config, draw, add, 10 ** (2 * config.digits))

    def fingerprint(self, config: Any) -> str:
        return fingerprint(config, [])


def _letters(config: LettersConfig, rule: Callable[[str], str]) -> Mapping[str, Iterable[Record]]:
    lengths = range(config.minimum_length, config.maximum_length + 1)

    def draw(generator: random.Random) -> str:
        length = lengths[_below(generator, len(lengths))]
        return "".join(LETTERS[_below(generator, config.letters)] for _ in range(length))

    return _drawn(config, draw, rule, sum(config.letters**length for length in lengths))


def _drawn(
    config: GeneratedConfig,
    draw: Callable[[random.Random], str],
    rule: Callable[[str], str],
    possible: int,
) -> Mapping[str, Iterable[Record]]:
    """Draws different sources, and shares them out; each seed gives its own, everywhere alike."""
    sizes = {"test": config.test, "validation": config.validation, "train": config.train}
    wanted = sum(sizes.values())
    if wanted > _LARGEST_PART * possible:
        raise DataError(
            f"{wanted:,} different sources are asked for and there are {possible:,}, in the "
            "settings of the dataset. Ask for fewer pairs, or allow longer sources"
        )
    generator = random.Random(config.seed)
    drawn: dict[str, None] = {}
    while len(drawn) < wanted:
        drawn[draw(generator)] = None
    # The short sources are soon all drawn: in the order they were drawn, one split would have them.
    sources = iter(sorted(drawn, key=lambda _: generator.random()))
    splits = {
        split: [{"source": source, "target": rule(source)} for source in islice(sources, size)]
        for split, size in sizes.items()
    }
    return {split: splits[split] for split in ("train", "validation", "test")}


def _below(generator: random.Random, limit: int) -> int:
    """Draws a whole number from 0; only random() is the same in every version of Python."""
    return int(generator.random() * limit)
