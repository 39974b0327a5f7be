"""What `predict` reads: rows of a table, lines of CSV, numbers, JSON, records."""

import json
from typing import Any

import numpy as np
import pytest

from seqkit.api import Record
from seqkit.errors import DataError
from seqkit_timeseries._codec import ForecastingCodec
from seqkit_timeseries.task import Forecasting

TASK = Forecasting()
DAYS = np.arange("2024-01-01", "2024-03-01", dtype="datetime64[D]")


def fitted(
    columns: tuple[str, ...] = ("y",), rows: int = 30, names: Any = None, **config: Any
) -> ForecastingCodec:
    values = {name: np.arange(float(rows)) + 100 * place for place, name in enumerate(columns)}
    record = {
        "series": "",
        "time": DAYS[:rows].astype("datetime64[s]"),
        "values": values,
        "start": 0,
        "names": names or {"time": "date"},
        "targets": columns[:1],
    }
    settings = TASK.Config(**{"context": 3, "horizon": 2, **config})
    codec, _ = TASK.encode(settings, {"train": [record]}, lambda _: None)
    assert isinstance(codec, ForecastingCodec)
    return codec


def rows(count: int, *columns: str, **more: Any) -> list[Record]:
    return [
        {"date": str(DAYS[row])} | dict.fromkeys(columns, f"{row}.5") | more for row in range(count)
    ]


def windows(codec: ForecastingCodec, inputs: list[Any]) -> np.ndarray:
    arrays = codec.encode(codec.parse(inputs), lambda _: None)
    batch = codec.batch(arrays, np.arange(len(arrays["windows"])))
    assert "targets" not in batch
    scaler = codec.scalers[""]
    inputs_: np.ndarray = batch["inputs"][..., 0] * scaler.scale[0] + scaler.location[0]
    return inputs_.round(3)


def test_rows_of_a_table_are_read_as_a_whole() -> None:
    assert windows(fitted(), rows(5, "y")).tolist() == [[2.5, 3.5, 4.5]]


def test_columns_that_the_run_does_not_read_may_hold_anything() -> None:
    assert windows(fitted(), rows(5, "y", note="so, so", z="1,234")).tolist() == [[2.5, 3.5, 4.5]]


def test_lines_of_csv_numbers_and_json_say_the_same() -> None:
    codec = fitted()
    lines = ["date,y", *(f"{DAYS[row]},{row}.5" for row in range(5))]
    numbers = [f"{row}.5" for row in range(5)]
    record = {"time": [str(day) for day in DAYS[:5]], "values": {"y": [float(n) for n in numbers]}}
    for inputs in (
        lines,
        numbers,
        [" ".join(numbers)],
        [", ".join(numbers)],
        [json.dumps([float(n) for n in numbers])],
        [json.dumps(record)],
        [json.dumps([record])],
        [record],
    ):
        assert windows(codec, inputs).tolist() == [[2.5, 3.5, 4.5]], inputs


def test_several_texts_of_numbers_are_several_series() -> None:
    assert windows(fitted(), ["1 2 3", "4 5 6 7"]).tolist() == [[1, 2, 3], [5, 6, 7]]


def test_many_series_in_one_table_are_answered_each() -> None:
    table = [
        {"date": str(DAYS[row]), "id": name, "y": str(row)} for row in range(4) for name in "ab"
    ]
    codec = fitted()
    records = codec.parse(table)
    assert [record["series"] for record in records] == ["a", "b"]
    assert windows(codec, table).tolist() == [[1, 2, 3], [1, 2, 3]]


def test_unsorted_rows_gaps_and_empty_ends_are_put_right() -> None:
    table = [row for row in reversed(rows(8, "y")) if row["date"] != "2024-01-05"]
    table[0] = {**table[0], "y": ""}
    (record,) = fitted().parse(table)
    assert [str(time)[:10] for time in record["time"][-3:]] == [
        "2024-01-05",
        "2024-01-06",
        "2024-01-07",
    ]
    assert record["values"]["y"][-2:].tolist() == [5.5, 6.5]
    assert np.isnan(record["values"]["y"][-3])


def test_what_is_known_ahead_comes_from_rows_with_empty_targets() -> None:
    codec = fitted(("y", "holiday"), future_covariates=["holiday"], normalization="none")
    table = rows(4, "y", "holiday") + [
        {"date": str(DAYS[row]), "y": "", "holiday": str(10 * row)} for row in (4, 5)
    ]
    arrays = codec.encode(codec.parse(table), lambda _: None)
    batch = codec.batch(arrays, np.array([0]))
    assert batch["future"][0, :, 0].tolist() == [40.0, 50.0]
    assert batch["inputs"][0, :, 0].tolist() == [1.5, 2.5, 3.5]
    with pytest.raises(DataError, match="has 1 of 2 values ahead in column 'holiday'"):
        codec.encode(codec.parse(table[:-1]), lambda _: None)
    holed = [*table[:-2], {**table[-2], "holiday": ""}, table[-1]]
    with pytest.raises(DataError, match="has 1 of 2 values ahead in column 'holiday'"):
        codec.encode(codec.parse(holed), lambda _: None)
    with pytest.raises(DataError, match="what comes after the data is not known of 'holiday'"):
        codec.parse([])


