"""Every normalisation is scikit-learn's, or its published definition, through the whole encoder.

The scalers are fitted on the training rows of each series; windows are normalised by themselves.
"""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
import torch
from sklearn import preprocessing

from seqkit.registry.discovery import load_registry
from seqkit_timeseries._codec import ForecastingCodec
from seqkit_timeseries.task import Forecasting

CONTEXT, HORIZON, TRAIN, ROWS = 7, 2, 20, 30

SCALERS: dict[str, Any] = {
    "none": preprocessing.FunctionTransformer,
    "standard": preprocessing.StandardScaler,
    "min-max": preprocessing.MinMaxScaler,
}
"""What scikit-learn has for the first stage of a normalisation."""

NORMALISATIONS = {
    "none": ("none", ""),
    "standard": ("standard", ""),
    "min-max": ("min-max", ""),
    "window": ("standard", "window"),
    "last": ("standard", "last"),
    "standard+window": ("standard", "window"),
    "standard+last": ("standard", "last"),
    "min-max+window": ("min-max", "window"),
    "min-max+last": ("min-max", "last"),
}
"""The scaler of each normalisation, and what each window is normalised by."""


def by_itself(window: np.ndarray, stage: str) -> np.ndarray:
    """Normalises `(context, columns)` by what is known of it; NaN stays."""
    if stage == "window":
        # Kim et al. 2022, equations 1 and 2, without the affine map; epsilon as in their code.
        fitted = preprocessing.StandardScaler().fit(window)
        return (window - fitted.mean_) / np.sqrt(fitted.var_ + 1e-5)
    if stage == "last":
        # NLinear of Zeng et al. 2023, section 4.
        return window - np.array([column[~np.isnan(column)][-1] for column in window.T])
    return window


def drawn_series(gaps: bool) -> dict[str, np.ndarray]:
    """Returns two series that have nothing in common; the last column is known ahead."""
    generator = np.random.default_rng(5)
    found = {"a": generator.normal(400, 30, (ROWS, 3)), "b": generator.gamma(2, 0.02, (ROWS, 3))}
    for values in found.values():
        if gaps:
            values[[3, 8, 17], 0] = np.nan
            values[[8, 9, 22, 29], 1] = np.nan
    return found


def records_of(drawn: dict[str, np.ndarray], rows: int, start: int) -> list[dict[str, Any]]:
    return [
        {
            "series": name,
            "time": np.arange(rows),
            "values": dict(zip(("y", "x", "known"), values[:rows].T, strict=True)),
            "start": start,
            "targets": ("y",),
        }
        for name, values in drawn.items()
    ]


class Echo(torch.nn.Module):
    """Keeps what it reads, and forecasts the last rows of it again."""

    read: torch.Tensor

    def forward(self, inputs: torch.Tensor, lengths: torch.Tensor, future: Any) -> torch.Tensor:
        self.read = inputs
        return inputs[:, -HORIZON:, :1]


def test_every_normalisation_has_a_golden_value() -> None:
    offered = {
        choice
        for entry in load_registry().entries("tasks")
        for name, field in entry.component.Config.model_fields.items()
        if name.startswith(("normal", "scal"))
        for choice in get_args(field.annotation)
    }
    assert offered == set(NORMALISATIONS)


def windows_of(drawn: dict[str, np.ndarray], split: str) -> list[tuple[str, int]]:
    """Returns the series and the first row of each window of a split, in the encoder's order."""
    begin, rows = (0, TRAIN) if split == "train" else (TRAIN - CONTEXT, ROWS)
    return [
        (name, start)
        for name, values in drawn.items()
        for start in range(begin, rows - CONTEXT - HORIZON + 1)
        # A window without any target to compare with is none.
        if not np.isnan(values[start + CONTEXT : start + CONTEXT + HORIZON, 0]).all()
    ]


def alike(found: Any, expected: np.ndarray, tolerance: float = 1e-5) -> bool:
    return np.allclose(found, expected, rtol=1e-5, atol=tolerance, equal_nan=True)


@pytest.mark.parametrize("gaps", [False, True], ids=["no gaps", "gaps"])
@pytest.mark.parametrize("kind", NORMALISATIONS)
def test_a_network_reads_what_scikit_learn_makes_of_the_rows(kind: str, gaps: bool) -> None:
    scaler, stage = NORMALISATIONS[kind]
    drawn = drawn_series(gaps)
    settings = Forecasting.Config(
        context=CONTEXT,
        horizon=HORIZON,
        future_covariates=["known"],
        normalization=kind,  # type: ignore[arg-type]
    )
    splits = {"train": records_of(drawn, TRAIN, 0), "test": records_of(drawn, ROWS, TRAIN)}
    codec, arrays = Forecasting().encode(settings, splits, lambda _: None)
    assert isinstance(codec, ForecastingCodec)
    fitted = {name: SCALERS[scaler]().fit(values[:TRAIN]) for name, values in drawn.items()}
    for split in splits:
        windows = windows_of(drawn, split)
        assert len(arrays[split]["windows"]) == len(windows) > 4
        numbered = codec.batch(arrays[split], np.arange(len(windows)))
        batch = {name: torch.as_tensor(part) for name, part in numbered.items()}
        network = Echo()
        outputs, _ = codec.forward(network, batch)
        forecasts = codec.in_units(outputs, batch)
        for place, (name, start) in enumerate(windows):
            rows = drawn[name][start : start + CONTEXT + HORIZON]
            scaled = fitted[name].transform(rows)
            read = np.column_stack([by_itself(scaled[:CONTEXT, :2], stage), scaled[:CONTEXT, 2]])
            # What is missing is read as 0, the mean.
            assert alike(network.read[place][:, [0, 1, -1]], np.nan_to_num(read))
            assert alike(batch["targets"][place, :, 0], scaled[CONTEXT:, 0])
            assert alike(batch["future"][place, :, 0], scaled[CONTEXT:, 2])
            # The way back: the network forecasts what it read, which was these rows.
            last = rows[CONTEXT - HORIZON : CONTEXT, 0]
            there = ~np.isnan(last)
            size = float(np.nanstd(drawn[name][:, 0]))
            assert alike(forecasts[place, there, 0], last[there], 1e-5 * size)
