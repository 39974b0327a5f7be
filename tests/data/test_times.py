"""The one reader of times: what people write is read right or asked about, never guessed wrong."""

import numpy as np
import pytest

from seqkit.data.times import TimesError, looks_like_times, read_times, resembles_times, time_column


def first_of_months(years: range, written: str, step: int = 1) -> list[str]:
    months = [(year, month) for year in years for month in range(1, 13, step)]
    return [written.format(d=1, m=month, Y=year, y=year % 100) for year, month in months]


def texts_of(times: np.ndarray) -> list[str]:
    return [str(time) for time in times]


@pytest.mark.parametrize("step", [1, 3, 6, 12])
@pytest.mark.parametrize("written", ["{d:02}/{m:02}/{Y}", "{d}-{m}-{Y}", "{d:02}/{m:02}/{Y} 00:00"])
def test_months_with_the_day_first_are_months(written: str, step: int) -> None:
    read = read_times(first_of_months(range(2010, 2018), written, step)).times
    expected = np.arange("2010-01", "2018-01", step, dtype="datetime64[M]")
    assert np.array_equal(read, expected)


def test_months_with_the_month_first_are_months() -> None:
    read = read_times(first_of_months(range(2010, 2018), "{m:02}/{d:02}/{Y}"))
    assert texts_of(read.times[:2]) == ["2010-01-01T00:00:00", "2010-02-01T00:00:00"]
    assert read.form == "%m/%d/%Y"


def test_missing_months_and_newest_rows_first_do_not_change_the_order_of_day_and_month() -> None:
    texts = first_of_months(range(2010, 2018), "{d:02}/{m:02}/{Y}")[::-1]
    del texts[5:9], texts[40]
    assert read_times(texts).form == "%d/%m/%Y"
    np.random.default_rng(0).shuffle(texts)
    assert read_times(texts).form == "%d/%m/%Y"


def test_series_one_below_the_other_are_read_in_one_order() -> None:
    months = first_of_months(range(2010, 2014), "{d:02}/{m:02}/{Y}")
    assert read_times(months * 3).form == "%d/%m/%Y"


def first_mondays(years: range) -> list[str]:
    """Returns days of which none tells by itself whether it comes before the month."""
    months = np.arange(f"{years[0]}-01", f"{years[-1] + 1}-01", dtype="datetime64[M]")
    mondays = np.busday_offset(months.astype("datetime64[D]"), 0, weekmask="Mon", roll="forward")
    return [f"{day[8:]}/{day[5:7]}/{day[:4]}" for day in map(str, mondays)]


@pytest.mark.parametrize("newest_first", [False, True])
def test_rows_of_no_calendar_are_in_the_order_in_which_they_do_not_jump(newest_first: bool) -> None:
    texts = first_mondays(range(2022, 2025))
    assert read_times(texts[::-1] if newest_first else texts).form == "%d/%m/%Y"


@pytest.mark.parametrize("newest_first", [False, True])
def test_rows_that_are_in_order_in_one_way_alone_are_read_in_that_way(newest_first: bool) -> None:
    # With the month first they are the first twelve days of two months, and lie more closely.
    texts = [f"{day:02}/{month:02}/2024" for month in range(1, 13) for day in (1, 2)]
    read = read_times(texts[::-1] if newest_first else texts)
    assert read.form == "%d/%m/%Y"
    assert texts_of(np.unique(read.times)[:3]) == [
        f"2024-{day}T00:00:00" for day in ("01-01", "01-02", "02-01")
    ]


def test_days_of_one_month_are_no_odd_day_of_many() -> None:
    assert read_times([f"05/{day:02}/2024" for day in range(1, 13)]).form == "%m/%d/%Y"


