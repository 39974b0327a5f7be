"""Which settings the task of forecasts chooses for one's own series."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqkit.experiments.beginning import begin
from seqkit.experiments.loading import load_experiment
from seqkit.experiments.own_data import recognise
from seqkit.registry.discovery import load_registry
from seqkit_timeseries import split_series
from seqkit_timeseries._strength import found_season, strength
from seqkit_timeseries.task import Forecasting

HOURS, DAYS, MONTHS = "datetime64[h]", "datetime64[D]", "datetime64[M]"


def noise(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=count)


def wave(count: int, period: float, size: float = 3.0) -> np.ndarray:
    return size * np.sin(2 * np.pi * np.arange(count) / period)


def splits_of(
    *series: Mapping[str, Any], kind: str = DAYS, step: int = 1
) -> dict[str, list[Mapping[str, Any]]]:
    """Splits series by time, one row every so many hours, days or months."""
    held = {}
    for number, columns in enumerate(series):
        rows = len(next(iter(columns.values())))
        first = np.datetime64("2015-01-05").astype(kind)
        times = (first + step * np.arange(rows)).astype("datetime64[s]")
        held[str(number) if len(series) > 1 else ""] = (times, columns)
    return split_series(held, validation=0.2, test=0.2)


def chosen(
    *series: Mapping[str, Any], kind: str = DAYS, step: int = 1, cores: int = 2
) -> dict[str, Any]:
    splits = splits_of(*series, kind=kind, step=step)
    return {choice.key: choice.value for choice in Forecasting().choose(splits, cores)}


def reasons(*series: Mapping[str, Any], kind: str = DAYS) -> str:
    choices = Forecasting().choose(splits_of(*series, kind=kind), 2)
    return "\n".join(dict.fromkeys(choice.reason for choice in choices))


# --- seasons --------------------------------------------------------------------------------------


def test_a_season_is_told_from_the_values_also_beside_a_trend_and_with_gaps() -> None:
    values = 0.5 * np.arange(200) + wave(200, 12) + noise(200)
    assert found_season([values], 12) == 12
    values[[5, 80, 81, 199]] = np.nan
    assert found_season([values], 12) == 12


def test_a_season_that_no_calendar_knows_is_found_by_its_length() -> None:
    assert found_season([wave(500, 25) + noise(500)], 7) == 25


@pytest.mark.parametrize("rows", [36, 60, 300])
def test_noise_and_random_walks_have_no_season(rows: int) -> None:
    for seed in range(10):
        assert found_season([noise(rows, seed)], 12) == 1
    walks = [np.cumsum(noise(rows, seed)) for seed in range(11)]
    assert found_season(walks, 7) == found_season(walks, 12) == 1


@pytest.mark.parametrize(
    "values",
    [np.full(100, 5.0), np.full(100, np.nan), np.arange(100.0), np.zeros(0), np.ones(3)],
    ids=["constant", "empty", "line", "no row", "three rows"],
)
def test_what_cannot_have_a_season_has_none(values: np.ndarray) -> None:
    assert found_season([values], 7) == 1
    assert np.isnan(strength(values, 7)) or strength(values, 7) < 0.1


# --- rules ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "step", "rows", "horizon"),
    [
        (HOURS, 1, 2000, 24),
        (DAYS, 1, 1000, 14),
        (DAYS, 7, 500, 8),
        (MONTHS, 1, 300, 12),
        (MONTHS, 3, 200, 4),
        (MONTHS, 12, 120, 4),
    ],
)
def test_the_horizon_is_what_people_ask_of_such_rows(
    kind: str, step: int, rows: int, horizon: int
) -> None:
    assert chosen({"a": noise(rows)}, kind=kind, step=step)["task.horizon"] == horizon


def test_a_short_table_gets_a_horizon_that_its_held_out_rows_hold_twice() -> None:
    for rows in (20, 40, 60, 80):
        values = chosen({"a": wave(rows, 12) + noise(rows)}, kind=MONTHS)
        assert 1 <= values["task.horizon"] <= rows // 10
        training = 0.6 * rows - values["task.context"] - values["task.horizon"] + 1
        assert training >= 0.25 * 0.6 * rows
    assert "rows held out" in reasons({"a": noise(60)}, kind=MONTHS)


def test_the_context_is_seasons_that_were_found() -> None:
    assert chosen({"a": wave(800, 25) + noise(800)})["task.context"] % 25 == 0
    assert "told from the values" in reasons({"a": wave(800, 25) + noise(800)})
    assert "without a season" in reasons({"a": np.cumsum(noise(800))})


def test_the_season_of_scores_is_set_where_the_frequency_does_not_tell_it() -> None:
    found = chosen({"a": wave(800, 25) + noise(800)})
    assert found["task.season"] == 25
    assert "task.season" not in chosen({"a": wave(800, 7) + noise(800)})
    assert "task.season" not in chosen({"a": noise(800)})


def test_the_calendar_has_what_came_round_at_least_twice() -> None:
    assert chosen({"a": noise(1000)}, kind=HOURS)["task.calendar"] == ["hour", "weekday"]
    assert chosen({"a": noise(3000)})["task.calendar"] == ["weekday", "day-of-year"]
    assert "task.calendar" not in chosen({"a": noise(900)}, kind=MONTHS, step=12)


def test_what_leaves_the_range_of_its_past_is_scaled_window_by_window() -> None:
    growth = 100 * np.exp(np.cumsum(0.02 + 0.005 * noise(100)))
    assert chosen({"a": growth}, kind=MONTHS)["task.normalization"] == "standard+window"
    assert chosen({"a": noise(100)}, kind=MONTHS)["task.normalization"] == "standard+last"


def test_targets_and_series_of_unlike_sizes_are_judged_by_mase() -> None:
    assert chosen({"a": noise(300), "b": 100 * noise(300, 1)})["metrics"][0] == "mase"
    assert "metrics" not in chosen({"a": noise(300), "b": noise(300, 1)})
    assert chosen({"a": noise(300)}, {"a": 50 * noise(300, 1)})["metrics"][0] == "mase"
    assert "metrics" not in chosen({"a": noise(300), "b": np.full(300, 7.0)})


def test_few_windows_get_a_smaller_network_and_no_calendar() -> None:
    few, many = (chosen({"a": noise(rows)}) for rows in (120, 9000))
    assert few["model"]["hidden_size"] < many["model"]["hidden_size"]
    assert "linear" not in few["model"]
    assert many["model"]["linear"]
    assert "task.calendar" not in few
    assert few["trainer.epochs"] > 20 * many["trainer.epochs"]
    assert few["trainer.early_stopping"] > 0
    assert few["trainer.evaluate_every"] <= 50


def test_few_windows_and_many_series_begin_from_smoothing() -> None:
    long = {"a": wave(9000, 7) + noise(9000)}
    assert chosen({"a": noise(120)})["task.residual"] == "smoothing"
    assert chosen(long, long, long)["task.residual"] == "smoothing"
    assert "3 series: each is smoothed" in reasons(long, long, long)
    assert "few windows" in reasons({"a": noise(120)})
    assert "task.residual" not in chosen(long)
    assert "task.residual" not in chosen(long, long)
    # Growth is learnt from windows that are each scaled by themselves.
    assert "task.residual" not in chosen({"a": np.exp(0.02 * np.arange(100))}, kind=MONTHS)


def test_very_many_windows_are_thinned_out_for_evaluation_and_training_ends_in_time() -> None:
    values = chosen({"a": wave(200_000, 24) + noise(200_000)}, kind=HOURS)
    assert values["task.evaluation_stride"] == pytest.approx(20, abs=1)
    assert values["trainer.epochs"] == 1
    assert values["trainer.evaluate_every"] < 500
    assert "task.evaluation_stride" not in chosen({"a": noise(2000)})


def test_short_series_among_long_ones_do_not_shorten_the_context_of_most() -> None:
    long = [{"a": wave(120, 12) + noise(120, n)} for n in range(9)]
    one = {"a": noise(30)}
    assert chosen(*long, one, kind=MONTHS)["task.context"] >= 12


def test_rows_without_times_and_nothing_at_all_are_no_trouble() -> None:
    series = {"": (np.arange(300), {"a": noise(300)})}
    keys = {c.key for c in Forecasting().choose(split_series(series), 1)}
    assert "task.horizon" in keys
    assert "task.calendar" not in keys
    assert Forecasting().choose({}, 1) == []
    assert Forecasting().choose({"train": []}, 1) == []


@pytest.mark.parametrize("rows", [4, 7, 12])
def test_very_few_rows_still_make_an_experiment_that_loads(rows: int, tmp_path: Path) -> None:
    document = _begun(tmp_path, [str(value) for value in range(rows)])
    load_experiment(document, load_registry())


def test_what_the_task_chooses_is_in_the_experiment_and_what_the_dataset_said_stays(
    tmp_path: Path,
) -> None:
    document = _begun(tmp_path, [f"{value:.3f}" for value in wave(400, 7) + noise(400)])
    assert document["task"]["context"] % 7 == 0
    assert document["task"]["residual"] == "smoothing"
    assert document["dataset"]["time"] == "date"
    table = [f"{value:.3f}," for value in noise(400)]
    emptied = _begun(tmp_path, table, header="date,value,empty")
    assert emptied["task"]["past_covariates"] == "none"
    assert emptied["task"]["horizon"] == 14


def _begun(folder: Path, cells: Sequence[str], header: str = "date,value") -> dict[str, Any]:
    path = folder / "own.csv"
    days = np.datetime64("2020-01-06") + np.arange(len(cells))
    rows = [f"{day},{cell}" for day, cell in zip(days, cells, strict=True)]
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    registry = load_registry()
    entry, recognition = recognise(path, registry, "", {})
    return begin(entry, recognition, registry).document
