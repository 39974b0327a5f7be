"""Every metric has a test against a library, or against its published definition, and they hold.

scikit-learn has no sMAPE, MASE, OWA or RSE; those are computed here as their papers write them.
"""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np
import pytest
import torch
from sklearn import metrics as reference

from seqkit.api import Features, Shape, Values
from seqkit.registry.discovery import load_registry
from seqkit_timeseries import metrics

SHAPE = Shape("forecasting", Features(2), Values(2, 3))

HERE = "test_golden_values"
GOLDEN = {
    "text:accuracy": ("test_classification_metrics", "accuracy_and_confusion_are_scikit_learns"),
    "text:auroc": ("test_classification_metrics", "auroc_is_scikit_learns_exactly_with_ties"),
    "text:confusion": ("test_classification_metrics", "accuracy_and_confusion_are_scikit_learns"),
    "text:f1": ("test_classification_metrics", "f1_is_scikit_learns"),
    "text:perplexity": ("test_token_scores", "perplexity_is_the_exponential_of_the_mean_loss"),
    "text:token-accuracy": ("test_token_scores", "token_accuracy_counts_right_tokens"),
    "textgen:bits-per-character": ("test_textgen_streams", "bits_per_character_count"),
    "seq2seq:bleu": ("test_seq2seq_metrics", "a_score_is_that_of_the_command"),
    "seq2seq:chrf": ("test_seq2seq_metrics", "a_score_is_that_of_the_command"),
    "seq2seq:exact-match": ("test_seq2seq_metrics", "an_exact_match_is_one_to_the_letter"),
    "timeseries:coverage": ("test_forecasting_scores", "coverage_and_width"),
    "timeseries:interval-width": ("test_forecasting_scores", "coverage_and_width"),
    "timeseries:mae": (HERE, "errors_are_scikit_learns"),
    "timeseries:mse": (HERE, "errors_are_scikit_learns"),
    "timeseries:rmse": (HERE, "errors_are_scikit_learns"),
    "timeseries:horizon-mae": (HERE, "errors_are_scikit_learns"),
    "timeseries:r2": (HERE, "errors_are_scikit_learns"),
    "timeseries:rse": (HERE, "relative_and_scaled_errors_are_those_of_their_papers"),
    "timeseries:smape": (HERE, "relative_and_scaled_errors_are_those_of_their_papers"),
    "timeseries:mase": (HERE, "relative_and_scaled_errors_are_those_of_their_papers"),
    "timeseries:owa": (HERE, "relative_and_scaled_errors_are_those_of_their_papers"),
}
"""The test of each metric: its file, and a part of its name."""


def score(component: Any, forecasts: Any, targets: Any, **more: Any) -> Any:
    batch = more.pop("batch", None)
    metric = component().build(component.Config(**more), SHAPE)
    given = (torch.as_tensor(forecasts), torch.as_tensor(targets))
    metric.update(*given, *([batch] if batch else []))
    return metric.compute()


def drawn(seed: int, offset: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns forecasts and targets of 40 windows, 3 rows ahead, of 2 columns."""
    generator = np.random.default_rng(seed)
    targets = offset + generator.normal(0, 3, (40, 3, 2))
    return targets + generator.normal(0, 1, targets.shape), targets


def test_every_metric_has_a_golden_value() -> None:
    found = {entry.qualified for entry in load_registry().entries("metrics")}
    assert found == set(GOLDEN)
    for file, name in GOLDEN.values():
        tests = vars(importlib.import_module(f"tests.plugins.{file}"))
        assert any(name in test for test in tests if test.startswith("test_")), (file, name)


@pytest.mark.parametrize("offset", [0.0, 1e6, -1e9])
@pytest.mark.parametrize("seed", range(3))
def test_errors_are_scikit_learns(seed: int, offset: float) -> None:
    forecasts, targets = drawn(seed, offset)
    flat = targets.reshape(-1), forecasts.reshape(-1)
    expected = {
        metrics.AbsoluteError: reference.mean_absolute_error(*flat),
        metrics.SquaredError: reference.mean_squared_error(*flat),
        metrics.RootSquaredError: reference.root_mean_squared_error(*flat),
        metrics.Determination: reference.r2_score(
            targets.reshape(-1, 2), forecasts.reshape(-1, 2), multioutput="uniform_average"
        ),
    }
    for component, value in expected.items():
        assert score(component, forecasts, targets) == pytest.approx(value, rel=1e-6)
    rows = [reference.mean_absolute_error(targets[:, n], forecasts[:, n]) for n in range(3)]
    assert score(metrics.HorizonError, forecasts, targets) == pytest.approx(rows, rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_relative_and_scaled_errors_are_those_of_their_papers(seed: int) -> None:
    forecasts, targets = drawn(seed, 20.0)
    errors = np.abs(targets - forecasts)
    # Makridakis et al. 2020, the M4 competition.
    smape = (200 * errors / (np.abs(targets) + np.abs(forecasts))).mean()
    naive = np.random.default_rng(seed).uniform(1, 2, (40, 2))
    # Hyndman and Koehler 2006.
    mase = (errors / naive[:, None, :]).mean()
    # Lai et al. 2018, equation 12.
    rse = math.sqrt((errors**2).sum()) / math.sqrt(((targets - targets.mean()) ** 2).sum())
    batch = {"naive_error": torch.as_tensor(naive)}
    found = score(metrics.ScaledError, forecasts, targets, batch=batch)
    assert found == pytest.approx(mase, rel=1e-6)
    assert score(metrics.SymmetricPercentage, forecasts, targets) == pytest.approx(smape, rel=1e-6)
    assert score(metrics.RelativeSquaredError, forecasts, targets) == pytest.approx(rse, rel=1e-6)
    owa = score(
        metrics.WeightedAverage, forecasts, targets, batch=batch, naive2_smape=9, naive2_mase=2
    )
    assert owa == pytest.approx((smape / 9 + mase / 2) / 2, rel=1e-6)
