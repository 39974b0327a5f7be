"""A person's own parallel texts: a file for each side, such as train.en and train.fr."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import seqkit
from seqkit.api import Dataset, Notify, Recognition, Record, ignore
from seqkit.config import Field
from seqkit.data import (
    Encoding,
    Errors,
    LocalPath,
    counted,
    fingerprint,
    lines_of,
    listed,
    read_text,
    report_left_out,
)
from seqkit.data.encodings import found_encoding
from seqkit.data.endings import OBJECTS, OTHER_KINDS, TABLES, TEXTS
from seqkit.data.headings import names_a_language
from seqkit.data.own import OwnData
from seqkit.data.texts import read_bytes
from seqkit.errors import DataError
from seqkit_seq2seq._columns import USUAL_COLUMNS
from seqkit_seq2seq.datasets.own_pairs import (
    held_out_field,
    hold_out_sources,
    seed_field,
)

_SURE = 0.9
_SPLITS = {
    "validation": ("val", "valid", "validation", "dev", "devel"),
    "test": ("test", "eval", "newstest"),
}
_SIDES = frozenset(name for names in USUAL_COLUMNS.values() for name in names)


class ParallelText(Dataset):
    """Your own parallel texts: line for line, train.en and train.fr or the like.

    In a folder, files whose names begin with val, dev or test are those splits.
    """

    name = "parallel-text"
    tasks = ("seq2seq",)
    foldable = True
    together = "source"

    class Config(seqkit.Config):
        path: LocalPath = Field(
            min_length=1, help="The file of sources, such as train.en, or the folder of both sides."
        )
        source: str = Field(min_length=1, help="Ending of the files of sources, such as en.")
        target: str = Field(min_length=1, help="Ending of the files of targets, such as fr.")
        validation: float = held_out_field("validation")
        test: float = held_out_field("the test")
        seed: int = seed_field()
        encoding: Encoding = Field("utf-8", help="Encoding of the files, such as latin-1.")
        errors: Errors = Field(
            "strict",
            help="What to do with bytes that the encoding does not allow: refuse or replace.",
        )

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        files = _files(Path(config.path), config.source, config.target)
        given = {
            split: [record for pair in pairs for record in _records(pair, config, notify)]
            for split, pairs in files.items()
        }
        train = given["train"]
        for split, share in (("test", config.test), ("validation", config.validation)):
            if split not in given:
                train, given[split] = hold_out_sources(train, share, config.seed)
        return {"train": train} | {
            split: given[split] for split in ("validation", "test") if given[split]
        }

    def read(self, config: Any, path: Path, notify: Notify) -> Iterable[Record]:
        for pair in _pairs(path, config.source, config.target):
            yield from _records(pair, config, notify)

    def fingerprint(self, config: Any) -> str:
        files = _files(Path(config.path), config.source, config.target)
        return fingerprint(config, [path for ps in files.values() for pair in ps for path in pair])

    def recognise(self, data: OwnData, task: str) -> Recognition | None:
        return _recognised(data)

    def location(self, config: Any) -> Path | None:
        return Path(config.path)


def _pairs(path: Path, source: str, target: str) -> list[tuple[Path, Path]]:
    """Returns the files of sources and of targets that a file or folder names."""
    if not path.is_dir():
        if _ending(path) != source:
            raise DataError(f"{path} does not end in .{source}, as dataset.source says it does.")
        return [(path, _with_ending(path, target))]
    pairs = [(file, _with_ending(file, target)) for file in sorted(path.iterdir())]
    return [(one, other) for one, other in pairs if _ending(one) == source and other.is_file()]


def _files(path: Path, source: str, target: str) -> dict[str, list[tuple[Path, Path]]]:
    """Returns the files of each split, those of sources and of targets."""
    found: dict[str, list[tuple[Path, Path]]] = {}
    for pair in _pairs(path, source, target):
        split = _split_of(pair[0]) if path.is_dir() else "train"
        found.setdefault(split, []).append(pair)
    if "train" not in found:
        raise DataError(
            f"{path} has no files such as train.{source} and train.{target}. Name its endings with "
            "dataset.source and dataset.target"
        )
    return {split: found[split] for split in ("train", "validation", "test") if split in found}


def _records(pair: tuple[Path, Path], config: Any, notify: Notify) -> Iterator[Record]:
    """Yields the pairs of two files; those with an empty side are left out, and counted."""
    texts = [
        lines_of(read_text(path, notify, encoding=config.encoding, errors=config.errors))
        for path in pair
    ]
    _check_lengths(pair, list(map(len, texts)))
    empty: list[int] = []
    for line, (source, target) in enumerate(zip(*texts, strict=True), start=1):
        if source.strip() and target.strip():
            yield {"id": str(line), "source": source.strip(), "target": target.strip()}
        else:
            empty.append(line)
    if len(empty) == len(texts[0]):
        raise DataError(f"{pair[0]} and {pair[1].name} hold no pair. Name files with text")
    what = counted(len(empty), "pair with an empty side", "pairs with an empty side")
    report_left_out(pair[0], empty, what, notify)


def _check_lengths(pair: tuple[Path, Path], lines: Sequence[int]) -> None:
    """Raises DataError where two files have not as many lines."""
    if lines[0] != lines[1]:
        raise DataError(
            f"{pair[0]} has {counted(lines[0], 'line')} and {pair[1]} {lines[1]:,}: a line of one "
            "must be the same text as that line of the other. Look for a line that is missing or "
            "broken in two"
        )


def _recognised(data: OwnData) -> Recognition | None:
    """Looks for two files that differ in their endings, which name a side or a language."""
    beside = _sides(data.path)
    if not beside:
        return None
    first = _first(beside) if data.is_folder else data.path
    target = _likeliest([path for path in beside if path != first])
    settings = {"path": data.as_setting, "source": _ending(first), "target": _ending(target)}
    files = _files(data.path, settings["source"], settings["target"])
    pairs = [pair for split in files.values() for pair in split]
    settings |= _encoding(data, [path for pair in pairs for path in pair])
    encoding = settings.get("encoding", "utf-8")
    examples = 0
    for pair in pairs:
        texts = [lines_of(read_text(path, ignore, encoding=encoding)) for path in pair]
        _check_lengths(pair, list(map(len, texts)))
        examples += len(texts[0])
    shown = "; ".join(f"{one.name} and {other.name}" for one, other in pairs[:4])
    said = f"sources end in .{_ending(first)}, targets in .{_ending(target)}: {shown}"
    left = [path.name for path in beside if path not in (first, target)]
    if left:
        said += f"; {listed(left)} {'is' if len(left) == 1 else 'are'} left out"
    return Recognition(
        settings=settings,
        said=said,
        confidence=_SURE,
        task="seq2seq",
        examples=examples,
        overrides={"description": f"Writes {target.name} after reading {first.name}."},
    )


def _encoding(data: OwnData, paths: Sequence[Path]) -> dict[str, str]:
    """Returns the setting for texts that are not UTF-8."""
    if "encoding" in data.given:
        return {"encoding": str(data.given["encoding"])}
    found = (found_encoding(read_bytes(path)) for path in paths)
    other = next((name for name in found if name != "utf-8"), "")
    return {"encoding": other} if other else {}


def _sides(path: Path) -> list[Path]:
    """Returns the first files of a folder, or those beside a file, that are sides of one text."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return next((found for file in files if (found := _siblings(file))), [])


