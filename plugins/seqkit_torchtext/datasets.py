"""torchtext's datasets, read from the files themselves: neither torchtext nor torchdata is needed.

Those that seqkit has anyway are not here: `imdb` reads the archive of torchtext's IMDB.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, Any, ClassVar, Literal

import seqkit
from seqkit.api import Dataset, Notify, Record, ignore
from seqkit.config import Field
from seqkit.data import (
    FetchOptions,
    LocalPath,
    check_stored,
    fetch,
    fingerprint,
    hold_out,
    listed,
    opened_regular,
    seal_stored,
    unpack_members,
    unreadable,
    written_aside,
)
from seqkit.errors import DataError
from seqkit.paths import cache_home, data_home
from seqkit_torchtext._formats import Contents
from seqkit_torchtext._published import PUBLISHED, Published

Direction = Literal["de-en", "en-de"]


def _path_field() -> Any:
    return Field(
        "",
        help="The published archive, or a folder that holds it or its files, such as torchtext's "
        "own cache; empty: what 'seqkit data get' got.",
    )


class FilesConfig(seqkit.Config):
    """Settings of a dataset of examples."""

    path: LocalPath = _path_field()
    limit: int = Field(0, ge=0, help="Most examples read of each split; 0: all.")


class CarvedConfig(FilesConfig):
    """Settings of a dataset that has no validation split of its own."""

    validation: float = Field(
        0.1, ge=0, lt=1, help="Part of the training examples held out for validation; 0: none."
    )
    seed: int = Field(0, help="Chooses the examples that are held out.")


class PairsConfig(FilesConfig):
    """Settings of a dataset of translations."""

    direction: Direction = Field(
        "de-en", help="The language that is read and the one that is written."
    )


class TextConfig(seqkit.Config):
    """Settings of a dataset of running text."""

    path: LocalPath = _path_field()


class PublishedFiles(Dataset):
    """A dataset that is read from the files it was published as.

    Attributes:
        published: What these are.
    """

    published: ClassVar[Published]

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        # What was got was counted when it was stored.
        source = self._source(config)
        if not config.path:
            check_stored(source, self.published.name)
        limit = getattr(config, "limit", 0) or None
        with _contents(self.published, source) as contents:
            records = _read(self.published, contents, source, notify if config.path else ignore)
            found: dict[str, list[Record]] = {
                split: list(islice(rows, limit)) for split, rows in records.items()
            }
        if getattr(config, "direction", "de-en") == "en-de":
            found = {split: [_turned(row) for row in rows] for split, rows in found.items()}
        if getattr(config, "validation", 0):
            train, held_out = hold_out(found["train"], config.validation, config.seed, "label")
            found |= {"train": train} | ({"validation": held_out} if held_out else {})
        return {split: found[split] for split in ("train", "validation", "test") if split in found}

    def fingerprint(self, config: Any) -> str:
        source = self._source(config)
        inside = source.rglob("*") if source.is_dir() else [source]
        return fingerprint(config, [path for path in inside if not path.is_dir()])

    def get(self, config: Any, options: FetchOptions) -> Path | None:
        home = _home(self.published)
        if options.source is not None:
            _store(self.published, options.source, options.notify)
        elif options.force or not home.exists():
            if self.published.by_hand:
                raise DataError(
                    f"{self.published.name} is published where only a browser gets it. Open "
                    f"{self.published.downloads[0].url} and run: "
                    f"seqkit data get {self.published.name} --from {_names(self.published)}"
                )
            folder = cache_home() / "downloads" / self.published.name
            for file in self.published.downloads:
                fetch([file.url], folder / file.name, file.known_hash, progress=options.progress)
            _store(self.published, folder, options.notify)
            for file in self.published.downloads:
                (folder / file.name).unlink(missing_ok=True)
        return home

    def location(self, config: Any) -> Path | None:
        return self._source(config)

    def _source(self, config: Any) -> Path:
        return Path(config.path) if config.path else _home(self.published)


def _component(published: Published) -> type[Dataset]:
    members = {
        "__doc__": published.summary,
        "__module__": __name__,
        "name": published.name,
        "tasks": (published.task,),
        "Config": _config(published),
        "published": published,
    }
    return type(published.title, (PublishedFiles,), members)


def _config(published: Published) -> type[seqkit.Config]:
    if published.task == "language-modeling":
        return TextConfig
    if published.task == "seq2seq":
        return PairsConfig
    return FilesConfig if "validation" in published.files else CarvedConfig


DATASETS = [_component(published) for published in PUBLISHED]


def _read(
    published: Published, contents: Contents, source: Path, notify: Notify
) -> dict[str, Iterator[Record]]:
    """Returns the records of each split, counted as they are read."""
    return {
        split: _counted(
            published.read({f"{name} of {source}": contents[name] for name in names}),
            published.counts.get(split, 0),
            f"{split} split of {source}",
            notify,
        )
        for split, names in published.files.items()
    }


def _counted(
    records: Iterator[Record], expected: int, place: str, notify: Notify
) -> Iterator[Record]:
    count = 0
    for count, record in enumerate(records, start=1):  # noqa: B007 - used after the loop
        yield record
    if expected and count != expected:
        notify(f"the {place} has {count:,} examples, where the published one has {expected:,}.")


def _turned(record: Record) -> Record:
    return {**record, "source": record["target"], "target": record["source"]}


@contextmanager
def _contents(published: Published, source: Path) -> Iterator[dict[str, IO[bytes]]]:
    """Opens each file of a dataset, by the end of its path.

    Raises:
        DataError: The source is missing or damaged, or lacks a file.
    """
    wanted = [name for names in published.files.values() for name in names]
    if not source.exists():
        raise DataError(
            f"the dataset {published.name} is not here: there is no {source}. "
            f"Run 'seqkit data get {published.name}' to download it, or 'seqkit data get "
            f"{published.name} --from PATH' if you have {_names(published)}"
        )
    with ExitStack() as stack:
        found = _members(source, wanted, stack)
        if source.is_dir():
            for file in published.downloads:
                if len(found) < len(wanted) and (source / file.name).is_file():
                    found |= _members(source / file.name, wanted, stack)
        missing = [name for name in wanted if name not in found]
        if missing:
            raise DataError(
                f"{source} holds no {listed(missing)}. "
                f"Give {_names(published)}, or a folder with it"
            )
        yield found


def _members(source: Path, wanted: Sequence[str], stack: ExitStack) -> dict[str, IO[bytes]]:
    """Opens the wanted files of a folder, of an archive, or the source itself if it is one."""
    if source.is_dir():
        return {
            name: stack.enter_context(_opened(path))
            for path in sorted(source.rglob("*"))
            if (name := _wanted(path, wanted)) and path.is_file()
        }
    if name := _wanted(source, wanted):
        return {name: stack.enter_context(_opened(source))}
    found: dict[str, IO[bytes]] = {}
    # On disk, as the largest of them have more than a gigabyte.
    for member, file in unpack_members(source, lambda name: _wanted(Path(name), wanted)):
        found[str(_wanted(Path(member), wanted))] = stack.enter_context(file)
    return found


def _wanted(path: Path, wanted: Sequence[str]) -> str | None:
    """Returns the name of which the path is the end."""
    for name in wanted:
        parts = PurePosixPath(name).parts
        if path.parts[-len(parts) :] == parts:
            return name
    return None


def _opened(path: Path) -> IO[bytes]:
    try:
        return opened_regular(path)
    except OSError as error:
        raise unreadable(path, error) from error


def _store(published: Published, source: Path, notify: Notify) -> None:
    with _contents(published, source) as contents:
        for records in _read(published, contents, source, notify).values():
            for _ in records:
                pass
        with written_aside(_home(published)) as folder:
            for name, file in contents.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                file.seek(0)
                with (folder / name).open("wb") as copy:
                    shutil.copyfileobj(file, copy, 2**20)
            seal_stored(folder)


def _names(published: Published) -> str:
    return ", ".join(file.name for file in published.downloads)


def _home(published: Published) -> Path:
    return data_home() / published.name
