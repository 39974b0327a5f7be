"""The task forecasting: from series to windows, and from outputs to forecasts."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from seqkit.api import Arrays, Features, Record, Values
from seqkit.errors import ConfigurationError, DataError
from seqkit_timeseries._codec import ForecastingCodec
from seqkit_timeseries._windows import window_starts
from seqkit_timeseries.task import Forecasting

TASK = Forecasting()
DAYS = np.arange("2024-01-01", "2024-03-01", dtype="datetime64[D]").astype("datetime64[s]")
NAN = np.nan


def record(
    columns: Mapping[str, Any], start: int | None = 0, series: str = "", **more: Any
) -> Record:
    values = {name: np.asarray(column, dtype=float) for name, column in columns.items()}
    rows = len(next(iter(values.values())))
    made: dict[str, Any] = {"series": series, "time": DAYS[:rows], "values": values, **more}
    return made if start is None else made | {"start": start}


def splits_of(columns: Mapping[str, Any], *ends: int) -> dict[str, list[Record]]:
    """Splits one series at rows: its train, validation and test end there."""
    found, start = {}, 0
    for split, end in zip(("train", "validation", "test"), ends, strict=False):
        cut = {name: column[:end] for name, column in columns.items()}
        found[split] = [record(cut, start)]
        start = end
    return found


def encode(
    splits: Mapping[str, Sequence[Record]], **config: Any
) -> tuple[ForecastingCodec, dict[str, Arrays], list[str]]:
    told: list[str] = []
    values = {"context": 4, "horizon": 2, **config}
    codec, encoded = TASK.encode(TASK.Config(**values), splits, told.append)
    assert isinstance(codec, ForecastingCodec)
    return codec, encoded, told


def cut(codec: ForecastingCodec, arrays: Arrays) -> dict[str, Any]:
    """Cuts all windows of a split as one batch."""
    return codec.batch(arrays, np.arange(len(arrays["windows"])))


def tensors(batch: Mapping[str, Any]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(array) for name, array in batch.items()}


class RepeatLast(nn.Module):
    """Repeats the last input of the targets, with or without quantiles."""

    def __init__(self, size: int, horizon: int, spread: Sequence[float] = ()) -> None:
        super().__init__()
        self.size, self.horizon, self.spread = size, horizon, spread

    def forward(self, inputs: Tensor, lengths: Tensor, future: Tensor | None = None) -> Tensor:
        last = inputs[:, -1:, : self.size].repeat(1, self.horizon, 1)
        if not self.spread:
            return last
        return torch.stack([last + width for width in self.spread], dim=-1)


# --- windows --------------------------------------------------------------------------------------


def test_windows_of_a_split_forecast_its_rows_alone_and_read_the_rows_before() -> None:
    splits = splits_of({"y": np.arange(30.0)}, 18, 24, 30)
    codec, encoded, _ = encode(splits, normalization="none")
    for split, rows in {"train": (4, 18), "validation": (18, 24), "test": (24, 30)}.items():
        batch = cut(codec, encoded[split])
        targets = batch["targets"][..., 0]
        assert targets.min() == rows[0]
        assert targets.max() == rows[1] - 1
        assert (np.diff(np.concatenate([batch["inputs"][..., 0], targets], axis=1)) == 1).all()


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 60),
    start=st.integers(0, 60),
    context=st.integers(1, 9),
    horizon=st.integers(1, 9),
    stride=st.integers(1, 5),
)
def test_every_window_that_fits_is_cut_once_per_stride(
    rows: int, start: int, context: int, horizon: int, stride: int
) -> None:
    found = window_starts(rows, start, context, horizon, stride).tolist()
    origins = range(max(start, context), rows - horizon + 1, stride)
    assert found == [origin - context for origin in origins]


def test_windows_never_run_from_one_series_into_the_next() -> None:
    train = [record({"y": np.full(9, value)}, series=name) for name, value in (("a", 1), ("b", 2))]
    codec, encoded, _ = encode({"train": train}, normalization="none")
    batch = cut(codec, encoded["train"])
    seen = np.concatenate([batch["inputs"][..., 0], batch["targets"][..., 0]], axis=1)
    assert len(seen) == 2 * (9 - 6 + 1)
    assert (seen == seen[:, :1]).all()


def test_training_and_evaluation_have_strides_of_their_own() -> None:
    splits = splits_of({"y": np.arange(30.0)}, 18, 30)
    codec, encoded, _ = encode(splits, stride=3, evaluation_stride=2)
    assert np.diff(encoded["train"]["windows"]).tolist() == [3] * 4
    assert np.diff(encoded["validation"]["windows"]).tolist() == [2] * 5
    again = codec.encode(splits["train"], lambda _: None)
    assert np.array_equal(again["windows"], encoded["train"]["windows"])


def test_batches_cover_every_window_once_the_last_partial_batch_too() -> None:
    codec, encoded, _ = encode(splits_of({"y": np.arange(30.0)}, 20, 30))
    validation = encoded["validation"]
    plan = codec.plan(validation, 4, None)
    assert [len(batch) for batch in plan] == [4, 4, 1]
    assert np.concatenate(plan).tolist() == list(range(9))
    shuffled = codec.plan(encoded["train"], 4, np.random.default_rng(0))
    assert sorted(np.concatenate(shuffled).tolist()) == list(range(15))
    assert np.concatenate(shuffled).tolist() != list(range(15))


def test_the_arrays_hold_each_row_once_and_no_window() -> None:
    _, encoded, _ = encode(splits_of({"y": np.arange(40.0)}, 40), context=10)
    assert encoded["train"]["values"].shape == (40, 1)
    assert len(encoded["train"]["windows"]) == 29


def test_sizes_are_the_context_for_every_window() -> None:
    codec, encoded, _ = encode(splits_of({"y": np.arange(30.0)}, 20, 30))
    assert codec.sizes(encoded["validation"]).tolist() == [4] * 9


# --- columns --------------------------------------------------------------------------------------


def test_channels_are_targets_past_covariates_masks_and_what_is_known_ahead() -> None:
    columns = {
        "rain": np.arange(20.0),
        "holiday": np.arange(20.0) % 7,
        "sales": [1.0, NAN, *range(18)],
    }
    codec, encoded, _ = encode(
        splits_of(columns, 20),
        targets=["sales"],
        future_covariates=["holiday"],
        calendar=["weekday"],
        normalization="none",
    )
    shape = codec.shape
    assert shape.extras["columns"] == [
        "sales",
        "rain",
        "sales is known",
        "holiday",
        "weekday sine",
        "weekday cosine",
    ]
    assert shape.extras["targets"] == [0]
    assert shape.extras["future"] == 3
    assert shape.inputs == Features(6)
    assert shape.outputs == Values(1, 2)
    batch = cut(codec, encoded["train"])
    assert batch["inputs"].dtype == np.float32
    assert batch["inputs"][0, :, 0].tolist() == [1.0, 0.0, 0.0, 1.0]
    assert batch["inputs"][0, :, 2].tolist() == [1.0, 0.0, 1.0, 1.0]
    assert batch["future"].shape == (15, 2, 3)
    assert batch["future"][0, :, 0].tolist() == [4.0, 5.0]


def test_a_dataset_declares_targets_and_the_task_may_choose_others() -> None:
    train = [record({"a": np.arange(20.0), "b": np.arange(20.0)}, targets=("b",))]
    assert encode({"train": train})[0].layout.targets == ("b",)
    assert encode({"train": train})[0].layout.past == ("a",)
    assert encode({"train": train}, targets=["a"])[0].layout.past == ("b",)
    assert encode({"train": train}, past_covariates="none")[0].layout.past == ()


def test_one_column_may_be_named_without_a_list() -> None:
    train = [record({"a": np.arange(20.0), "b": np.arange(20.0), "c": np.arange(20.0)})]
    layout = encode({"train": train}, targets="a", past_covariates="c")[0].layout
    assert (layout.targets, layout.past) == (("a",), ("c",))


def test_unknown_columns_are_named_all_at_once() -> None:
    train = {"train": [record({"sales": np.arange(20.0), "rain": np.arange(20.0)})]}
    with pytest.raises(ConfigurationError) as caught:
        encode(train, targets=["sale"], past_covariates=["sun"], future_covariates=["rain"])
    assert [problem.key for problem in caught.value.problems] == [
        "task.targets",
        "task.past_covariates",
    ]
    assert "Did you mean sales?" in str(caught.value)


def test_a_column_cannot_have_two_parts() -> None:
    train = {"train": [record({"a": np.arange(20.0), "b": np.arange(20.0)})]}
    with pytest.raises(ConfigurationError, match="names 'a', which is named already"):
        encode(train, targets=["a"], future_covariates=["a"])


def test_calendar_features_need_times() -> None:
    row = dict(record({"y": np.arange(20.0)})) | {"time": np.arange(20)}
    with pytest.raises(ConfigurationError, match="asks for hour, and the data have no times"):
        encode({"train": [row]}, calendar=["hour"])
    assert encode({"train": [row]}, calendar="auto")[0].shape.extras["future"] == 0


# --- scalers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("normalization", ["standard", "min-max", "standard+last"])
def test_scalers_see_the_training_rows_alone(normalization: str) -> None:
    values = np.concatenate([np.arange(20.0), 1e6 + np.arange(10.0)])
    alone = encode(splits_of({"y": values}, 20), normalization=normalization)[0]
    among = encode(splits_of({"y": values}, 20, 30), normalization=normalization)[0]
    assert among.scalers[""].location == alone.scalers[""].location
    assert among.scalers[""].scale == alone.scalers[""].scale


def test_each_series_has_a_scaler_of_its_own() -> None:
    noise = np.random.default_rng(0).normal(size=30)
    train = [record({"y": 1000 * noise + 5000}, series="big"), record({"y": noise}, series="small")]
    codec, encoded, _ = encode({"train": train})
    windows = cut(codec, encoded["train"])["targets"]
    assert np.allclose(windows[:25], windows[25:], atol=1e-5)


@pytest.mark.parametrize("report", ["units", "scaled"])
@pytest.mark.parametrize(
    "normalization", ["none", "standard", "min-max", "window", "last", "standard+window"]
)
def test_scores_are_in_the_units_asked_for(normalization: str, report: str) -> None:
    values = 100 + 10 * np.random.default_rng(0).normal(size=(30, 2))
    splits = splits_of({"a": values[:, 0], "b": values[:, 1]}, 30)
    codec, encoded, _ = encode(splits, normalization=normalization, report=report)
    batch = tensors(cut(codec, encoded["train"]))
    outputs, _ = codec.forward(RepeatLast(2, 2), batch)
    forecasts, targets = codec.metric_inputs(outputs, batch)
    wanted = values if report == "units" else codec.scalers[""].scaled(values)
    assert torch.allclose(targets[:, 0], torch.tensor(wanted[4:29]), rtol=1e-5, atol=1e-6)
    assert torch.allclose(forecasts[:, 0], torch.tensor(wanted[3:28]), rtol=1e-5, atol=1e-5)


def test_a_constant_series_is_moved_and_never_divided_by_zero() -> None:
    codec, encoded, told = encode(splits_of({"y": np.full(20, 7.3)}, 20))
    batch = cut(codec, encoded["train"])
    assert np.abs(batch["inputs"]).max() < 1e-12
    assert "1 column is constant in the train split, and not scaled: 'y' of the series." in told


def test_mase_compares_with_the_rows_before_each_split() -> None:
    values = np.random.default_rng(0).normal(size=40) * np.linspace(1, 9, 40)
    splits = splits_of({"y": values}, 20, 30, 40)
    _, encoded, _ = encode(splits, season=3)
    for split, rows in {"train": 20, "validation": 20, "test": 30}.items():
        expected = np.abs(values[3:rows] - values[: rows - 3]).mean()
        assert encoded[split]["naive_error"][0, 0] == pytest.approx(expected), split
    _, scaled, _ = encode(splits, season=3, report="scaled")
    deviation = values[:20].std()
    found = scaled["test"]["naive_error"][0, 0] * deviation
    assert found == pytest.approx(encoded["test"]["naive_error"][0, 0])


def test_where_there_is_no_whole_season_mase_compares_neighbours() -> None:
    _, encoded, _ = encode(splits_of({"y": np.arange(20.0) * 3}, 20), season=50)
    assert encoded["train"]["naive_error"].tolist() == [[3.0]]


# --- missing values -------------------------------------------------------------------------------


def test_missing_targets_stay_missing_and_inputs_are_filled() -> None:
    values = np.arange(20.0)
    values[[2, 9]] = NAN
    expected = {"mask": 0.0, "forward": 8.0, "linear": 9.0}
    for missing, filled in expected.items():
        codec, encoded, _ = encode(
            splits_of({"y": values}, 20), missing=missing, normalization="none"
        )
        assert encoded["train"]["values"][9, 0] == filled
        assert np.isnan(encoded["train"]["targets"][[2, 9], 0]).all()
        assert codec.shape.inputs == Features(2 if missing == "mask" else 1)


def test_error_names_row_time_and_column_of_a_missing_value() -> None:
    values = np.arange(20.0)
    values[9] = NAN
    with pytest.raises(
        DataError,
        match=r"the series has no value in column 'y', row 10 \(2024-01-10T00:00\) of the train",
    ):
        encode(splits_of({"y": values}, 20), missing="error")


def test_a_window_without_any_target_is_left_out() -> None:
    values = np.arange(20.0)
    values[8:12] = NAN
    codec, encoded, _ = encode(splits_of({"y": values}, 20))
    targets = cut(codec, encoded["train"])["targets"]
    assert not np.isnan(targets).all(axis=(1, 2)).any()
    assert len(targets) == 15 - 3


def test_values_missing_after_training_alone_are_filled_with_the_last_one() -> None:
    values = np.arange(30.0)
    values[22] = NAN
    codec, encoded, _ = encode(splits_of({"y": values}, 20, 30), normalization="none")
    assert codec.shape.inputs == Features(1)
    assert encoded["validation"]["values"][22, 0] == 21


def test_a_column_without_any_number_is_refused_by_name() -> None:
    splits = {"train": [record({"y": np.arange(20.0), "x": np.full(20, NAN)}, series="a")]}
    with pytest.raises(DataError, match="series 'a' has no number in column 'x', in the train"):
        encode(splits)


def test_an_infinite_number_is_refused_with_its_row() -> None:
    with pytest.raises(DataError, match=r"infinite number in column 'y', row 3 \(2024-01-03"):
        encode(splits_of({"y": [1.0, 2.0, np.inf, *range(20)]}, 23))


# --- too little data ------------------------------------------------------------------------------


def test_a_horizon_longer_than_the_data_is_refused_with_the_numbers() -> None:
    with pytest.raises(DataError) as caught:
        encode(splits_of({"y": np.arange(20.0)}, 20), horizon=30)
    assert str(caught.value) == (
        "the series has 20 rows in the train split, too few for a context of 4 and a horizon of 30 "
        "rows. Lower task.horizon or task.context, or give more rows"
    )


def test_a_split_shorter_than_the_horizon_is_refused() -> None:
    with pytest.raises(DataError, match="the series has 3 rows in the validation split"):
        encode(splits_of({"y": np.arange(30.0)}, 27, 30), horizon=4)


def test_short_series_among_longer_ones_are_left_out_and_named() -> None:
    train = [record({"y": np.arange(rows)}, series=name) for name, rows in (("a", 20), ("b", 5))]
    _, encoded, told = encode({"train": train})
    assert encoded["train"]["ids"].tolist() == ["a"]
    assert any("1 of 2 series are too short for a window" in text for text in told)
    assert any("series 'b'" in text for text in told)


def test_a_series_must_not_be_there_twice() -> None:
    with pytest.raises(DataError, match="series 'a' is there twice, in the train split"):
        encode({"train": [record({"y": np.arange(20.0)}, series="a") for _ in range(2)]})


def test_without_a_train_split_there_is_a_plain_error() -> None:
    with pytest.raises(DataError, match=r"no train split, in the dataset\. It has: test"):
        encode({"test": [record({"y": np.arange(20.0)})]})
    with pytest.raises(DataError, match="there is no series, in the train split"):
        encode({"train": []})


# --- forecasts ------------------------------------------------------------------------------------


def answer(
    codec: ForecastingCodec,
    inputs: Sequence[Any] = (),
    model: nn.Module | None = None,
    **o: Any,
) -> list[dict[str, Any]]:
    records = codec.parse(inputs)
    batch = tensors(cut(codec, codec.encode(records, lambda _: None)))
    size, horizon = len(codec.layout.targets), codec.horizon
    with torch.inference_mode():
        return codec.predict(
            model or RepeatLast(size, horizon), batch, records, TASK.PredictOptions(**o)
        )


def test_without_input_it_forecasts_what_comes_after_the_data() -> None:
    codec, _, _ = encode(splits_of({"y": np.arange(30.0)}, 20, 25, 30))
    found = answer(codec)
    assert found == [
        {
            "view": "series",
            "series": "",
            "columns": ["y"],
            "history": {
                "time": ["2024-01-27", "2024-01-28", "2024-01-29", "2024-01-30"],
                "values": [[26.0, 27.0, 28.0, 29.0]],
            },
            "forecast": {"time": ["2024-01-31", "2024-02-01"], "values": [[29.0, 29.0]]},
        }
    ]
    json.dumps(found)


def test_a_saved_encoder_gives_the_same_arrays_and_answers(tmp_path: Path) -> None:
    values = np.arange(30.0)
    values[3] = NAN
    columns = {"y": values, "x": np.arange(30.0) ** 2}
    splits = splits_of(columns, 20, 30)
    codec, encoded, _ = encode(
        splits, targets=["y"], calendar="auto", normalization="standard+window"
    )
    codec.save(tmp_path)
    loaded = TASK.load(tmp_path)
    assert isinstance(loaded, ForecastingCodec)
    assert loaded.shape == codec.shape
    again = loaded.encode(splits["validation"], lambda _: None)
    for name, array in encoded["validation"].items():
        same = np.array_equal(again[name], array, equal_nan=array.dtype.kind == "f")
        assert same, name
    assert answer(loaded) == answer(codec)


def test_saving_twice_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        encode(splits_of({"y": np.arange(30.0)}, 20, 30))[0].save(tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


@pytest.mark.parametrize("name", ["forecasting.json", "forecasting.safetensors"])
def test_a_damaged_encoder_is_named(tmp_path: Path, name: str) -> None:
    encode(splits_of({"y": np.arange(30.0)}, 30))[0].save(tmp_path)
    (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(DataError, match="is damaged"):
        TASK.load(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(DataError, match=name.replace(".", r"\.")):
        TASK.load(tmp_path)


def test_quantiles_rise_and_the_median_is_the_forecast() -> None:
    codec, encoded, _ = encode(splits_of({"y": np.arange(30.0)}, 30), normalization="none")
    codec.set_output_shape(codec.shape.with_outputs(quantiles=(0.1, 0.5, 0.9)))
    crossed = RepeatLast(1, 2, spread=(5.0, -5.0, 0.0))
    forecast = answer(codec, model=crossed)[0]["forecast"]
    assert forecast["values"] == [[29.0, 29.0]]
    assert forecast["quantiles"] == {
        "0.1": [[24.0, 24.0]],
        "0.5": [[29.0, 29.0]],
        "0.9": [[34.0, 34.0]],
    }
    batch = tensors(cut(codec, encoded["train"]))
    outputs, _ = codec.forward(crossed, batch)
    assert (codec.metric_inputs(outputs, batch)[0].diff(dim=-1) == 5).all()


def test_quantiles_are_undone_like_points_by_instance_normalisation() -> None:
    codec, encoded, _ = encode(splits_of({"y": np.arange(30.0)}, 30), normalization="last")
    batch = tensors(cut(codec, encoded["train"]))
    outputs, _ = codec.forward(RepeatLast(1, 2, spread=(-1.0, 0.0, 1.0)), batch)
    deviation = np.arange(30.0).std()
    found = codec.in_units(outputs, batch)[0, 0, 0].tolist()
    assert found == pytest.approx([3 - deviation, 3, 3 + deviation], rel=1e-6)


def test_samples_show_the_context_the_forecast_and_the_target() -> None:
    codec, encoded, _ = encode(splits_of({"y": np.arange(30.0), "x": np.arange(30.0)}, 20, 30))
    records = codec.records(encoded["validation"], [0, 8])
    batch = tensors(codec.batch(encoded["validation"], np.array([0, 8])))
    found = codec.predict(RepeatLast(2, 2), batch, records, TASK.PredictOptions())
    assert found[0]["history"]["time"][-1] == "2024-01-20"
    assert np.allclose(found[0]["target"], [[20, 21], [20, 21]], atol=1e-4)
    assert np.allclose(found[1]["forecast"]["values"], [[27, 27], [27, 27]], atol=1e-4)


def test_a_longer_horizon_than_trained_goes_on_from_forecasts_and_a_shorter_one_is_cut() -> None:
    codec, _, _ = encode(splits_of({"y": np.arange(30.0)}, 30))
    (longer,) = answer(codec, horizon=5)
    assert longer["forecast"]["time"] == [f"2024-01-{day}" for day in (31,)] + [
        f"2024-02-0{day}" for day in (1, 2, 3, 4)
    ]
    assert np.allclose(longer["forecast"]["values"], 29.0, atol=1e-4)
    assert "5 rows are forecast 2 at a time" in longer["note"]
    assert len(answer(codec, horizon=1)[0]["forecast"]["time"]) == 1
    assert answer(codec, history=1)[0]["history"]["values"] == [[29.0]]


def test_the_run_keeps_as_many_series_as_asked_and_says_so() -> None:
    train = [record({"y": np.arange(20.0)}, series=name) for name in "abc"]
    codec, _, told = encode({"train": train}, keep_series=2)
    assert [one["series"] for one in answer(codec)] == ["a", "b"]
    assert any("keeps the last rows of 2 of 3 series" in text for text in told)
    nothing, _, _ = encode({"train": train}, keep_series=0)
    with pytest.raises(DataError, match="the run kept no rows"):
        nothing.parse([])


def test_the_frequency_is_said_unless_the_dataset_knows_its_season() -> None:
    _, _, told = encode(splits_of({"y": np.arange(30.0)}, 30))
    assert told == ["rows are daily; a season is 7 rows (task.season sets it)."]
    declared = {"train": [record({"y": np.arange(30.0)}, period=5)]}
    codec, _, told = encode(declared)
    assert (codec.shape.extras["period"], told) == (5, [])
    assert encode(declared, season=3)[0].shape.extras["period"] == 3
