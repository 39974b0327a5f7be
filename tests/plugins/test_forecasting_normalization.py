"""Scalers and the normalisation of windows."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from seqkit_timeseries._normalization import fit_scaler, normalise
from seqkit_timeseries._windows import forward_filled, gather, interpolated

FLOATS = st.floats(-1e6, 1e6, allow_nan=False)


@settings(max_examples=50, deadline=None)
@given(arrays(np.float64, (7, 2), elements=FLOATS), st.sampled_from(["standard", "min-max"]))
def test_a_scaler_is_undone_by_its_location_and_scale(values: np.ndarray, kind: str) -> None:
    scaler = fit_scaler(values, kind)
    assert (scaler.scale > 0).all()
    again = scaler.scaled(values) * scaler.scale + scaler.location
    assert np.allclose(again, values, rtol=1e-9, atol=1e-6)


def test_standard_has_mean_0_and_deviation_1_and_min_max_runs_from_0_to_1() -> None:
    values = np.array([[1.0, 10.0], [2.0, np.nan], [6.0, 30.0]])
    scaled = fit_scaler(values, "standard").scaled(values)
    assert np.allclose(np.nanmean(scaled, axis=0), 0)
    assert np.allclose(np.nanstd(scaled, axis=0), 1)
    scaled = fit_scaler(values, "min-max").scaled(values)
    assert np.nanmin(scaled, axis=0).tolist() == [0, 0]
    assert np.nanmax(scaled, axis=0).tolist() == [1, 1]


def test_a_constant_column_has_a_scale_of_1_even_where_rounding_leaves_a_deviation() -> None:
    values = np.full((10, 1), 5.7)
    assert fit_scaler(values, "standard").scale.tolist() == [1.0]
    assert fit_scaler(values, "min-max").scale.tolist() == [1.0]


@pytest.mark.parametrize("kind", ["window", "last"])
def test_a_window_is_normalised_by_itself_and_undone_exactly(kind: str) -> None:
    inputs = 50 + 10 * torch.randn(3, 8, 4, dtype=torch.float64)
    outputs, shift, scale = normalise(inputs, None, 2, kind)
    assert torch.equal(outputs[..., 2:], inputs[..., 2:])
    assert torch.allclose(outputs[..., :2] * scale + shift, inputs[..., :2], rtol=1e-12)
    if kind == "last":
        assert torch.equal(outputs[:, -1, :2], torch.zeros(3, 2, dtype=torch.float64))
    else:
        assert torch.allclose(outputs[..., :2].mean(dim=1), torch.zeros(3, 2).double(), atol=1e-9)
        deviations = outputs[..., :2].std(dim=1, unbiased=False)
        assert torch.allclose(deviations, torch.ones(3, 2).double(), atol=1e-4)


def test_a_constant_window_is_not_divided_by_zero() -> None:
    outputs, shift, scale = normalise(torch.full((1, 4, 1), 3.0), None, 1, "window")
    assert torch.equal(outputs, torch.zeros(1, 4, 1))
    assert shift.item() == 3.0
    assert scale.item() > 0


@pytest.mark.parametrize("kind", ["window", "last"])
def test_what_fills_a_missing_value_never_changes_the_normalisation(kind: str) -> None:
    inputs = torch.randn(1, 6, 1)
    known = torch.tensor([1.0, 1, 0, 1, 1, 0]).reshape(1, 6, 1)
    first = normalise(torch.where(known > 0, inputs, 0.0), known, 1, kind)
    second = normalise(torch.where(known > 0, inputs, 99.0), known, 1, kind)
    for one, other in zip(first, second, strict=True):
        assert torch.allclose(one, other)
    assert first[0][known == 0].tolist() == [0.0, 0.0]
    if kind == "last":
        assert torch.equal(first[1].squeeze(), inputs[0, 4, 0])


def test_a_window_in_which_nothing_is_known_stays_finite() -> None:
    inputs, known = torch.zeros(1, 4, 1), torch.zeros(1, 4, 1)
    for kind in ("window", "last"):
        for part in normalise(inputs, known, 1, kind):
            assert torch.isfinite(part).all()


def test_forward_filling_looks_back_alone_and_lines_end_with_the_last_value() -> None:
    nan = np.nan
    values = np.array([[nan, 1.0], [2.0, nan], [nan, nan], [4.0, 7.0], [nan, 8.0]])
    back = np.array([[nan, 1.0], [2.0, 1.0], [2.0, 1.0], [4.0, 7.0], [4.0, 8.0]])
    lines = np.array([[nan, 1.0], [2.0, 3.0], [3.0, 5.0], [4.0, 7.0], [4.0, 8.0]])
    assert np.array_equal(forward_filled(values), back, equal_nan=True)
    assert np.array_equal(interpolated(values), lines, equal_nan=True)


def test_gathered_windows_are_the_slices_they_stand_for() -> None:
    values = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    starts = np.array([5, 0, 36, 5])
    windows = gather(values, starts, 4)
    assert windows.flags.c_contiguous
    for window, start in zip(windows, starts, strict=True):
        assert np.array_equal(window, values[start : start + 4])
