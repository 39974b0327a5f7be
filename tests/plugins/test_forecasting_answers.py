"""Forecasts of chosen series and columns, and beyond the horizon of the training."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqkit


def long_table(rows: dict[str, int]) -> list[dict[str, Any]]:
    """Returns the rows of several series of days, with two columns and one that is known ahead."""
    found = []
    for place, (name, count) in enumerate(rows.items()):
        for day in range(count):
            wave = np.sin(day * 2 * np.pi / 7)
            row: dict[str, Any] = {"shop": name, "day": str(np.datetime64("2024-01-01") + day)}
            row |= {"sales": 10.0 * (place + 1) + wave, "visits": 50 + 5 * wave, "open": day % 7}
            found.append(row)
    return found


def write(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def train(folder: Path, **task: Any) -> seqkit.Result:
    path = write(folder / "sales.csv", long_table({"a": 60, "b": 60, "c,d": 60}))
    settings = {"name": "forecasting", "context": 7, "horizon": 3, "normalization": "standard+last"}
    document = {
        "dataset": {"name": "series-csv", "path": str(path), "id": ["shop"]},
        "task": {**settings, "targets": ["sales", "visits"], "past_covariates": "none", **task},
        "model": {"name": "rnn", "hidden_size": 4},
        "trainer": {"max_steps": 8, "threads": 1, "device": "cpu", "samples": 0},
    }
    return seqkit.run(document, runs_dir=folder / "runs", progress=False)


@pytest.fixture(scope="module")
def predictor(isolated_session: None, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return seqkit.load(train(tmp_path_factory.mktemp("answers")))


def test_a_longer_horizon_is_the_same_as_giving_the_forecasts_as_new_rows(predictor: Any) -> None:
    rows = long_table({"a": 20})
    (longer,) = predictor.predict(rows, horizon=8)
    going = list(rows)
    found: list[list[float]] = [[], []]
    for _ in range(3):
        (block,) = predictor.predict(going)
        for step, time in enumerate(block["forecast"]["time"]):
            sales, visits = (column[step] for column in block["forecast"]["values"])
            going.append({"shop": "a", "day": time, "sales": sales, "visits": visits, "open": 0})
            found[0].append(sales)
            found[1].append(visits)
    assert len(longer["forecast"]["time"]) == 8
    for mine, other in zip(longer["forecast"]["values"], found, strict=True):
        np.testing.assert_allclose(mine, other[:8], rtol=1e-4)
    assert "from row 4 on they go on from forecasts" in longer["note"]
    assert "note" not in predictor.predict(rows, horizon=3)[0]


def test_chosen_series_and_columns_alone_are_answered(predictor: Any) -> None:
    (only,) = predictor.predict(series="b", target="visits")
    assert (only["series"], only["columns"]) == ("b", ["visits"])
    both = predictor.predict(series=["b", "a"])
    assert [answer["series"] for answer in both] == ["b", "a"]
    assert both[0]["forecast"]["values"][1] == only["forecast"]["values"][0]
    assert predictor.predict(series="c,d")[0]["series"] == "c,d"


def test_a_wrong_series_or_column_is_refused_with_the_nearest(predictor: Any) -> None:
    with pytest.raises(seqkit.ConfigurationError, match=r"series names 'cd'.*Did you mean c,d"):
        predictor.predict(series="cd")
    with pytest.raises(seqkit.ConfigurationError, match=r"'visit', which is no column.*visits"):
        predictor.predict(target="visit")


def test_a_short_series_among_others_is_left_out_and_named(predictor: Any) -> None:
    with pytest.warns(RuntimeWarning, match="1 of 3 series have fewer rows than the 7.*: 'b'"):
        answers = predictor.predict(long_table({"a": 20, "b": 5, "c,d": 20}))
    assert [answer["series"] for answer in answers] == ["a", "c,d"]
    with pytest.raises(seqkit.DataError, match="series 'b' has 5 rows, and the run reads 7"):
        predictor.predict(long_table({"b": 5}))


def test_rows_ahead_are_asked_for_where_the_run_reads_what_is_known_ahead(tmp_path: Path) -> None:
    predictor = seqkit.load(train(tmp_path, future_covariates=["open"], calendar=["weekday"]))
    rows = long_table({"a": 26})
    for row in rows[20:]:
        row |= {"sales": "", "visits": ""}
    assert len(predictor.predict(rows, horizon=5)[0]["forecast"]["time"]) == 5
    with pytest.raises(seqkit.ConfigurationError, match=r"has 6 rows ahead of 'open'.*Give 9 rows"):
        predictor.predict(rows, horizon=7)


def test_columns_that_are_read_and_not_forecast_keep_the_trained_horizon(tmp_path: Path) -> None:
    result = train(tmp_path, past_covariates=["open"])
    with pytest.raises(seqkit.ConfigurationError, match="would have to know 'open' too"):
        result.predict(horizon=4)
