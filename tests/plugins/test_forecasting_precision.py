"""Values far from 0, very large and very small ones: units are in double precision."""

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import r2_score
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from seqkit.api import Record
from seqkit.errors import DataError
from seqkit_timeseries import _metrics
from seqkit_timeseries._answers import answers_of, decimals
from seqkit_timeseries._baselines import observed_targets
from seqkit_timeseries._encoding import seasonal_naive_error
from seqkit_timeseries._frequency import Frequency
from seqkit_timeseries._normalization import fit_scaler
from seqkit_timeseries._precision import is_constant
from seqkit_timeseries.task import Forecasting

TASK = Forecasting()
WAVE = np.sin(np.arange(60) / 3) + 0.1 * np.random.default_rng(0).normal(size=60)


def series(values: Any, start: int) -> Record:
    time = np.arange(len(values))
    return {"series": "", "time": time, "values": {"y": np.asarray(values)}, "start": start}


def encode(values: Any, **config: Any) -> tuple[Any, dict[str, Any], list[str]]:
    splits = {"train": [series(values[:40], 0)], "test": [series(values, 40)]}
    told: list[str] = []
    settings = TASK.Config(**{"context": 6, "horizon": 3, "season": 4, **config})
    codec, arrays = TASK.encode(settings, splits, told.append)
    return codec, arrays, told


@pytest.mark.parametrize("normalization", ["standard", "min-max", "window", "last"])
@pytest.mark.parametrize(("offset", "size"), [(1e9, 3.0), (1e6, 0.01), (0, 5e-13), (3e39, 5e38)])
def test_scores_do_not_depend_on_offset_and_unit(
    offset: float, size: float, normalization: str
) -> None:
    near = encode(WAVE, normalization=normalization)
    far = encode(offset + size * WAVE, normalization=normalization)
    expected, found = (one[0].baselines(one[1], "test") for one in (near, far))
    for name in ("repeat-last", "seasonal-naive", "drift", "linear"):
        assert found[name]["mae"] == pytest.approx(size * expected[name]["mae"], rel=1e-4)
        for metric in ("mase", "r2", "rse"):
            assert found[name][metric] == pytest.approx(expected[name][metric], rel=1e-4)
    assert np.allclose(near[1]["train"]["values"], far[1]["train"]["values"], atol=1e-5)


@pytest.mark.parametrize(("offset", "size"), [(1e9, 3.0), (1e6, 0.01), (1e15, 8.0)])
def test_what_a_network_puts_out_is_put_into_units_in_double_precision(
    offset: float, size: float
) -> None:
    codec, arrays, _ = encode(offset + size * WAVE)
    batch = {
        name: torch.from_numpy(array)
        for name, array in codec.batch(arrays["test"], np.arange(5)).items()
    }
    outputs = torch.linspace(-1, 1, 15).reshape(5, 3, 1)
    scaler = codec.scalers[""]
    expected = outputs.double() * scaler.scale[0] + scaler.location[0]
    forecasts, targets = codec.metric_inputs(outputs, batch)
    torch.testing.assert_close(forecasts, expected, rtol=1e-15, atol=0)
    assert targets.flatten().tolist() == [
        (offset + size * WAVE)[40 + window + row] for window in range(5) for row in range(3)
    ]


@pytest.mark.parametrize(("offset", "digits"), [(0.0, 7), (1e9, 7), (-1e12, 7)])
def test_a_forecast_has_the_decimals_of_what_was_added_to_its_location(
    offset: float, digits: int
) -> None:
    assert decimals(offset + np.array([0.5, -3.0]), offset) == digits
    assert decimals(np.array([offset]), offset) is None


def test_a_forecast_that_is_no_finite_number_is_no_answer() -> None:
    record = {"time": np.arange(3), "values": {"y": np.zeros(3)}}
    more: Any = ([record], ["y"], Frequency(), (), 3)
    with pytest.raises(DataError, match=r"forecast of column 'y' .* is no finite number in row 2"):
        answers_of(np.array([[[1.0], [np.inf]]]), np.zeros((1, 1)), *more)
    (answer,) = answers_of(np.array([[[1.0], [2.0]]]), np.zeros((1, 1)), *more)
    assert answer["forecast"]["values"] == [[1.0, 2.0]]


def test_a_series_that_was_not_learnt_from_is_scaled_by_its_own_past_alone() -> None:
    codec, _, _ = encode(WAVE)
    values = np.concatenate([np.arange(20.0), np.full(20, 1e6)])
    new = {**series(values, 20), "series": "new"}
    found = codec.encode_from([new], lambda _: None, "the test split")
    assert found["location"][0, 0] == pytest.approx(9.5)
    assert found["scale"][0, 0] == pytest.approx(np.arange(20.0).std())


