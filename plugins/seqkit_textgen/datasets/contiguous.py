"""Splits a text into contiguous parts: first what is trained on, then what is held out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqkit.api import Record
from seqkit.config import Field


def validation_field() -> Any:
    return Field(
        0.1,
        ge=0,
        lt=1,
        help="Part of the text held out for validation, behind the training part; 0: none.",
    )


def held_out_test_field() -> Any:
    return Field(
        0.0, ge=0, lt=1, help="Part of the text held out for the test, at its very end; 0: none."
    )


def require_a_rest(validation: float, test: float) -> None:
    """Raises ValueError, as validators do, where both parts leave nothing to train on."""
    if validation + test >= 1:
        raise ValueError(
            f"validation ({validation}) and test ({test}) together must be below 1, as the rest "
            "is trained on"
        )


def cut_contiguous(
    texts: Sequence[str], validation: float, test: float
) -> dict[str, Sequence[Record]]:
    """Divides texts, one behind the other, by their characters.

    Args:
        texts: The texts, in order. One may be cut in two.
        validation: Part of all characters for the validation split; no such split where it is 0.
        test: Part at the end for the test split.

    Returns:
        The records of `train`, `validation` and `test`, each with its `text`.
    """
    total = sum(map(len, texts))
    ends = {
        "train": int(total * (1 - validation - test)),
        "validation": int(total * (1 - test)),
        "test": total,
    }
    splits: dict[str, Sequence[Record]] = {}
    begins = 0
    for split, end in ends.items():
        if split == "train" or {"validation": validation, "test": test}[split]:
            splits[split] = [{"text": text} for text in _between(texts, begins, end)]
        begins = end
    return splits


def _between(texts: Sequence[str], begins: int, end: int) -> list[str]:
    """Returns what lies between two positions of all texts together."""
    found, at = [], 0
    for text in texts:
        part = text[max(0, begins - at) : max(0, end - at)]
        at += len(text)
        if part:
            found.append(part)
    return found
