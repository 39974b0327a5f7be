"""Records of language modelling: texts and prompts, checked as they are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seqkit.api import Record
from seqkit.errors import ConfigurationError, DataError


@dataclass(frozen=True)
class Reading:
    """How texts are read.

    Attributes:
        tokens: What is predicted: `characters`, `words` or `bpe`.
        lowercase: Whether a text is lowercased first.
        separator: What stands between two texts of a stream.
        window: Tokens that a training step reads of each row.
    """

    tokens: str
    lowercase: bool
    separator: str
    window: int

    def prepared(self, text: str) -> str:
        """Returns a text as the tokenizer gets it."""
        return text.lower() if self.lowercase else text


def read_texts(records: Iterable[Record], reading: Reading, place: str) -> Iterator[str]:
    """Yields the text of each record, from the second on behind the separator.

    Raises:
        DataError: A record has no text; says which, and that it comes from `place`.
    """
    separator = ""
    for number, record in enumerate(records, start=1):
        text = record.get("text")
        if not isinstance(text, str):
            fields = ", ".join(map(repr, record)) or "none"
            raise DataError(
                f"record {number} has no text, in {place}. Its fields are: {fields}"
                if text is None
                else f"the text of record {number} is {text!r:.60}, in {place}. It must be text"
            )
        yield separator + reading.prepared(text)
        separator = reading.separator


def parse(item: Any, position: int) -> Record:
    """Returns what a user gave as a prompt; `position` counts from 1.

    Raises:
        ConfigurationError: It is neither a text nor a record with one.
    """
    if isinstance(item, str):
        return {"prompt": item}
    if isinstance(item, Mapping):
        text = item.get("prompt", item.get("text"))
        if isinstance(text, str):
            return {"prompt": text}
        if text is None:
            fields = ", ".join(map(repr, item)) or "none"
            raise ConfigurationError(
                f"input {position} has no prompt; its fields are: {fields}. Name the text 'text'"
            )
        item = text
    raise ConfigurationError(
        f"input {position} is {item!r:.60}, a {type(item).__name__}. "
        "Give a text, or a record with a 'text'"
    )
