"""What a user gives a task of texts to answer, as its records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seqkit.errors import ConfigurationError


def text_records(inputs: Iterable[str | Mapping[str, Any]], field: str) -> list[dict[str, str]]:
    """Returns texts, or records that hold one, as records of one field.

    Args:
        inputs: Texts, or mappings.
        field: The field that holds the text: `{field: text}`.

    Raises:
        ConfigurationError: An input is something else; names its position, from 1.
    """
    return [_text_record(item, position, field) for position, item in enumerate(inputs, start=1)]


def _text_record(item: Any, position: int, field: str) -> dict[str, str]:
    text = item.get(field) if isinstance(item, Mapping) else item
    if isinstance(text, str):
        return {field: text}
    if isinstance(item, Mapping) and text is None:
        fields = ", ".join(map(repr, item)) or "none"
        raise ConfigurationError(
            f"input {position} has no {field}; its fields are: {fields}. Name the text {field!r}"
        )
    raise ConfigurationError(
        f"input {position} is {item!r:.60}, a {type(item).__name__}. "
        f"Give a text, or a record with a {field!r}"
    )
