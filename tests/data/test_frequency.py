"""The step between rows: told from their times, held against other rows, and continued."""

import numpy as np
import pytest

from seqkit.data.times import DAY, Frequency, infer_frequency


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[s]")


def texts_of(times: np.ndarray) -> list[str]:
    return [str(time)[:16] for time in times]


def months(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype="datetime64[M]").astype("datetime64[s]")


HOURS = np.datetime64("2024-01-01", "s") + np.arange(30) * np.timedelta64(1, "h")
MONDAYS = np.arange("2024-01-01", "2024-03-10", 7, dtype="datetime64[D]").astype("datetime64[s]")
TWO_DAYS_A_WEEK = np.sort(np.concatenate([MONDAYS, MONDAYS + DAY]))


@pytest.mark.parametrize(
    ("times", "step"),
    [
        # The most common distance of months may itself be one of gaps.
        (months(0, 2, 4, 6, 7), ("months", 1)),
        # Days of the week of which most are missing are no business days.
        (TWO_DAYS_A_WEEK, ("seconds", DAY)),
        (np.cumsum([0, 20, 20, 30, 20, 10]), ("rows", 10)),
    ],
)
def test_a_step_is_told_in_spite_of_gaps(times: np.ndarray, step: tuple[str, int]) -> None:
    frequency = infer_frequency(times)
    assert frequency.regular
    assert frequency.step == step


@pytest.mark.parametrize("unit", ["s", "us", "ns"])
def test_whole_seconds_apart_are_counted_in_seconds_whatever_the_parts_of_one(unit: str) -> None:
    part = {"s": 0, "us": 500_000, "ns": 250}[unit]
    for size in (1, DAY, 7 * DAY):
        seconds = np.datetime64("2024-01-01", "s") + np.arange(30) * np.timedelta64(size, "s")
        times = seconds.astype(f"datetime64[{unit}]") + part
        assert infer_frequency(times) == Frequency("seconds", size)
        weekdays = times[np.is_busday(times.astype("datetime64[D]"))]
        assert size != DAY or infer_frequency(weekdays) == Frequency("business days")


def test_one_row_between_two_others_makes_no_smaller_step() -> None:
    times = np.sort(np.append(HOURS, HOURS[4] + 1800))
    assert infer_frequency(times) == Frequency("seconds", 3600, regular=False)


@pytest.mark.parametrize(
    ("rows", "after"),
    [
        # A year later it is the same day, and no end of February.
        (days("2021-02-28", "2022-02-28", "2023-02-28"), "2024-02-28T00:00"),
        (days("2020-02-29", "2021-02-28", "2022-02-28", "2023-02-28"), "2024-02-29T00:00"),
        (days("2023-11-30", "2023-12-31", "2024-01-31"), "2024-02-29T00:00"),
        (days("2024-01-15T12:30", "2024-02-15T12:30"), "2024-03-15T12:30"),
        (days("2024-01-31T23:59", "2024-02-29T23:59"), "2024-03-31T23:59"),
        (np.datetime64("2024-01-01T17:30", "s") + np.arange(5) * DAY, "2024-01-06T17:30"),
    ],
)
def test_rows_go_on_on_their_day_at_their_hour(rows: np.ndarray, after: str) -> None:
    assert texts_of(infer_frequency(rows).after(rows[-1], 1)) == [after]


@pytest.mark.parametrize(
    ("frequency", "last", "after"),
    [
        (Frequency("business days"), "2024-01-05T17:30", ["2024-01-08T17:30", "2024-01-09T17:30"]),
        # A row on a weekend counts as that of the Friday before.
        (Frequency("business days"), "2024-01-06", ["2024-01-08T00:00", "2024-01-09T00:00"]),
        (Frequency("months", anchor=31), "2024-01-31", ["2024-02-29T00:00", "2024-03-31T00:00"]),
        # Rows on another day than the frequency's keep theirs, as far as months have it.
        (Frequency("months", anchor=31), "2024-01-15", ["2024-02-15T00:00", "2024-03-15T00:00"]),
        (Frequency("months", anchor=0), "2024-01-30", ["2024-02-29T00:00", "2024-03-30T00:00"]),
    ],
)
def test_a_frequency_goes_on_from_any_row(
    frequency: Frequency, last: str, after: list[str]
) -> None:
    assert texts_of(frequency.after(np.datetime64(last), 2)) == after


def test_a_series_on_another_day_of_the_month_has_its_own() -> None:
    ends = days("2023-12-31", "2024-01-31", "2024-02-29")
    fifteenth = infer_frequency(days("2023-12-15", "2024-01-15", "2024-02-15"))
    assert texts_of(fifteenth.on(ends).after(ends[-1], 1)) == ["2024-03-31T00:00"]


@pytest.mark.parametrize(
    ("frequency", "times", "held"),
    [
        (Frequency("months"), days("2024-01-31", "2024-02-29", "2024-05-31"), True),
        (Frequency("months"), days("2024-01-05", "2024-02-20", "2024-03-01"), False),
        (Frequency("months", 3), days("2024-01-01", "2024-04-01", "2024-05-01"), False),
        (Frequency("business days"), days("2024-01-05T09:00", "2024-01-08T09:00"), True),
        (Frequency("business days"), days("2024-01-05T09:00", "2024-01-08T16:00"), False),
        (Frequency("business days"), days("2024-01-05", "2024-01-06"), False),
        (Frequency("seconds", 3600), HOURS[[0, 3, 4]], True),
        (Frequency("seconds", 3600), np.append(HOURS[:2], HOURS[2] + 60), False),
        (Frequency("rows", 10), np.array([0, 10, 40]), True),
        (Frequency("rows", 10), np.array([0, 10, 25]), False),
        (Frequency("rows"), HOURS, False),
        (Frequency("seconds", 3600), np.array([0, 3600]), False),
    ],
)
def test_rows_lie_on_the_grid_of_a_frequency_or_do_not(
    frequency: Frequency, times: np.ndarray, held: bool
) -> None:
    assert frequency.holds(times) == held
