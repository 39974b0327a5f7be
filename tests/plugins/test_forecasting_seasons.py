"""Seasons that are found, and smoothing: against statsmodels, plain Python and what was made."""

import warnings
from typing import Any

import numpy as np
import pytest

from seqkit_timeseries._past import Past, smoothing
from seqkit_timeseries._seasons import find_period, seasonal_profile
from seqkit_timeseries._smoothing import Ways, choose_ways, smooth
from seqkit_timeseries.task import Forecasting


def one_way(level: float, trend: float, damping: float, season: float, seasonal: float) -> Ways:
    return Ways(*(np.array([value]) for value in (level, trend, damping, season, seasonal)))


def hourly(rows: int, seed: int, noise: float = 1.0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    steps = np.arange(rows)
    day = 5 * np.sin(2 * np.pi * steps / 24) + 2 * np.sin(2 * np.pi * steps / 12)
    return 20 + day + noise * generator.normal(size=rows)


# --- how long a season is -------------------------------------------------------------------------


def test_the_season_of_hours_and_of_months_is_found() -> None:
    assert find_period([hourly(500, seed) for seed in range(3)]) == 24
    steps = np.arange(96)
    months = 3 * steps + 10 * np.cos(2 * np.pi * steps / 12)
    assert find_period([months + np.random.default_rng(0).normal(size=96)]) == 12


def test_a_week_is_preferred_to_a_day_only_where_weekends_differ() -> None:
    steps = np.arange(24 * 7 * 8)
    weekend = np.where(steps // 24 % 7 >= 5, -12.0, 0.0)
    assert find_period([hourly(len(steps), 0)]) == 24
    assert find_period([hourly(len(steps), 0) + weekend]) == 168


@pytest.mark.parametrize("seed", range(5))
def test_no_season_is_found_in_noise(seed: int) -> None:
    generator = np.random.default_rng(seed)
    assert find_period([generator.normal(size=400) for _ in range(3)]) == 1


def test_no_season_is_found_where_there_are_fewer_than_three_or_nothing_changes() -> None:
    assert find_period([hourly(60, 0)]) == 1
    assert find_period([np.full(200, 3.0), np.arange(200.0)]) == 1
    assert find_period([]) == find_period([np.array([1.0])]) == 1


def test_the_profile_of_an_exact_season_is_that_season() -> None:
    for season in ([3.0, -1.0, -2.0], [4.0, 1.0, -2.0, -3.0]):
        values = np.tile(season, 10)[:, None] + 0.5 * np.arange(10 * len(season))[:, None]
        assert seasonal_profile(values, len(season))[:, 0] == pytest.approx(season)


def test_the_profile_of_noise_is_shrunk_to_next_to_nothing() -> None:
    noise = np.random.default_rng(0).normal(size=(800, 1))
    plain = noise[:730].reshape(2, 365).mean(axis=0).std()
    assert seasonal_profile(noise, 365).std() < 0.5 * plain


# --- smoothing ------------------------------------------------------------------------------------


def test_simple_smoothing_is_that_of_statsmodels() -> None:
    # SimpleExpSmoothing(values, initialization_method="known", initial_level=5) of statsmodels
    # 0.14, with smoothing_level=0.4; 5 is the mean of the first four.
    values = np.array([3.0, 5, 4, 8, 6, 7, 9])[:, None]
    states = smooth(values, np.array([7]), 1, one_way(0.4, 0, 0, 0, 0))
    assert states.forecasts(np.array([7]), np.array([0]), 1)[0, 0] == pytest.approx(7.3940352)


def test_damped_trend_and_season_are_those_of_statsmodels() -> None:
    # ExponentialSmoothing(trend="add", damped_trend=True, seasonal="add", seasonal_periods=3) of
    # statsmodels 0.14 with the first states and the parameters of below. Its third step has the
    # season of before the last row, which is left out.
    steps = np.arange(24)
    values = 30.0 + 2 * steps + np.array([5, -3, -2])[steps % 3] + (7 * steps) % 5 - 2
    way = one_way(0.3, 0.2, 0.95, 0.25, 1)
    states = smooth(values[:, None], np.array([24]), 3, way)
    found = states.forecasts(np.array([24]), np.array([0]), 5)[0]
    expected = [81.45904143956867, 75.94495648029579, 85.52080092456599, 79.80362799104324]
    assert found[[0, 1, 3, 4]] == pytest.approx(expected)


def test_a_missing_value_is_passed_over_as_if_it_were_the_forecast() -> None:
    values = hourly(100, 0)[:, None]
    way = one_way(0.3, 0.1, 0.9, 0.1, 1)
    holed = values.copy()
    holed[60] = np.nan
    whole = smooth(values[:60], np.array([60]), 24, way)
    filled = values.copy()
    filled[60] = whole.forecasts(np.array([60]), np.array([0]), 1)[0, 0]
    assert np.allclose(
        smooth(holed, np.array([60]), 24, way).level, smooth(filled, np.array([60]), 24, way).level
    )


def test_what_comes_after_an_origin_does_not_change_its_forecast() -> None:
    values = np.stack([hourly(120, 0), hourly(120, 1)], axis=1)
    later = values.copy()
    later[90:] += 100
    ways = Ways(*(np.repeat(each, 2) for each in vars(one_way(0.3, 0.1, 0.9, 0.1, 1)).values()))
    known = np.array([80, 80])
    origins = np.array([90, 90])
    first, second = (
        smooth(each, known, 24, ways).forecasts(origins, np.arange(2), 30)
        for each in (values, later)
    )
    assert np.array_equal(first, second)


def test_each_column_is_smoothed_as_suits_it() -> None:
    steps = np.arange(240.0)
    generator = np.random.default_rng(0)
    walk = np.cumsum(generator.normal(size=240))
    season = hourly(240, 1, noise=0.5)
    line = 3 * steps + generator.normal(size=240)
    ways = choose_ways(np.stack([walk, season, line], axis=1), np.full(3, 240), 24, 12)
    assert ways.seasonal[1] == 1
    assert ways.trend[2] > 0
    assert ways.level[0] > ways.level[1]


def test_many_columns_are_compared_in_part_and_go_one_way(monkeypatch: Any) -> None:
    monkeypatch.setattr("seqkit_timeseries._smoothing._MOST_COLUMNS", 3)
    values = np.stack([hourly(120, seed) for seed in range(10)], axis=1)
    ways = choose_ways(values, np.full(10, 120), 24, 12)
    assert len(ways) == 10
    assert len(set(ways.level.tolist())) == 1
    assert ways.seasonal.all()


def series(values: np.ndarray, start: int, name: str) -> dict[str, Any]:
    return {
        "series": name,
        "time": np.arange(len(values)),
        "values": {"y": values},
        "start": start,
    }


def encoded(lengths: list[int], start: float) -> tuple[Any, dict[str, Any]]:
    task = Forecasting()
    config = task.Config(context=6, horizon=4, season=24, normalization="none")
    wholes = [hourly(length, seed) for seed, length in enumerate(lengths)]
    cuts = [int(length * start) for length in lengths]
    splits = {
        "train": [
            series(values[:cut], 0, str(n))
            for n, (values, cut) in enumerate(zip(wholes, cuts, strict=True))
        ],
        "test": [
            series(values, cut, str(n))
            for n, (values, cut) in enumerate(zip(wholes, cuts, strict=True))
        ],
    }
    return task.encode(config, splits, lambda _: None)


def test_series_of_any_lengths_are_forecast_as_each_by_itself() -> None:
    _, splits = encoded([100, 900, 130, 260], 0.7)
    test = splits["test"]
    past = Past.of(test, np.asarray(test["targets"]), 6)
    assert past.known.tolist() == [70, 630, 91, 182]
    starts = np.asarray(test["windows"])
    together = smoothing(past, 6, 4, 24)(starts)
    assert np.isfinite(together).all()
    # In another order they are the same forecasts.
    backwards = smoothing(past, 6, 4, 24)(starts[::-1])[::-1]
    assert np.array_equal(together, backwards)
    actual = np.asarray(test["targets"])[starts[:, None] + 6 + np.arange(4), 0]
    assert np.abs(together[:, :, 0] - actual).mean() < 2


def test_a_season_longer_than_the_context_is_what_the_linear_forecast_lacks() -> None:
    codec, splits = encoded([600], 0.7)
    scores = codec.baselines(splits, "test")
    assert scores["linear-season"]["mae"] < 0.95 * scores["linear"]["mae"]
    assert scores["smoothing"]["mae"] < scores["seasonal-naive"]["mae"]


def test_a_season_other_than_the_setting_has_a_naive_forecast_of_its_own() -> None:
    task = Forecasting()
    values = hourly(600, 0)
    config = task.Config(context=6, horizon=4, season=7)
    splits = {"train": [series(values[:500], 0, "")], "test": [series(values, 500, "")]}
    codec, arrays = task.encode(config, splits, lambda _: None)
    scores = codec.baselines(arrays, "test")
    assert scores["seasonal-naive-24"]["mae"] < scores["seasonal-naive"]["mae"]


def test_columns_without_a_value_or_without_a_change_have_scores_and_no_warning() -> None:
    task = Forecasting()
    steps = np.arange(80)
    for values in (np.full(80, 2.0), np.where(steps % 7 == 0, np.nan, 5.0 + steps % 4)):
        config = task.Config(context=6, horizon=4, missing="mask")
        splits = {"train": [series(values[:60], 0, "")], "test": [series(values, 60, "")]}
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            codec, arrays = task.encode(config, splits, lambda _: None)
            scores = codec.baselines(arrays, "test")
        assert np.isfinite(scores["smoothing"]["mae"])