@pytest.mark.parametrize(
    "texts",
    [
        [f"0{day}/0{month}/2024" for month, day in ((2, 1), (3, 1))][:1],
        [f"{day:02}/01/2024" for day in range(1, 13)],
        [f"05/02/{year}" for year in range(1990, 2020)],
    ],
    ids=["one row", "twelve rows", "yearly"],
)
def test_what_may_be_either_is_asked_about(texts: list[str]) -> None:
    with pytest.raises(TimesError) as caught:
        read_times(texts)
    assert caught.value.open
    assert "more than one way" in caught.value.reason
    assert caught.value.hint == "Set time_format to '%m/%d/%Y' or '%d/%m/%Y'"


@pytest.mark.parametrize(
    ("years", "told"),
    [
        (range(1960, 1969), False),
        (range(1960, 1976), False),
        (range(1995, 2006), False),
        (range(2015, 2025), False),
        (range(1901, 1950), True),
        (range(1905, 1945), True),
    ],
)
def test_years_of_two_digits_are_of_the_century_in_which_rows_rise(
    years: range, told: bool
) -> None:
    read = read_times(first_of_months(years, "{d:02}.{m:02}.{y:02}"))
    assert texts_of(read.times[[0, -1]]) == [
        f"{years[0]}-01-01T00:00:00",
        f"{years[-1]}-12-01T00:00:00",
    ]
    assert bool(read.said) == told
    # Other rows of the same table lie around these, be they of a split or of a later forecast.
    for other in (years[0], years[-1] + 1, years[-1] + 20):
        again = read_times([f"01.02.{other % 100:02}"], read.form, read.hundred)
        assert str(again.times[0])[:10] == f"{other}-02-01"


def test_rows_rise_though_they_would_lie_closer_in_two_centuries() -> None:
    read = read_times(["01.01.10", "01.01.50", "01.01.90"])
    assert [text[:4] for text in texts_of(read.times)] == ["1910", "1950", "1990"]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["631152000", "631238400"], ["1990-01-01T00:00:00", "1990-01-02T00:00:00"]),
        ([f"15{month:02}01" for month in range(1, 13)], ["2015-01-01T00:00:00"]),
        (["1704067200", "1704070800"], ["2024-01-01T00:00:00", "2024-01-01T01:00:00"]),
        (["1704067200000", "1704070800000"], ["2024-01-01T00:00:00", "2024-01-01T01:00:00"]),
        (["1704067200000000", "1704070800000000"], ["2024-01-01T00:00:00", "2024-01-01T01:00:00"]),
        (["1704067200000000000"], ["2024-01-01T00:00:00"]),
        (["1704067200.0", "1704070800.0"], ["2024-01-01T00:00:00", "2024-01-01T01:00:00"]),
        (["1704067200.123"], ["2024-01-01T00:00:00.123000"]),
        (["1704067200000.5"], ["2024-01-01T00:00:00.000500"]),
        (["1704067200000000001"], ["2024-01-01T00:00:00.000000001"]),
        (["0", "86400", "1704067200"], ["1970-01-01T00:00:00", "1970-01-02T00:00:00"]),
        (["202401", "202402"], ["2024-01-01T00:00:00", "2024-02-01T00:00:00"]),
        (["31012024", "01022024"], ["2024-01-31T00:00:00", "2024-02-01T00:00:00"]),
        (["2024010123", "2024010200"], ["2024-01-01T23:00:00", "2024-01-02T00:00:00"]),
        (["202401012330"], ["2024-01-01T23:30:00"]),
        (["20240101233015"], ["2024-01-01T23:30:15"]),
        (["2010.0", "2011.0"], ["2010-01-01T00:00:00", "2011-01-01T00:00:00"]),
        (["2.01e3", "2.011e3"], ["2010-01-01T00:00:00", "2011-01-01T00:00:00"]),
        (["1e0", "2.5e1"], ["1", "25"]),
    ],
)
def test_numbers_are_times_by_their_size(texts: list[str], expected: list[str]) -> None:
    assert texts_of(read_times(texts).times)[: len(expected)] == expected


