"""Small data sets such as a person has, for `tests/benchmarks/own_data.py`.

Each module holds those of one task, in a tuple `SETS`. The rules of `Task.choose` are tuned on the
half `tune`, and checked on the half `check`.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class OwnDataSet:
    """A data set as a file that `seqkit new --data` is given.

    Attributes:
        name: A short name, also of its file.
        half: Whether rules are tuned on it, or checked.
        about: What it is, in a few words.
        write: Writes it into a folder, and returns the file; given the folder of real data too,
            or None where there is none.
        task: What `--task` is given; empty for nothing.
        given: Settings of the dataset that are given, such as its columns.
        real: Whether it is made from files of the folder of real data.
    """

    name: str
    half: Literal["tune", "check"]
    about: str
    write: Callable[[Path, Path | None], Path]
    task: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)
    real: bool = False


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    """Writes a table as CSV, or as TSV where its name ends so, and returns its path."""
    delimiter = "\t" if path.suffix == ".tsv" else ","
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        if header:
            writer.writerow(header)
        writer.writerows(rows)
    return path


def all_sets() -> list[OwnDataSet]:
    """Returns every data set there is."""
    import importlib

    found: list[OwnDataSet] = []
    for module in ("texts", "language", "pairs", "series"):
        try:
            made = importlib.import_module(f"{__name__}.{module}")
        except ModuleNotFoundError as error:
            if error.name != f"{__name__}.{module}":
                raise
        else:
            found += made.SETS
    return found
