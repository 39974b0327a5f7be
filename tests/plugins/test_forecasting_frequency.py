"""The step of a series: told from its times, continued, and its calendar."""

import numpy as np
import pytest

from seqkit_timeseries._frequency import (
    Frequency,
    calendar_features,
    continued,
    infer_frequency,
    time_texts,
)


def times(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[s]")


def every(start: str, step: str, rows: int) -> np.ndarray:
    count, unit = step.split()
    return np.datetime64(start, "s") + np.arange(rows) * np.timedelta64(int(count), unit)  # type: ignore[call-overload]


MONTHS = np.arange("2000-01", "2003-01", dtype="datetime64[M]").astype("datetime64[s]")
WORKDAYS = np.busday_offset(np.datetime64("2024-01-01"), np.arange(30)).astype("datetime64[s]")


@pytest.mark.parametrize(
    ("given", "name", "period"),
    [
        (every("2024-01-01", "1 h", 30), "hourly", 24),
        (every("2024-01-01", "15 m", 30), "every 15 minutes", 96),
        (every("2024-01-01", "7 h", 30), "every 7 hours", 1),
        (every("2024-01-01", "1 D", 30), "daily", 7),
        (every("2024-01-01", "7 D", 30), "weekly", 52),
        (WORKDAYS, "on business days", 5),
        (MONTHS, "monthly", 12),
        (MONTHS[::3], "quarterly", 4),
        (MONTHS[::12], "yearly", 1),
        (np.arange(9), "without times", 1),
        (times("2024-01-01"), "without times", 1),
        (times("2024-01-31", "2024-02-29", "2024-03-31"), "monthly", 12),
    ],
)
def test_the_frequency_is_told_from_the_times(given: np.ndarray, name: str, period: int) -> None:
    frequency = infer_frequency(given)
    assert (str(frequency), frequency.period, frequency.regular) == (name, period, True)


@pytest.mark.parametrize(
    "given",
    [every("2024-01-01", "1 h", 40), every("2024-01-01", "1 D", 40), MONTHS, MONTHS[::3], WORKDAYS],
)
def test_a_frequency_continues_its_own_times_and_survives_gaps(given: np.ndarray) -> None:
    with_gap = np.delete(given, [3, 4, 8])
    frequency = infer_frequency(with_gap)
    assert frequency == infer_frequency(given)
    assert np.array_equal(frequency.grid(given[0], len(given)), given)
    assert np.array_equal(continued(given[:5], frequency, len(given) - 5), given[5:])
    assert (
        frequency.steps(with_gap).tolist() == np.delete(np.arange(len(given)), [3, 4, 8]).tolist()
    )


def test_month_ends_are_continued_as_month_ends() -> None:
    frequency = infer_frequency(times("2023-11-30", "2023-12-31", "2024-01-31"))
    assert time_texts(frequency.after(np.datetime64("2024-01-31"), 2), frequency) == [
        "2024-02-29",
        "2024-03-31",
    ]


def test_a_series_at_month_ends_goes_on_there_though_others_are_on_the_first() -> None:
    ends = times("2023-12-31", "2024-01-31", "2024-02-29")
    assert time_texts(continued(ends, infer_frequency(MONTHS), 1), Frequency("months")) == [
        "2024-03-31"
    ]


def test_irregular_times_are_said_to_be_so() -> None:
    frequency = infer_frequency(times("2024-01-01", "2024-01-02", "2024-01-02T07:13", "2024-01-09"))
    assert not frequency.regular
    assert str(frequency).startswith("irregular")


def test_positions_are_counted_on_and_times_without_a_known_step_too() -> None:
    assert continued(np.array([4, 5]), Frequency("seconds", 60), 2).tolist() == [6, 7]
    assert continued(np.array([0, 10, 20]), Frequency(), 2).tolist() == [30, 40]
    hours = every("2024-01-01", "1 h", 3)
    assert time_texts(continued(hours, Frequency(), 1), Frequency()) == ["2024-01-01T03:00"]


def test_calendar_features_are_waves_of_the_right_length() -> None:
    hours = every("2024-01-01", "1 h", 24 * 14)
    features = calendar_features(hours, ("hour", "weekday"))
    assert features.shape == (24 * 14, 4)
    assert np.allclose(features[:24, :2], features[24:48, :2], atol=1e-6)
    assert np.allclose(features[: 24 * 7, 2:], features[24 * 7 :, 2:], atol=1e-6)
    # A Monday at midnight begins both waves.
    assert features[0].tolist() == [0, 1, 0, 1]
    assert np.allclose(features[6, :2], [1, 0], atol=1e-6)


def test_parts_of_a_second_move_the_hour() -> None:
    times_ = np.array(["2024-01-01T00:00:00.500000"], dtype="datetime64[us]")
    assert calendar_features(times_, ("hour",))[0, 0] == pytest.approx(np.pi / 86_400, rel=1e-4)


@pytest.mark.parametrize(
    ("frequency", "features"),
    [
        (Frequency("seconds", 3600), ("hour", "weekday", "day-of-year")),
        (Frequency("seconds", 86_400), ("weekday", "day-of-year")),
        (Frequency("seconds", 7 * 86_400), ("day-of-year",)),
        (Frequency("months", 1), ("month",)),
        (Frequency("months", 12), ()),
        (Frequency(), ()),
    ],
)
def test_only_calendar_features_that_vary_are_chosen(
    frequency: Frequency, features: tuple[str, ...]
) -> None:
    assert frequency.calendar == features


def test_times_are_written_as_exactly_as_they_need() -> None:
    assert time_texts(times("2024-01-01"), Frequency("seconds", 86_400)) == ["2024-01-01"]
    assert time_texts(times("2024-01-01"), Frequency("seconds", 3600)) == ["2024-01-01T00:00"]
    assert time_texts(times("2024-01-01T00:00:05"), Frequency("seconds", 1)) == [
        "2024-01-01T00:00:05"
    ]
    assert time_texts(np.array([3]), Frequency()) == ["3"]
