"""The bundled time series and the benchmarks."""

import hashlib
import os
import re
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqkit.api import Dataset
from seqkit.data import FetchOptions
from seqkit.errors import DataError
from seqkit_timeseries.datasets import (
    Etth1,
    ExchangeRate,
    M4Hourly,
    Stocks,
    Temperatures,
    Weather,
)

BENCHMARKS = (Etth1, ExchangeRate, M4Hourly)


def records(dataset: type[Dataset], **config: Any) -> tuple[dict[str, list[Any]], list[str]]:
    told: list[str] = []
    found = dataset().splits(dataset.Config(**config), told.append)
    return {name: list(rows) for name, rows in found.items()}, told


def spans(splits: dict[str, list[Any]]) -> dict[str, tuple[str, str]]:
    """Returns the first and last day of each split's own rows."""
    return {
        name: (str(rows[0]["time"][rows[0]["start"]])[:10], str(rows[0]["time"][-1])[:10])
        for name, rows in splits.items()
    }


def test_the_weather_of_seattle_is_split_by_years() -> None:
    splits, told = records(Weather)
    assert spans(splits) == {
        "train": ("2012-01-01", "2014-06-30"),
        "validation": ("2014-07-01", "2014-12-31"),
        "test": ("2015-01-01", "2015-12-31"),
    }
    whole = splits["test"][0]
    assert list(whole["values"]) == ["precipitation", "temp_max", "temp_min", "wind", "weather"]
    assert whole["aside"] == {"weather": "is text of 5 kinds"}
    assert whole["targets"] == ("temp_max",)
    assert whole["values"]["temp_max"][:2].tolist() == [12.8, 10.6]
    assert told == []


def test_the_temperatures_of_melbourne_have_one_missing_day() -> None:
    splits, told = records(Temperatures)
    whole = splits["test"][0]
    assert len(whole["time"]) == 3652
    missing = np.flatnonzero(np.isnan(whole["values"]["Temp"]))
    assert [str(whole["time"][row])[:10] for row in missing] == ["1984-12-31"]
    assert told == []


def test_the_stocks_are_five_series_of_two_lengths() -> None:
    splits, told = records(Stocks)
    lengths = {row["series"]: len(row["time"]) for row in splits["test"]}
    assert lengths == {"MSFT": 123, "AMZN": 123, "IBM": 123, "GOOG": 68, "AAPL": 123}
    assert spans(splits)["test"] == ("2009-04-01", "2010-03-01")
    assert told == []


@pytest.mark.parametrize("name", ["weather", "temperatures", "stocks"])
def test_bundled_files_come_with_source_licence_and_hash(repository: Path, name: str) -> None:
    folder = repository / "data" / name
    (file,) = folder.glob("*.csv")
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(file.read_bytes()).hexdigest() in text
    assert re.search(r"\*\*Licence:\*\*.*\n?.*\*\*sha256", text, re.DOTALL)
    assert "**Source:**" in text


@pytest.mark.parametrize("dataset", [Weather, Temperatures, Stocks])
def test_settings_change_the_fingerprint(dataset: type[Any]) -> None:
    first = dataset().fingerprint(dataset.Config())
    assert first == dataset().fingerprint(dataset.Config())
    assert first != dataset().fingerprint(dataset.Config(test=0.3))


# --- benchmarks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", BENCHMARKS)
def test_a_benchmark_that_is_not_here_says_how_to_get_it(dataset: type[Dataset]) -> None:
    with pytest.raises(DataError, match=rf"Run 'seqkit data get {dataset.name}' to download it"):
        records(dataset)


def test_a_folder_without_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no Hourly-train\.csv in .*'Hourly-test\.csv'"):
        M4Hourly().get(M4Hourly.Config(), FetchOptions(source=tmp_path))


def etth1_file(path: Path, rows: int = 17_420, ends: str = "\n") -> Path:
    hours = np.datetime_as_string(np.datetime64("2016-07-01T00") + np.arange(rows), unit="s")
    lines = ["date,HUFL,HULL,MUFL,MULL,LUFL,LULL,OT"]
    lines += [f"{hour.replace('T', ' ')},1,2,3,4,5,6,{n % 24}" for n, hour in enumerate(hours)]
    path.write_bytes((ends.join(lines) + ends).encode())
    return path


