"""Files of series as people have them: what `new` makes of each, a run reads."""

from __future__ import annotations

import csv
import gzip
import math
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from seqkit.engine.encoding import encode_data
from seqkit.errors import DataError
from seqkit.experiments.loading import load_experiment
from seqkit.registry.discovery import load_registry
from seqkit_timeseries._codec import ForecastingCodec
from tests.own_files import take, train

ROWS = 160
BERLIN = ZoneInfo("Europe/Berlin")
Rows = Iterable[Sequence[Any]]


@dataclass(frozen=True)
class Made:
    """What `new` makes of a file, and what a run then reads."""

    said: str
    document: dict[str, Any]
    codec: ForecastingCodec
    told: list[str] = field(default_factory=list)

    @property
    def dataset(self) -> dict[str, Any]:
        left = ("name", "path", "validation", "test")
        return {key: value for key, value in self.document["dataset"].items() if key not in left}


@cache
def registry_of_all() -> Any:
    return load_registry()


def value(row: int) -> float:
    return round(100 + 20 * math.sin(row / 3) + (row * 7919 % 13) / 5, 2)


def write(path: Path, head: Sequence[str], rows: Rows, delimiter: str = ",") -> Path:
    opened: Any = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, delimiter=delimiter)
        writer.writerows([head] if head else [])
        writer.writerows(rows)
    return path


def made(path: Path, **given: Any) -> Made:
    """Writes an experiment as `new` does, and reads its data as a run of that file does."""
    registry = registry_of_all()
    taken = take(path, registry, **given)
    assert taken.recognition.task == "forecasting"
    told: list[str] = []
    data = encode_data(taken.experiment, registry, told.append)
    assert isinstance(data.codec, ForecastingCodec)
    document = tomllib.loads(taken.file.read_text(encoding="utf-8"))
    return Made(taken.recognition.said, document, data.codec, told)


def ahead(codec: ForecastingCodec, records: Sequence[Any] = ()) -> list[str]:
    """Returns the times of the forecast behind what the run kept, or behind records."""
    from seqkit_timeseries._frequency import continued, time_texts

    record = (records or codec.parse([]))[0]
    return time_texts(continued(record["time"], codec.frequency, 3), codec.frequency)


def day(row: int) -> date:
    return date(2022, 1, 3) + timedelta(row)


def hour(row: int) -> datetime:
    return datetime(2024, 1, 30) + timedelta(hours=row)  # noqa: DTZ001


