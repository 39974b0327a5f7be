"""Held-out splits carved from one list of records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from seqkit.api import Notify, Record
from seqkit.config import Field
from seqkit.data import counted, hold_out, listed
from seqkit_classification._labels import label_key


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
    given: Mapping[str, Sequence[Record]],
    validation: float,
    test: float,
    seed: int,
    notify: Notify,
) -> dict[str, Sequence[Record]]:
    """Carves the splits that are not given, by class: the test first, then the validation.

    Of every class at least one example stays to be trained on.
    """
    train, splits = list(given["train"]), dict(given)
    single = _single(train)
    if test and "test" not in splits:
        train, splits["test"] = hold_out(train, test, seed, key=_class)
    if validation and "validation" not in splits:
        train, splits["validation"] = hold_out(train, validation, seed, key=_class)
    found = {"train": train} | {
        name: splits[name] for name in ("validation", "test") if splits.get(name)
    }
    if single and any(name not in given for name in found):
        notify(
            f"{counted(len(single), 'class has', 'classes have')} one example, which is trained "
            f"on and never held out ({listed(single)})."
        )
    return found


def _class(record: Record) -> Any:
    return label_key(record["label"])


def _single(records: Sequence[Record]) -> list[str]:
    """Returns the labels that occur once."""
    counts = Counter(map(_class, records))
    return [str(one["label"]) for one in records if counts[_class(one)] == 1]
