"""`seqkit data`: fetch, find and clean data."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqkit.cli.common import json_option, open_registry, plugin_option
from seqkit.errors import ConfigurationError, DataError
from seqkit.terminal import figures, output, safe_text

if TYPE_CHECKING:
    from seqkit.registry.registry import Entry, Registry


_SECONDS_BETWEEN_LINES = 0.25


def complete_datasets(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Completes the name of a dataset."""
    from seqkit.registry.discovery import load_registry

    return [name for name in load_registry().names("datasets") if name.startswith(incomplete)]


@click.group()
def data() -> None:
    """Fetch, find and clean data."""


@data.command("list")
@plugin_option()
@json_option()
def list_data(plugins: tuple[Path, ...], as_json: bool) -> None:
    """List the datasets and whether their data are here."""
    registry = open_registry(plugins)
    described = [_describe(entry) for entry in registry.entries("datasets")]
    if as_json:
        output.json_document(described)
        return
    rows: list[tuple[output.Piece, ...]] = []
    for dataset in described:
        here = {"missing": "yellow", "here": "green"}.get(dataset["state"], "")
        size = figures.size(dataset["bytes"]) if dataset["bytes"] is not None else "-"
        where = dataset["path"] or "-"
        rows.append(((dataset["name"], "cyan"), (dataset["state"], here), size, where))
    output.table(["DATASET", "STATE", "SIZE", "WHERE"], rows, numbers=("SIZE",), wide="WHERE")
    if any(dataset["state"] == "missing" for dataset in described):
        output.note("\n'seqkit data get NAME' fetches one that is missing.")


def _describe(entry: Entry) -> dict[str, Any]:
    """Returns where a dataset's records come from: here, missing, generated, or one's own files."""
    config = _config(entry)
    path = entry.component.location(config) if config is not None else None
    if config is None:
        state = "your files"
    elif path is None:
        state = "generated"
    else:
        state = "here" if path.exists() else "missing"
    return {
        "name": entry.name,
        "qualified": entry.qualified,
        "summary": entry.component.summary(),
        "state": state,
        "path": str(path) if path is not None else None,
        "bytes": size_of(path) if path is not None and path.exists() else None,
    }


def _config(entry: Entry, words: Sequence[str] = ()) -> Any:
    """Returns the default settings with words applied; None where some have no default.

    Raises:
        ConfigurationError: A word is not valid.
    """
    from seqkit.config import validate
    from seqkit.experiments.words import parse_override, with_words

    given = [(_key(word, parse_override(word)[0]), parse_override(word)[1]) for word in words]
    table = with_words(entry.component.Config, {}, given)
    config, problems = validate(entry.component.Config, table, "dataset", entry.qualified)
    if problems and words:
        raise ConfigurationError(problems=problems)
    return config


def _key(word: str, parts: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the key of a word inside the dataset's table; `dataset.` may stand before it."""
    inner = parts[1:] if parts[0] == "dataset" else parts
    if not inner:
        raise ConfigurationError(f"{word!r} is not a setting of the dataset. Write KEY=VALUE")
    return inner


def _usable(registry: Registry, name: str, words: Sequence[str] = ()) -> tuple[Entry, Any]:
    entry = registry.find("datasets", name)
    config = _config(entry, words)
    if config is None:
        raise ConfigurationError(
            f"dataset {entry.name!r} reads your own files, which need no fetching. "
            f"Run 'seqkit new FILE.toml --data YOUR_FILE' to train on them"
        )
    return entry, config


@data.command(short_help="Fetch a dataset.")
@click.argument("name", metavar="DATASET", shell_complete=complete_datasets)
@click.argument("settings", metavar="[KEY=VALUE]...", nargs=-1)
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Take a local archive or folder instead of downloading.",
)
@click.option("--force", is_flag=True, help="Fetch again what is here already.")
@click.option("--progress", "lines", is_flag=True, hidden=True, help="For front ends: JSON lines.")
@plugin_option()
@json_option()
def get(
    name: str,
    settings: tuple[str, ...],
    source: Path | None,
    force: bool,
    lines: bool,
    plugins: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Fetch a dataset: from its mirrors, going on where a download was cut off, or --from PATH.

    KEY=VALUE words are settings of the dataset, such as its language.
    """
    from seqkit.data.fetch import FetchOptions
    from seqkit.data.folders import missing_file
    from seqkit.terminal.bar import Bar

    entry, config = _usable(open_registry(plugins), name, settings)
    if source is not None and not source.exists():
        raise missing_file(source)
    if source is not None:
        output.note(f"Reading {source} ...")
    with Bar(entry.name, transfer=True) as bar:
        progress = ProgressLines().update if lines else bar.update
        options = FetchOptions(source=source, force=force, progress=progress, notify=output.warn)
        path = entry.component.get(config, options)
    if as_json:
        output.json_document({"name": entry.name, "path": str(path) if path else None})
    elif path is None:
        output.line(f"{entry.name} has nothing to fetch: it is part of its plugin.")
    else:
        output.line(f"{entry.name} is in {path}, {figures.size(size_of(path))}.")


class ProgressLines:
    """Writes how far a download is to stderr, a few times a second, one JSON object a line."""

    def __init__(self) -> None:
        self._last = 0.0

    def update(self, done: int, total: int | None, title: str = "") -> None:
        """Tells of `done` bytes of `total`."""
        if done == total or time.monotonic() - self._last >= _SECONDS_BETWEEN_LINES:
            self._last = time.monotonic()
            line = {"done": done, "total": total, "file": title}
            output.note(json.dumps(line, ensure_ascii=False))


@data.command()
@click.argument("name", metavar="DATASET", shell_complete=complete_datasets)
@plugin_option()
def path(name: str, plugins: tuple[Path, ...]) -> None:
    """Print where a dataset's data are."""
    entry, config = _usable(open_registry(plugins), name)
    location = entry.component.location(config)
    if location is None:
        raise DataError(f"dataset {entry.name!r} is generated; it has no file. Nothing is missing")
    if not location.exists():
        raise DataError(
            f"the data of {entry.name} are not here: there is no {location}. "
            f"Run 'seqkit data get {entry.name}'"
        )
    output.raw(safe_text.visible(location))


@data.command(short_help="Remove the cache of encoded data.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@json_option()
def clean(yes: bool, as_json: bool) -> None:
    """Remove the cache of encoded data, which the next run makes again.

    Datasets that were fetched, and runs, are left alone.
    """
    from seqkit.paths import cache_home

    folder = cache_home() / "encoded"
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    total = sum(size_of(entry) for entry in entries)
    amount = f"{figures.count_of(len(entries), 'encoded dataset')}, {figures.size(total)}"
    if entries and not yes:
        question = f"Remove {amount}, in {folder}?"
        if not sys.stdin.isatty():
            raise ConfigurationError(
                f"{question} There is no terminal to answer on. Say so with --yes"
            )
        if not click.confirm(question, err=True):
            entries, total = [], 0
    for entry in entries:
        try:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        except OSError as error:
            raise DataError(f"{entry} cannot be removed: {error.strerror}.") from error
    if as_json:
        output.json_document({"removed": len(entries), "bytes": total, "folder": str(folder)})
    elif entries:
        output.line(f"Removed {amount}.")
    else:
        output.line(f"Nothing was removed from {folder}.")


def size_of(path: Path) -> int:
    """Returns the bytes of a file, or of every file below a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
