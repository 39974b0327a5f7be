"""`seqkit_timeseries.split_series`: records of forecasting from series of any source."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from seqkit.api import Task, ignore
from seqkit.errors import DataError
from seqkit_timeseries import split_series
from seqkit_timeseries.task import Forecasting

DAYS = [date(2024, 1, 1) + timedelta(step) for step in range(60)]
SERIES: dict[str, Any] = {
    "north": ([day.isoformat() for day in DAYS], {"sold": range(60), "price": [1.0] * 60}),
    "south": (DAYS, {"sold": [None, *range(59)], "price": [2.0] * 60}),
}


def encoded(splits: Any) -> dict[str, Any]:
    task = Forecasting()
    config = task.Config(context=8, horizon=2)
    return task.encode(config, splits, ignore)[1]


def test_each_record_holds_its_past_and_says_where_its_split_begins() -> None:
    splits = split_series(SERIES, validation="2024-02-10", test=10, targets=["sold"], period=7)
    starts = {split: [record["start"] for record in records] for split, records in splits.items()}
    north, south = splits["test"]

    assert starts == {"train": [0, 0], "validation": [40, 40], "test": [50, 50]}
    assert [len(record["time"]) for record in splits["validation"]] == [50, 50]
    assert north["time"].dtype.kind == south["time"].dtype.kind == "M"
    assert (north["series"], north["targets"], north["period"]) == ("north", ("sold",), 7)
    assert np.isnan(south["values"]["sold"][0])


def test_a_task_encodes_them_and_names_what_a_record_lacks() -> None:
    splits = split_series(SERIES, validation=0.2, test=0.2)
    arrays = encoded(splits)
    without = {
        split: [{key: value for key, value in record.items() if key != "start"} for record in rows]
        for split, rows in splits.items()
    }

    assert set(arrays) == {"train", "validation", "test"}
    with pytest.raises(
        DataError, match=r"record 1 of the train split has no 'start'\. 'seqkit sho"
    ):
        encoded(without)


def test_every_key_of_a_record_is_explained_by_the_task() -> None:
    task: Task = Forecasting()
    records = split_series(SERIES, targets=["sold"], period=7)["train"]

    for record in records:
        assert set(task.fields) <= set(record)
        assert set(record) <= {*task.fields, *task.optional_fields}


@pytest.mark.parametrize(
    ("series", "message"),
    [
        ({}, "there are no series"),
        ({"a": ([1, 2], {"x": [1.0]})}, "column 'x' of series 'a' has 1 numbers, and there are 2"),
        ({"a": ([2, 1], {"x": [1.0, 2.0]})}, "the times of series 'a' do not rise"),
        ({"a": ([1, 1], {"x": [1.0, 2.0]})}, "the times of series 'a' do not rise"),
    ],
)
def test_series_that_are_none_are_refused(series: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        split_series(series)
