"""Naive forecasts, against the same computed by hand and against published scores."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seqkit.api import Dataset, Record
from seqkit.data import FetchOptions
from seqkit_timeseries._baselines import fit_linear, naive_forecasts, seasonal_naive
from seqkit_timeseries._naive2 import is_seasonal, naive2, seasonal_indices
from seqkit_timeseries.datasets import Etth1, ExchangeRate, M4Hourly
from seqkit_timeseries.task import Forecasting

TASK = Forecasting()


def series(values: Any, start: int, **more: Any) -> Record:
    values = np.asarray(values, dtype=float)
    return {
        "series": "",
        "time": np.arange(len(values)),
        "values": {"y": values},
        "start": start,
    } | more


def scored(train: Any, test: Any, **config: Any) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    settings = TASK.Config(**{"context": 6, "horizon": 3, **config})
    splits = {"train": [series(train, 0)], "test": [series([*train, *test], len(train))]}
    codec, encoded = TASK.encode(settings, splits, lambda _: None)
    return codec, encoded, codec.baselines(encoded, "test")


VALUES = 50 + 10 * np.random.default_rng(0).normal(size=60)


def by_hand(
    forecast: Callable[[np.ndarray], Any], context: int = 6, horizon: int = 3
) -> dict[str, float]:
    origins = range(40, 60 - horizon + 1)
    errors = [VALUES[row : row + horizon] - forecast(VALUES[:row]) for row in origins]
    return {"mae": np.abs(errors).mean(), "mse": np.square(errors).mean()}


@pytest.mark.parametrize("normalization", ["none", "standard", "min-max+window"])
def test_naive_forecasts_equal_those_computed_by_hand(normalization: str) -> None:
    _, _, found = scored(VALUES[:40], VALUES[40:], season=4, normalization=normalization)
    ways: dict[str, Callable[[np.ndarray], Any]] = {
        "repeat-last": lambda past: past[-1],
        "seasonal-naive": lambda past: past[-4:-1],
        "drift": lambda past: past[-1] + np.arange(1, 4) * (past[-1] - past[-6]) / 5,
    }
    assert set(found) == {*ways, "linear", "linear-season", "smoothing"}
    for name, forecast in ways.items():
        for metric, value in by_hand(forecast).items():
            assert found[name][metric] == pytest.approx(value, rel=1e-4), (name, metric)


def test_a_season_shorter_than_the_horizon_is_repeated() -> None:
    codec, encoded, _ = scored(VALUES[:40], VALUES[40:], season=2, normalization="none")
    test = encoded["test"]
    forecast = naive_forecasts(codec, encoded["train"], test)["seasonal-naive"](test["windows"][:1])
    assert np.allclose(forecast[0, :, 0], [VALUES[38], VALUES[39], VALUES[38]], rtol=1e-5)


def test_a_season_before_the_first_row_is_not_that_of_another_series() -> None:
    observed = np.array([1.0, 2, 3, 4, 10, 20, 30, 40])[:, None]
    first = np.array([4])
    found = seasonal_naive(observed, np.array([6]), horizon=4, period=4, first=first)
    # Two rows of a season are known, behind which the last one stands for those that are not.
    assert found[0, :, 0].tolist() == [20.0, 20.0, 10.0, 20.0]


def test_without_a_season_there_is_no_seasonal_naive_forecast() -> None:
    assert set(scored(VALUES[:40], VALUES[40:])[2]) == {
        "repeat-last",
        "drift",
        "linear",
        "smoothing",
    }


def test_the_linear_forecast_finds_a_linear_law_exactly() -> None:
    steps = np.arange(80.0)
    wave = 30 + 0.4 * steps + 5 * np.sin(steps / 3)
    found = scored(wave[:60], wave[60:])[2]
    assert found["linear"]["mae"] < 0.05 < found["drift"]["mae"]


def test_a_missing_target_leaves_its_windows_out_of_the_linear_fit() -> None:
    wave = 5 * np.sin(np.arange(60.0) / 3)
    encoded = scored(wave, wave)[1]["train"]
    holed = dict(encoded)
    holed["targets"] = np.array(encoded["targets"])
    holed["targets"][-1] = np.nan
    # The last row is the target of the last window alone.
    shorter = dict(encoded) | {"windows": encoded["windows"][:-3]}
    only = dict(holed) | {"windows": encoded["windows"][[*range(len(encoded["windows"]) - 3), -1]]}
    assert np.array_equal(fit_linear(only, 6, 3), fit_linear(shorter, 6, 3))
    assert not np.array_equal(fit_linear(encoded, 6, 3), fit_linear(shorter, 6, 3))


def test_the_linear_forecast_is_fitted_on_training_windows_alone() -> None:
    codec, encoded, _ = scored(VALUES[:40], VALUES[40:])
    other, changed, _ = scored(VALUES[:40], VALUES[40:] * 100)
    first = naive_forecasts(codec, encoded["train"], encoded["test"])["linear"]
    second = naive_forecasts(other, changed["train"], changed["test"])["linear"]
    window = encoded["test"]["windows"][:1]
    assert np.array_equal(first(window), second(window))


def test_missing_values_are_bridged_by_the_last_one_and_scored_nowhere() -> None:
    holed = VALUES.copy()
    holed[[20, 39, 45, 46]] = np.nan
    found = scored(holed[:40], holed[40:])[2]
    filled = holed.copy()
    for row in (20, 39, 45, 46):
        filled[row] = filled[row - 1]
    errors = [holed[o : o + 3] - filled[o - 1] for o in range(40, 58)]
    assert found["repeat-last"]["mae"] == pytest.approx(np.nanmean(np.abs(errors)), rel=1e-4)
    assert all(np.isfinite(list(values.values())).all() for values in found.values())


def test_scores_of_naive_forecasts_follow_the_units_asked_for() -> None:
    in_units = scored(VALUES[:40], VALUES[40:])[2]["repeat-last"]
    scaled = scored(VALUES[:40], VALUES[40:], report="scaled")[2]["repeat-last"]
    assert scaled["mae"] == pytest.approx(in_units["mae"] / VALUES[:40].std(), rel=1e-4)
    assert scaled["mase"] == pytest.approx(in_units["mase"], rel=1e-4)


# --- naive2 ---------------------------------------------------------------------------------------


def test_naive2_puts_the_season_back_on_the_last_adjusted_value() -> None:
    season = np.array([0.5, 1.0, 1.5, 1.0])
    values = np.tile(season, 10) * np.linspace(10, 20, 40)
    assert is_seasonal(values, 4)
    assert np.allclose(seasonal_indices(values, 4), season, atol=0.03)
    level = values[-1] / season[3]
    assert np.allclose(naive2(values, 5, 4), level * season[[0, 1, 2, 3, 0]], rtol=0.05)


@pytest.mark.parametrize(
    "values", [np.arange(1.0, 6), np.full(40, 3.0), np.sin(np.arange(40) * np.pi / 2)]
)
def test_naive2_repeats_the_last_value_where_no_season_can_be_taken_out(values: np.ndarray) -> None:
    assert naive2(values, 3, 4).tolist() == [values[-1]] * 3


# --- published scores -----------------------------------------------------------------------------


@pytest.fixture
def fetched(real_data: Callable[[str], Path]) -> Callable[..., Any]:
    def encode(dataset: type[Dataset], name: str, **config: Any) -> tuple[Any, dict[str, Any]]:
        component = dataset()
        component.get(component.Config(), FetchOptions(source=real_data(name)))
        splits = component.splits(component.Config(), lambda _: None)
        return TASK.encode(TASK.Config(**config), splits, lambda _: None)

    return encode


def test_m4_hourly_has_the_published_scores(fetched: Callable[..., Any]) -> None:
    codec, encoded = fetched(M4Hourly, "m4", context=48, horizon=48, stride=48)
    found = codec.baselines(encoded, "test")
    assert len(encoded["test"]["windows"]) == 414
    naive = {name: round(found["seasonal-naive"][name], 3) for name in ("smape", "mase")}
    assert naive == {"smape": 13.912, "mase": 1.193}
    naive = {name: round(found["naive2"][name], 3) for name in ("smape", "mase", "owa")}
    assert naive == {"smape": 18.383, "mase": 2.395, "owa": 1.0}
    # 0.627 of the rounded scores, and 0.6275 of the exact ones.
    assert found["seasonal-naive"]["owa"] == pytest.approx(0.6275, abs=1e-4)


def test_etth1_has_the_windows_of_the_literature(fetched: Callable[..., Any]) -> None:
    codec, encoded = fetched(
        Etth1, "ett", context=96, horizon=96, report="scaled", stride=8, evaluation_stride=1
    )
    assert len(encoded["validation"]["windows"]) == len(encoded["test"]["windows"]) == 2785
    found = codec.baselines(encoded, "test")
    assert found["seasonal-naive"]["mse"] == pytest.approx(0.512, abs=0.001)
    assert found["linear"]["mse"] < 0.41


def test_persistence_on_exchange_rates_has_the_published_rse(fetched: Callable[..., Any]) -> None:
    codec, encoded = fetched(ExchangeRate, "exchange_rate", context=8, horizon=3)
    test = encoded["test"]
    from seqkit_timeseries.metrics import RelativeSquaredError

    metric = RelativeSquaredError().build(RelativeSquaredError.Config(step=3), codec.shape)
    make = naive_forecasts(codec, encoded["train"], test)["repeat-last"]
    batch = codec.batch(test, np.arange(len(test["windows"])))
    batch = {name: torch.from_numpy(array) for name, array in batch.items()}
    metric.update(*codec.compared(torch.from_numpy(make(test["windows"])), batch))
    assert round(metric.compute(), 4) == 0.0171
