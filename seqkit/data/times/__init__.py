"""Times: the one reader of them, the column that holds them, and the step between them.

It imports numpy, and so is not imported by `seqkit.data`.
"""

from seqkit.data.times.columns import (
    looks_like_times,
    other_parts,
    resembles_times,
    time_column,
)
from seqkit.data.times.dates import TimesError
from seqkit.data.times.frequency import (
    DAY,
    Frequency,
    Times,
    clock_of,
    infer_frequency,
    time_texts,
)
from seqkit.data.times.joining import clock_column, joined_times, without_midnight
from seqkit.data.times.numbers import are_spreadsheet_days
from seqkit.data.times.reading import SPREADSHEET, ReadTimes, parse_times, read_times
from seqkit.data.times.settling import settled
from seqkit.data.times.zones import is_offset, is_zone, local_times, moments_of, offsets_at

__all__ = [
    "DAY",
    "SPREADSHEET",
    "Frequency",
    "ReadTimes",
    "Times",
    "TimesError",
    "are_spreadsheet_days",
    "clock_column",
    "clock_of",
    "infer_frequency",
    "is_offset",
    "is_zone",
    "joined_times",
    "local_times",
    "looks_like_times",
    "moments_of",
    "offsets_at",
    "other_parts",
    "parse_times",
    "read_times",
    "resembles_times",
    "settled",
    "time_column",
    "time_texts",
    "without_midnight",
]