def test_calendar_features_of_the_horizon_are_those_of_its_days() -> None:
    codec = fitted(calendar=["weekday"])
    whole = codec.encode(codec.parse(rows(20, "y")), lambda _: None)
    short = codec.encode(codec.parse(rows(18, "y")), lambda _: None)
    ahead = codec.batch(short, np.array([0]))["future"][0]
    assert np.array_equal(ahead, whole["values"][18:20, -2:])
    with pytest.raises(DataError, match=r"no times, which the run reads \('weekday'\)"):
        codec.parse(["1 2 3"])


def test_a_new_series_beside_known_ones_is_scaled_by_its_own_rows() -> None:
    values = {name: np.arange(30.0) * scale for name, scale in (("a", 1), ("b", 9))}
    train = [
        {"series": name, "time": np.arange(30), "values": {"y": column}, "start": 0}
        for name, column in values.items()
    ]
    settings = TASK.Config(context=3, horizon=2)
    codec, _ = TASK.encode(settings, {"train": train}, lambda _: None)
    new = [{"series": "c", "values": {"y": np.arange(50.0) * 1000}}]
    arrays = codec.encode(codec.parse(new), lambda _: None)
    assert arrays["scale"][0, 0] == pytest.approx((np.arange(50.0) * 1000).std())


def test_dates_and_commas_that_leave_it_open_are_read_as_in_training() -> None:
    table = [{"date": f"0{day}/02/2024", "y": f"{day},125"} for day in (1, 2, 3)]
    with pytest.raises(DataError, match=r"'1,125' may be 1125 or 1\.125"):
        fitted().parse([{"date": f"2024-02-0{day}", "y": f"{day},125"} for day in (1, 2, 3)])
    codec = fitted(names={"time": "date", "time_format": "%d/%m/%Y", "decimal": ","})
    (record,) = codec.parse(table)
    assert [str(time)[:10] for time in record["time"]] == ["2024-02-01", "2024-02-02", "2024-02-03"]
    assert record["values"]["y"].tolist() == [1.125, 2.125, 3.125]
    (record,) = codec.parse([{"date": f"2024-02-0{day}", "y": day / 8} for day in (1, 2, 3)])
    assert record["values"]["y"].tolist() == [0.125, 0.25, 0.375]


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (rows(2, "y"), "the series has 2 rows, and the run reads 3, in the inputs"),
        (rows(5, "z"), "the inputs have no column 'y', which the run reads; they have 'date', 'z'"),
        ([*rows(4, "y"), {"date": "2024-01-05", "y": "x"}], "row 5: 'x' is no number, in column"),
        ([*rows(4, "y"), {"date": "2024-01-44", "y": "1"}], "row 5: '2024-01-44' is no time"),
        ([*rows(4, "y"), *rows(1, "y")], "two rows of 2024-01-01T00:00, on rows 1 and 5"),
        (["date,y", "2024-01-01,1,2"], "row 1 of the inputs has 3 fields, and there are 2 columns"),
        (["date,y"], "the inputs have a header and no rows"),
        (['{"values": {"z": [1, 2, 3]}}'], "input 1 has no column 'y'; it has 'z'"),
        (['{"value": [1, 2, 3]}'], "input 1 has no values by column"),
        (['{"values": '], "input 1 is not valid JSON"),
        (['{"values": {"y": [1, "x"]}}'], "input 1, row 2: 'x' is no number, in column 'y'"),
        (['{"time": ["2024-01-01"], "values": {"y": [1, 2]}}'], "input 1 has 1 times for 2 rows"),
        (['{"time": ["a", "b"], "values": {"y": [1, 2]}}'], "input 1, row 1: 'a' is no time"),
        (['{"values": {"y": [null, null]}}'], "the inputs hold no value of 'y'"),
        (["1 2 3", {"values": {"y": [1]}}], "some inputs are texts and others are not"),
    ],
)
def test_inputs_that_cannot_be_read_are_named(inputs: list[Any], message: str) -> None:
    codec = fitted()
    with pytest.raises(DataError) as caught:
        codec.encode(codec.parse(inputs), lambda _: None)
    assert message in str(caught.value)


def test_rows_of_another_step_are_refused() -> None:
    table = [{"date": f"2024-01-01 {hour:02d}:00", "y": "1"} for hour in range(9)]
    with pytest.raises(DataError, match="are hourly, and those the run learnt from are daily"):
        fitted().parse(table)


def test_plain_numbers_need_a_run_of_one_column() -> None:
    with pytest.raises(DataError, match="numbers of one column, and the run reads 'y', 'x'"):
        fitted(("y", "x")).parse(["1 2 3"])
