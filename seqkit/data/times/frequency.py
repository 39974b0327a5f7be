"""How far apart the rows of a series are: told from its times, and continued."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seqkit.data.times.zones import local_times, moments_of, offset_text, offsets_at

Times = NDArray[Any]
"""`datetime64` `(rows,)`, in seconds unless they have parts of one; or positions int64."""
Unit = Literal["seconds", "microseconds", "nanoseconds", "business days", "months", "rows"]

DAY = 86_400
"""Seconds of a day."""
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
_SHORTEST_MONTH, _WEEKDAYS, MONTH_END = 28, 5, 31
_FIRST_BUSINESS_DAY, _LAST_BUSINESS_DAY = 32, 33
_HOLIDAYS, _MOSTLY = 4, 0.8
"""Days by which holidays move a business day, and the share of months in which none does."""
_SECONDS = {
    "seconds": 1.0,
    "microseconds": 1e-6,
    "nanoseconds": 1e-9,
    "business days": 7 / 5 * DAY,
    "months": 365.2425 / 12 * DAY,
    "rows": 0.0,
}
_UNITS: dict[str, Literal["s", "us", "ns"]] = {
    "seconds": "s",
    "microseconds": "us",
    "nanoseconds": "ns",
}


@dataclass(frozen=True)
class Frequency:
    """The step from one row to the next.

    Attributes:
        unit: What `count` counts; `rows` where a series has no times.
        count: How many of them a step is.
        regular: Whether all rows are a whole number of steps apart.
        anchor: The day of the month of rows in months, 31 for its end, 32 and 33 for its first and
            last business day; 0 where it is not known.
        zone: The time zone of the rows; empty where it is not known.
        local: Whether times are what the clock of the zone shows, and not UTC.
    """

    unit: Unit = "rows"
    count: int = 1
    regular: bool = True
    anchor: int = 0
    zone: str = ""
    local: bool = False

    def __str__(self) -> str:
        if not self.regular:
            return f"irregular, {replace(self, regular=True)} in the middle"
        if (self.unit, self.count) in _NAMES:
            return _NAMES[self.unit, self.count]
        if self.unit == "rows":
            return f"numbered in steps of {self.count}"
        if self.unit == "seconds":
            for name, size in (("days", DAY), ("hours", 3600), ("minutes", 60)):
                if self.count % size == 0:
                    return f"every {self.count // size} {name}"
        for name, size in (("milliseconds", 1000), ("microseconds", 1)):
            if self.unit == "microseconds" and self.count % size == 0:
                return f"every {self.count // size} {name}"
        return f"every {self.count} {self.unit}"

    @property
    def step(self) -> tuple[str, int]:
        """The unit and how many of it; equal for series that keep the same pace."""
        return self.unit, self.count

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
            case "microseconds" | "nanoseconds":
                return ("hour", "weekday", "day-of-year")
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

    @property
    def dated(self) -> bool:
        """Whether rows have times."""
        return self.unit != "rows"

    @property
    def length(self) -> float:
        """How long a step is: in seconds, or in positions."""
        return self.seconds if self.dated else float(self.count)

    def after(self, last: Any, steps: int) -> Times:
        """Returns the times of the `steps` rows after one at `last`."""
        ahead = np.arange(1, steps + 1) * self.count
        if self.unit == "rows":
            return np.asarray(int(last) + ahead)
        moment = np.datetime64(last)
        if np.datetime_data(moment.dtype)[0] not in _UNITS.values():
            moment = moment.astype("datetime64[s]")
        if self.unit in _UNITS:
            return np.asarray(moment + ahead.astype(f"timedelta64[{_UNITS[self.unit]}]"))
        day = moment.astype("datetime64[D]")
        clock = moment - day
        if self.unit == "business days":
            days = np.busday_offset(day, ahead, roll="backward")
            return np.asarray(days + clock)
        return np.asarray(_in_months(day, ahead, self.anchor) + clock)

    def steps(self, times: Times) -> NDArray[np.int64]:
        """Returns the place of each time on the grid that begins at the first, `(rows,)`."""
        if self.unit == "rows":
            return np.asarray((times - times[0]) // self.count, dtype=np.int64)
        if self.unit in _UNITS:
            whole = _differences(times - times[0], self.unit)
            return np.asarray(whole // self.count)
        if self.unit == "business days":
            days = times.astype("datetime64[D]")
            return np.asarray(np.busday_count(days[0], days) // self.count)
        months = times.astype("datetime64[M]").astype(np.int64)
        return np.asarray((months - months[0]) // self.count)

    def grid(self, first: Any, rows: int) -> Times:
        """Returns the times of `rows` rows from `first` on."""
        return np.concatenate([np.asarray([first]), self.after(first, rows - 1)])

    def on(self, times: Times) -> Frequency:
        """Returns the frequency for rows in months that have an anchor of their own."""
        if self.unit != "months" or not len(times):
            return self
        days = times.astype("datetime64[D]")
        last = _length(days.astype("datetime64[M]")) - 1
        if self.anchor > MONTH_END and (len(times) == 1 or _anchor(times) == self.anchor):
            return self
        if self.anchor and (_in_month(days) == np.minimum(self.anchor - 1, last)).all():
            return self
        return replace(self, anchor=_anchor(times))

    def holds(self, times: Times) -> bool:
        """Tells whether rising times lie on one grid of this step."""
        if len(times) < 2:
            return True
        if (self.unit == "rows") != (times.dtype.kind != "M"):
            return False
        if self.unit == "rows":
            positions: NDArray[np.int64] = times.astype(np.int64)
            return not (np.diff(positions) % self.count).any()
        if self.unit == "months":
            months = np.diff(_month_numbers(times))
            return bool(_anchor(times)) and not (months % self.count).any()
        if self.unit == "business days":
            days = times.astype("datetime64[D]")
            return bool(np.is_busday(days).all() and (times - days == times[0] - days[0]).all())
        step = np.timedelta64(self.count, _UNITS[self.unit])
        return not (np.diff(times) % step).astype(np.int64).any()


def infer_frequency(times: Times) -> Frequency:
    """Tells the step of rising times from the differences between neighbours.

    The most common difference wins where all others are multiples of it (rows are missing there);
    otherwise the times are irregular, and the step is their median.
    """
    if len(times) < 2:
        return Frequency()
    if times.dtype.kind != "M":
        positions: NDArray[np.int64] = times.astype(np.int64)
        return _of_positions(np.diff(positions))
    months = _months(times)
    if months is not None:
        return months
    unit = _unit_of(times)
    differences = _differences(np.diff(times), unit)
    usual = _most_common(differences)
    # A step of whole seconds is told in seconds, also of times that have parts of one.
    whole = 10**6 if unit == "microseconds" else 10**9 if unit == "nanoseconds" else 1
    day = DAY * whole
    if not (differences % day).any() and usual == day and len(times) > _WEEKDAYS:
        days = times.astype("datetime64[D]")
        business = np.busday_count(days[0], days[-1]) + 1
        if np.is_busday(days).all() and len(times) > business // 2:
            return Frequency("business days")
    if whole > 1 and not (differences % whole).any():
        return _in_equal_steps(differences // whole, "seconds")
    return _in_equal_steps(differences, unit)


def time_texts(times: Times, frequency: Frequency) -> list[str]:
    """Returns times as ISO 8601 texts, as exact as the frequency needs; positions as numbers.

    Those of a time zone have its offset, unless they are days.
    """
    if times.dtype.kind != "M":
        return [str(position) for position in times.tolist()]
    if not frequency.zone:
        return _texts(times, frequency)
    moments = moments_of(times, frequency.zone)[0] if frequency.local else times
    texts = _texts(times if frequency.local else local_times(times, frequency.zone), frequency)
    if not texts or "T" not in texts[0]:
        return texts
    offsets = offsets_at(moments, frequency.zone).tolist()
    return [text + offset_text(offset) for text, offset in zip(texts, offsets, strict=True)]


def clock_of(times: Times, frequency: Frequency) -> Times:
    """Returns what the clock shows where the rows are; times without a zone as they are."""
    if not frequency.zone or frequency.local or times.dtype.kind != "M":
        return times
    return local_times(times, frequency.zone)


def _texts(times: Times, frequency: Frequency) -> list[str]:
    seconds = times.astype("datetime64[s]")
    unit: Literal["D", "m", "s", "ms", "us", "ns"]
    if (seconds != times).any() or frequency.unit in ("microseconds", "nanoseconds"):
        nanoseconds = _parts_of_seconds(times)
        fine = frequency.count % 1000 if frequency.unit == "microseconds" else 0
        if (nanoseconds % 1000).any() or frequency.unit == "nanoseconds":
            unit = "ns"
        else:
            unit = "us" if fine or (nanoseconds % 10**6).any() else "ms"
        return [str(text) for text in np.datetime_as_string(times.astype(f"datetime64[{unit}]"))]
    at_midnight = not (seconds.astype(np.int64) % DAY).any()
    if at_midnight and (frequency.unit != "seconds" or frequency.count % DAY == 0):
        unit = "D"
    else:
        unit = "s" if (seconds.astype(np.int64) % 60).any() else "m"
    return [str(text) for text in np.datetime_as_string(seconds, unit=unit)]


def _of_positions(differences: NDArray[np.int64]) -> Frequency:
    found = _in_equal_steps(differences, "rows")
    common = int(np.gcd.reduce(differences))
    if not found.regular and common and 2 * len(differences) >= int(differences.sum()) // common:
        return Frequency("rows", common)
    return found


def _in_equal_steps(differences: NDArray[np.int64], unit: Unit) -> Frequency:
    usual = _most_common(differences)
    if usual > 0 and not (differences % usual).any():
        return Frequency(unit, usual)
    return Frequency(unit, max(1, int(np.median(differences))), regular=False)


def _unit_of(times: Times) -> Unit:
    """Returns what the steps of times are counted in: the finest that the times have."""
    code = np.datetime_data(times.dtype)[0]
    fine: dict[str, Unit] = {"ns": "nanoseconds", "us": "microseconds", "ms": "microseconds"}
    return fine.get(code, "seconds")


def _differences(steps: NDArray[Any], unit: str) -> NDArray[np.int64]:
    return np.asarray(steps.astype(f"timedelta64[{_UNITS[unit]}]").astype(np.int64))


def _parts_of_seconds(times: Times) -> NDArray[np.int64]:
    """Returns what is behind the second, in nanoseconds."""
    rest = times - times.astype("datetime64[s]")
    return np.asarray(rest.astype("timedelta64[ns]").astype(np.int64))


def _most_common(differences: NDArray[np.int64]) -> int:
    values, counts = np.unique(differences, return_counts=True)
    return int(values[np.argmax(counts)])


def _months(times: Times) -> Frequency | None:
    """Returns the step in months; None where the days of the month say otherwise."""
    days = times.astype("datetime64[D]")
    shortest = int(np.diff(days).astype(np.int64).min())
    anchor = _anchor(times) if shortest >= _SHORTEST_MONTH - _HOLIDAYS else 0
    if not anchor or (shortest < _SHORTEST_MONTH and anchor <= MONTH_END):
        return None
    differences = np.diff(_month_numbers(times))
    usual = _most_common(differences)
    if (differences % usual).any():
        usual = int(np.gcd.reduce(differences))
    if usual % 12 == 0 and anchor == MONTH_END:
        # The same month each year: its end is one day, but in February.
        anchor = int(_in_month(days).max()) + 1
    return Frequency("months", usual, anchor=anchor)


def _month_numbers(times: Times) -> NDArray[np.int64]:
    return np.asarray(times.astype("datetime64[M]").astype(np.int64))


def _anchor(times: Times) -> int:
    """Returns the day of the month on which rows lie; 0 where there is none. See `Frequency`."""
    days = times.astype("datetime64[D]")
    in_month = _in_month(days)
    last = _length(days.astype("datetime64[M]")) - 1
    if (in_month == last).all():
        return MONTH_END
    highest = int(in_month.max())
    if (in_month == np.minimum(highest, last)).all():
        return highest + 1
    for anchor, back in ((_FIRST_BUSINESS_DAY, -1), (_LAST_BUSINESS_DAY, 1)):
        moved = back * (_business_day(days.astype("datetime64[M]"), anchor) - days).astype(np.int64)
        if (moved >= 0).all() and (moved < _HOLIDAYS).all() and (moved == 0).mean() >= _MOSTLY:
            return anchor
    return 0


def _business_day(months: Any, anchor: int) -> Any:
    """Returns the first or the last business day of months."""
    if anchor == _FIRST_BUSINESS_DAY:
        return np.busday_offset(months.astype("datetime64[D]"), 0, roll="forward")
    return np.busday_offset((months + 1).astype("datetime64[D]"), -1, roll="forward")


def _in_month(days: Any) -> NDArray[np.int64]:
    """Returns the day of the month, from 0."""
    first = days.astype("datetime64[M]").astype("datetime64[D]")
    return np.asarray((days - first).astype(np.int64))


def _length(months: Any) -> NDArray[np.int64]:
    days = (months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")
    return np.asarray(days.astype(np.int64))


def _in_months(day: Any, months: NDArray[np.int64], anchor: int) -> Times:
    """Returns a day of later months, the last one where a month is too short.

    It is the anchor's where `day` lies on it, and else the day of the month that `day` is.
    """
    if anchor > MONTH_END:
        return np.asarray(_business_day(day.astype("datetime64[M]") + months, anchor))
    in_month, last = int(_in_month(day)), int(_length(day.astype("datetime64[M]"))) - 1
    if in_month != min(anchor - 1, last):
        anchor = in_month + 1
    later = day.astype("datetime64[M]") + months
    wanted = np.minimum(anchor - 1, _length(later) - 1)
    return np.asarray(later.astype("datetime64[D]") + wanted.astype("timedelta64[D]"))
