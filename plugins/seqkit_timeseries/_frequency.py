"""How far apart the rows of a series are: told from its times, continued, and its calendar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Times = NDArray[Any]
"""`datetime64[s]` `(rows,)`, or positions int64 where a series has no times."""

DAY = 86_400
_NAMES = {
    ("seconds", 1): "every second",
    ("seconds", 60): "every minute",
    ("seconds", 3600): "hourly",
    ("seconds", DAY): "daily",
    ("seconds", 7 * DAY): "weekly",
    ("business days", 1): "on business days",
    ("months", 1): "monthly",
    ("months", 3): "quarterly",
    ("months", 12): "yearly",
    ("rows", 1): "without times",
}
# A month and a quarter vary in length; a gap that is no multiple of theirs is no calendar's.
_SHORTEST_MONTH, _WEEKDAYS = 28, 5
_SECONDS = {
    "seconds": 1.0,
    "business days": 7 / 5 * DAY,
    "months": 365.2425 / 12 * DAY,
    "rows": 0.0,
}


@dataclass(frozen=True)
class Frequency:
    """The step from one row to the next.

    Attributes:
        unit: What `count` counts; `rows` where a series has no times.
        count: How many of them a step is.
        regular: Whether all rows are a whole number of steps apart.
    """

    unit: Literal["seconds", "business days", "months", "rows"] = "rows"
    count: int = 1
    regular: bool = True

    def __str__(self) -> str:
        if not self.regular:
            return f"irregular, {Frequency(self.unit, self.count)} in the middle"
        if (self.unit, self.count) in _NAMES:
            return _NAMES[self.unit, self.count]
        if self.unit == "seconds":
            for name, size in (("days", DAY), ("hours", 3600), ("minutes", 60)):
                if self.count % size == 0:
                    return f"every {self.count // size} {name}"
        return f"every {self.count} {self.unit}"

    @property
    def period(self) -> int:
        """Rows of the usual season: a day, a week, a year; 1 where there is none."""
        match self.unit:
            case "months":
                return max(1, 12 // self.count)
            case "business days":
                return _WEEKDAYS
            case "seconds" if self.count < DAY:
                return DAY // self.count if DAY % self.count == 0 else 1
            case "seconds" if self.count == DAY:
                return 7
            case "seconds" if self.count == 7 * DAY:
                return 52
            case _:
                return 1

    @property
    def calendar(self) -> tuple[str, ...]:
        """The calendar features that vary between such rows."""
        match self.unit:
            case "rows":
                return ()
            case "months":
                return ("month",) if self.count < 12 else ()
            case "seconds" if self.count < DAY:
                return ("hour", "weekday", "day-of-year")
            case "seconds" if self.count % (7 * DAY) == 0:
                return ("day-of-year",)
            case _:
                return ("weekday", "day-of-year")

    @property
    def seconds(self) -> float:
        """How long a step is, about; 0 where rows have no times."""
        return _SECONDS[self.unit] * self.count

    def after(self, last: Any, steps: int) -> Times:
        """Returns the times of the `steps` rows after one at `last`."""
        ahead = np.arange(1, steps + 1)
        if self.unit == "rows":
            return np.asarray(int(last) + ahead)
        moment = np.datetime64(last, "s")
        if self.unit == "seconds":
            return np.asarray(moment + (ahead * self.count).astype("timedelta64[s]"))
        day = moment.astype("datetime64[D]")
        clock = moment - day
        if self.unit == "business days":
            days = np.busday_offset(day, ahead * self.count, roll="backward")
            return np.asarray(days + clock)
        return np.asarray(_in_months(day, ahead * self.count) + clock)

    def steps(self, times: Times) -> NDArray[np.int64]:
        """Returns the place of each time on the grid that begins at the first, `(rows,)`."""
        if self.unit == "rows":
            return np.asarray(times - times[0], dtype=np.int64)
        if self.unit == "seconds":
            return np.asarray((times - times[0]).astype(np.int64) // self.count)
        if self.unit == "business days":
            days = times.astype("datetime64[D]")
            return np.asarray(np.busday_count(days[0], days) // self.count)
        months = times.astype("datetime64[M]").astype(np.int64)
        return np.asarray((months - months[0]) // self.count)

    def grid(self, first: Any, rows: int) -> Times:
        """Returns the times of `rows` rows from `first` on."""
        return np.concatenate([np.asarray([first]), self.after(first, rows - 1)])


def infer_frequency(times: Times) -> Frequency:
    """Tells the step of rising times from the differences between neighbours.

    The most common difference wins where all others are multiples of it (rows are missing there);
    otherwise the times are irregular, and the step is their median.
    """
    if times.dtype.kind != "M" or len(times) < 2:
        return Frequency()
    seconds = times.astype("datetime64[s]").astype(np.int64)
    differences = np.diff(seconds)
    usual = _most_common(differences)
    months = _months(times)
    if months:
        return Frequency("months", months)
    whole_days = not (differences % DAY).any()
    if whole_days and usual == DAY and len(times) > _WEEKDAYS:
        days = times.astype("datetime64[D]")
        business = np.busday_count(days[0], days[-1]) + 1
        if np.is_busday(days).all() and len(times) > business // 2:
            return Frequency("business days")
    if usual > 0 and not (differences % usual).any():
        return Frequency("seconds", usual)
    return Frequency("seconds", max(1, int(np.median(differences))), regular=False)


def continued(times: Times, frequency: Frequency, rows: int) -> Times:
    """Returns the times of the `rows` rows after the last one.

    Rows without times are counted on, and times that come to a run without are taken as they are.
    """
    if times.dtype.kind != "M":
        return Frequency().after(times[-1], rows)
    if frequency.unit == "rows":
        frequency = infer_frequency(times)
    return frequency.after(times[-1], rows)


def calendar_features(times: Times, names: tuple[str, ...]) -> NDArray[np.float32]:
    """Returns sine and cosine of each feature's phase, `(rows, 2 * features)`."""
    if not names:
        return np.zeros((len(times), 0), dtype=np.float32)
    days = times.astype("datetime64[D]")
    years = times.astype("datetime64[Y]")
    columns = []
    for name in names:
        if name == "hour":
            phase = (times - days).astype("timedelta64[s]").astype(np.int64) / DAY
        elif name == "weekday":
            # Day 0 of numpy's calendar was a Thursday.
            phase = (days.astype(np.int64) + 3) % 7 / 7
        elif name == "day-of-year":
            phase = (days - years.astype("datetime64[D]")).astype(np.int64) / 365.2425
        else:
            phase = times.astype("datetime64[M]").astype(np.int64) % 12 / 12
        columns += [np.sin(2 * np.pi * phase), np.cos(2 * np.pi * phase)]
    return np.stack(columns, axis=1).astype(np.float32)


