"""Names of columns in settings, numbers that stand for none, and steps."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator

STEP = re.compile(r"(\d{0,6}) ?(month|min|[shdw])s?")
"""A step of rows: a number of seconds, minutes, hours, days, weeks or months."""


def _one_or_many(value: Any) -> Any:
    """Takes `high,low` as two columns, as words of a command line have it."""
    if isinstance(value, str) and value:
        return [name.strip() for name in value.split(",") if name.strip()]
    return value


def _word_or_many(value: Any) -> Any:
    return value if value in ("auto", "none") else _one_or_many(value)


def _ids(value: Any) -> Any:
    """An empty text is what files of older versions say for `auto`."""
    return "auto" if value in ("", []) else _word_or_many(value)


def _numbers(value: Any) -> Any:
    """Takes `-999,-9999` as two numbers, as words of a command line have it."""
    return [value] if isinstance(value, int | float) else _one_or_many(value)


def is_step(text: str) -> bool:
    """Tells whether a text is a step such as `15min`, `1h`, `1d`, `1w` or `1month`."""
    match = STEP.fullmatch(text.strip().lower())
    return match is not None and (not match[1] or int(match[1]) > 0)


def _step(value: str) -> str:
    if value and not is_step(value):
        raise ValueError("it is no step such as 15min, 1h, 1d, 1w or 1month")
    return value.strip().lower()


Columns = Annotated[list[str], BeforeValidator(_one_or_many)]
"""Names of columns; a single one may stand for a list of one."""

ChosenColumns = Annotated[Literal["auto", "none"] | list[str], BeforeValidator(_word_or_many)]
"""Names of columns, or a word for all or none of them."""

IdColumns = Annotated[Literal["auto", "none"] | list[str], BeforeValidator(_ids)]
"""Names of columns that tell series apart together, or a word: found out, or none of them."""

Numbers = Annotated[list[float], BeforeValidator(_numbers)]
"""Numbers; a single one may stand for a list of one."""

Step = Annotated[str, AfterValidator(_step)]
"""How far rows are apart; empty for as they are."""