@pytest.mark.parametrize(
    ("texts", "row", "reason"),
    [
        (["1704067200", "1704067200000"], 0, "is no Unix time in milliseconds"),
        (["1704067200", "1704067200000000"], 0, "is no Unix time in microseconds"),
        (["1704067200000000", "1704067200000000000"], 0, "is no Unix time in nanoseconds"),
        (["17040672000", "17040672001"], 0, "is no Unix time of the years 1973 to 2128"),
        (["99999999999999999999999"], 0, "is no Unix time"),
        (["0.1", "0.2"], 0, "is a number with decimals, and no Unix time"),
        (["3", "-1e99"], 1, "is too far below 0 for a position"),
        (["-9999999999999999999", "3"], 0, "is too far below 0 for a position"),
        (["20240101", "20240102", "20240103", "20240104", "20240230"], 4, "is no time"),
    ],
)
def test_numbers_that_are_no_times_are_refused(texts: list[str], row: int, reason: str) -> None:
    with pytest.raises(TimesError) as caught:
        read_times(texts)
    assert (caught.value.row, reason in caught.value.reason) == (row, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("31/03/2022 12:00 AM", "2022-03-31T00:00:00"),
        ("31/03/2022 12:30:05 pm", "2022-03-31T12:30:05"),
        ("3/31/2022, 1:05\u202fPM", "2022-03-31T13:05:00"),
        ("31.03.2022 24:00", "2022-04-01T00:00:00"),
        ("2022-03-31 10:00 UTC", "2022-03-31T10:00:00"),
        ("2022-03-31T10:00:00+0200", "2022-03-31T08:00:00"),
        ("2022-03-31 10:00:00+05:30", "2022-03-31T04:30:00"),
        ("2022-03-31 10:00 -0330", "2022-03-31T13:30:00"),
        ("20220331T100000Z", "2022-03-31T10:00:00"),
        ("2010-Q3", "2010-07-01T00:00:00"),
        ("Q3 2010", "2010-07-01T00:00:00"),
        ("2010-H2", "2010-07-01T00:00:00"),
        ("2018-W05", "2018-01-29T00:00:00"),
        ("Jan-10", "2010-01-01T00:00:00"),
        ("January 2010", "2010-01-01T00:00:00"),
        ("1st January, 2010", "2010-01-01T00:00:00"),
        ("Fri Jan  1 10:00:00 2010", "2010-01-01T10:00:00"),
        ("Fri, 01 Jan 2010 10:00:00 GMT", "2010-01-01T10:00:00"),
        ("1600-01-01", "1600-01-01T00:00:00"),
        ("9999-12-31 23:59:59.5", "9999-12-31T23:59:59.500000"),
        ("2022-03-31 10:00:00,250", "2022-03-31T10:00:00.250000"),
        ("2022-090", "2022-03-31T00:00:00"),
    ],
)
def test_one_time_is_read_in_many_ways(text: str, expected: str) -> None:
    assert str(read_times([text]).times[0]) == expected
    assert looks_like_times([text] * 5)


@pytest.mark.parametrize(
    ("texts", "row", "reason"),
    [
        (["2024-01-01", "NaT"], 1, "there is no time (NaT)"),
        (["2024-01-01", "today"], 1, "'today' is no time"),
        (["2024-01-01", "date"], 1, "'date' is no time"),
        (["2024-01-01 23:00", "2024-01-01 24:30"], 1, "is no time"),
        (["2024-01-01 12:00 pm", "2024-01-01 13:00 pm"], 1, "is no time"),
        (["2024-366", "2023-366"], 1, "is no time"),
        (["2024-01-01T00:00Z", "2024-01-01T01:00"], 1, "has no offset from UTC, and the rows"),
        (["2024-01-01 00:00", "2024-01-01 00:00+01:00"], 1, "has an offset from UTC, and the rows"),
        (["2024-01-01 10:00 CET"], 0, "has the time zone CET, which is not read"),
        (["13:45", "14:45"], 0, "'13:45' is a clock without a date"),
        ([f"Jan-{day:02}" for day in range(1, 32)] + ["Feb-01"], 0, "'Jan-01' has no year"),
    ],
)
def test_what_is_no_time_is_refused_by_its_row(texts: list[str], row: int, reason: str) -> None:
    with pytest.raises(TimesError) as caught:
        read_times(texts)
    assert (caught.value.row, reason in caught.value.reason) == (row, True)


