"""Which language of a pair is read and which is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from seqkit.api import Record
from seqkit.config import Field

Direction = Literal["de-en", "en-de"]


def direction_field() -> Any:
    return Field("de-en", help="The language that is read and the one that is written.")


def directed(pairs: Iterable[tuple[str, str]], direction: Direction) -> Iterator[Record]:
    """Yields a record for each pair of a German and an English text."""
    for number, (german, english) in enumerate(pairs, start=1):
        source, target = (german, english) if direction == "de-en" else (english, german)
        yield {"id": str(number), "source": source, "target": target}