def month(row: int) -> date:
    return date(2010 + row // 12, row % 12 + 1, 1)


def _last_weekday(row: int) -> Any:
    end = np.datetime64(f"{month(row):%Y-%m}", "M") + 1
    return np.busday_offset(end.astype("datetime64[D]"), -1, roll="forward")


TIMES: dict[str, tuple[str, Callable[[int], Any], str, str]] = {
    "years": ("year", lambda row: 1860 + row, "yearly", "2020-01-01"),
    "seconds": ("ts", lambda row: 1699999200 + 3600 * row, "hourly", "2023-11-21T14:00"),
    "nanoseconds": ("ts", lambda r: (1699999200 + 3600 * r) * 10**9, "hourly", "2023-11-21T14:00"),
    "spreadsheet": ("date", lambda row: 45292 + row, "daily", "2024-06-09"),
    "sheet hours": ("Datum", lambda n: round(45292 + n / 24, 6), "hourly", "2024-01-07T16:00"),
    "12 hours": ("when", lambda n: f"{hour(n):%m/%d/%Y %I:%M %p}", "hourly", "2024-02-05T16:00"),
    "two digits": ("date", lambda row: f"{day(row):%d/%m/%y}", "daily", "2022-06-12"),
    "months": ("month", lambda row: f"{month(row):%Y-%m}", "monthly", "2023-05-01"),
    "month names": ("month", lambda row: f"{month(row):%b %Y}", "monthly", "2023-05-01"),
    "weeks": ("week", lambda r: f"{day(7 * r):%GW%V}", "weekly", "2025-01-27"),
    "quarters": ("q", lambda row: f"{1980 + row // 4}-Q{row % 4 + 1}", "quarterly", "2020-01-01"),
    "business days": (
        "Date",
        lambda row: np.busday_offset(np.datetime64("2022-01-03"), row),
        "on business days",
        "2022-08-15",
    ),
    "business month ends": ("Date", _last_weekday, "monthly", "2023-05-31"),
}  # fmt: skip


@pytest.mark.parametrize("kind", TIMES)
def test_times_are_read_and_go_on(kind: str, tmp_path: Path) -> None:
    head, time, frequency, first = TIMES[kind]
    path = write(tmp_path / "a.csv", [head, "y"], ([time(n), value(n)] for n in range(ROWS)))
    found = made(path)
    assert str(found.codec.frequency) == frequency
    assert found.codec.layout.targets == ("y",)
    assert ahead(found.codec)[0] == first


def test_a_month_end_that_a_holiday_moves_is_a_business_month_end_all_the_same(
    tmp_path: Path,
) -> None:
    days = [_last_weekday(row) for row in range(60)]
    days[38] -= 1
    rows = ([time, value(row)] for row, time in enumerate(days))
    found = made(write(tmp_path / "a.csv", ["date", "y"], rows))
    assert str(found.codec.frequency) == "monthly"
    assert ahead(found.codec) == ["2015-01-30", "2015-02-27", "2015-03-31"]


def test_a_year_beside_numbers_like_years_is_the_time(tmp_path: Path) -> None:
    rows = ((1900 + row, 1000 + 19 * row) for row in range(120))
    found = made(write(tmp_path / "a.csv", ["year", "pop"], rows))
    assert (found.dataset, str(found.codec.frequency)) == ({"time": "year"}, "yearly")


def test_a_long_table_of_whole_steps_is_read_by_its_ids(tmp_path: Path) -> None:
    rows = ((f"H{one}", row + 1, value(row + one)) for one in range(4) for row in range(90))
    found = made(write(tmp_path / "a.csv", ["unique_id", "ds", "y"], rows))
    assert list(found.codec.scalers) == ["H0", "H1", "H2", "H3"]
    assert found.codec.layout.targets == ("y",)
    assert ahead(found.codec) == ["91", "92", "93"]


@pytest.mark.parametrize("head", [["value"], []], ids=["headed", "bare"])
def test_one_column_of_numbers_is_a_series(head: list[str], tmp_path: Path) -> None:
    found = made(write(tmp_path / "a.csv", head, ([value(row)] for row in range(ROWS))))
    assert found.codec.layout.targets == tuple(head or ["1"])
    assert not found.codec.frequency.dated


CLOCKS: dict[str, tuple[str, Callable[[int], str], int]] = {
    "hours": ("Hour", lambda place: str(place), 24),
    "named hr": ("hr", lambda place: str(place), 24),
    "clocks": ("time", lambda place: f"{place:02}:00:00", 24),
    "minutes": ("Uhrzeit", lambda place: f"{place // 2}:{place % 2 * 3}0", 48),
    "halves": ("Time", lambda place: f"{hour(place):%I:%M %p}", 24),
}


@pytest.mark.parametrize("kind", CLOCKS)
@pytest.mark.parametrize("shops", [(), ("north", "south")], ids=["one", "two"])
def test_a_day_and_a_clock_are_one_time(kind: str, shops: Sequence[str], tmp_path: Path) -> None:
    name, clock, size = CLOCKS[kind]
    head = ["shop", "date", name, "y"] if shops else ["date", name, "y"]
    rows = [[*([shop] if shops else []), f"{day(step // size):%d.%m.%Y}", clock(step % size),
             str(value(step))] for shop in shops or ("",) for step in range(size * 9)]  # fmt: skip
    found = made(write(tmp_path / "a.csv", head, rows))
    assert found.dataset == {"time": "date", "clock": name}
    assert f"times are in columns 'date' and {name!r}, joined" in found.said
    assert str(found.codec.frequency) == ("hourly" if size == 24 else "every 30 minutes")
    assert found.codec.layout.targets == ("y",)
    assert [*found.codec.scalers] == [*(shops or [""])]
    assert ahead(found.codec)[0] == "2022-01-12T00:00"
    past = [dict(zip(head, cells, strict=True)) for cells in rows]
    records = found.codec.parse(past)
    assert [str(record["time"][-1])[:10] for record in records] == ["2022-01-11"] * len(records)
    past[4][name] = "noon"
    with pytest.raises(DataError, match=rf"row 5: 'noon' is no clock, in column {name!r}"):
        found.codec.parse(past)


def test_a_clock_beside_days_that_come_once_is_no_part_of_the_time(tmp_path: Path) -> None:
    rows = ([day(n), f"{8 + n % 3}:00", value(n)] for n in range(ROWS))
    found = made(write(tmp_path / "a.csv", ["date", "time", "y"], rows))
    assert (found.dataset.get("clock"), str(found.codec.frequency)) == (None, "daily")


def test_an_hour_that_comes_twice_in_autumn_is_one_of_its_zone(tmp_path: Path) -> None:
    local = [time.astimezone(BERLIN) for time in _berlin(datetime(2024, 10, 20, tzinfo=UTC), 480)]
    rows = [[time.date(), time.hour, value(row)] for row, time in enumerate(local)]
    path = write(tmp_path / "a.csv", ["date", "hour", "y"], rows)
    with pytest.raises(DataError, match=r"1 row with .* give dataset\.time_zone"):
        made(path)
    found = made(path, time_zone="Europe/Berlin")
    assert str(found.codec.frequency) == "hourly"
    assert found.dataset["clock"] == "hour"


def test_hours_of_1_to_24_are_asked_about(tmp_path: Path) -> None:
    rows = ([day(n // 24), n % 24 + 1, value(n)] for n in range(240))
    with pytest.raises(DataError, match="which 'Hour' may part"):
        made(write(tmp_path / "a.csv", ["date", "Hour", "y"], rows))


# --- series in a table ----------------------------------------------------------------------------

WIDE = [(f"W{one}", [value(row + 5 * one) for row in range(rows)]) for one, rows in
        enumerate((120, 70, 140, 95))]  # fmt: skip


def _headings() -> list[str]:
    return [f"V{place}" for place in range(1, 142)]


@pytest.mark.parametrize("kind", ["a.csv", "a.csv.gz", "early.csv", "bare.csv"])
def test_a_row_may_be_a_series_of_any_length(kind: str, tmp_path: Path) -> None:
    filled = [[name, *numbers, *[""] * (140 - len(numbers))] for name, numbers in WIDE]
    early = [[name, *numbers] for name, numbers in WIDE]
    head = [] if kind == "bare.csv" else _headings()
    found = made(write(tmp_path / kind, head, early if kind == "early.csv" else filled))
    assert found.dataset == {"wide": "rows"} | ({} if head else {"header": False})
    assert found.said == "each row is a series, of up to 140 values"
    assert list(found.codec.scalers) == ["W0", "W1", "W2", "W3"]
    assert [str(one["time"][-1]) for one in found.codec.tail] == ["119", "69", "139", "94"]


@pytest.mark.parametrize(
    ("heading", "frequency"),
    [(lambda row: f"{month(row):%Y-%m}", "monthly"), (lambda row: str(1900 + row), "yearly"),
     (lambda row: f"{day(row):%d.%m.%y}", "daily"), (lambda row: str(day(row)), "daily")],
)  # fmt: skip
def test_times_may_stand_above_the_columns(
    heading: Callable[[int], str], frequency: str, tmp_path: Path
) -> None:
    head = ["Country Name", "Code", "Area", *map(heading, range(90))]
    rows = [
        [name, name[:2].upper(), 10.5 * place, *(value(row + place) for row in range(90))]
        for place, name in enumerate(("France", "Italy", "Spain", "Chad"), start=1)
    ]
    rows[1][3] = rows[2][-1] = rows[2][40] = ""
    found = made(write(tmp_path / "a.csv", head, rows))
    assert (found.dataset, str(found.codec.frequency)) == ({"wide": "rows"}, frequency)
    assert list(found.codec.scalers) == ["France", "Italy", "Spain", "Chad"]
    assert any("'Area' is the same in all rows of each series" in text for text in found.told)
    (record, *_) = found.codec.parse([dict(zip(head, map(str, row), strict=True)) for row in rows])
    assert record["values"]["value"][-1] == rows[0][-1]


MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"]
LONG = [
    "January",
    "February",
    "march",
    "April",
    "may",
    "June",
    "July",
    "August",
    "September",
    "October",
    "NOVEMBER",
    "Dec.",
]
HOURS = range(24)
GRIDS: dict[str, tuple[Sequence[Any], Callable[[int], Any]]] = {
    "short": (["Year", *MONTHS], lambda row: 1999 + row),
    "long": (["", *LONG], lambda row: 1999 + row),
    "summed": (["Jahr", *MONTHS, "Annual"], lambda row: 1999 + row),
    "numbered": (["YEAR", *range(1, 13)], lambda row: 1999 + row),
    "clocks": (["date", *(f"{hour}:00" for hour in HOURS)], day),
    "hours": (["Datum", *(f"{hour:02}" for hour in HOURS)], lambda row: f"{day(row):%d.%m.%Y}"),
    "ending": (["day", *(f"HE{hour + 1}" for hour in HOURS)], lambda row: f"{day(row):%Y%m%d}"),
}


def _grid(kind: str, path: Path) -> tuple[list[str], list[list[str]]]:
    """Writes a table of 16 years or days, of which the first and the last are not full."""
    head, first = GRIDS[kind]
    size = 12 if "an" in str(head).lower() or "YEAR" in head else 24
    rows = [[first(row), *(value(row * size + place) for place in range(size))]
            for row in range(16)]  # fmt: skip
    rows[0][1:3], rows[-1][size - 3 : size + 1], rows[5][5] = ["", ""], [""] * 4, ""
    rows = [row + ["9.5"] * (len(head) - len(row)) for row in rows]
    write(path, [str(name) for name in head], rows)
    return [str(name) for name in head], [[str(cell) for cell in row] for row in rows]


@pytest.mark.parametrize("kind", GRIDS)
def test_months_or_hours_beside_each_other_are_one_series(kind: str, tmp_path: Path) -> None:
    head, rows = _grid(kind, tmp_path / "a.csv")
    found = made(tmp_path / "a.csv")
    size = 12 if len(head) < 20 else 24
    assert found.dataset["wide"] == "grid"
    assert found.said.startswith("each row is a " + ("year" if size == 12 else "day"))
    assert ("'Annual' is left out" in found.said) == (kind == "summed")
    assert str(found.codec.frequency) == ("monthly" if size == 12 else "hourly")
    assert ahead(found.codec)[0] == ("2014-09-01" if size == 12 else "2022-01-18T20:00")
    (record,) = found.codec.parse([dict(zip(head, row, strict=True)) for row in rows])
    values = record["values"]["value"]
    assert (values[0], values[-1]) == (value(2), value(16 * size - 5))
    assert len(values) == 16 * size - 6
    assert np.isnan(values).sum() == 1
    rows = [[str(time), str(number)] for time, number in zip(record["time"], values, strict=True)]
    time = found.codec.names["time"]
    (same,) = found.codec.parse([{time: when, "value": number} for when, number in rows])
    assert np.array_equal(same["values"]["value"], values, equal_nan=True)


@pytest.mark.parametrize("cell", ["x", "inf"])
def test_a_month_that_is_no_number_is_refused_by_its_line_and_column(
    cell: str, tmp_path: Path
) -> None:
    rows = [[str(1980 + row), *["1.5"] * 11, cell if row == 25 else "3"] for row in range(40)]
    path = write(tmp_path / "a.csv", ["Year", *MONTHS], rows)
    with pytest.raises(DataError, match=f"line 27: '{cell}' .*in column 'Dec'"):
        made(path)


def test_a_table_that_is_no_grid_is_refused_as_one(tmp_path: Path) -> None:
    from seqkit_timeseries.datasets import SeriesCsv

    path = write(tmp_path / "a.csv", ["Year", *MONTHS], [["2001", *[""] * 12]])
    with pytest.raises(DataError, match="no year in each row under Jan"):
        SeriesCsv().splits(SeriesCsv.Config(path=str(path), wide="grid"), list[str]().append)


@pytest.mark.parametrize("lacking", ["twice", "a month", "an order", "numbers of rows", "24:00"])
def test_what_is_not_plainly_months_or_hours_is_no_grid(lacking: str) -> None:
    from seqkit_timeseries._grid import grid_of

    head, first = ["Year", *MONTHS], [str(1990 + row) for row in range(9)]
    if lacking == "twice":
        first[3] = first[2]
    elif lacking == "a month":
        head = head[:-1]
    elif lacking == "an order":
        head[1:3] = head[2:0:-1]
    elif lacking == "numbers of rows":
        head = ["id", *map(str, range(1, 13))]
    else:
        head, first = ["date", *(f"{hour}:00" for hour in range(1, 25))], [str(day(n)) for n in
                                                                         range(9)]  # fmt: skip
    rows = [[time, *["1.5"] * (len(head) - 1)] for time in first]
    assert grid_of(head, rows, range(9)) is None


def test_a_column_may_be_a_series_of_its_own_length(tmp_path: Path) -> None:
    rows = [[day(row), *(numbers[row] if row < len(numbers) else "" for _, numbers in WIDE)]
            for row in range(140)]  # fmt: skip
    path = write(tmp_path / "a.csv", ["date", *(name for name, _ in WIDE)], rows)
    found = made(path)
    assert found.dataset == {"wide": "columns"}
    assert [str(one["time"][-1])[:10] for one in found.codec.tail] == [
        "2022-05-02", "2022-03-13", "2022-05-22", "2022-04-07",
    ]  # fmt: skip
    with path.open() as stream:
        records = found.codec.parse(list(csv.DictReader(stream)))
    assert [record["series"] for record in records] == ["W0", "W1", "W2", "W3"]


@pytest.mark.parametrize("first", [lambda row: row % 3, lambda row: f"p{row}"], ids=["kind", "id"])
def test_measured_features_are_no_wide_series(first: Callable[[int], Any]) -> None:
    from seqkit_timeseries._wide import is_wide

    head = ["of", *(f"f{place}" for place in range(1, 51))]
    answers = np.random.default_rng(0).integers(1, 6, (60, 50)).tolist()
    rows = [[str(first(row)), *map(str, answers[row])] for row in range(60)]
    assert not is_wide(head, rows)
    slow = [[f"p{row}", *(str(value(place + row)) for place in range(50))] for row in range(60)]
    assert is_wide(head, slow)


@pytest.mark.parametrize(
    ("head", "names", "written"),
    [
        ("store", ["north", "south", "east"], None),
        ("Filiale", ["Mitte", "Nord", "Ost"], ["Filiale"]),
        ("grp", [3, 8, 11], ["grp"]),
    ],
)
def test_ids_are_found_by_what_they_tell_apart_in_any_order(
    head: str, names: list[Any], written: list[str] | None, tmp_path: Path
) -> None:
    rows = [[name, day(row), value(row), row % 5] for name in names for row in range(80)]
    order = np.random.default_rng(0).permutation(len(rows))
    found = made(write(tmp_path / "a.csv", [head, "ds", "y", "z"], (rows[n] for n in order)))
    assert {*found.codec.scalers} == {str(name) for name in names}
    assert found.dataset.get("id") == written
    assert found.codec.layout.targets == ("y", "z")


def test_two_columns_may_tell_series_apart_together(tmp_path: Path) -> None:
    rows = ([day(row), shop, kind, value(row)] for shop in "AB" for kind in "xyz"
            for row in range(60))  # fmt: skip
    found = made(write(tmp_path / "a.csv", ["ds", "branche", "art", "y"], rows))
    assert found.dataset["id"] == ["branche", "art"]
    assert "A/x" in found.codec.scalers


def test_a_few_rows_of_one_time_are_no_series(tmp_path: Path) -> None:
    rows = [[day(row), value(row), "ab"[row % 2]] for row in range(60)]
    with pytest.raises(DataError, match="1 row with the time of another one"):
        made(write(tmp_path / "a.csv", ["day", "y", "kind"], [*rows, [day(59), 3, "a"]]))


def test_rows_of_one_time_are_one_series_where_it_is_said_what_becomes_of_them(
    tmp_path: Path,
) -> None:
    rows = [[day(row), colour, value(row)] for row in range(60) for colour in ("red", "blue")]
    path = write(tmp_path / "a.csv", ["day", "colour", "y"], rows)
    document = {
        "task": {"name": "forecasting", "context": 7, "horizon": 3},
        "dataset": {"name": "series-csv", "path": str(path), "duplicates": "mean"},
        "model": "rnn",
    }
    registry = registry_of_all()
    codec = encode_data(load_experiment(document, registry), registry, lambda text: None).codec
    assert isinstance(codec, ForecastingCodec)
    assert [*codec.scalers] == [""]


# --- what columns are good for --------------------------------------------------------------------


def test_flags_are_read_and_not_forecast_and_every_column_is_named(tmp_path: Path) -> None:
    rows = ([day(n), value(n), int(n % 9 == 0), int(n % 7 == 0), "sun" if n % 3 else "rain",
             f"note {n}"] for n in range(ROWS))  # fmt: skip
    head = ["date", "units", "is_holiday", "wet", "sky", "remark"]
    found = made(write(tmp_path / "a.csv", head, rows))
    assert found.dataset["targets"] == ["units"]
    layout = found.codec.layout
    assert (layout.targets, layout.future, layout.past) == (("units",), ("is_holiday",), ("wet",))
    for name in head[2:]:
        assert repr(name) in found.said


def test_columns_that_go_on_behind_the_others_are_known_ahead(tmp_path: Path) -> None:
    rows = ([day(n), value(n) if n < 150 else "", value(3 * n)] for n in range(ROWS))
    found = made(write(tmp_path / "a.csv", ["date", "sold", "price"], rows))
    assert found.codec.layout.future == ("price",)
    assert "'price' is known ahead" in found.said
    assert len(found.codec.parse([])[0]["ahead"]["price"]) == found.codec.horizon


def test_flags_that_are_not_known_ahead_are_taken_for_the_usual_and_noted(tmp_path: Path) -> None:
    from seqkit_timeseries._answers import note_of_record

    rows = ([day(n), value(n), int(n % 9 == 0)] for n in range(ROWS))
    found = made(write(tmp_path / "a.csv", ["date", "units", "promo"], rows))
    (record,) = found.codec.parse([])
    assert record["ahead"]["promo"].tolist() == [0] * found.codec.horizon
    (note,) = note_of_record(record, found.codec.layout)
    assert note.startswith("'promo' ahead taken for what it")


@pytest.mark.parametrize(("number", "plain"), [(-999, True), (-9999.0, True), (-500, False)])
def test_a_number_far_outside_that_repeats_is_noticed(
    number: float, plain: bool, tmp_path: Path
) -> None:
    rows = ([day(n), number if n % 20 == 3 else value(n)] for n in range(ROWS))
    found = made(write(tmp_path / "a.csv", ["date", "temp"], rows))
    assert found.dataset.get("missing", []) == ([number] if plain else [])
    assert f"{number:g}" in found.said
    if plain:
        assert any("8 cells" in text and "taken for missing" in text for text in found.told)
        assert found.codec.layout.masked == ("temp",)
        (record,) = found.codec.parse(
            [{"date": str(day(n)), "temp": str(number if n == 3 else 50)} for n in range(30)]
        )
        assert np.isnan(record["values"]["temp"][3])


def _with(document: dict[str, Any], **settings: Any) -> tuple[ForecastingCodec, list[str]]:
    """Reads an experiment with other settings of the task."""
    registry = registry_of_all()
    told: list[str] = []
    task = {**document["task"], **settings}
    experiment = load_experiment({**document, "task": task}, registry)
    codec = encode_data(experiment, registry, told.append).codec
    assert isinstance(codec, ForecastingCodec)
    return codec, told


@pytest.mark.parametrize("setting", ["past_covariates", "future_covariates"])
def test_a_covariate_of_few_kinds_has_a_channel_for_each(setting: str, tmp_path: Path) -> None:
    skies = ["sun", "rain", "snow"]
    rows = ([day(n), value(n), skies[n % 3] if n < 140 else "fog"] for n in range(ROWS))
    found = made(write(tmp_path / "a.csv", ["date", "sold", "sky"], rows))
    assert found.codec.layout.channels == ("sold",)
    codec, told = _with(found.document, **{setting: ["sky"]})
    assert codec.layout.channels == ("sold", "sky=rain", "sky=snow", "sky=sun")
    assert any("'sky=fog' is a kind that training did not have" in text for text in told)
    codec.save(tmp_path)
    from seqkit_timeseries.task import Forecasting

    again = ForecastingCodec.load(tmp_path, Forecasting.Config)
    assert again.layout == codec.layout
    given = [
        {"date": str(day(n)), "sold": str(n) if n < 60 else "", "sky": "sun"} for n in range(74)
    ]
    records = again.parse(given)
    values = again.encode(records, told.append)["values"]
    assert values[:, 1:].tolist() == [[0, 0, 1]] * len(values) or setting == "past_covariates"
    assert values[:30, 1:].tolist() == [[0, 0, 1]] * 30


def test_static_covariates_are_scaled_over_all_series(tmp_path: Path) -> None:
    shops = [("n", 100, "big"), ("s", 40, "small"), ("e", 40, "small")]
    rows = ([shop, day(n), value(n), size, kind] for shop, size, kind in shops for n in range(80))
    found = made(write(tmp_path / "a.csv", ["shop", "ds", "y", "size", "kind"], rows))
    assert found.codec.layout.targets == ("y",)
    assert "static_covariates=size,kind" in found.said
    codec, _ = _with(found.document, static_covariates=["size", "kind"])
    assert codec.layout.future == ("size", "kind=big", "kind=small")
    assert codec.layout.beforehand == ()
    values = codec.encode(codec.parse([]), list[str]().append)["values"]
    rows_each = len(values) // 3
    seen = values[::rows_each, 1:]
    assert seen[:, 1:].tolist() == [[1, 0], [0, 1], [0, 1]]
    assert seen[0, 0] == pytest.approx(math.sqrt(2))
    assert seen[1, 0] == seen[2, 0] < 0


# --- numbers with a sign --------------------------------------------------------------------------

SIGNED: dict[str, Callable[[float], str]] = {
    "$": lambda number: f"{'-' if number < 0 else ''}${abs(number):,.2f}",
    "%": lambda number: f"{number:.2f}%",
    "€": lambda number: f"{number:,.2f} €".replace(",", " ").replace(".", ","),
}


@pytest.mark.parametrize("sign", SIGNED)
def test_numbers_that_all_carry_one_sign_are_read_without_it(sign: str, tmp_path: Path) -> None:
    paid = [round(1700 * math.sin(n / 5), 2) for n in range(ROWS)]
    rows = [[str(day(n)), str(n % 7), SIGNED[sign](paid[n]) if n != 9 else ""] for n in range(ROWS)]
    head = ("date", "sold", "paid")
    found = made(write(tmp_path / "a.csv", head, rows))
    assert found.codec.layout.targets == ("sold", "paid")
    assert len([text for text in found.told if f"carry: 'paid' ({sign})" in text]) == 1
    signed = [dict(zip(head, row, strict=True)) for row in rows]
    bare = [{**row, "paid": row["paid"].replace(sign, "")} for row in signed]
    for given in (signed, bare):
        (record,) = found.codec.parse(given)
        assert record["values"]["paid"][10:].tolist() == paid[10:]
    with pytest.raises(DataError, match=r"'paid'\. Write the digits"):
        found.codec.parse([{**row, "paid": "£5"} for row in signed])


@pytest.mark.parametrize("other", ["5", "€5", "5$", "($5)"])
def test_numbers_of_which_some_carry_another_sign_are_left_out(other: str, tmp_path: Path) -> None:
    rows = ([day(n), value(n), other if n % 5 == 3 else "$7"] for n in range(ROWS))
    found = made(write(tmp_path / "a.csv", ["date", "sold", "paid"], rows))
    assert found.codec.layout.targets == ("sold",)


# --- equal steps ----------------------------------------------------------------------------------


def _irregular() -> list[list[Any]]:
    moments = np.cumsum(np.random.default_rng(1).integers(3, 31, 600)) * 60
    start = np.datetime64("2024-01-01T00:00:00")
    return [[str(start + int(m)).replace("T", " "), 1.0] for m in moments]


def test_irregular_rows_are_brought_to_the_steps_that_are_suggested(tmp_path: Path) -> None:
    rows = _irregular()
    path = write(tmp_path / "a.csv", ["time", "n"], rows)
    assert any("dataset.resample=15min brings" in text for text in made(path).told)
    found = made(path, resample="1h", aggregate="sum")
    assert str(found.codec.frequency) == "hourly"
    assert any(text.startswith("600 rows of") and "1h (sum)" in text for text in found.told)
    hours = [row[0][:13] for row in rows]
    kept = found.codec.tail[0]
    assert kept["values"]["n"][-2] == hours.count(str(kept["time"][-2])[:13].replace("T", " "))
    (record,) = found.codec.parse([{"time": time, "n": str(n)} for time, n in rows[:300]])
    assert np.nansum(record["values"]["n"]) == 300


@pytest.mark.parametrize("step", ["fortnight", "0h", "1x", "h1"])
def test_a_step_that_is_none_is_refused(step: str, tmp_path: Path) -> None:
    from seqkit.errors import ConfigurationError

    path = write(tmp_path / "a.csv", ["time", "n"], _irregular())
    with pytest.raises(ConfigurationError, match="no step such as 15min"):
        made(path, resample=step)


# --- time zones -----------------------------------------------------------------------------------


def _berlin(start: datetime, rows: int) -> list[datetime]:
    return [(start + timedelta(hours=row)).astimezone(BERLIN) for row in range(rows)]


SPRING = _berlin(datetime(2024, 3, 25, tzinfo=UTC), 160)
AUTUMN = _berlin(datetime(2024, 10, 22, tzinfo=UTC), 160)


def test_changing_offsets_are_those_of_a_zone_and_go_on_in_it(tmp_path: Path) -> None:
    rows = ([time.isoformat(), value(n)] for n, time in enumerate(SPRING[:143]))
    found = made(write(tmp_path / "a.csv", ["time", "y"], rows))
    assert any("offsets change as in Europe/Berlin" in text for text in found.told) is False
    # Winter alone: an offset that stays is kept as it is.
    rows = ([time.isoformat(), value(n)] for n, time in enumerate(SPRING))
    found = made(write(tmp_path / "b.csv", ["time", "y"], rows))
    assert any("offsets change as in Europe/Berlin" in text for text in found.told)
    assert (found.codec.frequency.zone, str(found.codec.frequency)) == ("Europe/Berlin", "hourly")
    last = SPRING[-1].isoformat()[:16] + SPRING[-1].isoformat()[-6:]
    assert ahead(found.codec)[0] > last
    assert ahead(found.codec)[0].endswith("+02:00")
    back = [{"time": time.isoformat(), "y": "1"} for time in AUTUMN[:144]]
    expected = [time.isoformat(timespec="minutes") for time in AUTUMN[144:147]]
    assert ahead(found.codec, found.codec.parse(back)) == expected


def test_the_calendar_is_that_of_the_clock(tmp_path: Path) -> None:
    from seqkit_timeseries._frequency import calendar_features

    rows = ([time.isoformat(), value(n)] for n, time in enumerate(SPRING))
    codec = made(write(tmp_path / "a.csv", ["time", "y"], rows)).codec
    kept = codec.tail[0]["time"]
    waves = calendar_features(kept, ("hour",), codec.frequency)
    hours = [time.hour for time in SPRING[-len(kept) :]]
    assert waves[:, 0] == pytest.approx(np.sin(2 * np.pi * np.array(hours) / 24), abs=1e-6)


@pytest.mark.parametrize("times", [SPRING, AUTUMN], ids=["spring", "autumn"])
def test_times_without_offsets_are_of_the_zone_that_a_setting_names(
    times: list[datetime], tmp_path: Path
) -> None:
    rows = ([time.replace(tzinfo=None).isoformat(" "), value(n)] for n, time in enumerate(times))
    path = write(tmp_path / "a.csv", ["time", "y"], rows)
    found = made(path, time_zone="Europe/Berlin")
    assert len(found.codec.tail[0]["time"]) == min(len(times), found.codec.reach)
    assert not any("missing" in text or "time of another" in text for text in found.told)
    moment = times[-1] + timedelta(hours=1)
    assert ahead(found.codec)[0] == moment.isoformat(timespec="minutes")


def test_the_hour_that_comes_twice_is_told_by_each_series_alone() -> None:
    from seqkit.data.times import read_times, settled

    clock = [time.replace(tzinfo=None).isoformat() for time in AUTUMN[100:140]]
    expected = [
        np.datetime64(time.astimezone(UTC).replace(tzinfo=None)) for time in AUTUMN[100:140]
    ]
    both = settled(read_times(clock * 2), "Europe/Berlin", False, np.repeat([0, 1], 40))
    assert (both.times == np.array(expected * 2)).all()
    falling = settled(read_times(clock[::-1]), "Europe/Berlin", False)
    assert (falling.times == np.array(expected[::-1])).all()


def test_days_of_23_and_25_hours_are_days(tmp_path: Path) -> None:
    starts = [datetime(2024, 3, 1, tzinfo=BERLIN) + timedelta(days=n) for n in range(ROWS)]
    rows = ([time.isoformat(), value(n)] for n, time in enumerate(starts))
    found = made(write(tmp_path / "a.csv", ["day", "y"], rows))
    assert (str(found.codec.frequency), found.codec.frequency.local) == ("daily", True)
    assert ahead(found.codec)[0] == "2024-08-08"


def test_utc_stays_utc_and_a_fixed_offset_stays_fixed(tmp_path: Path) -> None:
    for end in ("Z", "+05:30"):
        rows = ([hour(n).isoformat() + end, value(n)] for n in range(ROWS))
        found = made(write(tmp_path / "a.csv", ["time", "y"], rows))
        assert ahead(found.codec)[0] == f"2024-02-05T16:00{end}"
        assert not any("offset" in text for text in found.told)


def test_unix_times_are_shown_in_the_zone_that_is_named(tmp_path: Path) -> None:
    rows = ([1699999200 + 3600 * n, value(n)] for n in range(ROWS))
    found = made(write(tmp_path / "a.csv", ["ts", "y"], rows), time_zone="America/New_York")
    assert ahead(found.codec)[0] == "2023-11-21T09:00-05:00"


def test_a_zone_that_is_none_is_refused(tmp_path: Path) -> None:
    from seqkit.errors import DataError

    path = write(tmp_path / "a.csv", ["time", "y"], ([hour(n), value(n)] for n in range(ROWS)))
    with pytest.raises(DataError, match=r"dataset\.time_zone is 'Europ/Berlin', which is no time"):
        made(path, time_zone="Europ/Berlin")


def test_a_split_begins_at_a_date_of_the_clock(tmp_path: Path) -> None:
    rows = ([time.isoformat(), value(n)] for n, time in enumerate(SPRING))
    path = write(tmp_path / "a.csv", ["time", "y"], rows)
    from seqkit_timeseries.datasets import SeriesCsv

    settings = SeriesCsv.Config(path=str(path), test="2024-03-31")
    splits = SeriesCsv().splits(settings, list[str]().append)
    (record,) = list(splits["test"])
    first = next(n for n, time in enumerate(SPRING) if time.day == 31)
    assert record["start"] == first


def test_a_run_of_before_zones_goes_on_with_the_times_that_it_had(tmp_path: Path) -> None:
    rows = ([hour(n).isoformat() + "+05:30", value(n)] for n in range(ROWS))
    found = made(write(tmp_path / "a.csv", ["time", "y"], rows))
    from seqkit_timeseries._layout import times_in
    from seqkit_timeseries.datasets import SeriesCsv

    (record,) = SeriesCsv().splits(
        SeriesCsv.Config(path=str(tmp_path / "a.csv")), list[str]().append
    )["train"]
    assert str(times_in(record, found.codec.frequency)[0]) == "2024-01-30T00:00:00"
    before = replace(found.codec.frequency, zone="", local=False)
    assert str(times_in(record, before)[0]) == "2024-01-29T18:30:00"


def test_days_that_are_made_of_hours_are_those_of_the_clock(tmp_path: Path) -> None:
    rows = ([time.isoformat(), 1] for time in _berlin(datetime(2024, 3, 5, tzinfo=UTC), 24 * 100))
    path = write(tmp_path / "a.csv", ["time", "n"], rows)
    found = made(path, resample="1d", aggregate="sum")
    assert str(found.codec.frequency) == "daily"
    days = load_experiment(found.document, registry_of_all()).dataset
    (record,) = days.component.splits(days.config, list[str]().append)["test"]
    texts = [str(time)[:10] for time in record["time"]]
    counts = dict(zip(texts, record["values"]["n"], strict=True))
    assert [counts[f"2024-03-{day}"] for day in (30, 31)] == [24, 23]


# --- trained, asked and scored --------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["wide", "zone", "kinds"])
def test_such_files_are_trained_on_and_asked(kind: str, tmp_path: Path) -> None:
    import seqkit

    words = ["task.evaluation_stride=20"]
    if kind == "wide":
        rows: Rows = ([name, *numbers] for name, numbers in WIDE)
        path = write(tmp_path / "a.csv", _headings(), rows)
    elif kind == "zone":
        rows = ([time.isoformat(), value(n)] for n, time in enumerate(SPRING))
        path = write(tmp_path / "a.csv", ["time", "y"], rows)
    else:
        rows = ([shop, day(n), value(n), "ab"[n % 2], size, int(n % 9 == 0)]
                for shop, size in (("n", 1), ("s", 2)) for n in range(90))  # fmt: skip
        path = write(tmp_path / "a.csv", ["shop", "ds", "y", "sky", "size", "promo"], rows)
        words += ["task.past_covariates=sky", "task.static_covariates=size"]
    run = train(take(path, registry_of_all()), *words)
    answers = seqkit.load(run).predict([])
    assert len(answers) == {"wide": 4, "zone": 1, "kinds": 2}[kind]
    times = answers[0]["forecast"]["time"]
    expected = {"wide": "120", "zone": f"{times[0][:-6]}+02:00", "kinds": "2022-04-03"}
    assert times[0] == expected[kind]
    assert bool(answers[0].get("note")) == (kind == "kinds")


def test_a_file_of_winter_alone_is_scored_on_the_clock_of_the_run(tmp_path: Path) -> None:
    from seqkit_timeseries._layout import times_in
    from seqkit_timeseries.datasets import SeriesCsv

    for name, times in (("a.csv", SPRING), ("b.csv", SPRING[:100])):
        rows = ([time.isoformat(), value(n)] for n, time in enumerate(times))
        write(tmp_path / name, ["time", "y"], rows)
    codec = made(tmp_path / "a.csv").codec
    settings = SeriesCsv.Config(path=str(tmp_path / "b.csv"))
    (record,) = SeriesCsv().splits(settings, list[str]().append)["test"]
    assert record["names"]["time_zone"] == "+01:00"
    expected = [np.datetime64(time.astimezone(UTC).replace(tzinfo=None)) for time in SPRING[:100]]
    assert (times_in(record, codec.frequency) == np.array(expected)).all()


@pytest.mark.parametrize("begins", [210, 250])
def test_a_column_that_begins_late_is_read_where_it_can_be_learnt(
    begins: int, tmp_path: Path
) -> None:
    def row(step: int) -> tuple[Any, ...]:
        return day(step), value(step), value(step) if step >= begins else "NaN", "NaN"

    path = write(tmp_path / "late.csv", ("day", "sold", "online", "empty"), map(row, range(400)))
    found = made(path)
    assert "'empty' is empty and left out" in found.said
    assert ("'online' begins too late" in found.said) == (begins == 250)
    assert found.codec.layout.targets == (("sold", "online") if begins == 210 else ("sold",))


def test_a_series_without_numbers_to_train_on_is_left_out(tmp_path: Path) -> None:
    def row(shop: str, step: int) -> tuple[Any, ...]:
        return shop, day(step), "" if shop == "new" and step < 120 else value(step)

    rows = [row(shop, step) for shop in ("north", "new", "south") for step in range(ROWS)]
    found = made(write(tmp_path / "shops.csv", ("shop", "day", "sold"), rows))
    assert any("1 of 3 series have no numbers to train on: new" in t for t in found.told)


def test_a_table_of_missing_values_is_refused(tmp_path: Path) -> None:
    days = [(day(step), "NaN") for step in range(50)]
    path = write(tmp_path / "nothing.csv", ("day", "sold"), days)
    with pytest.raises(DataError, match="Beside the times in 'day' no column holds numbers"):
        take(path, registry_of_all())


@pytest.mark.parametrize("text", ["inf", "1e400"])
def test_a_number_that_is_not_finite_is_refused_by_its_line(text: str, tmp_path: Path) -> None:
    rows = [(day(row), text if row == 77 else value(row)) for row in range(ROWS)]
    path = write(tmp_path / "endless.csv", ["day", "y"], rows)
    with pytest.raises(DataError, match=f"line 79: '{text}' in column 'y' is no finite number"):
        take(path, registry_of_all())


def test_a_column_of_one_number_is_no_target_and_one_to_ask_about_is_not_passed_over(
    tmp_path: Path,
) -> None:
    rows = [(day(row), value(row), 1) for row in range(ROWS)]
    found = made(write(tmp_path / "open.csv", ["day", "y", "open"], rows))
    assert "'open' is the same number throughout and left out" in found.said
    assert found.codec.layout.targets == ("y",)
    open_ = [(day(row), row % 7, f"{1 + row % 9}.{row:03}") for row in range(ROWS)]
    with pytest.raises(DataError, match="may be 1000 or"):
        made(write(tmp_path / "asked.csv", ["day", "y", "sold"], open_))


def test_a_text_with_tabs_between_times_and_numbers_is_a_table(tmp_path: Path) -> None:
    rows = [(day(row), value(row)) for row in range(ROWS)]
    found = made(write(tmp_path / "sold.txt", ["date", "y"], rows, delimiter="\t"))
    assert found.dataset["time"] == "date"
    assert "It could be for language-modeling as well" in found.said