def test_another_version_of_a_file_is_taken_with_a_word_where_it_can_be_read_as_it(
    tmp_path: Path,
) -> None:
    told: list[str] = []
    options = FetchOptions(source=etth1_file(tmp_path / "ETTh1.csv"), notify=told.append)
    assert Etth1().get(Etth1.Config(), options) == Etth1().location(Etth1.Config())
    assert "is not the published file" in told[0]
    assert set(records(Etth1)[0]) == {"train", "validation", "test"}


@pytest.mark.parametrize("kind", ["short", "archive", "other columns", "empty", "pipe", "folder"])
def test_a_wrong_file_is_refused_and_what_was_here_stays(tmp_path: Path, kind: str) -> None:
    home = Etth1().get(Etth1.Config(), FetchOptions(source=etth1_file(tmp_path / "ETTh1.csv")))
    before = {path.name: path.read_bytes() for path in home.iterdir()}
    wrong = tmp_path / "anything.tar.gz"
    if kind == "short":
        etth1_file(wrong, rows=10)
    elif kind == "archive":
        with tarfile.open(wrong, "w:gz") as archive:
            archive.add(tmp_path / "ETTh1.csv", "ETTh1.csv")
    elif kind == "other columns":
        wrong.write_text("date,OT\n2016-07-01,1\n2016-07-02,2\n", encoding="utf-8")
    elif kind == "empty":
        wrong.write_bytes(b"")
    elif kind == "pipe":
        os.mkfifo(wrong)
    else:
        wrong.mkdir()
    with pytest.raises(DataError, match=r"anything\.tar\.gz"):
        Etth1().get(Etth1.Config(), FetchOptions(source=wrong))
    assert {path.name: path.read_bytes() for path in home.iterdir()} == before


def test_a_stored_dataset_whose_bits_changed_is_named_with_what_to_do(tmp_path: Path) -> None:
    home = Etth1().get(Etth1.Config(), FetchOptions(source=etth1_file(tmp_path / "ETTh1.csv")))
    path = home / "ETTh1.csv"
    content = bytearray(path.read_bytes())
    content[5000] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"ETTh1\.csv is damaged.*data get etth1 --force"):
        records(Etth1)


@pytest.fixture
def get(real_data: Callable[[str], Path]) -> Callable[[type[Dataset], str], None]:
    def fetched(dataset: type[Dataset], name: str) -> None:
        told: list[str] = []
        options = FetchOptions(source=real_data(name), notify=told.append)
        dataset().get(dataset.Config(), options)
        assert told == []

    return fetched


def test_etth1_has_the_published_splits(get: Callable[..., None]) -> None:
    get(Etth1, "ett/ETTh1.csv")
    splits, told = records(Etth1)
    assert {name: len(rows[0]["time"]) for name, rows in splits.items()} == {
        "train": 8640,
        "validation": 11_520,
        "test": 14_400,
    }
    assert splits["test"][0]["start"] == 11_520
    assert list(splits["train"][0]["values"])[-1] == "OT"
    assert told == []


def test_exchange_rates_have_the_published_splits(get: Callable[..., None]) -> None:
    get(ExchangeRate, "exchange_rate/exchange_rate.txt.gz")
    splits, told = records(ExchangeRate)
    assert [splits[name][0]["start"] for name in splits] == [0, int(0.6 * 7588), int(0.8 * 7588)]
    assert len(splits["test"][0]["values"]) == 8
    assert told == []


def test_m4_hourly_tests_on_the_hours_of_the_competition(get: Callable[..., None]) -> None:
    get(M4Hourly, "m4")
    splits, told = records(M4Hourly)
    assert {name: len(rows) for name, rows in splits.items()} == dict.fromkeys(
        ("train", "validation", "test"), 414
    )
    first = splits["test"][0]
    assert first["series"] == "H1"
    assert first["values"]["value"][first["start"] :][:3].tolist() == [619, 565, 532]
    assert len(first["time"]) - first["start"] == 48
    assert splits["validation"][0]["start"] == first["start"] - 48
    assert len(splits["train"][0]["time"]) == first["start"] - 48
    assert told == []
