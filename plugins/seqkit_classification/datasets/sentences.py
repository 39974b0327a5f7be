"""The bundled dataset: 1,000 sentences from film reviews."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import seqkit
from seqkit.api import Dataset, Notify, Record
from seqkit.data import fingerprint, read_text
from seqkit.errors import DataError
from seqkit.paths import bundled
from seqkit_classification.datasets.held_out import (
    held_out_test_field,
    seed_field,
    validation_field,
    with_held_out,
)

_LABELS = {"0": "negative", "1": "positive"}


class Sentences(Dataset):
    """1,000 sentences from IMDB reviews, positive or negative (Kotzias et al. 2015), bundled."""

    name = "sentences"
    tasks = ("classification",)
    foldable = True

    class Config(seqkit.Config):
        validation: float = validation_field()
        test: float = held_out_test_field(0.2)
        seed: int = seed_field()

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        path = _path()
        records: list[Record] = []
        # The sentences hold other Unicode line breaks, so that splitlines would cut some in two.
        for number, line in enumerate(read_text(path, notify).rstrip("\n").split("\n"), start=1):
            text, tab, label = line.rpartition("\t")
            if not tab or label.strip() not in _LABELS:
                raise DataError(f"{path} is damaged on line {number}. Install seqkit again")
            records.append(
                {"id": str(number), "text": text.strip(), "label": _LABELS[label.strip()]}
            )
        return with_held_out(
            {"train": records}, config.validation, config.test, config.seed, notify
        )

    def fingerprint(self, config: Any) -> str:
        return fingerprint(config, [_path()])

    def location(self, config: Any) -> Path | None:
        return _path()


def _path() -> Path:
    return bundled("sentences/imdb_labelled.txt")
