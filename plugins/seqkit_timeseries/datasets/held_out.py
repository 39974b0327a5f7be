"""Settings of held-out spans of time."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator

from seqkit.config import Field


def _valid(size: float | str) -> float | str:
    if not isinstance(size, str) and (size < 0 or (size >= 1 and size != round(size))):
        raise ValueError("it must be at least 0, and a whole number from 1 on")
    return size


Span = Annotated[float | str, AfterValidator(_valid)]
"""Part of the rows, number of rows, or the date a span begins."""


def validation_field(default: float | str) -> Any:
    return Field(
        default,
        help="What is held out for validation, before the test: a part of all rows (0.2), a number "
        "of rows (1 or more), or the date it begins ('2014-01-01'); 0: none.",
    )


def test_field(default: float | str) -> Any:
    return Field(
        default,
        help="What is held out for the test, at the end: a part of all rows, a number of rows, or "
        "the date it begins; 0: none.",
    )
