"""A person's own pairs: files with a column of sources and a column of targets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import seqkit
from seqkit.api import Dataset, Notify, Recognition, Record
from seqkit.config import Field
from seqkit.data import (
    Encoding,
    Errors,
    LocalPath,
    Table,
    counted,
    fingerprint,
    hold_out,
    listed,
    missing_column,
    report_left_out,
)
from seqkit.data.columns import column_named, header_of
from seqkit.data.headings import is_heading
from seqkit.data.own import OwnData
from seqkit.data.reading import read_table, reading_of
from seqkit.data.split_column import divided, require_one_way, split_field
from seqkit.errors import DataError
from seqkit_seq2seq._columns import SOURCE_NAMES, TARGET_NAMES


def held_out_field(what: str) -> Any:
    return Field(
        0.05,
        ge=0,
        lt=1,
        help=f"Part of the different sources held out for {what}, where there is no file for it; "
        "0: none.",
    )


def seed_field() -> Any:
    return Field(0, help="Chooses the sources that are held out.")


class PairsTsv(Dataset):
    """Your own table: a column of sources and a column of targets.

    A .tsv, .csv, .xlsx, .parquet, .json or .jsonl file.
    """

    name = "pairs-tsv"
    tasks = ("seq2seq",)
    foldable = True
    together = "source"

    class Config(seqkit.Config):
        added = ("sheet", "split")

        path: LocalPath = Field(min_length=1, help="The file of training pairs.")
        validation_path: LocalPath = Field(
            "", help="The file of validation pairs; empty: held out from the training pairs."
        )
        test_path: LocalPath = Field(
            "", help="The file of test pairs; empty: held out from the training pairs."
        )
        delimiter: str = Field(
            "\t",
            max_length=1,
            help="What parts the columns; empty: comma, tab, ; or |, as it fits.",
        )
        header: bool = Field(
            False,
            help="Whether the first row names the columns; else they are 1, 2, ..., and a first "
            "row of such names as source and target is told and left out all the same.",
        )
        sheet: str = Field("", help="Sheet of an .xlsx file; empty: the first.")
        source: str = Field(
            "", help="Column of the sources; empty: told from its name, or else the first."
        )
        target: str = Field(
            "", help="Column of the targets; empty: told from its name, or else the second."
        )
        split: str = split_field()
        quotes: bool = Field(
            False, help="Whether fields may stand in double quotes; false takes quotes as they are."
        )
        validation: float = held_out_field("validation")
        test: float = held_out_field("the test")
        seed: int = seed_field()
        encoding: Encoding = Field(
            "utf-8", help="Encoding of the files, such as latin-1 or cp1252."
        )
        errors: Errors = Field(
            "strict",
            help="What to do with bytes that the encoding does not allow: refuse or replace.",
        )

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        require_one_way(config)
        if config.split:
            path = Path(config.path)
            records = _records(path, config, notify, with_rows=True)
            given = divided(path, records, config.split, notify)
        else:
            paths = _paths(config)
            given = {split: _records(path, config, notify) for split, path in paths.items()}
        train = given["train"]
        if "test" not in given:
            train, given["test"] = hold_out_sources(train, config.test, config.seed)
        if "validation" not in given:
            train, given["validation"] = hold_out_sources(train, config.validation, config.seed)
        return {"train": train} | {
            split: given[split] for split in ("validation", "test") if given[split]
        }

    def read(self, config: Any, path: Path, notify: Notify) -> Iterable[Record]:
        return _records(path, config, notify, with_rows=True)

    def fingerprint(self, config: Any) -> str:
        return fingerprint(config, _paths(config).values())

    def recognise(self, data: OwnData, task: str) -> Recognition | None:
        from seqkit_seq2seq.datasets.recognising import recognise

        return recognise(data, task)

    def location(self, config: Any) -> Path | None:
        return Path(config.path)


def hold_out_sources(
    records: list[Record], fraction: float, seed: int
) -> tuple[list[Record], list[Record]]:
    """Divides records so that no source is on both sides."""
    if not fraction:
        return records, []
    sources = [{"source": source} for source in dict.fromkeys(one["source"] for one in records)]
    _, held_out = hold_out(sources, fraction, seed)
    chosen = {one["source"] for one in held_out}
    rest = [one for one in records if one["source"] not in chosen]
    return rest, [one for one in records if one["source"] in chosen]


def _paths(config: Any) -> dict[str, Path]:
    paths = {
        "train": config.path,
        "validation": config.validation_path,
        "test": config.test_path,
    }
    return {split: Path(path) for split, path in paths.items() if path}


def _records(path: Path, config: Any, notify: Notify, *, with_rows: bool = False) -> list[Record]:
    table = read_table(path, notify, **reading_of(config))
    if not table.headed:
        table = _without_heading(table, config, notify)
    source, target = _chosen(path, table.columns, config, with_rows)
    places = {"source": table.position(source), "target": table.position(target)}
    records: list[Record] = []
    empty: list[int] = []
    for line, row in zip(table.lines, table.rows, strict=True):
        record = {side: row[place].strip() for side, place in places.items()}
        if all(record.values()):
            fields = {"row": dict(zip(table.columns, row, strict=True))} if with_rows else {}
            records.append({"id": str(line), **record, **fields})
        else:
            empty.append(line)
    if not records:
        raise DataError(f"{path} holds no pair in columns {source!r} and {target!r}.")
    what = counted(len(empty), "row without a source or a target", "rows without one of the two")
    report_left_out(path, empty, what, notify, table.counts)
    return records


def _without_heading(table: Table, config: Any, notify: Notify) -> Table:
    """Returns the pairs of a table without a header, less a first row that names the columns."""
    first = [cell.strip().strip('"') for cell in table.rows[0]]
    named = [name for name in (config.source, config.target) if name]
    numbered = any(name in table.columns for name in named)
    if not named or numbered or not set(named) <= set(first):
        try:
            places = [table.position(name) for name in _chosen(table.path, table.columns, config)]
        except DataError:
            return table
        texts = [row[place] for row in table.rows[1:] for place in places]
        verdict = is_heading([first[place] for place in places], texts)
        if verdict == "perhaps":
            notify(
                f"the first row of {table.path} ({listed(first)}) may be a heading, and is read as "
                "a pair. Delete it if it is one, or set dataset.header=true."
            )
        if verdict != "yes":
            return table
    notify(f"the first row of {table.path} names its columns ({listed(first)}), and is no pair.")
    if not table.rows[1:]:
        raise DataError(f"{table.path} has a header ({listed(first)}) and no rows.")
    columns = table.columns if numbered else header_of(table.path, first)
    return replace(table, columns=columns, rows=table.rows[1:], lines=table.lines[1:])


def _chosen(
    path: Path, columns: Sequence[str], config: Any, fixed: bool = False
) -> tuple[str, str]:
    """Returns the columns of the sources and of the targets."""
    if len(columns) < 2:
        raise DataError(
            f"{path} has {counted(len(columns), 'column')}, and pairs need two. Set "
            "dataset.delimiter to what parts source and target"
        )
    for key, name in (("source", config.source), ("target", config.target)):
        if name and name not in columns:
            way = f"Name one of these: dataset.{key}=COLUMN"
            raise missing_column(path, name, columns, "Rename one of these" if fixed else way)
    source = config.source or column_named(columns, *SOURCE_NAMES)
    target = config.target or column_named(columns, *TARGET_NAMES)
    source = source or next(name for name in columns if name != target)
    target = target or next(name for name in columns if name != source)
    if source == target:
        raise DataError(
            f"source and target are both column {source!r}, in {path}; it has {listed(columns)}. "
            "Set dataset.source and dataset.target to two of them"
        )
    return source, target
