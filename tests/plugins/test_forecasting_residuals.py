"""Forecasts that begin from exponential smoothing: `task.residual=smoothing`."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import seqkit
from seqkit.api import Arrays, Outcome, Record
from seqkit.errors import CheckpointError
from seqkit_timeseries._codec import ForecastingCodec
from seqkit_timeseries._residual import (
    baseline_of_context,
    expected,
    fit_smoothers,
    smoothed,
    with_past,
)
from seqkit_timeseries._smoothing import Ways, smooth
from seqkit_timeseries.task import Forecasting

TASK = Forecasting()
HOURS = np.datetime64("2024-01-01T00", "s") + 3600 * np.arange(400)
SPLITS = (("train", 0, 200), ("validation", 200, 250), ("test", 250, 300))


def hourly(seed: int, rows: int = 300, level: float = 50.0) -> np.ndarray:
    """Returns hours with a trend, a daily season and noise."""
    steps = np.arange(rows)
    noise = np.random.default_rng(seed).normal(size=rows)
    return level + 0.1 * steps + 5 * np.sin(2 * np.pi * steps / 24) + noise


def record(series: str, columns: Mapping[str, np.ndarray], start: int | None = None) -> Record:
    rows = len(next(iter(columns.values())))
    made: dict[str, Any] = {"series": series, "time": HOURS[:rows], "values": dict(columns)}
    return made if start is None else made | {"start": start}


def splits(series: Mapping[str, Mapping[str, np.ndarray]]) -> dict[str, list[Record]]:
    return {
        split: [
            record(name, {column: values[:end] for column, values in columns.items()}, start)
            for name, columns in series.items()
        ]
        for split, start, end in SPLITS
    }


def encoded(
    series: Mapping[str, Mapping[str, np.ndarray]], **settings: Any
) -> tuple[ForecastingCodec, dict[str, Arrays]]:
    given = {"context": 24, "horizon": 6, "residual": "smoothing", **settings}
    codec, arrays = TASK.encode(TASK.Config(**given), splits(series), lambda _: None)
    assert isinstance(codec, ForecastingCodec)
    return codec, arrays


def batch_of(codec: ForecastingCodec, arrays: Arrays) -> dict[str, Tensor]:
    cut = codec.batch(arrays, np.arange(len(arrays["windows"])))
    return {name: torch.from_numpy(array) for name, array in cut.items()}


class Constant(nn.Module):
    """Puts one number out for each row to forecast."""

    def __init__(self, size: int, number: float = 0.0, quantiles: Sequence[float] = ()) -> None:
        super().__init__()
        self.size, self.number, self.quantiles = size, number, quantiles

    def forward(self, inputs: Tensor, lengths: Tensor, *future: Tensor) -> Tensor:
        shape = (len(inputs), 6, self.size)
        numbers = inputs.new_full(shape, self.number)
        if not self.quantiles:
            return numbers
        return numbers[..., None] + torch.tensor(self.quantiles)


def ways(level: float, trend: float, damping: float, season: float, seasonal: float) -> Ways:
    return Ways(*(np.array([number]) for number in (level, trend, damping, season, seasonal)))


# --- smoothing ------------------------------------------------------------------------------------


def test_each_forecast_is_that_of_its_own_series_smoothed_alone() -> None:
    series = [hourly(0, 130)[:, None], hourly(1, 90, level=-20)[:, None]]
    chosen = [ways(0.3, 0.1, 0.9, 0.1, 1), ways(0.5, 0, 0, 0, 0)]
    arrays = smoothed(series, chosen, 24)
    for owner, first in ((0, 0), (1, 130)):
        alone = smooth(series[owner], np.array([len(series[owner])]), 24, chosen[owner], True)
        for origin in (24, 60, 90):
            place = np.array([first + origin])
            found = expected(arrays, place, np.array([owner]), 30, 24)[0, :, 0]
            plain = alone.forecasts(np.array([origin]), np.array([0]), 30)[0]
            assert found == pytest.approx(plain, rel=1e-12)


def test_what_comes_after_a_row_changes_nothing_before_it() -> None:
    values = hourly(0)
    changed = np.where(np.arange(300) < 150, values, -1000.0)
    for period in (1, 24):
        (smoother,) = fit_smoothers([values[:, None]], [np.ones(1)], period, 6)
        one, other = (
            smoothed([each[:, None]], [smoother.ways], period) for each in (values, changed)
        )
        for name, rows in (("smooth_level", 150), ("smooth_season", 150 + period)):
            assert np.array_equal(one[name][:rows], other[name][:rows])
        assert not np.array_equal(one["smooth_level"], other["smooth_level"])


def test_a_season_settles_as_the_mean_of_what_it_added() -> None:
    values = np.zeros(48)
    values[12::4] = 4.0
    states = smooth(values[:, None], np.array([48]), 4, ways(0, 0, 0, 0, 1), settling=True)
    # The first three seasons had 0 in their first row, and all later ones 4.
    seen = states.season[4::4, 0]
    assert seen == pytest.approx([4 * max(0, n - 2) / (n + 1) for n in range(12)])


def test_what_lies_between_the_context_and_its_line_is_the_noise() -> None:
    codec, arrays = encoded({"a": {"y": hourly(0)}})
    batch = codec.batch(arrays["test"], np.arange(len(arrays["test"]["windows"])))
    starts = arrays["test"]["windows"]
    owners = np.zeros_like(starts)
    line = baseline_of_context(arrays["test"], starts, owners, 24, 24)
    there = np.stack([hourly(0)[start : start + 24] for start in starts])
    left = there - line[..., 0]
    # The season of 5 is gone; what is left is noise of 1, a trend of 0.1 and what is not known.
    assert np.std(left) < 1.8 < np.std(there)
    spread = batch["spread"][:, None]
    assert batch["inputs"][..., 0] == pytest.approx(left / spread[..., 0], abs=1e-4)


def test_no_window_forecasts_rows_that_its_first_season_is_of() -> None:
    for context, first in ((12, 36), (60, 0)):
        _, arrays = encoded({"a": {"y": hourly(0)}}, context=context, season=24)
        assert arrays["train"]["windows"][0] == first
        assert arrays["test"]["windows"][0] == 250 - context
    # Where there are no others, those are better than none.
    _, arrays = encoded({"a": {"y": hourly(0)}}, context=12, season=120)
    assert arrays["train"]["windows"][0] == 0


# --- forecasts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("report", ["units", "scaled"])
@pytest.mark.parametrize("normalization", ["standard", "standard+last", "none"])
def test_a_network_that_adds_nothing_forecasts_by_smoothing(
    report: str, normalization: str
) -> None:
    series = {"a": {"y": hourly(0)}, "b": {"y": 1000 * hourly(1)}}
    codec, arrays = encoded(series, report=report, normalization=normalization)
    batch = batch_of(codec, arrays["test"])
    outputs, _ = codec.forward(Constant(1), batch)
    forecasts, targets = codec.metric_inputs(outputs, batch)
    plain, actual = codec.compared(batch["expected"], batch)
    assert torch.equal(forecasts, plain)
    assert torch.equal(targets, actual)
    location, scale = batch["location"][:, None], batch["scale"][:, None]
    if report == "units":
        assert torch.equal(forecasts, batch["expected"])
        assert torch.equal(targets, batch["actual"])
    else:
        assert torch.allclose(forecasts * scale + location, batch["expected"])
        assert torch.allclose(targets * scale + location, batch["actual"])
    # The loss compares outputs with what smoothing leaves, in units of how far it is off.
    left = (batch["actual"] - batch["expected"]) / batch["spread"][:, None]
    assert torch.allclose(batch["targets"].double(), left, atol=1e-5)
    assert 0.3 < batch["targets"].abs().mean() < 3


def test_quantiles_lie_around_the_smoothed_forecast() -> None:
    codec, arrays = encoded({"a": {"y": hourly(0)}}, report="scaled")
    codec.set_output_shape(codec.shape.with_outputs(quantiles=(0.1, 0.5, 0.9)))
    batch = batch_of(codec, arrays["test"])
    outputs, _ = codec.forward(Constant(1, quantiles=(1.0, -1.0, 0.0)), batch)
    found = codec.in_units(outputs, batch)
    spread = batch["spread"][:, None, :, None]
    around = batch["expected"][..., None] + spread * torch.tensor([-1.0, 0.0, 1.0])
    assert torch.allclose(found, around)
    scaled, _ = codec.metric_inputs(outputs, batch)
    units = scaled * batch["scale"][:, None, :, None] + batch["location"][:, None, :, None]
    assert torch.allclose(units, around)


def test_missing_values_stay_nothing_to_the_network() -> None:
    values = hourly(0)
    values[70:80] = values[260:265] = np.nan
    codec, arrays = encoded({"a": {"y": values}})
    assert codec.layout.masked == ("y",)
    for split in ("train", "test"):
        batch = batch_of(codec, arrays[split])
        missing = batch["inputs"][..., 1] == 0
        assert missing.any()
        assert (batch["inputs"][..., 0][missing] == 0).all()
        assert torch.isfinite(batch["inputs"]).all()
        assert torch.isfinite(batch["expected"]).all()


def test_covariates_are_normalised_as_without() -> None:
    columns = {"y": hourly(0), "x": hourly(3, level=7)}
    settings = {"targets": ["y"], "past_covariates": ["x"], "normalization": "standard+last"}
    seen: list[Tensor] = []

    class Seeing(Constant):
        def forward(self, inputs: Tensor, lengths: Tensor, *future: Tensor) -> Tensor:
            seen.append(inputs)
            return super().forward(inputs, lengths)

    for residual in ("none", "smoothing"):
        codec, arrays = encoded({"a": columns}, residual=residual, **settings)
        codec.forward(Seeing(1), batch_of(codec, arrays["test"]))
    assert torch.equal(seen[0][..., 1], seen[1][..., 1])
    assert not torch.equal(seen[0][..., 0], seen[1][..., 0])


def answers(codec: ForecastingCodec, records: Sequence[Record], **options: Any) -> list[Any]:
    asked = TASK.PredictOptions(**options)
    records = codec.answerable(list(records), asked, lambda _: None)
    batch = batch_of(codec, codec.encode(records, lambda _: None))
    with torch.inference_mode():
        found = codec.predict(Constant(len(codec.layout.targets), 0.5), batch, records, asked)
    return [answer["forecast"]["values"] for answer in found]


def kept_and_whole() -> tuple[ForecastingCodec, list[Record]]:
    """Returns a codec that was fitted to two series of 1,600 rows, and the series."""
    hours = np.datetime64("2024-01-01T00", "s") + 3600 * np.arange(1600)
    whole: list[Record] = [
        {"series": name, "time": hours, "values": {"y": hourly(seed, 1600)}}
        for seed, name in enumerate("ab")
    ]
    config = TASK.Config(context=24, horizon=6, residual="smoothing")
    held = {"train": [{**one, "start": 0} for one in whole]}
    codec, _ = TASK.encode(config, held, lambda _: None)
    assert isinstance(codec, ForecastingCodec)
    return codec, whole


def test_the_rows_that_a_run_keeps_forecast_nearly_as_all_of_them(tmp_path: Path) -> None:
    codec, whole = kept_and_whole()
    kept = codec.parse([])
    assert [len(one["time"]) for one in kept] == [24 + 32 * 24] * 2
    assert answers(codec, kept) == pytest.approx(np.array(answers(codec, whole)), abs=0.35)
    codec.save(tmp_path)
    loaded = TASK.load(tmp_path)
    assert isinstance(loaded, ForecastingCodec)
    assert answers(loaded, loaded.parse([])) == answers(codec, kept)
    assert answers(loaded, whole) == answers(codec, whole)


def test_the_last_rows_are_read_with_those_before_them_that_the_run_kept() -> None:
    codec, _ = kept_and_whole()
    kept = codec.parse([])

    def ending(rows: int, series: str = "a", times: int = 0, add: float = 0.0) -> Record:
        one = kept[0]
        values = one["values"]["y"][-rows:].copy()
        values[-1] += add
        moved = one["time"][-rows:] + np.timedelta64(times, "h")
        return {"series": series, "time": moved, "values": {"y": values}}

    assert answers(codec, [ending(24)]) == answers(codec, kept[:1])
    assert answers(codec, [ending(24, add=5.0)]) != answers(codec, kept[:1])
    assert answers(codec, [ending(24, add=5.0)]) == answers(codec, [ending(700, add=5.0)])
    # Rows of another time, or of another series, have another past.
    for other in (ending(24, times=3), ending(24, series="b"), ending(24, series="new")):
        (record,) = codec.answerable([other], TASK.PredictOptions(), lambda _: None)
        assert len(record["time"]) == 24


def test_rows_of_very_small_numbers_are_not_taken_for_others() -> None:
    times = HOURS[:150]
    kept = {"time": times, "values": {"y": 1e-12 * hourly(0, 150)}}
    same = {"time": times[-30:], "values": {"y": 1e-12 * hourly(0, 150)[-30:]}}
    other = {"time": times[-30:], "values": {"y": 3e-12 * hourly(1, 150)[-30:]}}
    assert len(with_past(same, kept, ["y"])["time"]) == 150
    assert with_past(other, kept, ["y"]) is other


def test_a_series_that_training_had_not_is_smoothed_as_suits_it() -> None:
    codec, _ = encoded({"a": {"y": hourly(0)}, "b": {"y": hourly(1)}})
    (found,) = answers(codec, [record("new", {"y": 7000 + 100 * hourly(5, 200)})])
    actual = 7000 + 100 * hourly(5, 206)[200:]
    # Its noise is of 100, and its season of 500; a scaler of another series would be far off.
    assert np.abs(np.array(found[0]) - actual).mean() < 200


def test_forecasts_go_on_beyond_the_horizon_with_trend_and_season() -> None:
    codec, _ = encoded({"a": {"y": hourly(0)}})
    (found,) = answers(codec, [record("a", {"y": hourly(0, 300)})], horizon=48)
    actual = hourly(0, 348)[300:]
    assert len(found[0]) == 48
    assert np.abs(np.array(found[0]) - actual).mean() < 2.5


def test_samples_are_forecast_as_in_evaluation() -> None:
    codec, arrays = encoded({"a": {"y": hourly(0)}})
    records = codec.records(arrays["test"], [0, 3])
    batch = batch_of(codec, codec.encode(records, lambda _: None))
    whole = codec.batch(arrays["test"], np.array([0, 3]))
    assert [int(record["start"]) for record in records] == [250, 253]
    assert batch["expected"].numpy() == pytest.approx(whole["expected"])


def test_a_run_that_is_gone_on_from_keeps_its_ways_and_adds_those_of_new_series(
    tmp_path: Path,
) -> None:
    plain, _ = encoded({"a": {"y": hourly(0)}, "old": {"y": hourly(4)}}, residual="none")
    first, _ = encoded({"a": {"y": hourly(0)}, "old": {"y": hourly(4)}})
    data = splits({"a": {"y": hourly(7)}, "new": {"y": hourly(1)}})
    config = TASK.Config(context=24, horizon=6, residual="smoothing")
    for before, refit in ((plain, False), (first, False), (first, True)):
        codec, _ = TASK.encode_further(config, before, data, lambda _: None, refit=refit)
        assert isinstance(codec, ForecastingCodec)
        same = codec.smoothers["a"] is first.smoothers["a"]
        assert same == (before is first and not refit)
        assert ("old" in codec.smoothers) == (before is first)
        codec.save(tmp_path)
        loaded = TASK.load(tmp_path)
        assert isinstance(loaded, ForecastingCodec)
        assert list(loaded.smoothers) == list(codec.smoothers)
        assert answers(loaded, loaded.parse([])) == answers(codec, codec.parse([]))


@pytest.mark.parametrize(
    ("array", "number"), [("ways", np.nan), ("ways", 1.5), ("spread", 0.0), ("lengths", 3)]
)
def test_a_damaged_way_to_smooth_is_named(tmp_path: Path, array: str, number: float) -> None:
    from safetensors.numpy import load_file, save_file

    codec, _ = encoded({"a": {"y": hourly(0)}})
    codec.save(tmp_path)
    arrays = load_file(tmp_path / "forecasting.safetensors")
    arrays[array].flat[0] = number
    save_file(arrays, tmp_path / "forecasting.safetensors")
    with pytest.raises(CheckpointError, match="is damaged"):
        TASK.load(tmp_path)


def test_a_run_of_before_loads_without_the_setting(tmp_path: Path) -> None:
    codec, _ = encoded({"a": {"y": hourly(0)}}, residual="none")
    codec.save(tmp_path)
    path = tmp_path / "forecasting.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    del document["settings"]["residual"]
    path.write_text(json.dumps(document), encoding="utf-8")
    loaded = TASK.load(tmp_path)
    assert isinstance(loaded, ForecastingCodec)
    assert not loaded.smooths
    assert answers(loaded, loaded.parse([])) == answers(codec, codec.parse([]))


# --- advice ---------------------------------------------------------------------------------------


def advised(residual: str, smoothing: float) -> list[tuple[str, tuple[str, ...]]]:
    settings = {"task.residual": residual, "task.normalization": "standard+last"}
    baselines = {"smoothing": {"mae": smoothing}}
    outcome = Outcome("test", "mae", False, {"mae": 2.0}, baselines, settings)
    return [(advice.cause, advice.words) for advice in TASK.advice(outcome)]


def test_a_run_that_smoothing_beats_is_told_to_begin_from_it() -> None:
    ((cause, words),) = advised("none", 1.0)
    assert cause.startswith("smoothing reads the whole past")
    assert words == ("task.residual=smoothing",)
    assert advised("none", 3.0) == advised("smoothing", 3.0) == []


def test_a_run_that_begins_from_smoothing_and_stays_there_is_told_so() -> None:
    ((cause, words),) = advised("smoothing", 1.9)
    assert "holds little that can be learnt" in cause
    assert words == ()
    assert advised("smoothing", 1.0) == []


# --- from end to end ------------------------------------------------------------------------------


def test_few_months_are_forecast_far_better_than_without(
    tmp_path: Path,
) -> None:
    steps = np.arange(96)
    shape = np.random.default_rng(2).normal(size=12)
    noise = np.random.default_rng(3).normal(0, 2, 96)
    values = 100 + 2.5 * steps + 15 * shape[steps % 12] + noise
    lines = [
        f"{2015 + at // 12}-{at % 12 + 1:02d}-01,{value:.2f}" for at, value in enumerate(values)
    ]
    path = tmp_path / "months.csv"
    path.write_text("\n".join(["month,value", *lines]) + "\n", encoding="utf-8")
    document = {
        "dataset": {"name": "series-csv", "path": str(path)},
        "task": {"name": "forecasting", "context": 12, "horizon": 4},
        "model": {"name": "gru", "hidden_size": 8},
        "trainer": {"epochs": 8, "threads": 1, "device": "cpu", "learning_rate": 0.003},
    }

    def scores(*words: str) -> tuple[float, Path]:
        result = seqkit.run(document, *words, runs_dir=tmp_path / "runs", progress=False)
        (test,) = [e for e in result.events if e.kind == "evaluation" and e["split"] == "test"]
        return test["metrics"]["mae"], result.folder

    plain, _ = scores()
    begun, folder = scores("task.residual=smoothing")
    assert begun < 0.5 * plain
    assert seqkit.evaluate(folder).metrics["mae"] == pytest.approx(begun, rel=1e-5)
    (answer,) = seqkit.load(folder).predict()
    assert len(answer["forecast"]["values"][0]) == 4
