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
from seqkit.data.times.frequency import DAY, Frequency, Times, infer_frequency, time_texts
from seqkit.data.times.reading import ReadTimes, parse_times, read_times

__all__ = [
    "DAY",
    "Frequency",
    "ReadTimes",
    "Times",
    "TimesError",
    "infer_frequency",
    "looks_like_times",
    "other_parts",
    "parse_times",
    "read_times",
    "resembles_times",
    "time_column",
    "time_texts",
]
