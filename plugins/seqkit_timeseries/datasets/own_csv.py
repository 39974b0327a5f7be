"""A person's own table of one or many time series."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import seqkit
from seqkit.api import Dataset, Notify, Recognition, Record
from seqkit.config import Field
from seqkit.data import Encoding, Errors, LocalPath, fingerprint, missing_column
from seqkit.data.own import OwnData
from seqkit.data.reading import read_table, reading_of
from seqkit_timeseries._columns import Columns, IdColumns, Numbers, Step
from seqkit_timeseries.datasets.held_out import Span, test_field, validation_field


class SeriesCsv(Dataset):
    """Your own table: a column of times, columns of numbers, and an id where series are many.

    A .csv, .tsv, .xlsx, .parquet, .json or .jsonl file.
    """

    name = "series-csv"
    tasks = ("forecasting",)

    class Config(seqkit.Config):
        added = ("time_zone", "clock", "wide", "resample", "aggregate", "missing", "sheet")

        path: LocalPath = Field(min_length=1, help="The file; it may be packed by gzip.")
        time: str = Field(
            "", help="Column of the times; empty: told from its name or its first rows, if any."
        )
        clock: str = Field(
            "",
            help="Column of the clock or the hour of 0 to 23, where the times' has the day alone.",
        )
        targets: Columns = Field([], help="Columns to forecast; empty: all that hold measurements.")
        id: IdColumns = Field(
            "auto",
            help="Columns that tell series apart, together where they are several (store,item); "
            "auto: those that are named so, such as symbol or store_id; none: no column does.",
        )
        validation: Span = validation_field(0.2)
        test: Span = test_field(0.2)
        time_format: str = Field(
            "",
            help="How times are written, as strptime has it, such as %d.%m.%Y; empty: found out.",
        )
        decimal: Literal["", ".", ","] = Field(
            "", help="What parts whole numbers from decimals; empty: found out."
        )
        time_zone: str = Field(
            "",
            help="Zone of the times, such as Europe/Berlin; empty: that of their offsets, if any.",
        )
        wide: Literal["auto", "none", "rows", "columns", "grid"] = Field(
            "auto",
            help="rows: each row is a series, under times or V1, V2, ...; columns: each column of "
            "numbers is one; grid: each row is a year and each column a month of it, or a day and "
            "its hours; none: neither; auto: rows where it is plain.",
        )
        resample: Step = Field(
            "",
            help="Brings rows to equal steps: 15min, 1h, 1d, 1w or 1month; empty: as they are.",
        )
        aggregate: Literal["mean", "last", "sum"] = Field(
            "mean", help="What becomes of the rows of a step of resample."
        )
        missing: Numbers = Field([], help="Numbers that stand for a missing one, such as -999.")
        duplicates: Literal["error", "first", "last", "mean"] = Field(
            "error", help="What to do with rows of the same time: refuse, or keep one, or the mean."
        )
        delimiter: str = Field(
            "", max_length=1, help="What parts the fields; empty: comma, tab, ; or |, as it fits."
        )
        header: bool = Field(
            True, help="Whether the first row names the columns; else they are 1, 2, ..."
        )
        sheet: str = Field("", help="Sheet of an .xlsx file; empty: the first.")
        encoding: Encoding = Field("utf-8", help="Encoding of the file, such as latin-1 or cp1252.")
        errors: Errors = Field(
            "strict", help="What to do with bytes the encoding does not allow: refuse or replace."
        )

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        from seqkit_timeseries._grid import read_grid
        from seqkit_timeseries._splitting import split_records
        from seqkit_timeseries._table import read_series
        from seqkit_timeseries._tabled import Reading
        from seqkit_timeseries._wide import is_wide, read_wide

        path = Path(config.path)
        table = read_table(path, notify, **reading_of(config))
        words = {"auto": (), "none": None}
        ids = words[config.id] if isinstance(config.id, str) else tuple(config.id)
        for name in filter(None, (config.time, config.clock, *(ids or ()))):
            if name not in table.columns:
                raise missing_column(path, name, table.columns)
        how = Reading(
            str(path),
            time=config.time,
            clock=config.clock,
            identity=ids,
            needed=config.targets,
            time_format=config.time_format,
            decimal=config.decimal,
            duplicates=config.duplicates,
            time_zone=config.time_zone,
            resample=config.resample,
            aggregate=config.aggregate,
            missing=tuple(config.missing),
            counted=table.counts,
        )
        wide = config.wide
        if wide == "auto":
            plain = not config.time and not config.targets
            wide = "rows" if plain and is_wide(table.columns, table.rows) else "none"
        if wide == "grid":
            tabled = read_grid(table.columns, table.rows, table.lines, how, notify)
        elif wide == "none":
            for name in config.targets:
                if name not in table.columns:
                    raise missing_column(path, name, table.columns)
            tabled = read_series(table.columns, table.rows, table.lines, how, notify)
        else:
            tabled = read_wide(table.columns, table.rows, table.lines, how, wide, notify)
        declared: dict[str, Any] = {"aside": tabled.aside}
        if config.targets:
            declared["targets"] = tuple(config.targets)
        return split_records(tabled, config.validation, config.test, notify, **declared)

    def read(self, config: Any, path: Path, notify: Notify) -> Iterable[Record]:
        whole = config.model_copy(update={"path": str(path), "validation": 0, "test": 0})
        return self.splits(whole, notify)["train"]

    def fingerprint(self, config: Any) -> str:
        return fingerprint(config, [Path(config.path)])

    def recognise(self, data: OwnData, task: str) -> Recognition | None:
        from seqkit_timeseries.datasets.recognising import recognise

        return recognise(data, task)

    def location(self, config: Any) -> Path:
        return Path(config.path)
