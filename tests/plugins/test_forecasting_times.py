"""Times through a whole run: steps, anchors, series of several paces, parts of seconds."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqkit.api import Recognition
from seqkit.config import validate
from seqkit.data.times import Frequency, infer_frequency, time_texts
from seqkit.errors import DataError
from seqkit.experiments.own_data import recognise
from seqkit.registry.discovery import load_registry
from seqkit.terminal.answers.series import series_lines
from seqkit_timeseries._answers import answers_of
from seqkit_timeseries._codec import ForecastingCodec
from seqkit_timeseries._paces import paces
from seqkit_timeseries.datasets import SeriesCsv
from seqkit_timeseries.task import Forecasting


def table(folder: Path, times: Sequence[Any], head: str = "date", **more: Sequence[Any]) -> Path:
    path = folder / "table.csv"
    columns = {head: times, **more, "y": [float(row % 7) for row in range(len(times))]}
    rows = [
        ",".join(columns),
        *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True)),
    ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def fitted(path: Path, **config: Any) -> tuple[ForecastingCodec, list[str]]:
    told: list[str] = []
    settings, problems = validate(SeriesCsv.Config, {"path": str(path)} | config, "dataset", "x")
    assert not problems
    splits = SeriesCsv().splits(settings, told.append)
    task = Forecasting()
    config_ = task.Config(context=4, horizon=3)
    codec, _ = task.encode(config_, splits, told.append)
    assert isinstance(codec, ForecastingCodec)
    return codec, told


def ahead(codec: ForecastingCodec, records: Sequence[Any] = ()) -> list[str]:
    """Returns the times of the horizon, as an answer tells them."""
    found = list(records) or codec.parse([])
    forecasts = np.zeros((len(found), 3, 1))
    answers = answers_of(
        forecasts, np.zeros((len(found), 1)), found, ("y",), codec.frequency, (), 4
    )
    times: list[str] = answers[0]["forecast"]["time"]
    return times


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[s]")


def anchored(first: str, rows: int, months: int, day: int) -> list[str]:
    starts = np.datetime64(first, "M") + months * np.arange(rows)
    ends = (starts + 1).astype("datetime64[D]") - 1
    wanted = np.minimum(starts.astype("datetime64[D]") + (day - 1), ends)
    return [str(one) for one in wanted]


@pytest.mark.parametrize(
    ("first", "rows", "months", "day"),
    [
        ("2015-01", 50, 1, 28),
        ("2015-03", 48, 1, 30),
        ("2015-01", 50, 1, 31),
        ("2015-01", 49, 1, 15),
        ("2000-03", 42, 3, 30),
        ("2000-03", 42, 3, 31),
        ("1950-02", 73, 12, 28),
        ("1952-02", 70, 12, 29),
        ("1904-02", 30, 48, 29),
        ("1990-06", 61, 6, 30),
    ],
)
def test_a_month_goes_on_on_its_own_day(
    first: str, rows: int, months: int, day: int, tmp_path: Path
) -> None:
    whole = anchored(first, rows + 3, months, day)
    for cut in range(3):
        codec, _ = fitted(table(tmp_path, whole[cut:rows]))
        codec.save(tmp_path)
        assert ahead(ForecastingCodec.load(tmp_path, Forecasting.Config)) == whole[rows:]


def test_quarter_ends_are_month_ends_though_two_rows_are_on_the_30th() -> None:
    frequency = infer_frequency(days("2023-06-30", "2023-09-30"))
    assert str(frequency.after(np.datetime64("2023-09-30"), 1)[0])[:10] == "2023-12-31"


def test_series_keep_days_of_the_month_of_their_own(tmp_path: Path) -> None:
    ends, firsts = anchored("2015-01", 40, 1, 31), anchored("2015-01", 40, 1, 1)
    path = table(tmp_path, ends + firsts, id=["a"] * 40 + ["b"] * 40)
    codec, _ = fitted(path)
    by_name = {record["series"]: ahead(codec, [record])[:1] for record in codec.parse([])}
    assert by_name == {"a": ["2018-05-31"], "b": ["2018-05-01"]}


def test_a_run_saved_without_an_anchor_is_read_and_goes_on(tmp_path: Path) -> None:
    codec, _ = fitted(table(tmp_path, anchored("2015-01", 48, 1, 31)))
    codec.save(tmp_path)
    file = tmp_path / "forecasting.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    del document["frequency"]["anchor"], document["time_unit"]
    file.write_text(json.dumps(document), encoding="utf-8")
    assert ahead(ForecastingCodec.load(tmp_path, Forecasting.Config)) == [
        "2019-01-31",
        "2019-02-28",
        "2019-03-31",
    ]


def test_three_rows_are_too_few_to_be_of_another_step() -> None:
    daily = np.arange("2024-01-01", "2024-04-01", dtype="datetime64[D]").astype("datetime64[s]")
    found = paces([("a", daily), ("b", daily[:21:7])], "the table")
    assert [str(one) for one in found] == ["daily", "daily"]
    with pytest.raises(DataError, match="series 'b' of the table is weekly"):
        paces([("a", daily), ("b", daily[:28:7])], "the table")


def test_irregular_series_of_another_pace_are_refused() -> None:
    steps = np.cumsum(np.random.default_rng(0).integers(50, 150, 40))
    start = np.datetime64("2024-01-01", "s")
    paced = {size: start + size * steps for size in (60, 70, 600)}
    assert len(paces([("a", paced[60]), ("b", paced[70])], "the table")) == 2
    with pytest.raises(DataError, match="series 'b' of the table is irregular"):
        paces([("a", paced[60]), ("b", paced[600])], "the table")


def test_series_of_two_steps_are_refused_by_name(tmp_path: Path) -> None:
    daily = [str(np.datetime64("2022-01-01") + row) for row in range(100)]
    weekly = [str(np.datetime64("2022-01-01") + 7 * row) for row in range(90)]
    path = table(tmp_path, daily + weekly, id=["a"] * 100 + ["b"] * 90)
    with pytest.raises(DataError, match=r"series 'b' of .* is weekly, and series 'a' is daily"):
        fitted(path)
    path = table(tmp_path, daily[:80] + weekly, id=["a"] * 80 + ["b"] * 90)
    with pytest.raises(DataError, match=r"series 'a' of .* is daily, and series 'b' is weekly"):
        fitted(path)


def test_few_rows_of_a_series_are_put_on_the_days_of_the_others(tmp_path: Path) -> None:
    daily = [str(np.datetime64("2022-01-01") + row) for row in range(60)]
    sparse = [daily[row] for row in (3, 5, 8, 20, 21, 30)]
    codec, told = fitted(table(tmp_path, daily + sparse, id=["a"] * 60 + ["b"] * 6))
    assert codec.frequency == Frequency("seconds", 86_400)
    assert any("22 rows are missing" in text for text in told)


def test_business_days_beside_all_days_are_days_with_gaps(tmp_path: Path) -> None:
    daily = [str(np.datetime64("2022-01-01") + row) for row in range(60)]
    business = [str(day) for day in np.busday_offset(np.datetime64("2022-01-03"), np.arange(70))]
    codec, _ = fitted(table(tmp_path, daily + business, id=["a"] * 60 + ["b"] * 70))
    assert str(codec.frequency) == "daily"


@pytest.mark.parametrize(
    ("first", "step", "rows", "said", "expected"),
    [
        (4927, 7, 40, "numbered in steps of 7", ["5207", "5214", "5221"]),
        (0, 10, 40, "numbered in steps of 10", ["400", "410", "420"]),
        (5, 1, 40, "without times", ["45", "46", "47"]),
    ],
)
def test_positions_go_on_in_their_own_steps(
    first: int, step: int, rows: int, said: str, expected: list[str], tmp_path: Path
) -> None:
    codec, told = fitted(table(tmp_path, [first + step * row for row in range(rows)]))
    assert told == [f"rows are {said}; no season is assumed (task.season sets it)."]
    codec.save(tmp_path)
    assert ahead(ForecastingCodec.load(tmp_path, Forecasting.Config)) == expected


def test_a_position_that_is_missing_is_a_gap(tmp_path: Path) -> None:
    places = [10 * row for row in range(40) if row != 9]
    _, told = fitted(table(tmp_path, places))
    assert any(text.startswith("1 row is missing") and "after 80" in text for text in told)


@pytest.mark.parametrize(
    ("step", "said", "expected"),
    [
        ("100 ms", "every 100 milliseconds", "2024-01-01T00:00:04.000"),
        ("10 ms", "every 10 milliseconds", "2024-01-01T00:00:00.400"),
        ("250 us", "every 250 microseconds", "2024-01-01T00:00:00.010000"),
        ("20 ns", "every 20 nanoseconds", "2024-01-01T00:00:00.000000800"),
    ],
)
def test_parts_of_seconds_are_kept_to_the_forecast(
    step: str, said: str, expected: str, tmp_path: Path
) -> None:
    count, unit = step.split()
    times = np.datetime64("2024-01-01", "ns") + np.arange(40) * np.timedelta64(int(count), unit)  # type: ignore[call-overload]
    codec, told = fitted(table(tmp_path, [str(time) for time in times]))
    assert told == [f"rows are {said}; no season is assumed (task.season sets it)."]
    codec.save(tmp_path)
    loaded = ForecastingCodec.load(tmp_path, Forecasting.Config)
    assert ahead(loaded)[0] == expected
    # The same rows, given again, are the same.
    given = {"time": [str(time) for time in times[-8:]], "values": {"y": [1.0] * 8}}
    assert ahead(loaded, loaded.parse([json.dumps(given)]))[0] == expected


def test_drawings_show_the_whole_time() -> None:
    times = ["2024-01-01T00:00:00.000000800", "2024-01-01T00:00:00.000000820"]
    answer = {
        "series": "",
        "columns": ["y"],
        "history": {"time": times, "values": [[1.0, 2.0]]},
        "forecast": {"time": times, "values": [[1.0, 2.0]]},
    }
    drawn = "".join(
        piece if isinstance(piece, str) else piece[0]
        for line in series_lines(answer, 100)
        for piece in line
    )
    assert drawn.count(times[1]) == 2


def test_time_texts_are_as_exact_as_the_times() -> None:
    half = np.array(["2024-01-01T00:00:00.5"], dtype="datetime64[us]")
    assert time_texts(half, Frequency("seconds")) == ["2024-01-01T00:00:00.500"]


def test_records_of_predict_are_sorted_filled_and_read_as_the_table_was(tmp_path: Path) -> None:
    days_ = np.datetime64("2024-01-01") + np.arange(60)
    texts = [f"{day.astype(object):%d/%m/%Y}" for day in days_]
    codec, _ = fitted(table(tmp_path, texts))
    rows = [4, 0, 1, 2, 5]
    given = {"time": [f"0{row + 1}/02/2024" for row in rows], "values": {"y": rows}}
    (record,) = codec.parse([json.dumps(given)])
    assert [str(time)[:10] for time in record["time"]] == [f"2024-02-0{day}" for day in range(1, 7)]
    assert np.nan_to_num(record["values"]["y"], nan=-1).tolist() == [0, 1, 2, -1, 4, 5]


def test_unix_times_in_json_are_read_as_in_a_table(tmp_path: Path) -> None:
    times = [1704067200 + 3600 * row for row in range(60)]
    codec, _ = fitted(table(tmp_path, times, head="timestamp"))
    given = {"time": times[-6:], "values": {"y": [1.0] * 6}}
    assert ahead(codec, codec.parse([json.dumps(given)]))[0] == "2024-01-03T12:00"


# --- new and run ----------------------------------------------------------------------------------


def _hours(form: str) -> Callable[[int], str]:
    start = np.datetime64("2024-01-30T00:00")
    return lambda row: f"{(start + np.timedelta64(row, 'h')).astype(object):{form}}"


READ: dict[str, Callable[[int], Any]] = {
    "unix": lambda row: 1704067200 + 3600 * row,
    "unix ms": lambda row: 1704067200000 + 3600000 * row,
    "unix us": lambda row: (1704067200 + 3600 * row) * 10**6,
    "unix ns": lambda row: (1704067200 + 3600 * row) * 10**9,
    "unix float": lambda row: float(1704067200 + 3600 * row),
    "digits": lambda row: str(np.datetime64("2022-01-01") + row).replace("-", ""),
    "short german": _hours("%d.%m.%y %H:%M"),
    "month name": lambda row: (
        np.datetime64("2010-01", "M").astype(object).strftime("%B ") + str(1900 + row)
    ),
    "twelve hours": _hours("%m/%d/%Y %I:%M %p"),
    "quarters": lambda row: f"{1990 + row // 4}-Q{row % 4 + 1}",
    "weeks": lambda row: f"2018-W{row % 50 + 1:02}",
    "utc": _hours("%Y-%m-%d %H:%M UTC"),
    "years": lambda row: 1950 + row,
}
REFUSED: dict[str, Callable[[int], Any]] = {
    "zone": _hours("%Y-%m-%d %H:%M CET"),
    "other language": lambda row: f"{row % 28 + 1}. Mai {1900 + row}",
    "no year": lambda row: f"{row % 28 + 1}-Jan",
    "either": lambda row: f"05/02/{1950 + row}",
}


def look_at(path: Path) -> Recognition:
    return recognise(path, load_registry())[1]


@pytest.mark.parametrize("kind", [*READ, *REFUSED])
def test_new_and_run_read_the_same_times(kind: str, tmp_path: Path) -> None:
    head = "timestamp" if kind.startswith("unix") else "when"
    path = table(tmp_path, [(READ | REFUSED)[kind](row) for row in range(50)], head=head)
    if kind in READ:
        found = look_at(path)
        assert (found.task, found.settings["time"]) == ("forecasting", head)
        codec, _ = fitted(path, **{k: v for k, v in found.settings.items() if k == "time"})
        assert codec.frequency.dated
        assert codec.frequency == fitted(path)[0].frequency
        return
    for way in (look_at, fitted):
        with pytest.raises(DataError, match="'when'"):
            way(path)


def test_times_in_two_columns_are_joined_where_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    rows = [f"{1 + row // 24:02}.01.2024,{row % 24:02}:00,{row % 7}" for row in range(72)]
    path.write_text("\n".join(["Date,Time,y", *rows]), encoding="utf-8")
    assert look_at(path).settings["clock"] == "Time"
    assert str(fitted(path, clock="Time")[0].frequency) == "hourly"
    with pytest.raises(DataError, match=r"'Date', 'Time'.* join them.*dataset\.clock=Time"):
        fitted(path)


# --- splits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["test", "validation"])
def test_a_split_before_the_data_is_an_error_that_tells_their_dates(
    key: str, tmp_path: Path
) -> None:
    path = table(tmp_path, [str(np.datetime64("2022-01-01") + row) for row in range(50)])
    with pytest.raises(DataError, match=r"leave no row for training.*2022-01-01 to 2022-02-19"):
        fitted(path, **{key: "2000-01-01"})


def test_the_date_of_a_split_is_read_as_the_dates_of_the_table(tmp_path: Path) -> None:
    whole = np.datetime64("2022-01-01") + np.arange(90)
    path = table(tmp_path, [f"{day.astype(object):%d/%m/%Y}" for day in whole])
    settings = SeriesCsv.Config(path=str(path), test="01/03/2022", validation=0)
    splits = SeriesCsv().splits(settings, lambda _: None)
    (test,) = splits["test"]
    assert str(test["time"][test["start"]])[:10] == "2022-03-01"
