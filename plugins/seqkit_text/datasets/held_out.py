"""Held-out splits carved from one list of records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqkit.api import Record
from seqkit.config import Field
from seqkit.data import carve


def validation_field() -> Any:
    return Field(
        0.1,
        ge=0,
        lt=1,
        help="Part of the training examples held out for validation, where there is no validation "
        "split of its own; 0: none.",
    )


def held_out_test_field(default: float) -> Any:
    return Field(
        default,
        ge=0,
        lt=1,
        help="Part of all examples held out for the test, where there is no test split of its own; "
        "0: none.",
    )


def seed_field() -> Any:
    return Field(0, help="Chooses the examples that are held out.")


def with_held_out(
    given: Mapping[str, Sequence[Record]], validation: float, test: float, seed: int
) -> dict[str, Sequence[Record]]:
    """Carves the splits that are not given, by class: the test first, then the validation."""
    train, splits = list(given["train"]), dict(given)
    if test and "test" not in splits:
        train, splits["test"] = carve(train, test, seed, key="label")
    if validation and "validation" not in splits:
        train, splits["validation"] = carve(train, validation, seed, key="label")
    return {"train": train} | {
        name: splits[name] for name in ("validation", "test") if splits.get(name)
    }
