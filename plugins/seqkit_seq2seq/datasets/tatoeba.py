"""The bundled dataset: 22,000 short German and English sentence pairs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import seqkit
from seqkit.api import Dataset, Notify, Record
from seqkit.config import Field
from seqkit.data import fingerprint, read_text
from seqkit.errors import DataError
from seqkit.paths import bundled
from seqkit_seq2seq.datasets.directions import Direction, directed, direction_field

_SPLITS = ("train", "validation", "test")


class Tatoeba(Dataset):
    """22,000 short German and English sentence pairs from tatoeba.org (CC BY 2.0 FR), bundled."""

    name = "tatoeba-de-en"
    tasks = ("seq2seq",)
    foldable = True
    together = "source"

    class Config(seqkit.Config):
        direction: Direction = direction_field()
        limit: int = Field(0, ge=0, help="Most training pairs that are read; 0: all.")

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        found: dict[str, Iterable[Record]] = {}
        for split in _SPLITS:
            pairs = list(_pairs(_path(split), notify))
            if split == "train" and config.limit:
                pairs = pairs[: config.limit]
            found[split] = directed(pairs, config.direction)
        return found

    def fingerprint(self, config: Any) -> str:
        return fingerprint(config, [_path(split) for split in _SPLITS])

    def location(self, config: Any) -> Path | None:
        return _path("train").parent


def _path(split: str) -> Path:
    return bundled(f"tatoeba/{split}.tsv")


def _pairs(path: Path, notify: Notify) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(read_text(path, notify).rstrip("\n").split("\n"), start=1):
        german, tab, english = line.partition("\t")
        if not (german and tab and english):
            raise DataError(f"{path} is damaged on line {number}. Install seqkit again")
        yield german, english