def _siblings(path: Path) -> list[Path]:
    """Returns a file and those beside it that differ in the ending, which names a side too."""
    if not _names_a_side(_ending(path)) or not path.is_file():
        return []
    stem = path.name.removesuffix(".gz")[: -len(_ending(path)) - 1]
    found = [
        other
        for other in sorted(path.parent.iterdir())
        if other.is_file()
        and other.name.removesuffix(".gz").startswith(f"{stem}.")
        and other.name.removesuffix(".gz")[: -len(_ending(other)) - 1] == stem
        and _names_a_side(_ending(other))
    ]
    return found if len({_ending(other) for other in found}) > 1 else []


def _first(files: Sequence[Path]) -> Path:
    """Returns the file of sources: the one that is named so, or else the first of two."""
    named = [path for path in files if _ending(path) in USUAL_COLUMNS["source"]]
    # A name such as corpus.fr-en.fr says in which direction it is meant.
    for path in files:
        if f".{_ending(path)}-" in path.name or f"_{_ending(path)}-" in path.name:
            return path
    return named[0] if named else files[0]


def _likeliest(files: Sequence[Path]) -> Path:
    """Returns the file of targets: the one that is named so, or else the first."""
    named = [path for path in files if _ending(path) in USUAL_COLUMNS["target"]]
    return named[0] if named else files[0]


def _split_of(path: Path) -> str:
    word = path.name.lower().split(".")[0]
    for split, names in _SPLITS.items():
        if any(word == name or word.startswith((f"{name}_", f"{name}-")) for name in names):
            return split
        if word.rstrip("0123456789") in names:
            return split
    return "train"


def _ending(path: Path) -> str:
    return path.name.removesuffix(".gz").rpartition(".")[2] if "." in path.name else ""


def _with_ending(path: Path, ending: str) -> Path:
    """Returns the file beside another one that has another ending, packed or not."""
    name = path.name.removesuffix(".gz")
    plain = path.with_name(f"{name[: -len(_ending(path))]}{ending}")
    packed = plain.with_name(f"{plain.name}.gz")
    return packed if packed.is_file() and not plain.is_file() else plain


def _names_a_side(ending: str) -> bool:
    known = (*TABLES, *OBJECTS, *TEXTS, *OTHER_KINDS)
    return f".{ending}" not in known and (ending in _SIDES or names_a_language(ending))