def time_texts(times: Times, frequency: Frequency) -> list[str]:
    """Returns times as ISO 8601 texts, as exact as the frequency needs; positions as numbers."""
    if times.dtype.kind != "M":
        return [str(position) for position in times.tolist()]
    seconds = times.astype("datetime64[s]")
    at_midnight = not (seconds.astype(np.int64) % DAY).any()
    if at_midnight and (frequency.unit != "seconds" or frequency.count % DAY == 0):
        unit: Literal["D", "m", "s"] = "D"
    else:
        unit = "s" if (seconds.astype(np.int64) % 60).any() else "m"
    return [str(text) for text in np.datetime_as_string(seconds, unit=unit)]


def _most_common(differences: NDArray[np.int64]) -> int:
    values, counts = np.unique(differences, return_counts=True)
    return int(values[np.argmax(counts)])


def _months(times: Times) -> int:
    """Returns how many months a step is; 0 where the days of the month say otherwise."""
    days = times.astype("datetime64[D]")
    if int(np.diff(days).astype(np.int64).min()) < _SHORTEST_MONTH:
        return 0
    month = days.astype("datetime64[M]")
    in_month = (days - month.astype("datetime64[D]")).astype(np.int64)
    lengths = ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64)
    same_day = bool((in_month == in_month[0]).all())
    month_end = bool((in_month == lengths - 1).all())
    if not (same_day or month_end):
        return 0
    numbers: NDArray[np.int64] = month.astype(np.int64)
    differences = np.diff(numbers)
    usual = _most_common(differences)
    return usual if not (differences % usual).any() else 0


def _in_months(day: Any, months: NDArray[np.int64]) -> Times:
    """Returns the same day of later months, the last one where a month is too short."""
    month = day.astype("datetime64[M]")
    in_month = (day - month.astype("datetime64[D]")).astype(np.int64)
    length = ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64)
    later = month + months
    lengths = ((later + 1).astype("datetime64[D]") - later.astype("datetime64[D]")).astype(np.int64)
    wanted = lengths - 1 if in_month == length - 1 else np.minimum(in_month, lengths - 1)
    return np.asarray(later.astype("datetime64[D]") + wanted.astype("timedelta64[D]"))
