"""People's own tables: their times, their numbers, and everything that may be wrong with them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqkit.config import validate
from seqkit.data.numbers import NumbersError, parse_numbers
from seqkit.data.times import TimesError, parse_times
from seqkit.errors import ConfigurationError, DataError
from seqkit_timeseries.datasets import SeriesCsv

Splits = dict[str, list[dict[str, Any]]]


def read(folder: Path, text: str, **config: Any) -> tuple[Splits, list[str]]:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    told: list[str] = []
    settings = SeriesCsv.Config(path=str(path), **config)
    return dict(SeriesCsv().splits(settings, told.append)), told  # type: ignore[arg-type]


def daily(rows: int, *columns: str, start: str = "2024-01-01", parts: str = ",") -> str:
    days = np.datetime64(start) + np.arange(rows)
    lines = [parts.join(["date", *columns])]
    lines += [
        parts.join([str(day), *(f"{row + 10 * place}" for place in range(len(columns)))])
        for row, day in enumerate(days)
    ]
    return "\n".join(lines) + "\n"


# --- splits ---------------------------------------------------------------------------------------


def test_a_table_becomes_a_series_split_by_time(tmp_path: Path) -> None:
    text = daily(20, "sales", "rain").replace("2024-01-01,0,10", "2024-01-01,7,99")
    splits, told = read(tmp_path, text, validation=0.2, test=0.3)
    assert {name: [row["start"] for row in rows] for name, rows in splits.items()} == {
        "train": [0],
        "validation": [10],
        "test": [14],
    }
    assert [len(splits[name][0]["time"]) for name in splits] == [10, 14, 20]
    assert splits["test"][0]["values"]["rain"].tolist() == [99, *range(11, 30)]
    assert told == []


def test_the_records_of_all_splits_are_views_of_one_array(tmp_path: Path) -> None:
    splits, _ = read(tmp_path, daily(20, "y"))
    base = splits["test"][0]["values"]["y"]
    for rows in splits.values():
        assert np.shares_memory(rows[0]["values"]["y"], base)


@pytest.mark.parametrize(
    ("validation", "test", "starts"),
    [(4, 3, [13, 17]), ("2024-01-11", "2024-01-16", [10, 15]), (0, 0.25, [15]), (5, 0, [15])],
)
def test_splits_are_parts_rows_or_dates(
    tmp_path: Path, validation: Any, test: Any, starts: list[int]
) -> None:
    splits, _ = read(tmp_path, daily(20, "y"), validation=validation, test=test)
    assert [splits[name][0]["start"] for name in splits] == [0, *starts]


def test_a_part_of_the_rows_is_one_moment_for_all_series(tmp_path: Path) -> None:
    old = [f"2024-01-{day:02d},a,{day}" for day in range(1, 21)]
    new = [f"2024-01-{day:02d},b,{day}" for day in range(11, 21)]
    text = "\n".join(["date,id,y", *old, *new])
    splits, _ = read(tmp_path, text, validation=0.2, test=0.2)
    begins = {row["series"]: str(row["time"][row["start"]])[:10] for row in splits["test"]}
    assert begins == {"a": "2024-01-17", "b": "2024-01-17"}


def test_training_ends_where_a_test_begins_though_the_validation_begins_later(
    tmp_path: Path,
) -> None:
    old = [f"2024-01-{day:02d},a,{day}" for day in range(1, 31)]
    short = [f"2024-01-{day:02d},b,{day}" for day in range(1, 16)]
    text = "\n".join(["date,id,y", *old, *short])
    splits, _ = read(tmp_path, text, validation="2024-01-15", test=4)
    ends = {row["series"]: len(row["time"]) for row in splits["train"]}
    assert ends == {"a": 14, "b": 11}


def test_a_table_without_times_is_not_split_by_a_date(tmp_path: Path) -> None:
    text = "y\n" + "".join(f"{row % 5}\n" for row in range(20))
    with pytest.raises(ConfigurationError, match="is the date 2024-01-05, and the data have no ti"):
        read(tmp_path, text, validation="2024-01-05")


def test_series_that_begin_after_the_training_are_left_out_and_named(tmp_path: Path) -> None:
    rows = [f"2024-01-{day:02d},a,{day}" for day in range(1, 21)] + ["2024-01-20,late,1"]
    splits, told = read(tmp_path, "\n".join(["date,id,y", *rows]))
    assert {row["series"] for part in splits.values() for row in part} == {"a"}
    assert told == ["1 of 2 series have no numbers to train on: late; left out."]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"test": "2025-01-01"}, "dataset.test is '2025-01-01', which leaves it no row before"),
        ({"validation": "2024-01-19"}, "dataset.validation is '2024-01-19', which leaves it no"),
        ({"test": "soon"}, "dataset.test is 'soon', which is no date"),
    ],
)
def test_splits_without_rows_are_refused(tmp_path: Path, config: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read(tmp_path, daily(20, "y"), **config)


def test_splits_must_leave_rows_for_training(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="leave no row for training"):
        read(tmp_path, daily(20, "y"), validation=10, test=10)


@pytest.mark.parametrize("size", [-1, 1.5])
def test_a_split_is_a_part_or_a_whole_number(size: float) -> None:
    _, problems = validate(SeriesCsv.Config, {"path": "a", "test": size}, "dataset", "series-csv")
    assert "it must be at least 0, and a whole number from 1 on" in str(problems[0])


# --- columns --------------------------------------------------------------------------------------


def test_columns_of_text_are_left_out_and_said(tmp_path: Path) -> None:
    text = "date,y,sky\n" + "".join(f"2024-01-{day:02d},{day},sun\n" for day in range(1, 21))
    splits, told = read(tmp_path, text)
    assert list(splits["train"][0]["values"]) == ["y"]
    assert told == [f"'sky' of {tmp_path / 'table.csv'} left out: a column of text."]


def test_targets_that_are_named_are_the_targets(tmp_path: Path) -> None:
    splits, _ = read(tmp_path, daily(20, "sales", "rain"), targets=["sales"])
    assert splits["train"][0]["targets"] == ("sales",)


def test_a_missing_column_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no column 'sale'; it has .* Did you mean 'sales'"):
        read(tmp_path, daily(20, "sales"), targets=["sale"])


def test_a_bad_cell_is_named_by_line_and_column(tmp_path: Path) -> None:
    text = daily(20, "y").replace("2024-01-04,3", "2024-01-04,three")
    with pytest.raises(DataError, match=r"table.csv, line 5: 'three' is no number, in column 'y'"):
        read(tmp_path, text)


def test_a_target_of_text_is_refused_by_line(tmp_path: Path) -> None:
    text = "date,y\n" + "".join(f"2024-01-{day:02d},sun\n" for day in range(1, 21))
    with pytest.raises(DataError, match="line 2: 'sun' is no number, in column 'y'"):
        read(tmp_path, text, targets=["y"])
    with pytest.raises(DataError, match="has no column of numbers; it has 'date', 'y'"):
        read(tmp_path, text)


def test_empty_cells_are_missing_values(tmp_path: Path) -> None:
    text = daily(20, "y").replace("2024-01-04,3", "2024-01-04,").replace("01-06,5", "01-06,NA")
    values = read(tmp_path, text)[0]["test"][0]["values"]["y"]
    assert np.flatnonzero(np.isnan(values)).tolist() == [3, 5]


def test_semicolons_and_decimal_commas_are_understood(tmp_path: Path) -> None:
    rows = "".join(f"{day:02d}.01.2024;{day},5;1.{day:03d},25\n" for day in range(1, 21))
    splits, _ = read(tmp_path, "Datum;y;z\n" + rows)
    record = splits["test"][0]
    assert record["names"] == {"time": "Datum", "time_format": "%d.%m.%Y", "decimal": ","}
    assert record["values"]["y"][:2].tolist() == [1.5, 2.5]
    assert record["values"]["z"][:2].tolist() == [1001.25, 1002.25]
    assert str(record["time"][-1])[:10] == "2024-01-20"


def test_a_table_without_times_is_taken_row_by_row(tmp_path: Path) -> None:
    text = "y,z\n" + "".join(f"{row},{row / 2}\n" for row in range(20))
    record = read(tmp_path, text)[0]["test"][0]
    assert record["time"].tolist() == list(range(20))
    assert record["names"] == {"decimal": "."}


def test_a_file_without_a_header_has_numbered_columns(tmp_path: Path) -> None:
    text = "".join(f"2024-01-{day:02d},{day}\n" for day in range(1, 21))
    record = read(tmp_path, text, header=False)[0]["train"][0]
    assert list(record["values"]) == ["2"]


# --- rows -----------------------------------------------------------------------------------------


def test_unsorted_rows_are_sorted_and_said(tmp_path: Path) -> None:
    lines = daily(20, "y").splitlines()
    lines[5], lines[9] = lines[9], lines[5]
    splits, told = read(tmp_path, "\n".join(lines))
    assert splits["test"][0]["values"]["y"].tolist() == list(range(20))
    assert told == [
        f"rows of {tmp_path / 'table.csv'} are not in the order of time (line 7 is earlier than "
        "the one before), and were sorted."
    ]


def test_rows_of_the_same_time_are_refused_by_line(tmp_path: Path) -> None:
    text = daily(20, "y") + "2024-01-05,99\n"
    with pytest.raises(DataError) as caught:
        read(tmp_path, text)
    assert str(caught.value) == (
        f"{tmp_path / 'table.csv'} has two rows of 2024-01-05T00:00, on lines 6 and 22 (such rows: "
        "1). Name the column that tells series apart (dataset.id), or write "
        "dataset.duplicates=first, last or mean"
    )


@pytest.mark.parametrize(("way", "value"), [("first", 4.0), ("last", 99.0), ("mean", 51.5)])
def test_rows_of_the_same_time_are_made_one_if_asked(
    tmp_path: Path, way: str, value: float
) -> None:
    splits, told = read(tmp_path, daily(20, "y") + "2024-01-05,99\n", duplicates=way)
    assert splits["test"][0]["values"]["y"][3:6].tolist() == [3.0, value, 5.0]
    assert any(f"{way} is taken" in text for text in told)


def test_the_mean_is_of_the_values_that_are_there(tmp_path: Path) -> None:
    text = daily(20, "y", "z") + "2024-01-05,8,\n2024-01-06,,\n2024-01-07,,\n"
    text = text.replace("2024-01-07,6,16", "2024-01-07,6,")
    splits, _ = read(tmp_path, text, duplicates="mean")
    values = splits["test"][0]["values"]
    assert values["y"][3:7].tolist() == [3.0, 6.0, 5.0, 6.0]
    assert np.nan_to_num(values["z"], nan=-1)[3:7].tolist() == [13.0, 14.0, 15.0, -1.0]


def test_gaps_are_put_in_without_values_and_said(tmp_path: Path) -> None:
    lines = daily(20, "y").splitlines()
    del lines[8:11]
    splits, told = read(tmp_path, "\n".join(lines))
    record = splits["test"][0]
    assert len(record["time"]) == 20
    assert np.flatnonzero(np.isnan(record["values"]["y"])).tolist() == [7, 8, 9]
    assert told == [
        f"3 rows are missing in {tmp_path / 'table.csv'}, the first after 2024-01-07, and put in "
        "without values."
    ]


def test_a_wrong_year_does_not_fill_a_century_with_gaps(tmp_path: Path) -> None:
    text = daily(20, "y").replace("2024-01-20", "2924-01-20")
    with pytest.raises(DataError, match=r"20 rows for 328,7\d\d steps"):
        read(tmp_path, text, validation=2, test=2)


def test_irregular_times_are_taken_one_step_apart_and_said(tmp_path: Path) -> None:
    times = np.cumsum([1, 3, 1, 7, 2, 5, 1, 11, 3, 2]).tolist()
    text = "date,y\n" + "".join(f"2024-01-01T00:{t:02d}:0{t % 7},{t}\n" for t in times)
    splits, told = read(tmp_path, text)
    assert len(splits["test"][0]["time"]) == 10
    assert any("irregular" in sentence for sentence in told)


def test_series_are_told_apart_by_a_column_whose_name_says_so(tmp_path: Path) -> None:
    rows = "".join(
        f"2024-01-{day:02d},{name},{day}\n" for day in range(1, 21) for name in ("b", "a")
    )
    splits, told = read(tmp_path, "date,symbol,y\n" + rows)
    assert [record["series"] for record in splits["train"]] == ["b", "a"]
    assert splits["train"][0]["names"] == {"time": "date", "series": "symbol"}
    assert told == []


def test_a_named_column_of_ids_is_used(tmp_path: Path) -> None:
    rows = "".join(
        f"2024-01-{day:02d},{name},{day}\n" for day in range(1, 21) for name in ("1", "2")
    )
    splits, _ = read(tmp_path, "date,place,y\n" + rows, id="place")
    assert [record["series"] for record in splits["train"]] == ["1", "2"]
    splits, told = read(tmp_path, "date,place,y\n" + rows)
    assert [record["series"] for record in splits["train"]] == ["1", "2"]
    assert any("differ in them (dataset.id=place)" in text for text in told)
    with pytest.raises(DataError, match=r"two rows of .* \(dataset.id\)"):
        read(tmp_path, "date,place,y\n" + rows, id="none")


def test_an_empty_file_and_a_missing_one_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is empty"):
        read(tmp_path, "")
    with pytest.raises(DataError, match="there is no file"):
        SeriesCsv().splits(SeriesCsv.Config(path=str(tmp_path / "none.csv")), print)


# --- numbers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["1", " 2.5 ", "-3e2"], [1, 2.5, -300]),
        (["1,5", "2,25"], [1.5, 2.25]),
        (["1.234,5", "7"], [1234.5, 7]),
        (["1,234.5", "7"], [1234.5, 7]),
        (["1,234,567", "1.5"], [1234567, 1.5]),
        (["1 234,5", "7"], [1234.5, 7]),
    ],
)
def test_numbers_are_read_as_people_write_them(texts: list[str], numbers: list[float]) -> None:
    assert parse_numbers(texts).tolist() == numbers


def test_a_comma_that_may_mean_two_things_is_asked_about() -> None:
    with pytest.raises(NumbersError) as caught:
        parse_numbers(["1,234", "5"])
    assert caught.value.reason == "'1,234' may be 1234 or 1.234"
    assert parse_numbers(["1,234"], ".").tolist() == [1234]
    assert parse_numbers(["1,234"], ",").tolist() == [1.234]


def test_a_point_is_no_decimal_sign_beside_decimal_commas() -> None:
    assert parse_numbers(["1.234", "0,5"], ",").tolist() == [1234, 0.5]
    with pytest.raises(NumbersError, match=r"'1\.5' is no number"):
        parse_numbers(["0,5", "1.5"], ",")


@pytest.mark.parametrize("text", ["", " ", "NA", "n/a", "NaN", "null", "None", "-", "?"])
def test_words_for_nothing_are_missing(text: str) -> None:
    assert np.isnan(parse_numbers(["1", text])[1])
    assert np.isnan(parse_numbers(["1,5", text])[1])


# --- times ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "first"),
    [
        (["2024-01-31", "2024-02-01"], "2024-01-31T00:00:00"),
        (["2024/1/31", "2024/2/1"], "2024-01-31T00:00:00"),
        (["2024-01-31 13:45", "2024-02-01 00:00"], "2024-01-31T13:45:00"),
        (["2024-01-31T13:45:10.5Z", "2024-02-01T00:00:00Z"], "2024-01-31T13:45:10.500000"),
        (["2024-01-31T13:45:10+02:00", "2024-02-01T00:00:00+02:00"], "2024-01-31T11:45:10"),
        (["31.01.2024", "01.02.2024"], "2024-01-31T00:00:00"),
        (["31.01.2024 13:45", "01.02.2024 13:45"], "2024-01-31T13:45:00"),
        (["01/31/2024", "02/01/2024"], "2024-01-31T00:00:00"),
        (["31/01/2024", "01/02/2024"], "2024-01-31T00:00:00"),
        (["01/02/2024", "02/02/2024", "03/02/2024"], "2024-02-01T00:00:00"),
        (["Jan 1 2000", "Feb 1 2000"], "2000-01-01T00:00:00"),
        (["1 January 2000", "1 February 2000"], "2000-01-01T00:00:00"),
        (["2024-01", "2024-02"], "2024-01-01T00:00:00"),
        (["1990", "1991"], "1990-01-01T00:00:00"),
        (["20240131", "20240201"], "2024-01-31T00:00:00"),
        (["1706659200", "1706745600"], "2024-01-31T00:00:00"),
        (["1706659200000", "1706745600000"], "2024-01-31T00:00:00"),
    ],
)
def test_times_are_read_as_people_write_them(texts: list[str], first: str) -> None:
    times = parse_times(texts)
    assert str(times[0]) == first
    assert (np.diff(times) > np.timedelta64(0)).all()


def test_small_whole_numbers_are_positions() -> None:
    assert parse_times(["0", "1", "2"]).tolist() == [0, 1, 2]


def test_days_and_months_that_cannot_be_told_apart_are_asked_about() -> None:
    with pytest.raises(TimesError) as caught:
        parse_times(["01/02/2024"])
    assert "more than one way" in caught.value.reason
    assert "%m/%d/%Y" in caught.value.hint
    assert str(parse_times(["01/02/2024"], "%d/%m/%Y")[0])[:10] == "2024-02-01"


@pytest.mark.parametrize(
    ("texts", "row"),
    [(["2024-01-31", "2024-02-30"], 1), (["2024-01-31", ""], 1), (["31.01.2024", "x"], 1)],
)
def test_a_text_that_is_no_time_is_named_by_its_row(texts: list[str], row: int) -> None:
    with pytest.raises(TimesError) as caught:
        parse_times(texts)
    assert caught.value.row == row


def test_a_bad_time_is_named_by_line_and_column(tmp_path: Path) -> None:
    text = daily(20, "y").replace("2024-01-04", "2024-01-44")
    with pytest.raises(DataError, match="line 5: '2024-01-44' is no time, in column 'date'"):
        read(tmp_path, text)
