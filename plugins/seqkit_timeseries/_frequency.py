"""Rows after the last one of a series, and the calendar as waves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqkit.data.times import DAY, Frequency, Times, clock_of, infer_frequency, time_texts

__all__ = ["Frequency", "Times", "calendar_features", "continued", "infer_frequency", "time_texts"]


_ANY = Frequency()


def continued(times: Times, frequency: Frequency, rows: int) -> Times:
    """Returns the times of the `rows` rows after the last one.

    Positions are counted on in their own steps, and times that come to a run without are taken as
    they are. Rows of another day of the month than the frequency's keep theirs.
    """
    if times.dtype.kind != "M":
        positions = frequency if frequency.unit == "rows" else Frequency()
        return (infer_frequency(times) if len(times) > 1 else positions).after(times[-1], rows)
    if frequency.unit == "rows":
        frequency = infer_frequency(times)
    return frequency.on(times).after(times[-1], rows)


def calendar_features(
    times: Times, names: tuple[str, ...], frequency: Frequency = _ANY
) -> NDArray[np.float32]:
    """Returns sine and cosine of each feature's phase, by the clock, `(rows, 2 * features)`."""
    if not names:
        return np.zeros((len(times), 0), dtype=np.float32)
    times = clock_of(times, frequency)
    days = times.astype("datetime64[D]")
    years = times.astype("datetime64[Y]")
    columns = []
    for name in names:
        if name == "hour":
            seconds = times.astype("datetime64[s]")
            parts = (times - seconds) / np.timedelta64(1, "s")
            phase = ((seconds - days).astype(np.int64) + parts) / DAY
        elif name == "weekday":
            # Day 0 of numpy's calendar was a Thursday.
            phase = (days.astype(np.int64) + 3) % 7 / 7
        elif name == "day-of-year":
            phase = (days - years.astype("datetime64[D]")).astype(np.int64) / 365.2425
        else:
            phase = times.astype("datetime64[M]").astype(np.int64) % 12 / 12
        columns += [np.sin(2 * np.pi * phase), np.cos(2 * np.pi * phase)]
    return np.stack(columns, axis=1).astype(np.float32)