def test_a_changing_offset_turns_into_utc_but_not_for_days() -> None:
    hours = ["2024-03-31T01:00+01:00", "2024-03-31T03:00+02:00", "2024-03-31T04:00+02:00"]
    assert (np.diff(read_times(hours).times) == np.timedelta64(1, "h")).all()
    days = ["2024-03-30T00:00+01:00", "2024-03-31T00:00+01:00", "2024-04-01T00:00+02:00"]
    read = read_times(days)
    assert texts_of(read.times)[-1] == "2024-04-01T00:00:00"
    assert read.local
    assert read.offsets is not None
    assert read.offsets.tolist() == [3600, 3600, 7200]


def test_a_format_of_days_leaves_the_clock_to_the_reader() -> None:
    read = read_times(["01/02/2024 1:00 PM", "02/02/2024"], "%d/%m/%Y").times
    assert texts_of(read) == ["2024-02-01T13:00:00", "2024-02-02T00:00:00"]
    read = read_times(["01/02/2024 13.00"], "%d/%m/%Y %H.%M").times
    assert texts_of(read) == ["2024-02-01T13:00:00"]
    read = read_times(["01/02/59 13.00", "01/02/60 13.00"], "%d/%m/%y %H.%M").times
    assert texts_of(read) == ["1959-02-01T13:00:00", "1960-02-01T13:00:00"]


COLUMNS = {
    "row": [str(row) for row in range(30)],
    "year": ["2024"] * 30,
    "when": [f"2024-01-{day:02}" for day in range(1, 31)],
    "unix": [str(1704067200 + 3600 * row) for row in range(30)],
    "price": [str(1900 + row * 7 % 30) for row in range(30)],
    "counted": [str(1990 + row) for row in range(30)],
    "mai": [f"{day}. Mai 2024" for day in range(1, 31)],
    "version": [f"1.{row}.2" for row in range(30)],
    "time": [str(row * 10) for row in range(30)],
    "volume": [str(150_000_000 + row**3 * 7919 % 9_999_991) for row in range(30)],
    "empty": [""] * 30,
}


@pytest.mark.parametrize(
    ("names", "column"),
    [
        ("row year when unix price", "when"),
        ("row unix price", "unix"),
        ("price version", ""),
        ("row counted price", "counted"),
        ("price time", "time"),
        ("row price mai", ""),
        ("year unix", "unix"),
        ("price empty", ""),
        ("row volume", ""),
    ],
)
def test_the_column_of_times_is_told_by_name_and_content(names: str, column: str) -> None:
    assert time_column({name: COLUMNS[name] for name in names.split()}) == column


def test_no_month_is_the_thirteenth() -> None:
    assert looks_like_times(["2024-12-01"] * 5)
    assert not looks_like_times(["2024-13-01"] * 5)


def test_dates_in_a_language_that_is_not_read_are_seen_to_be_dates() -> None:
    assert resembles_times(COLUMNS["mai"])
    fiscal = ("1930/31", "FY2000 Q1", "2010-H1")
    for text in ("2022年01月31日", "2022|01|31", "23:59", "00:00:00", *fiscal):
        assert resembles_times([text] * 10)
    for text in ("192.168.1.10", "3:1 win", "1:100", "20220 12 12"):
        assert not resembles_times([text] * 10)
    assert not any(resembles_times(COLUMNS[name]) for name in ("version", "price", "empty"))