def test_before_the_first_known_value_a_naive_forecast_knows_the_location_alone() -> None:
    values = 5 + WAVE.copy()
    values[:8] = np.nan
    codec, arrays, _ = encode(values)
    observed = observed_targets(arrays["train"])[:, 0]
    assert observed[:8].tolist() == [codec.scalers[""].location[0]] * 8
    assert observed[8] == values[8]


@pytest.mark.parametrize("value", [0.1, 1e9, 1e-300])
def test_what_rounding_leaves_is_no_error_of_a_naive_forecast(value: float) -> None:
    values = np.full((12, 1), value)
    values[::3] = np.nextafter(value, np.inf)
    assert seasonal_naive_error(values, 4).tolist() == [0.0]
    assert seasonal_naive_error(values * np.arange(12)[:, None], 4)[0] > 0
    assert np.isnan(seasonal_naive_error(np.full((12, 1), np.nan), 4)).all()


@pytest.mark.parametrize("scale", [1e-300, 5e-13, 1.0, 1e9])
def test_a_small_column_is_scaled_and_one_of_rounding_is_constant(scale: float) -> None:
    assert not is_constant(np.float64(scale) * WAVE[:, None]).any()
    assert is_constant(np.full((40, 1), scale)).all()
    assert is_constant(np.asarray(scale * (1 + 2e-16 * np.arange(8.0)[:, None]), float)).all()
    assert fit_scaler(scale * WAVE[:, None], "standard").scale[0] != 1


def test_what_is_said_to_be_constant_is_what_is_not_scaled() -> None:
    codec, _, told = encode(1e9 + 1e-7 * WAVE)
    assert any("1 column is constant in the train split, and not scaled: 'y'" in t for t in told)
    assert codec.scalers[""].scale.tolist() == [1.0]


@pytest.mark.parametrize(("value", "scale"), [(5e-13, 5e-13), (-0.25, 0.25), (0, 1), (1e9, 1)])
def test_a_constant_below_one_is_divided_by_its_size(value: float, scale: float) -> None:
    codec, arrays, _ = encode(np.full(60, value))
    assert codec.scalers[""].scale.tolist() == [scale]
    assert not arrays["train"]["values"].any()


@pytest.mark.parametrize(("value", "said"), [(1e200, "1e+200"), (1e30, "1e[+]30"), (-1e150, "-1e")])
def test_a_value_beyond_what_precision_holds_is_refused_by_row(value: float, said: str) -> None:
    values = WAVE.copy()
    values[45] = value
    said = said.replace("e+", "e[+]")
    with pytest.raises(DataError, match=f"{said}.* in column 'y', row 46 of the test split"):
        encode(values)


@pytest.mark.parametrize(
    ("size", "said"),
    [(1e200, "the square of more than 1e[+]140 is beyond"), (1e-160, "less than 1e-140 vanishes")],
)
def test_values_whose_squares_are_no_doubles_are_refused(size: float, said: str) -> None:
    with pytest.raises(DataError, match=f"in column 'y'.* the train split.*{said}"):
        encode(size * (2 + WAVE))


def test_without_scaling_one_is_told_that_single_precision_loses_the_values() -> None:
    assert any(
        "differ by too little" in text for text in encode(1e9 + WAVE, normalization="none")[2]
    )


@pytest.mark.parametrize(
    ("kind", "other"), [("standard", StandardScaler), ("min-max", MinMaxScaler)]
)
@pytest.mark.parametrize("offset", [0, 1e6, -1e9])
def test_scalers_are_those_of_scikit_learn(kind: str, other: Any, offset: float) -> None:
    values = offset + np.random.default_rng(1).normal(size=(50, 3)) * [1, 20, 1e3]
    values[7, 1] = np.nan
    found = fit_scaler(values, kind).scaled(values)
    assert np.allclose(found, other().fit_transform(values), atol=1e-6, equal_nan=True)


@pytest.mark.parametrize("offset", [0, 1e9, -1e12])
def test_r2_far_from_zero_is_that_of_scikit_learn(offset: float) -> None:
    codec, _, _ = encode(WAVE)
    outputs = codec.shape.outputs
    targets = torch.from_numpy(offset + np.random.default_rng(2).normal(size=(30, 3, 1)))
    forecasts = targets + 0.1
    metric, rest = _metrics.determination(outputs), _metrics.determination(outputs)
    metric.update(forecasts[:7], targets[:7])
    rest.update(forecasts[7:], targets[7:])
    metric.merge(rest)
    expected = r2_score(targets.flatten().numpy(), forecasts.flatten().numpy())
    assert metric.compute() == pytest.approx(expected, rel=1e-6)
