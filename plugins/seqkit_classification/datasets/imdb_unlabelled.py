"""The reviews of the Large Movie Review Dataset that have no label, as texts to learn from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import seqkit
from seqkit.api import Dataset, Notify, Record
from seqkit.config import Field
from seqkit.data import FetchOptions, LocalPath, fingerprint, hold_out
from seqkit.errors import DataError
from seqkit_classification.datasets.imdb import ARCHIVE, Imdb, read_reviews, stored


class ImdbUnlabelled(Dataset):
    """50,000 film reviews without a label, to learn to write from (Maas et al. 2011).

    They come with the dataset `imdb`; whole reviews are held out.
    """

    name = "imdb-unlabelled"
    tasks = ("language-modeling",)

    class Config(seqkit.Config):
        validation: float = Field(
            0.05, ge=0, lt=1, help="Part of the reviews held out for validation; 0: none."
        )
        test: float = Field(0.0, ge=0, lt=1, help="Part of the reviews held out for the test.")
        seed: int = Field(0, help="Chooses the reviews that are held out.")
        limit: int = Field(0, ge=0, help="Most reviews read; 0: all.")
        path: LocalPath = Field(
            "", help=f"{ARCHIVE} or its extracted folder; empty: what 'seqkit data get imdb' got."
        )

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        if config.path:
            reviews = list(read_reviews(Path(config.path), unlabelled=True).get("unlabelled", []))
        else:
            reviews = list(stored("unlabelled"))
        if not reviews:
            raise DataError(
                f"{config.path or 'the dataset imdb'} holds no reviews without a label. "
                f"Give a whole {ARCHIVE}, which has 50,000 in train/unsup"
            )
        records = [
            {"id": review["id"], "text": review["text"].replace("<br />", "\n")}
            for review in reviews[: config.limit or None]
        ]
        train, test = hold_out(records, config.test, config.seed)
        train, validation = hold_out(train, config.validation, config.seed)
        held_out = {"validation": validation, "test": test}
        return {"train": train} | {name: part for name, part in held_out.items() if part}

    def fingerprint(self, config: Any) -> str:
        location = self.location(config)
        if location is None or not location.exists():
            return ""
        folder = location / "train" / "unsup"
        nested = location / "aclImdb" / "train" / "unsup"
        return fingerprint(config, [location, folder, nested])

    def get(self, config: Any, options: FetchOptions) -> Path | None:
        return Imdb().get(Imdb.Config(), options)

    def location(self, config: Any) -> Path | None:
        if config.path:
            return Path(config.path)
        home = Imdb().location(Imdb.Config())
        return home / "unlabelled.jsonl" if home is not None else None
