"""Checks of a dataset: its splits, its records, what its task makes of them, its fingerprint."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from unittest import SkipTest

from seqkit.api import Arrays, Codec, Recognition
from seqkit.data.own import OwnData
from seqkit.errors import DataError, nearest
from seqkit.registry.registry import Entry
from seqkit.testing.checks import Check, following, once, require
from seqkit.testing.comparing import same
from seqkit.testing.records import MORE, Records, Splits, first_records

SPLITS = ("train", "validation", "test")
SHARED = 0.2
"""The largest share of a test split that may stand in the training split; a few examples do by
chance, and some published data hold some twice."""

_MEANT = {"valid": "validation", "val": "validation", "dev": "validation", "eval": "test"}
_ODD_FILES = {
    "empty.csv": b"",
    "empty.txt": b"",
    "empty.jsonl": b"",
    "one-line.csv": b"a,b\n",
    "binary.csv": bytes(range(256)) * 8,
    "binary.txt": b"\x00\xff\xfe" * 100,
    "no-object.jsonl": b"[1, 2]\nnull\n",
    "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "table.tsv": b"a\tb\tc\n1\t\t\n\t2\n",
}


def dataset_checks(
    entry: Entry, config: Callable[[], Any], records: Records, seen: Callable[[], Mapping[str, Any]]
) -> Iterator[Check]:
    """Yields the checks of a dataset. Data that are not on this machine are not fetched.

    Args:
        entry: The dataset.
        config: Its settings.
        records: Where its tasks are looked up.
        seen: What a fresh process saw of the plugin.
    """
    subject = f"datasets:{entry.name}"
    sound = once(lambda: _records(entry, _readable(entry, config()), records))
    found = following("records", sound)
    yield Check(subject, "records", lambda: _only_run(sound))
    yield Check(subject, "encoded", lambda: _encoded(entry, found(), records))
    yield Check(subject, "apart", lambda: _apart(found()))
    yield Check(subject, "repeatable", lambda: _repeatable(entry, config(), found()))
    yield Check(subject, "fingerprint", lambda: _fingerprint(entry, config(), seen()))
    yield Check(subject, "recognises", partial(_recognises, entry))


def _readable(entry: Entry, settings: Any) -> Splits:
    try:
        return first_records(entry, settings, MORE)
    except DataError as error:
        raise SkipTest(f"its data cannot be read here: {error}") from error


def _only_run(sound: Callable[[], Splits]) -> None:
    sound()


def _records(entry: Entry, splits: Splits, records: Records) -> Splits:
    fields: set[str] = set()
    for task in entry.component.tasks:
        found = records.tasks_named([task])
        require(found, f"there is no task {task!r}, which the dataset is for")
        fields = fields or set(found[0].component.fields)
    for name, rows in splits.items():
        _split_name(name, splits)
        require(rows, f"the split {name!r} is empty. Leave it out instead")
        for number, record in enumerate(rows, start=1):
            require(
                isinstance(record, Mapping),
                f"record {number} of {name!r} is {type(record).__name__}, not a mapping",
            )
            missing = sorted(fields - set(record))
            require(
                not missing,
                f"record {number} of {name!r} lacks {', '.join(missing)}, "
                f"which {entry.component.tasks[0]} reads",
            )
    return splits


def _split_name(name: str, splits: Splits) -> None:
    """Finds splits that nothing would read, as they are called otherwise."""
    meant = None
    if name not in SPLITS and not name.startswith(tuple(f"{known}-" for known in SPLITS)):
        meant = _MEANT.get(name) or nearest(name, SPLITS)
    require(
        meant is None or meant in splits,
        f"there is a split {name!r}, which nothing reads by itself. Did you mean {meant}?",
    )


def _encoded(entry: Entry, splits: Splits, records: Records) -> None:
    def read(count: int) -> Splits:
        return {name: rows[:count] for name, rows in splits.items()}

    for task in records.tasks_named(entry.component.tasks):
        try:
            encoded = records.encoded_by(task, entry.qualified, read)
        except DataError as error:
            raise AssertionError(
                f"{task.name} refuses its records, with the usual settings: "
                f"{str(error).rstrip('.')}. Others are given as those of the dataset are: "
                f"{task.name}.KEY=VALUE"
            ) from error
        except Exception as error:
            raise AssertionError(
                f"{task.name} cannot encode its records: {type(error).__name__}: {error}. "
                f"'seqkit show {task.name}' says what a record holds"
            ) from error
        for split, arrays in encoded.arrays.items():
            _with_targets(task, encoded.codec, arrays, split)


def _with_targets(task: Entry, codec: Codec, arrays: Arrays, split: str) -> None:
    """Requires that a batch can be cut of what a task made, which training and scores need."""
    from seqkit.engine.batching import evaluation_plan

    require(len(codec.sizes(arrays)), f"{task.name} makes no example of the records of {split!r}")
    batch = codec.batch(arrays, evaluation_plan(codec, arrays, 1)[0])
    require(
        "targets" in batch,
        f"{task.name} finds no targets in the records of {split!r}. 'seqkit show {task.name}' says "
        "what a record holds",
    )


def _apart(splits: Splits) -> None:
    """Finds a test split whose records are in the training split."""
    train = {_key(record) for record in splits["train"]}
    for name in SPLITS[1:]:
        if name not in splits:
            continue
        shared = sum(_key(record) in train for record in splits[name])
        require(
            shared <= SHARED * len(splits[name]),
            f"{shared:,} of {len(splits[name]):,} records of {name!r} are in 'train' too. Scores "
            "on them say nothing: hold records out, as seqkit.data.hold_out does",
        )


def _key(value: Any) -> Any:
    """Returns what two values share if they are the same."""
    if isinstance(value, Mapping):
        return tuple((key, _key(value[key])) for key in sorted(value))
    if isinstance(value, list | tuple):
        return tuple(map(_key, value))
    if hasattr(value, "tobytes"):
        return value.tobytes()
    return value if isinstance(value, str | int | float | None) else repr(value)


def _repeatable(entry: Entry, settings: Any, found: Splits) -> None:
    fingerprint = entry.component.fingerprint(settings)
    require(
        isinstance(fingerprint, str),
        f"fingerprint() returned {type(fingerprint).__name__}, not text",
    )
    require(
        fingerprint == entry.component.fingerprint(settings),
        "fingerprint() gave two texts for the same data",
    )
    require(
        same(found, _readable(entry, settings)),
        "splits() gave other records the second time. Draw with a seed from the settings",
    )


def _fingerprint(entry: Entry, settings: Any, seen: Mapping[str, Any]) -> None:
    require(
        seen["fingerprints"].get(entry.name) == entry.component.fingerprint(settings),
        "fingerprint() differs in another process, as hash() of text does. "
        "Make it from hashlib, sizes and modification times",
    )


def _recognises(entry: Entry) -> None:
    """Shows it files that nobody would train on; it may refuse them by DataError alone."""
    with tempfile.TemporaryDirectory() as place:
        for name, content in _ODD_FILES.items():
            (Path(place) / name).write_bytes(content)
        empty = Path(place) / "empty-folder"
        empty.mkdir()
        for path in (*(Path(place) / name for name in _ODD_FILES), empty, Path(place)):
            for task in ("", *entry.component.tasks):
                _one_recognition(entry, path, task)


def _one_recognition(entry: Entry, path: Path, task: str) -> None:
    where = "a folder of odd files" if path.name not in _ODD_FILES else path.name
    try:
        found = entry.component.recognise(OwnData(path), task)
    except DataError:
        return
    except Exception as error:
        raise AssertionError(
            f"recognise() raised {type(error).__name__} on {where}: {error}. Return None for what "
            "it is not for, or raise DataError with what to do"
        ) from error
    if found is None:
        return
    require(
        isinstance(found, Recognition),
        f"recognise() returned {type(found).__name__} for {where}, not a Recognition or None",
    )
    require(
        0 <= found.confidence <= 1 and bool(found.said),
        f"recognise() was {found.confidence} sure of {where}, and said {found.said!r}; confidence "
        "goes from 0 to 1, and said is a sentence",
    )
    unknown = sorted(set(found.settings) - set(entry.component.Config.model_fields))
    require(not unknown, f"recognise() set {', '.join(unknown)} for {where}, which are no settings")
