"""Names of columns in settings."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator


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


Columns = Annotated[list[str], BeforeValidator(_one_or_many)]
"""Names of columns; a single one may stand for a list of one."""

ChosenColumns = Annotated[Literal["auto", "none"] | list[str], BeforeValidator(_word_or_many)]
"""Names of columns, or a word for all or none of them."""

IdColumns = Annotated[Literal["auto", "none"] | list[str], BeforeValidator(_ids)]
"""Names of columns that tell series apart together, or a word: found out, or none of them."""
