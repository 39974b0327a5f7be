"""The data toolbox: readers of people's files, safe archives, downloads, splits, ragged arrays.

Nothing here imports torch. What needs numpy is in `seqkit.data.ragged`, which is not imported here,
so that naming a dataset stays cheap.
"""

from seqkit.data.archives import read_members, unpack_members
from seqkit.data.fetch import FetchOptions, fetch
from seqkit.data.folders import (
    LocalPath,
    fingerprint,
    opened_regular,
    unreadable,
    unwritable,
    written_aside,
)
from seqkit.data.json_lines import read_jsonl
from seqkit.data.reports import counted, listed, missing_column, report_left_out
from seqkit.data.splits import hold_out
from seqkit.data.stored import check_stored, seal_stored, sha256
from seqkit.data.tables import Table, read_csv
from seqkit.data.texts import Encoding, Errors, lines_of, read_text
from seqkit.data.unpacking import unpacked
from seqkit.data.written import table_cell, write_table, write_text, written_whole

__all__ = [
    "Encoding",
    "Errors",
    "FetchOptions",
    "LocalPath",
    "Table",
    "check_stored",
    "counted",
    "fetch",
    "fingerprint",
    "hold_out",
    "lines_of",
    "listed",
    "missing_column",
    "opened_regular",
    "read_csv",
    "read_jsonl",
    "read_members",
    "read_text",
    "report_left_out",
    "seal_stored",
    "sha256",
    "table_cell",
    "unpack_members",
    "unpacked",
    "unreadable",
    "unwritable",
    "write_table",
    "write_text",
    "written_aside",
    "written_whole",
]
