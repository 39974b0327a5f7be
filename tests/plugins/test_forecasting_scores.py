"""Losses and metrics of forecasting, against their definitions computed by hand."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import r2_score
from torch import Tensor
from torch.nn import functional

from seqkit.api import Features, Shape, Values
from seqkit.errors import ConfigurationError
from seqkit_timeseries import losses, metrics

SHAPE = Shape("forecasting", Features(2), Values(2, 3))
QUANTILES = SHAPE.with_outputs(quantiles=(0.1, 0.5, 0.9))


def loss(component: Any, outputs: Tensor, targets: Tensor, **config: Any) -> float:
    shape = component().adapt(component.Config(**config), SHAPE)
    total, count = component().build(component.Config(**config), shape)(outputs, targets)
    return float(total) / float(count)


def score(component: Any, predictions: Any, targets: Any, shape: Shape = SHAPE, **more: Any) -> Any:
    batch = more.pop("batch", None)
    metric = component().build(component.Config(**more), shape)
    given = (torch.as_tensor(predictions), torch.as_tensor(targets))
    metric.update(*given, *([batch] if batch else []))
    return metric.compute()


def draw(*shape: int) -> tuple[Tensor, Tensor]:
    return torch.randn(*shape), torch.randn(*shape)


# --- losses ---------------------------------------------------------------------------------------


def test_point_losses_are_those_of_torch() -> None:
    outputs, targets = draw(5, 3, 2)
    outputs *= 3
    assert loss(losses.SquaredError, outputs, targets) == pytest.approx(
        functional.mse_loss(outputs, targets).item()
    )
    assert loss(losses.AbsoluteError, outputs, targets) == pytest.approx(
        functional.l1_loss(outputs, targets).item()
    )
    for delta in (0.5, 1.0, 4.0):
        assert loss(losses.Huber, outputs, targets, delta=delta) == pytest.approx(
            functional.huber_loss(outputs, targets, delta=delta).item(), rel=1e-5
        )


def test_the_quantile_loss_is_least_at_the_quantile() -> None:
    targets = torch.arange(101.0).reshape(-1, 1, 1).expand(-1, 3, 2)
    levels = torch.tensor([10.0, 50.0, 90.0])

    def at(values: Tensor) -> float:
        return loss(losses.Quantile, values.expand(101, 3, 2, 3), targets)

    best = at(levels)
    for move in (-5.0, 5.0):
        for place in range(3):
            other = levels.clone()
            other[place] += move
            assert at(other) > best
    assert at(torch.tensor([0.0, 0.0, 0.0])) == pytest.approx((0.1 + 0.5 + 0.9) / 3 * 50)


def test_the_quantile_loss_asks_the_model_for_its_quantiles_and_others_for_none() -> None:
    adapted = losses.Quantile().adapt(losses.Quantile.Config(levels=[0.05, 0.95]), SHAPE)
    assert adapted.outputs == Values(2, 3, (0.05, 0.95))
    assert losses.Huber().adapt(losses.Huber.Config(), QUANTILES).outputs == Values(2, 3)


@pytest.mark.parametrize("levels", [[0.9, 0.1], [0.5, 0.5], [], [0.0], [1.0]])
def test_levels_that_do_not_rise_within_0_and_1_are_refused(levels: list[float]) -> None:
    with pytest.raises(ValueError, match="levels"):
        losses.Quantile.Config(levels=levels)


@pytest.mark.parametrize("component", [losses.SquaredError, losses.AbsoluteError, losses.Huber])
def test_a_missing_target_changes_neither_loss_nor_gradient(component: Any) -> None:
    outputs, targets = draw(4, 3, 2)
    holed = targets.clone()
    holed[1, 2, 0] = holed[3, 0, 1] = math.nan
    outputs.requires_grad_()
    total, count = component().build(component.Config(), SHAPE)(outputs, holed)
    assert count == 4 * 3 * 2 - 2
    (gradient,) = torch.autograd.grad(total, outputs)
    assert torch.isfinite(gradient).all()
    assert gradient[1, 2, 0] == gradient[3, 0, 1] == 0
    known = ~torch.isnan(holed)
    assert float(total.detach() / count) == pytest.approx(
        loss(component, outputs[known].detach(), targets[known])
    )


def test_a_missing_target_changes_the_quantile_loss_neither() -> None:
    outputs, targets = torch.randn(4, 3, 2, 3, requires_grad=True), torch.randn(4, 3, 2)
    targets[1, 2, 0] = math.nan
    total, count = losses.Quantile().build(losses.Quantile.Config(), QUANTILES)(outputs, targets)
    assert count == (4 * 3 * 2 - 1) * 3
    (gradient,) = torch.autograd.grad(total, outputs)
    assert torch.isfinite(gradient).all()
    assert not gradient[1, 2, 0].any()


# --- metrics --------------------------------------------------------------------------------------


def test_metrics_are_what_their_definitions_say() -> None:
    forecasts = np.array([[[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]])
    targets = np.array([[[2.0, 10.0], [2.0, 10.0], [0.0, 33.0]]])
    errors = np.array([1, 0, 0, 10, 3, 3])
    assert score(metrics.AbsoluteError, forecasts, targets) == pytest.approx(errors.mean())
    assert score(metrics.SquaredError, forecasts, targets) == pytest.approx((errors**2).mean())
    assert score(metrics.RootSquaredError, forecasts, targets) == pytest.approx(
        math.sqrt((errors**2).mean())
    )
    percent = 200 * np.array([1 / 3, 0, 0, 10 / 30, 1, 3 / 63])
    assert score(metrics.SymmetricPercentage, forecasts, targets) == pytest.approx(percent.mean())
    assert score(metrics.HorizonError, forecasts, targets) == pytest.approx([0.5, 5.0, 3.0])
    total = targets - targets.mean()
    assert score(metrics.RelativeSquaredError, forecasts, targets) == pytest.approx(
        math.sqrt((errors**2).sum() / (total**2).sum())
    )
    last = targets[:, 2] - targets[:, 2].mean()
    assert score(metrics.RelativeSquaredError, forecasts, targets, step=3) == pytest.approx(
        math.sqrt(18 / (last**2).sum())
    )


def test_r2_is_that_of_scikit_learn() -> None:
    forecasts, targets = draw(40, 3, 2)
    targets = 1e4 + targets
    forecasts = targets + 0.3 * forecasts
    expected = r2_score(targets.reshape(-1, 2).numpy(), forecasts.reshape(-1, 2).numpy())
    assert score(metrics.Determination, forecasts, targets) == pytest.approx(expected, abs=1e-4)


def test_smape_of_zeros_is_zero() -> None:
    zeros = torch.zeros(2, 3, 2)
    assert score(metrics.SymmetricPercentage, zeros, zeros) == 0


def test_mase_scales_by_each_series_and_leaves_out_one_that_never_changed() -> None:
    forecasts, targets = torch.zeros(3, 3, 2), torch.full((3, 3, 2), 6.0)
    batch = {"naive_error": torch.tensor([[2.0, 3.0], [6.0, 0.0], [math.nan, 1.0]])}
    expected = (6 / 2 + 6 / 3 + 6 / 6 + 6 / 1) / 4
    assert score(metrics.ScaledError, forecasts, targets, batch=batch) == pytest.approx(expected)


def test_owa_is_the_mean_of_two_ratios() -> None:
    forecasts, targets = torch.full((2, 3, 2), 1.0), torch.full((2, 3, 2), 3.0)
    batch = {"naive_error": torch.full((2, 2), 4.0)}
    found = score(
        metrics.WeightedAverage, forecasts, targets, batch=batch, naive2_smape=50, naive2_mase=2
    )
    assert found == pytest.approx((100 / 50 + 0.5 / 2) / 2)


def test_coverage_and_width_are_of_the_outermost_quantiles() -> None:
    quantiles = torch.tensor([-1.0, 0.0, 1.0]).expand(4, 3, 2, 3)
    targets = torch.linspace(-2, 2, 24).reshape(4, 3, 2)
    inside = (targets.abs() <= 1).double().mean().item()
    assert score(metrics.Coverage, quantiles, targets, QUANTILES) == pytest.approx(inside)
    assert score(metrics.IntervalWidth, quantiles, targets, QUANTILES) == pytest.approx(2)


def test_point_metrics_score_the_median() -> None:
    quantiles = torch.tensor([-9.0, 1.0, 5.0]).expand(4, 3, 2, 3)
    assert score(metrics.AbsoluteError, quantiles, torch.zeros(4, 3, 2), QUANTILES) == 1


def test_interval_metrics_without_quantiles_say_which_loss_to_take() -> None:
    for component in (metrics.Coverage, metrics.IntervalWidth):
        with pytest.raises(ConfigurationError, match="Write loss=quantile"):
            component().build(component.Config(), SHAPE)


def test_a_step_beyond_the_horizon_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="step of metric rse is 4, and the horizon is 3"):
        metrics.RelativeSquaredError().build(metrics.RelativeSquaredError.Config(step=4), SHAPE)


@pytest.mark.parametrize("component", metrics.METRICS, ids=lambda one: one.name)
def test_a_missing_target_changes_no_metric_and_parts_merge(component: Any) -> None:
    quantiles = component.name in ("coverage", "interval-width")
    shape = QUANTILES if quantiles else SHAPE
    predictions = torch.randn(9, 3, 2, 3).sort(dim=-1).values if quantiles else torch.randn(9, 3, 2)
    targets = torch.randn(9, 3, 2)
    targets[8] = math.nan
    junk = predictions.clone()
    junk[8] = 1e6
    batch = {"naive_error": torch.rand(9, 2) + 0.5}

    def rows(values: Tensor, part: slice) -> tuple[Any, ...]:
        read = ({name: array[part] for name, array in batch.items()},)
        return (values[part], targets[part], *(read if component.reads == "batch" else ()))

    whole, kept, first, second = (component().build(component.Config(), shape) for _ in range(4))
    whole.update(*rows(junk, slice(0, 9)))
    kept.update(*rows(predictions, slice(0, 8)))
    first.update(*rows(predictions, slice(0, 5)))
    second.update(*rows(predictions, slice(5, 9)))
    first.merge(second)
    assert whole.compute() == pytest.approx(kept.compute())
    assert first.compute() == pytest.approx(kept.compute())


def test_metrics_of_nothing_are_nan() -> None:
    targets = torch.full((2, 3, 2), math.nan)
    for component in (metrics.AbsoluteError, metrics.Determination, metrics.RootSquaredError):
        assert math.isnan(score(component, torch.zeros(2, 3, 2), targets))
        assert math.isnan(component().build(component.Config(), SHAPE).compute())
