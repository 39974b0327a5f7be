"""Multi30k: descriptions of pictures in German and English, fetched once."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Mapping
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
    seal_stored,
    unpacked,
    unreadable,
    written_aside,
)
from seqkit.errors import DataError
from seqkit.paths import cache_home, data_home
from seqkit_seq2seq.datasets.directions import Direction, directed, direction_field

URL = "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw/"
PARTS = {"train": "train", "validation": "val", "test": "test_2016_flickr"}
COUNTS = {"train": 29_000, "validation": 1_014, "test": 1_000}
SHA256 = {
    "train.de.gz": "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6",
    "train.en.gz": "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f",
    "val.de.gz": "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a",
    "val.en.gz": "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28",
    "test_2016_flickr.de.gz": "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8",
    "test_2016_flickr.en.gz": "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9",
}


class Multi30k(Dataset):
    """31,014 German and English descriptions of pictures, test of 2016 (Elliott et al. 2016)."""

    name = "multi30k"
    tasks = ("seq2seq",)

    class Config(seqkit.Config):
        direction: Direction = direction_field()
        limit: int = Field(0, ge=0, help="Most training pairs that are read; 0: all.")
        path: LocalPath = Field(
            "",
            help="Folder of train.de.gz and its like; empty: what 'seqkit data get multi30k' got.",
        )

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        folder = Path(config.path) if config.path else _home()
        if not config.path:
            check_stored(folder, self.name)
        found: dict[str, Iterable[Record]] = {}
        for split in PARTS:
            pairs = read_split(folder, split)
            if split == "train" and config.limit:
                pairs = pairs[: config.limit]
            found[split] = directed(pairs, config.direction)
        return found

    def fingerprint(self, config: Any) -> str:
        folder = Path(config.path) if config.path else _home()
        return fingerprint(config, [path for path in map(folder.joinpath, SHA256) if path.exists()])

    def get(self, config: Any, options: FetchOptions) -> Path | None:
        if options.source is not None:
            _store(options.source, options)
        elif options.force or not all(map(Path.exists, map(_home().joinpath, SHA256))):
            downloads = cache_home() / "downloads" / "multi30k"
            for name, digest in SHA256.items():
                fetch([URL + name], downloads / name, f"sha256:{digest}", progress=options.progress)
            _store(downloads, options)
            for name in SHA256:
                (downloads / name).unlink(missing_ok=True)
        return _home()

    def location(self, config: Any) -> Path | None:
        return Path(config.path) if config.path else _home()


def read_split(folder: Path, split: str) -> list[tuple[str, str]]:
    """Returns the German and English sentences of a split.

    Raises:
        DataError: A file is missing, damaged, or has another number of lines than was published.
    """
    german, english = (
        _lines(_existing(folder, f"{PARTS[split]}.{language}"), COUNTS[split])
        for language in ("de", "en")
    )
    return list(zip(german, english, strict=True))


def _existing(folder: Path, name: str) -> Path:
    for path in (folder / f"{name}.gz", folder / name):
        if path.exists():
            return path
    raise DataError(
        f"the dataset multi30k is not here: there is no {folder / name}.gz. Run 'seqkit data get "
        "multi30k' to download it, or 'seqkit data get multi30k --from FOLDER' if you have it"
    )


def _lines(path: Path, expected: int) -> list[str]:
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = unpacked(path, content)
        text = content.decode("utf-8")
    except (DataError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} is damaged: {error}. Run 'seqkit data get multi30k --force' to get it again"
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error
    # Only \n ends a line: other Unicode line breaks would part the languages.
    lines = [line.strip() for line in text.removesuffix("\n").split("\n")]
    if len(lines) != expected:
        raise DataError(
            f"{path} has {len(lines):,} lines instead of {expected:,}. "
            "Give the files of task 1, raw, of Multi30k"
        )
    return lines


def _store(source: Path, options: FetchOptions) -> None:
    if not source.is_dir():
        raise DataError(f"{source} is not a folder. Give the folder of train.de.gz and its like")
    for split in PARTS:
        read_split(source, split)
    with written_aside(_home()) as folder:
        for name, digest in SHA256.items():
            path = _existing(source, name.removesuffix(".gz"))
            content = path.read_bytes()
            if path.suffix != ".gz":
                content = gzip.compress(content, mtime=0)
            elif hashlib.sha256(content).hexdigest() != digest:
                options.notify(
                    f"{path} is not the published file (its sha256 differs), but has the same "
                    "number of lines, and was taken."
                )
            (folder / name).write_bytes(content)
        seal_stored(folder)


def _home() -> Path:
    return data_home() / "multi30k"
