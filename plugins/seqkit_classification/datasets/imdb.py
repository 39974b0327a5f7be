"""The Large Movie Review Dataset, fetched once and kept as one JSONL file a split."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

import seqkit
from seqkit.api import Dataset, Notify, Record
from seqkit.config import Field
from seqkit.data import (
    FetchOptions,
    LocalPath,
    check_stored,
    fetch,
    fingerprint,
    hold_out,
    read_members,
    seal_stored,
    unreadable,
    written_aside,
)
from seqkit.errors import DataError
from seqkit.paths import cache_home, data_home

ARCHIVE = "aclImdb_v1.tar.gz"
URLS = (
    "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
    "https://bj.bcebos.com/dataset/imdb%2FaclImdb_v1.tar.gz",
)
MD5 = "7c2ac02c03563afcf9b574c7e56c153a"
COUNTS = {
    ("train", "negative"): 12_500,
    ("train", "positive"): 12_500,
    ("test", "negative"): 12_500,
    ("test", "positive"): 12_500,
    ("unlabelled", ""): 50_000,
}
_LABELS = {"neg": "negative", "pos": "positive", "unsup": ""}
_LONGEST_REVIEW = 2**20
_PARTS = ("train/neg", "train/pos", "test/neg", "test/pos")
_REVIEW = re.compile(r"(?:^|/)((train|test)/(neg|pos|unsup)/(\d+)_\d+)\.txt$")

Reviews = dict[str, list[Record]]
"""The reviews of each split, `train`, `test` and `unlabelled`; negative and positive in turn."""


class Imdb(Dataset):
    """50,000 film reviews, positive or negative, half for the test (Maas et al. 2011)."""

    name = "imdb"
    tasks = ("classification",)

    class Config(seqkit.Config):
        validation: float = Field(
            0.1, ge=0, lt=1, help="Part of the training reviews held out for validation; 0: none."
        )
        seed: int = Field(0, help="Chooses the reviews that are held out.")
        limit: int = Field(
            0,
            ge=0,
            help="Most reviews read of the training and of the test part, as many of each class; "
            "0: all.",
        )
        unlabelled: bool = Field(
            False, help="Whether to read the 50,000 reviews without a label, as a split of its own."
        )
        path: LocalPath = Field(
            "", help=f"{ARCHIVE} or its extracted folder; empty: what 'seqkit data get imdb' got."
        )

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        names = ["train", "test"] + (["unlabelled"] if config.unlabelled else [])
        found: dict[str, Iterable[Record]] = {}
        if config.path:
            reviews = read_reviews(Path(config.path), config.unlabelled)
            _check(reviews, Path(config.path))
            found.update({name: reviews.get(name, []) for name in names})
        else:
            found.update({name: stored(name) for name in names})
        if config.limit:
            found = {name: islice(records, config.limit) for name, records in found.items()}
        train, validation = hold_out(list(found["train"]), config.validation, config.seed, "label")
        held_out = {"validation": validation} if validation else {}
        return {"train": train, **held_out, **{name: found[name] for name in names[1:]}}

    def fingerprint(self, config: Any) -> str:
        if not config.path:
            paths = [path for path in _files() if path.exists()]
        elif Path(config.path).is_file():
            paths = [Path(config.path)]
        else:
            paths = [_root(Path(config.path)) / part for part in _PARTS]
        return fingerprint(config, paths)

    def get(self, config: Any, options: FetchOptions) -> Path | None:
        here = all(path.exists() for path in _files()[:2])
        if options.source is not None:
            _store(options.source, options)
        elif options.force or not here:
            archive = cache_home() / "downloads" / ARCHIVE
            _store(fetch(URLS, archive, f"md5:{MD5}", progress=options.progress), options)
            archive.unlink(missing_ok=True)
        return _home()

    def location(self, config: Any) -> Path | None:
        return Path(config.path) if config.path else _home()


def read_reviews(source: Path, unlabelled: bool) -> Reviews:
    """Reads the reviews of an archive, or of the folder it was extracted to, in a fixed order.

    Raises:
        DataError: The source is missing or damaged.
    """
    if not source.exists():
        raise DataError(f"there is no file or folder {source}. Give {ARCHIVE} or what is in it")
    folder = source.is_dir()
    members = (
        _folder_members(source)
        if folder
        else read_members(source, _REVIEW.search, largest=_LONGEST_REVIEW)
    )
    groups: dict[tuple[str, str], list[tuple[int, Record]]] = {}
    for name, content in members:
        match = _REVIEW.search(name)
        if match is None or (match[3] == "unsup" and not unlabelled):
            continue
        label = _LABELS[match[3]]
        try:
            record = {"id": match[1], "text": content.decode("utf-8")}
        except UnicodeDecodeError as error:
            raise DataError(f"{name} in {source} is not valid UTF-8: {error.reason}.") from error
        if label:
            record["label"] = label
        split = match[2] if label else "unlabelled"
        groups.setdefault((split, label), []).append((int(match[4]), record))
    ordered = {
        key: [record for _, record in sorted(group, key=lambda numbered: numbered[0])]
        for key, group in sorted(groups.items())
    }
    # Taking turns, any first part of a split has as many reviews of each class.
    return {
        split: [record for turn in zip_longest(*parts) for record in turn if record is not None]
        for split in ("train", "test", "unlabelled")
        if (parts := [group for (name, _), group in ordered.items() if name == split])
    }


def _folder_members(folder: Path) -> Iterator[tuple[str, bytes]]:
    for part in (*_PARTS, "train/unsup"):
        for path in (_root(folder) / part).glob("*.txt"):
            try:
                yield f"{part}/{path.name}", path.read_bytes()
            except OSError as error:
                raise unreadable(path, error) from error


def _root(folder: Path) -> Path:
    return folder / "aclImdb" if (folder / "aclImdb").is_dir() else folder


def _check(reviews: Reviews, source: Path) -> None:
    for (split, label), expected in COUNTS.items():
        found = sum(record.get("label", "") == label for record in reviews.get(split, []))
        if label and found != expected:
            raise DataError(
                f"{source} holds {found:,} {label} reviews for {split} instead of {expected:,}. "
                f"Give a whole {ARCHIVE}, or read a folder of your own with dataset=text-folder"
            )


def _store(source: Path, options: FetchOptions) -> None:
    reviews = read_reviews(source, unlabelled=True)
    _check(reviews, source)
    if source.is_file() and _md5(source) != MD5:
        options.notify(
            f"{source} is not the published archive (its md5 is not {MD5}), but holds the same "
            "numbers of reviews, and was taken."
        )
    unlabelled = len(reviews.get("unlabelled", []))
    if unlabelled != COUNTS["unlabelled", ""]:
        options.notify(f"{source} holds {unlabelled:,} unlabelled reviews instead of 50,000.")
    with written_aside(_home()) as folder:
        for name, records in reviews.items():
            lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in records)
            with (folder / f"{name}.jsonl").open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(lines)
        seal_stored(folder)


def _home() -> Path:
    return data_home() / "imdb"


def _files() -> list[Path]:
    return [_home() / name for name in ("train.jsonl", "test.jsonl", "unlabelled.jsonl")]


def stored(split: str) -> Iterator[Record]:
    """Returns the reviews of a split that `seqkit data get imdb` stored.

    Raises:
        DataError: They are not there, or damaged.
    """
    path = _home() / f"{split}.jsonl"
    if not path.exists():
        raise DataError(
            f"the dataset imdb is not here: there is no {path}. Run 'seqkit data get imdb' to "
            f"download it, or 'seqkit data get imdb --from {ARCHIVE}' if you have the archive"
        )
    check_stored(path.parent, "imdb")
    return _lines(path, 0 if split == "unlabelled" else 25_000)


def _lines(path: Path, expected: int) -> Iterator[Record]:
    count = 0
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            for count, line in enumerate(file, start=1):  # noqa: B007 - used after the loop
                yield json.loads(line)
        if expected and count != expected:
            raise ValueError(f"it has {count:,} reviews instead of {expected:,}")
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path} is damaged: {error}. Run 'seqkit data get imdb --force' to get it again"
        ) from error


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()
