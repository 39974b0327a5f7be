"""The endings of the files that people have, and how such files are read."""

from __future__ import annotations

from pathlib import Path

SHEETS = (".xlsx", ".xlsm")
PARQUET = (".parquet", ".pq")
TABLES = (".csv", ".tsv", *SHEETS, *PARQUET)
OBJECTS = (".jsonl", ".ndjson", ".json")
TEXTS = (".txt", ".text", ".md")
"""Endings of the files that are read; a text may hold a table too."""

OTHER_KINDS = {
    ".xls": "Save the sheet as .xlsx or .csv. ",
    ".ods": "Save the sheet as .xlsx or .csv. ",
    ".feather": "Write it as .parquet or .csv. ",
    ".arrow": "Write it as .parquet or .csv. ",
    ".zip": "Unpack it. ",
    ".tar": "Unpack it. ",
}
"""Endings of files that are not read, and what to do about them."""


def kind_of(path: Path) -> str:
    """Returns the ending that tells how a file is read, in small letters and without `.gz`."""
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    return suffixes[-1] if suffixes else ""
