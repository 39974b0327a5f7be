"""A folder of text files, one folder a class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import seqkit
from seqkit.api import Dataset, Notify, Recognition, Record
from seqkit.config import Field
from seqkit.data import Encoding, Errors, LocalPath, counted, fingerprint, listed, read_text
from seqkit.data.own import OwnData
from seqkit.errors import DataError
from seqkit_classification.datasets.held_out import (
    held_out_test_field,
    seed_field,
    validation_field,
    with_held_out,
)

SPLITS = ("train", "validation", "test")


class TextFolder(Dataset):
    """Your own text files: one folder a class, in train and test or not."""

    name = "text-folder"
    tasks = ("classification",)
    foldable = True

    class Config(seqkit.Config):
        path: LocalPath = Field(
            min_length=1, help="The folder that holds one folder a class, or train, test and so on."
        )
        validation: float = validation_field()
        test: float = held_out_test_field(0.1)
        seed: int = seed_field()
        encoding: Encoding = Field("utf-8", help="Encoding of the files, such as latin-1.")
        errors: Errors = Field(
            "strict",
            help="What to do with bytes that the encoding does not allow: refuse or replace.",
        )

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        root = Path(config.path)
        given = {split: _read(folder, config, notify) for split, folder in _folders(root).items()}
        return with_held_out(given, config.validation, config.test, config.seed, notify)

    def read(self, config: Any, path: Path, notify: Notify) -> Iterable[Record]:
        return _read(path, config, notify)

    def fingerprint(self, config: Any) -> str:
        root = Path(config.path)
        folders = _folders(root).values()
        return fingerprint(config, [path for folder in folders for path in folder.rglob("*")])

    def recognise(self, data: OwnData, task: str) -> Recognition | None:
        return _recognised(data) if data.is_folder else None

    def location(self, config: Any) -> Path | None:
        return Path(config.path)


def _folders(root: Path) -> dict[str, Path]:
    """Returns the folder of each split; the root itself is `train` where it holds the classes."""
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "does not exist"
        raise DataError(f"{root} {what}. Name the folder that holds one folder a class")
    if not (root / "train").is_dir():
        return {"train": root}
    return {split: root / split for split in SPLITS if (root / split).is_dir()}


def _read(folder: Path, config: Any, notify: Notify) -> list[Record]:
    classes = sorted(path for path in folder.iterdir() if path.is_dir())
    if not classes:
        raise DataError(
            f"{folder} holds no folders. It needs one folder a class, each with .txt files"
        )
    records: list[Record] = []
    empty: list[str] = []
    others: list[str] = []
    for place in classes:
        paths = sorted(path for path in place.rglob("*") if path.is_file())
        others += [path.name for path in paths if path.suffix.lower() != ".txt"]
        for path in paths:
            if path.suffix.lower() != ".txt":
                continue
            text = read_text(path, notify, encoding=config.encoding, errors=config.errors)
            name = path.relative_to(folder).with_suffix("").as_posix()
            if text.strip():
                records.append({"id": name, "text": text, "label": place.name})
            else:
                empty.append(name)
    if not records:
        raise DataError(
            f"{folder} holds no text in .txt files; its folders are "
            f"{listed([place.name for place in classes])}."
        )
    if empty:
        notify(f"{counted(len(empty), 'empty file')} in {folder} left out ({listed(empty)}).")
    if others:
        notify(f"{counted(len(others), 'file')} in {folder} left out, not .txt ({listed(others)}).")
    return records


def _recognised(data: OwnData) -> Recognition:
    """Looks for texts in a folder for each class."""
    train = data.path / "train"
    root, said = data.path, "each folder in it is a class"
    if train.is_dir():
        root, said = train, "each folder in its folder 'train' is a class"
    texts = [file for file in data.files("*.txt") if file.parent != root and root in file.parents]
    classes = {file.relative_to(root).parts[0] for file in texts}
    if not texts:
        said = "it holds no .txt files in a folder for each class"
    elif len(classes) == 1:
        said = f"its .txt files lie in one folder, {classes.pop()}, and each class needs its own"
        texts = []
    return Recognition(
        settings={"path": data.as_setting},
        said=said,
        confidence=0.85 if texts else 0,
        task="classification",
        examples=len(texts),
        overrides={"description": f"Classes of the texts in {data.path.name}."},
    )
