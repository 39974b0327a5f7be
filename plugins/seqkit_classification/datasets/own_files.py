"""A person's own tables and objects of texts and labels."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from seqkit.api import Dataset, Notify, Recognition, Record
from seqkit.config import Config, Field
from seqkit.data import (
    Encoding,
    Errors,
    LocalPath,
    counted,
    fingerprint,
    listed,
    missing_column,
    report_left_out,
)
from seqkit.data.columns import column_named
from seqkit.data.objects import read_objects
from seqkit.data.own import OwnData
from seqkit.data.reading import read_table, reading_of
from seqkit.data.split_column import divided, require_one_way, split_field
from seqkit.errors import DataError
from seqkit_classification._columns import named_columns
from seqkit_classification._labels import label_name
from seqkit_classification.datasets.held_out import (
    held_out_test_field,
    seed_field,
    validation_field,
    with_held_out,
)

Reader = Callable[..., Iterable[Record]]


class OwnFiles(Config):
    """Settings that tables and objects share."""

    path: LocalPath = Field(
        min_length=1, help="The file of training examples, or a pattern such as reviews-*.csv."
    )
    validation_path: LocalPath = Field(
        "", help="The file of validation examples; empty: held out from the training examples."
    )
    test_path: LocalPath = Field(
        "", help="The file of test examples; empty: held out from the training examples."
    )
    text: str = Field("", help="Column of the text; empty: told from its name, such as review.")
    label: str = Field("", help="Column of the label; empty: told from its name, such as class.")
    split: str = split_field()
    validation: float = validation_field()
    test: float = held_out_test_field(0.1)
    seed: int = seed_field()
    encoding: Encoding = Field("utf-8", help="Encoding of the files, such as latin-1 or cp1252.")
    errors: Errors = Field(
        "strict", help="What to do with bytes that the encoding does not allow: refuse or replace."
    )


class TextCsv(Dataset):
    """Your own table: a column of texts and a column of labels.

    A .csv, .tsv, .xlsx or .parquet file.
    """

    name = "text-csv"
    tasks = ("classification",)
    foldable = True

    class Config(OwnFiles):
        added = ("sheet", "split")

        delimiter: str = Field(
            "", max_length=1, help="What parts the fields; empty: comma, tab, ; or |, as it fits."
        )
        header: bool = Field(
            True, help="Whether the first row names the columns; else they are 1, 2, ..."
        )
        quotes: bool = Field(
            True, help="Whether fields may stand in double quotes; false takes quotes as they are."
        )
        sheet: str = Field("", help="Sheet of an .xlsx file; empty: the first.")

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        return _splits(config, partial(_table_records, config=config, notify=notify), notify)

    def read(self, config: Any, path: Path, notify: Notify) -> Iterable[Record]:
        return _table_records(path, config, notify, with_rows=True)

    def fingerprint(self, config: Any) -> str:
        return _fingerprint(config)

    def recognise(self, data: OwnData, task: str) -> Recognition | None:
        from seqkit_classification.datasets.recognising import recognise_table

        return recognise_table(data, task)

    def location(self, config: Any) -> Path | None:
        return Path(config.path)


class TextJsonl(Dataset):
    """Your own JSON file: objects with a text and a label, one a line or in a list."""

    name = "text-jsonl"
    tasks = ("classification",)
    foldable = True

    class Config(OwnFiles):
        added = ("split",)

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        return _splits(config, partial(_object_records, config=config, notify=notify), notify)

    def read(self, config: Any, path: Path, notify: Notify) -> Iterable[Record]:
        return _object_records(path, config, notify, with_rows=True)

    def fingerprint(self, config: Any) -> str:
        return _fingerprint(config)

    def recognise(self, data: OwnData, task: str) -> Recognition | None:
        from seqkit_classification.datasets.recognising import recognise_objects

        return recognise_objects(data, task)

    def location(self, config: Any) -> Path | None:
        return Path(config.path)


def _splits(config: OwnFiles, read: Reader, notify: Notify) -> Mapping[str, Iterable[Record]]:
    require_one_way(config)
    if config.split:
        paths = _paths(config)["train"]
        rows = (record for path in paths for record in read(path, with_rows=True))
        given = divided(Path(config.path), rows, config.split, notify)
    else:
        given = {
            split: [record for path in paths for record in read(path)]
            for split, paths in _paths(config).items()
        }
    return with_held_out(given, config.validation, config.test, config.seed, notify)


def _fingerprint(config: OwnFiles) -> str:
    return fingerprint(config, [path for paths in _paths(config).values() for path in paths])


def _paths(config: OwnFiles) -> dict[str, list[Path]]:
    patterns = {
        "train": config.path,
        "validation": config.validation_path,
        "test": config.test_path,
    }
    return {split: _matching(pattern) for split, pattern in patterns.items() if pattern}


def _matching(pattern: str) -> list[Path]:
    path = Path(pattern)
    if path.exists() or not glob.has_magic(pattern):
        return [path]
    found = sorted(Path(match) for match in glob.glob(pattern, recursive=True))  # noqa: PTH207
    if not found:
        raise DataError(f"no file matches {pattern}. Check the path")
    return found


def _table_records(
    path: Path, config: Any, notify: Notify, *, with_rows: bool = False
) -> Iterator[Record]:
    table = read_table(path, notify, **reading_of(config))
    text, label, identity = _chosen(path, table.columns, config, with_rows)
    places = [table.position(name) for name in (text, label)]
    identities = table.position(identity) if identity else None
    rows = (
        (
            line,
            row[places[0]],
            row[places[1]],
            row[identities] if identities is not None else None,
            dict(zip(table.columns, row, strict=True)) if with_rows else None,
        )
        for line, row in zip(table.lines, table.rows, strict=True)
    )
    return _records(path, rows, (text, label), notify, table.counts)


def _object_records(
    path: Path, config: Any, notify: Notify, *, with_rows: bool = False
) -> Iterator[Record]:
    objects = read_objects(path, notify, **reading_of(config))
    text, label, identity = _chosen(path, objects.columns, config, with_rows)
    found = list(zip(objects.numbers, objects.items, strict=True))
    for number, values in found:
        where = f"{objects.counts} {number}"
        if text not in values:
            raise DataError(
                f"{path} has no {text!r} on {where}, which has {listed(tuple(values))}. "
                "Each object needs it"
            )
        if not isinstance(values[text], str | None):
            raise _wrong_type(path, values[text], text, where, "text")
        if isinstance(values.get(label), list | dict):
            raise _wrong_type(path, values[label], label, where, "one word or number")
    rows = (
        (
            line,
            values[text] or "",
            values.get(label),
            values.get(identity) if identity else None,
            values if with_rows else None,
        )
        for line, values in found
    )
    return _records(path, rows, (text, label), notify, objects.counts)


def _records(
    path: Path,
    rows: Iterable[tuple[int, str, Any, Any, Mapping[str, Any] | None]],
    columns: tuple[str, str],
    notify: Notify,
    counts: str,
) -> Iterator[Record]:
    empty: list[int] = []
    unlabelled: list[int] = []
    some = False
    for line, text, label, identity, row in rows:
        if not text.strip():
            empty.append(line)
        elif label_name(label) is None:
            unlabelled.append(line)
        else:
            some = True
            record = {"text": text, "label": label} | ({} if row is None else {"row": row})
            yield record if identity is None else {"id": str(identity), **record}
    if not some:
        missing, name = ("label", columns[1]) if unlabelled else ("text", columns[0])
        raise DataError(f"{path} holds no {missing} in column {name!r}.")
    for lines, what in ((empty, "text"), (unlabelled, "label")):
        said = counted(len(lines), f"row without {what}", f"rows without {what}")
        report_left_out(path, lines, said, notify, counts)


def _wrong_type(path: Path, value: Any, name: str, where: str, wanted: str) -> DataError:
    shown = f"{repr(value)[:40]} ({type(value).__name__})"
    return DataError(f"{path} holds {shown} under {name!r} on {where}. It must be {wanted}")


def _chosen(
    path: Path, columns: Sequence[str], config: Any, fixed: bool = False
) -> tuple[str, str, str]:
    """Returns the columns of the text, the label and, where there is one, the id."""
    for key, name in (("text", config.text), ("label", config.label)):
        if name and name not in columns:
            way = f"Name one of these: dataset.{key}=COLUMN"
            raise missing_column(path, name, columns, "Rename one of these" if fixed else way)
    text, label = named_columns(columns, config.text, config.label)
    missing = [key for key, name in (("text", text), ("label", label)) if not name]
    if missing:
        raise DataError(
            f"{path} does not tell which column is the {' and which the '.join(missing)}; "
            f"it has {listed(columns)}. "
            f"Set {' and '.join(f'dataset.{key}' for key in missing)}"
        )
    return text, label, column_named(columns, ("id",))
