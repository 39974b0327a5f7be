"""Which column of a person's table is what: ids, row counters, covariates, and what is left out."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqkit.data.roles import ids_among
from seqkit.errors import ConfigurationError, DataError
from seqkit_timeseries._codec import ForecastingCodec
from seqkit_timeseries.datasets import SeriesCsv
from seqkit_timeseries.task import Forecasting

ROWS = 60


def day(row: int) -> str:
    return str(np.datetime64("2022-01-01") + row)


def table(head: str, line: Callable[[int], str], rows: int = ROWS) -> str:
    return "\n".join([head, *(line(row) for row in range(rows))]) + "\n"


def encoded(
    folder: Path, text: str, task: dict[str, Any] | None = None, **dataset: Any
) -> tuple[ForecastingCodec, list[str]]:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    told: list[str] = []
    config = SeriesCsv.Config(path=str(path), **dataset)
    splits = SeriesCsv().splits(config, told.append)
    settings = Forecasting.Config(**{"context": 4, "horizon": 2, **(task or {})})
    codec, _ = Forecasting().encode(settings, splits, told.append)
    assert isinstance(codec, ForecastingCodec)
    return codec, told


# --- ids ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["unique_id", "id", "store", "SKU", "storeId", "item_id", "series", "region", "site_code"],
)
@pytest.mark.parametrize("ids", [("7", "8"), ("north", "south")])
def test_series_that_follow_each_other_are_told_apart_by_their_id(
    name: str, ids: Sequence[str], tmp_path: Path
) -> None:
    text = table(f"ds,{name},y", lambda row: f"{day(row)},{ids[row // 40]},{row % 7}.5", 80)
    codec, _ = encoded(tmp_path, text, validation=4, test=4)
    assert list(codec.scalers) == list(ids)
    assert codec.layout.columns == ("y",)


def test_series_that_follow_each_other_each_have_rows_in_every_split(tmp_path: Path) -> None:
    text = table("ds,unique_id,y", lambda row: f"{day(row)},{row // 30},{row % 7}.5", 150)
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    told: list[str] = []
    splits = SeriesCsv().splits(SeriesCsv.Config(path=str(path)), told.append)
    rows = {
        split: [(record["series"], record["start"], len(record["time"])) for record in records]
        for split, records in splits.items()
    }
    assert rows["train"] == [(str(n), 0, 18) for n in range(5)]
    assert rows["validation"] == [(str(n), 18, 24) for n in range(5)]
    assert rows["test"] == [(str(n), 24, 30) for n in range(5)]
    assert told == ["series follow each other in time: each is split by its own rows."]


def test_a_row_id_is_neither_series_nor_target(tmp_path: Path) -> None:
    text = table(
        "id,date,store,sales", lambda row: f"{row},{day(row % 30)},{row // 30},{row % 7}.5"
    )
    codec, told = encoded(tmp_path, text)
    assert list(codec.scalers) == ["0", "1"]
    assert codec.layout.columns == ("sales",)
    assert any("'id' counts the rows" in text for text in told)
    by_setting, _ = encoded(tmp_path, text, id="store")
    assert by_setting.layout.columns == ("sales",)


def test_several_ids_are_one_key_and_predict_takes_it(tmp_path: Path) -> None:
    rows = [(s, i, n) for s in "12" for i in "ab/" for n in range(40)]
    lines = [f"{day(n)},{s},{i},{n % 5}.5" for s, i, n in rows]
    codec, told = encoded(tmp_path, "\n".join(["date,store,item,y", *lines]))
    assert list(codec.scalers) == ["1/a", "1/b", "1/\\/", "2/a", "2/b", "2/\\/"]
    assert any("dataset.id=store,item" in text for text in told)
    codec.save(tmp_path)
    saved = ForecastingCodec.load(tmp_path, Forecasting.Config)
    table = [{"date": day(n), "item": "b", "store": "2", "y": "1.5"} for n in range(6)]
    assert [record["series"] for record in saved.parse(table)] == ["2/b"]
    with pytest.raises(DataError, match="have no column 'item', which tells series apart together"):
        saved.parse([{"date": day(0), "store": "2", "y": "1.5"}])


@pytest.mark.parametrize(
    ("written", "given"), [("7", "7.0"), ("7.0", "7"), ("7", 7.0), ("07", "07")]
)
def test_an_id_is_the_same_number_with_and_without_decimals(
    written: str, given: Any, tmp_path: Path
) -> None:
    text = table("ds,store,y", lambda n: f"{day(n % 30)},{written if n < 30 else 8},{n % 7}.5")
    codec, _ = encoded(tmp_path, text)
    [record] = codec.parse([{"ds": day(n), "store": given, "y": n % 7 + 0.5} for n in range(6)])
    assert record["series"] == written
    [other] = codec.parse([{"ds": day(n), "store": "007", "y": n % 7 + 0.5} for n in range(6)])
    assert other["series"] == "007"


def test_an_id_that_another_determines_adds_nothing() -> None:
    cells = {
        "state_id": ["X"] * 6 + ["Y"] * 6,
        "id": [f"s{row // 3}" for row in range(12)],
        "store": [f"{row // 6}" for row in range(12)],
    }
    assert ids_among(cells, ()) == ("id",)


def test_a_setting_says_that_no_column_is_an_id(tmp_path: Path) -> None:
    text = table("date,station,y", lambda row: f"{day(row)},{row % 3},{row % 7}.5")
    codec, _ = encoded(tmp_path, text, id="none")
    assert codec.layout.targets == ("station", "y")
    (record,) = codec.parse([{"date": day(n), "station": n % 3, "y": 1.5} for n in range(6)])
    assert record["series"] == ""


def test_fractions_are_no_ids(tmp_path: Path) -> None:
    text = table("date,item,y", lambda row: f"{day(row)},{row % 3}.5,{row % 7}.5")
    assert encoded(tmp_path, text)[0].layout.targets == ("item", "y")


def test_an_id_that_is_missing_is_named_by_its_line(tmp_path: Path) -> None:
    text = table("date,store,y", lambda row: f"{day(row)},{'' if row == 3 else 'a'},{row % 7}.5")
    with pytest.raises(DataError, match="line 5: there is no id, in column 'store'"):
        encoded(tmp_path, text)


# --- row counters ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Unnamed: 0", "", "index", "row_number", "anything"])
@pytest.mark.parametrize("begin", [0, 1])
def test_a_first_column_that_counts_the_rows_is_no_target(
    name: str, begin: int, tmp_path: Path
) -> None:
    text = table(f"{name},date,y", lambda row: f"{row + begin},{day(row)},{row % 7}.5")
    codec, told = encoded(tmp_path, text)
    assert codec.layout.columns == ("y",)
    assert any(f"{name or 'Unnamed: 0'!s}' counts the rows" in text for text in told)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("index", lambda row: 1000 + row),
        ("row", lambda row: 10 * row),
        ("No.", lambda row: 200 - 2 * row),
        ("index", lambda row: row + row // 7),
        ("elapsed", lambda row: row / 10),
        ("serial", lambda row: round(44562 + row / 24, 4)),
        ("Unnamed: 0", lambda row: 5000 + row + row // 9),
    ],
)
def test_rows_may_be_numbered_from_anywhere_in_any_steps_with_gaps(
    name: str, number: Callable[[int], float], tmp_path: Path
) -> None:
    text = table(f"{name},date,y", lambda row: f"{number(row)},{day(row)},{row % 7}.5")
    codec, told = encoded(tmp_path, text)
    assert codec.layout.columns == ("y",)
    assert any(f"{name!r} " in text and "neither forecast nor read" in text for text in told)


@pytest.mark.parametrize("numbers", [[5] * ROWS, [n * n for n in range(ROWS)], [1e9, 1e9 + 3] * 30])
def test_a_first_column_that_does_not_count_is_forecast(
    numbers: Sequence[float], tmp_path: Path
) -> None:
    text = table("level,date,y", lambda row: f"{numbers[row]},{day(row)},{row % 7}.5")
    assert encoded(tmp_path, text)[0].layout.targets == ("level", "y")


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("step", lambda row: row * 10),
        ("t", lambda row: f"{row * 0.1:.1f}"),
        ("index", lambda row: 1000 - row),
        ("No.", lambda row: (row % 20) * 5),
    ],
)
def test_a_column_named_as_a_counter_may_count_in_any_steps(
    name: str, cell: Callable[[int], Any], tmp_path: Path
) -> None:
    text = table(f"y,id,{name}", lambda row: f"{row % 7}.5,{row // 20},{cell(row)}")
    codec, told = encoded(tmp_path, text)
    assert codec.layout.columns == ("y",)
    assert any(f"{name!r} " in text and "neither forecast nor read" in text for text in told)


def test_a_counter_that_a_setting_names_is_read(tmp_path: Path) -> None:
    text = table("date,y,t", lambda row: f"{day(row)},{row % 7}.5,{row}")
    codec, told = encoded(tmp_path, text, {"future_covariates": ["t"]})
    assert (codec.layout.targets, codec.layout.future) == (("y",), ("t",))
    assert not any("neither forecast" in text for text in told)


def test_the_only_numbers_of_a_table_are_forecast(tmp_path: Path) -> None:
    assert encoded(tmp_path, table("y", str))[0].layout.targets == ("y",)


def test_dates_without_a_name_are_the_times(tmp_path: Path) -> None:
    codec, _ = encoded(tmp_path, table(",y", lambda row: f"{day(row)},{row % 7}.5"))
    assert codec.names["time"] == "Unnamed: 0"


# --- what is known ahead --------------------------------------------------------------------------


def test_a_covariate_that_is_named_is_not_also_a_target(tmp_path: Path) -> None:
    text = table("date,y,price,rain", lambda row: f"{day(row)},{row % 7}.5,{row % 3},{row % 4}")
    covariates = {"future_covariates": ["price"], "past_covariates": ["rain"]}
    layout = encoded(tmp_path, text, covariates)[0].layout
    assert (layout.targets, layout.past, layout.future) == (("y",), ("rain",), ("price",))
    with pytest.raises(ConfigurationError, match="'price', which is named already, by dataset"):
        encoded(tmp_path, text, covariates, targets=["y", "price"])
    with pytest.raises(ConfigurationError, match="no column is left to forecast"):
        encoded(tmp_path, text, {"future_covariates": ["price", "rain", "y"]})


def test_true_and_false_are_one_and_zero(tmp_path: Path) -> None:
    text = table("date,y,promo", lambda row: f"{day(row)},{row % 7}.5,{row % 3 == 0}")
    numbers = text.replace("True", "1").replace("False", "0")
    settings = {"future_covariates": ["promo"]}
    words, ones = (encoded(tmp_path, t, settings)[0] for t in (text, numbers))
    for one, other in zip(words.scalers.values(), ones.scalers.values(), strict=True):
        assert np.array_equal(one.location, other.location)


def test_rows_without_a_target_at_the_end_are_cut_and_what_they_know_ahead_is_used(
    tmp_path: Path,
) -> None:
    text = table(
        "date,y,price", lambda row: f"{day(row)},{f'{row % 7}.5' if row < 40 else ''},{row % 3}"
    )
    codec, told = encoded(tmp_path, text, {"future_covariates": ["price"]}, targets=["y"])
    assert any(
        "20 rows at the end have no target" in text and "2022-02-09" in text for text in told
    )
    codec.save(tmp_path)
    (record,) = ForecastingCodec.load(tmp_path, Forecasting.Config).parse([])
    assert str(record["time"][-1])[:10] == "2022-02-09"
    assert record["ahead"]["price"].tolist() == [40 % 3, 41 % 3]
    with_file = [
        dict(zip(("date", "y", "price"), line.split(","), strict=True))
        for line in text.splitlines()[1:]
    ]
    (same,) = codec.parse(with_file)
    assert same["time"][-1] == record["time"][-1]


def test_a_target_that_ends_before_another_is_told(tmp_path: Path) -> None:
    text = table("date,y,price", lambda n: f"{day(n)},{n % 7 + 0.5 if n < 50 else ''},{n % 3}.5")
    _, told = encoded(tmp_path, text)
    (said,) = (text for text in told if "has no value in the last" in text)
    assert "'y' of the series has no value in the last 10 rows" in said
    assert "write task.future_covariates=price" in said
    _, told = encoded(tmp_path, text, {"future_covariates": ["price"]})
    assert not any("has no value in the last" in text for text in told)


def test_the_splits_are_parts_of_the_rows_with_targets(tmp_path: Path) -> None:
    text = table("date,y", lambda row: f"{day(row)},{f'{row % 7}.5' if row < 40 else ''}")
    (tmp_path / "t.csv").write_text(text)
    config = SeriesCsv.Config(path=str(tmp_path / "t.csv"), validation=0.25, test=0.25)
    splits = SeriesCsv().splits(config, lambda _: None)
    assert {name: len(next(iter(rows))["time"]) for name, rows in splits.items()} == {
        "train": 20,
        "validation": 30,
        "test": 40,
    }


def test_a_resumed_run_says_that_its_last_rows_are_not_the_last_of_the_data(tmp_path: Path) -> None:
    codec, _ = encoded(tmp_path, table("date,y", lambda row: f"{day(row)},{row % 7}.5"))
    longer = table("date,y", lambda row: f"{day(row)},{row % 7}.5", 90)
    (tmp_path / "table.csv").write_text(longer)
    told: list[str] = []
    config = SeriesCsv.Config(path=str(tmp_path / "table.csv"))
    for records in SeriesCsv().splits(config, told.append).values():
        codec.encode(records, told.append)
    assert [text for text in told if "2022-03-01" in text and "--file" in text]
    assert len([text for text in told if "go on behind" in text]) == 1


@pytest.mark.parametrize(
    "cell",
    [lambda row: 1_640_995_200 + row * 86_400, lambda row: day(row).replace("-", "")],
)
def test_times_in_a_second_column_are_no_target(cell: Callable[[int], Any], tmp_path: Path) -> None:
    text = table("date,seen,y", lambda row: f"{day(row)},{cell(row)},{row % 7}.5")
    codec, told = encoded(tmp_path, text)
    assert codec.layout.columns == ("y",)
    assert any("'seen' holds times" in text for text in told)
    assert encoded(tmp_path, text, targets=["seen", "y"])[0].layout.targets == ("seen", "y")


# --- no header -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        table("2021-12-31,4.5", lambda row: f"{day(row)},{row % 7}.5"),
        table("31.12.2021;a;4,5", lambda row: f"{row % 28 + 1:02}.0{row // 28 + 1}.2022;a;1,5"),
        table("01/02/2021,4", lambda row: f"0{row % 9 + 1}/02/{2022 + row // 9},{row % 7}"),
        table("0,4.5", lambda row: f"{row + 1},{row % 7}.5"),
        table("4.5", lambda row: f"{row % 7}.5"),
        table("1.25,0.5,3", lambda row: f"{row % 7}.5,0.25,{row}"),
    ],
)
def test_a_first_row_that_names_nothing_is_not_lost(text: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"names no columns.*set dataset\.header=false"):
        encoded(tmp_path, text)
    if "/" not in text:
        encoded(tmp_path, text, header=False)


@pytest.mark.parametrize("head", ["month,2020,2021", "date,0.1,0.9", "0,1,2", ",10,20"])
def test_numbers_may_be_names(head: str, tmp_path: Path) -> None:
    codec, _ = encoded(tmp_path, table(head, lambda row: f"{day(row)},{row % 7}.5,{row % 5}"))
    assert codec.layout.targets == tuple(head.split(",")[1:])


# --- left out -------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["(1234)", "5 EUR", "12 km"])
def test_numbers_with_something_around_them_are_named_with_what_to_do(
    cell: str, tmp_path: Path
) -> None:
    text = table("date,y,paid", lambda row: f"{day(row)},{row % 7}.5,{cell}")
    _, told = encoded(tmp_path, text)
    assert any(f"such as {cell!r}. Write the digits alone" in text for text in told)
    with pytest.raises(DataError, match=r"line 2: .* is no number, in column 'paid'. Write"):
        encoded(tmp_path, text, targets=["paid"])


def test_an_empty_column_is_left_out_and_said(tmp_path: Path) -> None:
    codec, told = encoded(tmp_path, table("date,y,z", lambda row: f"{day(row)},{row % 7}.5,"))
    assert codec.layout.targets == ("y",)
    assert any("'z'" in text and "no value" in text for text in told)


def test_a_text_that_may_tell_series_apart_is_pointed_at(tmp_path: Path) -> None:
    text = table("date,colour,y", lambda row: f"{day(row)},{'AB'[row // 30]},{row % 7}.5")
    assert any("write dataset.id=colour" in text for text in encoded(tmp_path, text)[1])


# --- what predict is given ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "inputs",
    [
        [1.5, 2.5, 3.5, 4.5],
        [[1.5, 2.5, 3.5, 4.5]],
        [np.array([1.5, 2.5, 3.5, 4.5])],
        ["1.5 2.5 3.5 4.5"],
        [{"y": value, "date": day(row)} for row, value in enumerate((1.5, 2.5, 3.5, 4.5))],
        [json.dumps({"values": {"y": [1.5, 2.5, 3.5, 4.5]}})],
    ],
)
def test_numbers_are_read_as_they_are_given(inputs: list[Any], tmp_path: Path) -> None:
    text = table("date,y", lambda row: f"{day(row)},{row % 7}.5")
    for decimal in (".", ","):
        codec, _ = encoded(tmp_path, text)
        codec.names = {"time": "date", "decimal": decimal}
        (record,) = codec.parse(inputs)
        assert record["values"]["y"].tolist() == [1.5, 2.5, 3.5, 4.5]


@pytest.mark.parametrize(
    "inputs",
    [
        [object()],
        [1, "2"],
        [""],
        [None],
        [{"values": {"y": 5}}],
        [{"values": {"y": [1.0]}, "time": 5}],
        ['"'],
        [{1: 2}],
    ],
)
def test_what_is_no_input_is_refused(inputs: list[Any], tmp_path: Path) -> None:
    codec, _ = encoded(tmp_path, table("date,y", lambda row: f"{day(row)},{row % 7}.5"))
    with pytest.raises(DataError):
        codec.parse(inputs)
