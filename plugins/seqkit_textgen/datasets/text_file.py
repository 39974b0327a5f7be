"""A person's own texts: one file, several, a pattern, or a folder."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import model_validator

import seqkit
from seqkit.api import Dataset, Notify, Recognition, Record
from seqkit.config import Field
from seqkit.data import Encoding, Errors, LocalPath, counted, fingerprint, listed, read_text
from seqkit.data.own import TEXTS, OwnData
from seqkit.errors import DataError
from seqkit_textgen.datasets.contiguous import (
    cut_contiguous,
    held_out_test_field,
    require_a_rest,
    validation_field,
)

_SUFFIXES = (".txt", ".txt.gz")


class TextFile(Dataset):
    """Your own novels, poems or news: a text file, several, a pattern, or a folder.

    Files are read one behind the other, in the order given or else by name, and the held-out parts
    are taken from the end.
    """

    name = "text-file"
    tasks = ("language-modeling",)

    class Config(seqkit.Config):
        path: LocalPath | list[LocalPath] = Field(
            min_length=1,
            help="The file, or a list of files; a pattern such as poems-*.txt; or a folder, of "
            "which all .txt files are read.",
        )
        validation_path: LocalPath = Field(
            "", help="A file, pattern or folder for validation; empty: held out from the text."
        )
        test_path: LocalPath = Field(
            "", help="A file, pattern or folder for the test; empty: held out from the text."
        )
        validation: float = validation_field()
        test: float = held_out_test_field()
        encoding: Encoding = Field(
            "utf-8", help="Encoding of the files, such as latin-1 or cp1252."
        )
        errors: Errors = Field(
            "strict",
            help="What to do with bytes that the encoding does not allow: refuse or replace.",
        )

        @model_validator(mode="after")
        def _some_text_is_left(self) -> Self:
            require_a_rest(self.validation, self.test)
            return self

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        given = {split: _texts(paths, config, notify) for split, paths in _paths(config).items()}
        splits = cut_contiguous(
            given["train"],
            0 if "validation" in given else config.validation,
            0 if "test" in given else config.test,
        )
        own = {split: [{"text": text} for text in texts] for split, texts in given.items()}
        found = own | splits
        return {split: found[split] for split in ("train", "validation", "test") if split in found}

    def read(self, config: Any, path: Path, notify: Notify) -> Iterable[Record]:
        return [{"text": text} for text in _texts(_matching(str(path)), config, notify)]

    def fingerprint(self, config: Any) -> str:
        return fingerprint(config, [path for paths in _paths(config).values() for path in paths])

    def recognise(self, data: OwnData, task: str) -> Recognition | None:
        if data.is_folder:
            return _recognised_folder(data, task)
        return _recognised_text(data) if data.kind in TEXTS else None

    def location(self, config: Any) -> Path | None:
        return Path(config.path if isinstance(config.path, str) else config.path[0])


def _paths(config: Any) -> dict[str, list[Path]]:
    """Returns the files of each split that has some of its own."""
    named = [config.path] if isinstance(config.path, str) else config.path
    patterns = {
        "train": named,
        "validation": [config.validation_path],
        "test": [config.test_path],
    }
    return {
        split: [path for pattern in wanted for path in _matching(pattern)]
        for split, wanted in patterns.items()
        if all(wanted)
    }


def _matching(pattern: str) -> list[Path]:
    """Returns the files that a path or pattern names; a missing file is left for the reader."""
    path = Path(pattern)
    if path.is_dir():
        found = [file for file in sorted(path.rglob("*")) if file.name.lower().endswith(_SUFFIXES)]
        if not found:
            raise DataError(f"{path} holds no .txt file. Name a file, or a pattern such as *.md")
        return found
    if path.exists() or not glob.has_magic(pattern):
        return [path]
    matches = [Path(match) for match in glob.glob(pattern, recursive=True)]  # noqa: PTH207
    if not matches:
        raise DataError(f"no file matches {pattern}. Check the path")
    return sorted(match for match in matches if match.is_file())


def _with_line_feeds(text: str) -> str:
    r"""Returns a text whose lines end with `\n`; other line breaks of Unicode are characters.

    So is a lone `\r`, unless it ends all lines, as in files of old Macintoshes.
    """
    return text.replace("\r\n", "\n") if "\n" in text else text.replace("\r", "\n")


def _texts(paths: list[Path], config: Any, notify: Notify) -> list[str]:
    """Reads files, those without text left out, with line ends as they are on every system."""
    texts, empty = [], []
    for path in paths:
        text = read_text(path, notify, encoding=config.encoding, errors=config.errors)
        if text.strip():
            texts.append(_with_line_feeds(text))
        else:
            empty.append(path.name)
    if not texts:
        raise DataError(
            f"{paths[0]} is empty. Name a file with text"
            if len(paths) == 1
            else f"{counted(len(paths), 'file')} were read and all are empty: {listed(empty)}."
        )
    if empty:
        notify(f"{counted(len(empty), 'empty file')} left out ({listed(empty)}).")
    return texts


def _recognised_text(data: OwnData) -> Recognition:
    """Takes a text as what it is, less surely where its lines are those of a table."""
    table = data.tabs or data.holds_numbers_alone
    return _recognition(data, "it is a text to learn to write from", 0.5 if table else 0.85)


def _recognised_folder(data: OwnData, task: str) -> Recognition:
    """Takes the texts of a folder, less surely where they lie in folders of their own."""
    texts = data.files("*.txt")
    if not texts:
        return _recognition(data, "it holds no .txt files to learn to write from", 0)
    inside = any(file.parent != data.path for file in texts)
    said = f"it holds {counted(len(texts), 'text')} to learn from"
    return _recognition(data, said, 0.3 if inside and not task else 0.85)


def _recognition(data: OwnData, said: str, confidence: float) -> Recognition:
    return Recognition(
        settings={"path": data.as_setting},
        said=said,
        confidence=confidence,
        task="language-modeling",
        overrides={"description": f"Writes like {data.path.name}."},
    )
