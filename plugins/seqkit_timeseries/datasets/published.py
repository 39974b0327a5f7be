"""Published files: downloaded or taken from a local copy, and kept as they are."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from seqkit.api import Notify, ignore
from seqkit.data import (
    FetchOptions,
    check_stored,
    fetch,
    listed,
    seal_stored,
    sha256,
    unreadable,
    written_aside,
)
from seqkit.errors import DataError, SeqkitError
from seqkit.paths import cache_home, data_home


@dataclass(frozen=True)
class Published:
    """A published file.

    Attributes:
        name: Its name, which local copies must have.
        url: Where it is.
        sha256: Of the file as published.
    """

    name: str
    url: str
    sha256: str


def take(
    dataset: str,
    files: Sequence[Published],
    options: FetchOptions,
    read: Callable[[Sequence[Path], Notify], object],
) -> Path:
    """Downloads files, or copies them from where `--from` says, into the dataset's folder.

    A copy with another hash is taken with a word about it where it holds what was published: it may
    have other line ends. Any other is refused, and what was here stays.

    Args:
        dataset: Its name.
        files: What it is made of.
        options: How it was asked for.
        read: Reads such files, and raises DataError where they do not hold what was published.

    Raises:
        DataError: A file is not there, is another, cannot be downloaded, or cannot be written.
    """
    home = data_home() / dataset
    if options.source is None:
        if not options.force and all((home / file.name).is_file() for file in files):
            return home
        downloads = cache_home() / "downloads"
        sources = [
            fetch(
                (file.url,),
                downloads / file.name,
                f"sha256:{file.sha256}",
                progress=options.progress,
            )
            for file in files
        ]
    else:
        sources = [_local(options.source, file, files) for file in files]
        _check(dataset, sources, files, options.notify, read)
    with written_aside(home) as folder:
        for source, file in zip(sources, files, strict=True):
            shutil.copyfile(source, folder / file.name)
        seal_stored(folder)
    if options.source is None:
        for source in sources:
            source.unlink(missing_ok=True)
    return home


def _check(
    dataset: str,
    sources: Sequence[Path],
    files: Sequence[Published],
    notify: Notify,
    read: Callable[[Sequence[Path], Notify], object],
) -> None:
    pairs = zip(sources, files, strict=True)
    others = [(source, file) for source, file in pairs if _sha256(source) != file.sha256]
    if not others:
        return
    try:
        read(sources, ignore)
    except SeqkitError as error:
        reason = str(error).split(". ")[0]
        source, file = others[0]
        raise DataError(
            f"{source} is not {file.name} as it was published: {reason}. Give the published file, "
            f"or run 'seqkit data get {dataset}'. Nothing was changed"
        ) from error
    for source, file in others:
        notify(
            f"{source} is not the published file (its sha256 is not {file.sha256}), but can be "
            "read as it, and was taken."
        )


def stored(dataset: str, file: Published) -> Path:
    """Returns where a file is kept. Raises DataError, with the next step, when it is not there."""
    path = data_home() / dataset / file.name
    if not path.is_file():
        raise DataError(
            f"the dataset {dataset} is not here: there is no {path}. Run 'seqkit data get "
            f"{dataset}' to download it, or 'seqkit data get {dataset} --from {file.name}' if you "
            "have the file"
        )
    check_stored(path.parent, dataset)
    return path


def damaged(dataset: str, path: Path, reason: str) -> DataError:
    """Returns the error for a kept file that is not what was published."""
    return DataError(
        f"{path} is damaged: {reason}. Run 'seqkit data get {dataset} --force' to get it again"
    )


def _local(source: Path, file: Published, files: Sequence[Published]) -> Path:
    if source.is_file():
        if len(files) == 1:
            return source
        source = source.parent
    found = sorted(path for path in source.rglob(file.name) if path.is_file())
    if not found:
        names = listed([one.name for one in files])
        raise DataError(f"there is no {file.name} in {source}. Give a folder that holds {names}")
    return found[0]


def _sha256(path: Path) -> str:
    try:
        return sha256(path)
    except OSError as error:
        raise unreadable(path, error) from error
