"""Scores of one class a step, several labels and one number, against other libraries'."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from sklearn import metrics as reference
from torch import Tensor
from torch.nn import functional

from seqkit.api import Labels, Loss, Metric, Number, Shape, StepClasses, Tokens, Values
from seqkit.errors import ConfigurationError
from seqkit_classification.losses import BinaryCrossEntropy, CrossEntropy
from seqkit_classification.metrics import F1, Accuracy, AreaUnderCurve, Confusion
from seqkit_timeseries import losses, metrics

STEPS = Shape("tags", Tokens(9), StepClasses(("a", "b", "c", "d"), (40, 30, 20, 10)))
LABELS = Shape("topics", Tokens(9), Labels(("a", "b", "c", "d"), (4, 3, 2, 1)))
NUMBER = Shape("price", Tokens(9), Number())
PARTS = (slice(0, 5), slice(5, 6), slice(6, 30))


def steps() -> tuple[Tensor, Tensor]:
    outputs, targets = torch.randn(30, 7, 4), torch.randint(0, 3, (30, 7))
    targets[torch.arange(7) >= torch.randint(1, 8, (30, 1))] = -1
    return outputs, targets


def labels() -> tuple[Tensor, Tensor]:
    outputs, targets = torch.randn(30, 4), (torch.rand(30, 4) < 0.3).float()
    # A label that is nowhere, neither in the data nor predicted.
    outputs[:, 3], targets[:, 3] = -1, 0
    return outputs, targets


def numbers() -> tuple[Tensor, Tensor]:
    targets = 5 + torch.randn(30, 1)
    return targets + 0.5 * torch.randn(30, 1), targets


def lost(loss: Loss, shape: Shape, outputs: Tensor, targets: Tensor, **config: Any) -> Tensor:
    """The mean, from sums and counts of parts of the batch."""
    settings = loss.Config(**config)
    built = loss.build(settings, loss.adapt(settings, shape))
    sums = [built(outputs[part], targets[part]) for part in PARTS]
    return torch.as_tensor(sum(total for total, _ in sums) / sum(count for _, count in sums))


def scored(metric: Metric, shape: Shape, outputs: Tensor, targets: Tensor, **config: Any) -> Any:
    """The value, one part of the batch merged with another."""
    one, other = (metric.build(metric.Config(**config), shape) for _ in range(2))
    for part, accumulator in zip(PARTS, (one, one, other), strict=True):
        accumulator.update(outputs[part], targets[part])
    one.merge(other)
    return one.compute()


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weights", [None, [0.5, 1.0, 2.0, 1.0]])
def test_cross_entropy_of_steps_counts_no_target_of_minus_one(
    weights: list[float] | None, smoothing: float
) -> None:
    outputs, targets = steps()
    given = "none" if weights is None else dict(zip("abcd", weights, strict=True))
    found = lost(
        CrossEntropy(), STEPS, outputs, targets, class_weights=given, label_smoothing=smoothing
    )
    expected = functional.cross_entropy(
        outputs.transpose(1, 2),
        targets,
        None if weights is None else torch.tensor(weights),
        ignore_index=-1,
        label_smoothing=smoothing,
    )
    torch.testing.assert_close(found, expected)


def test_balanced_weights_are_of_the_steps() -> None:
    outputs, targets = steps()
    given = {"a": 100 / 160, "b": 100 / 120, "c": 100 / 80, "d": 100 / 40}
    torch.testing.assert_close(
        lost(CrossEntropy(), STEPS, outputs, targets, class_weights="balanced"),
        lost(CrossEntropy(), STEPS, outputs, targets, class_weights=given),
    )


def test_accuracy_f1_and_confusion_of_steps_are_scikit_learns_of_all_valid_steps() -> None:
    outputs, targets = steps()
    valid = targets >= 0
    true, told = targets[valid].numpy(), outputs.argmax(-1)[valid].numpy()
    found = scored(Accuracy(), STEPS, outputs, targets)
    assert found == pytest.approx(reference.accuracy_score(true, told))
    for average in ("macro", "micro", "weighted"):
        found = scored(F1(), STEPS, outputs, targets, average=average)
        assert found == pytest.approx(reference.f1_score(true, told, average=average))
    found = scored(Confusion(), STEPS, outputs, targets)
    assert found == reference.confusion_matrix(true, told, labels=range(4)).tolist()


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_bce_of_labels_is_torchs_mean_over_examples_and_labels(smoothing: float) -> None:
    outputs, targets = labels()
    found = lost(BinaryCrossEntropy(), LABELS, outputs, targets, label_smoothing=smoothing)
    wanted = targets * (1 - smoothing) + smoothing / 2
    torch.testing.assert_close(found, functional.binary_cross_entropy_with_logits(outputs, wanted))


def test_bce_of_labels_takes_no_weights_of_classes() -> None:
    loss = BinaryCrossEntropy()
    with pytest.raises(ConfigurationError, match=r"any number of labels.*Leave it out"):
        loss.adapt(loss.Config(class_weights="balanced"), LABELS)


def test_accuracy_f1_and_area_of_labels_are_scikit_learns() -> None:
    outputs, targets = labels()
    true, told = targets.bool().numpy(), (outputs > 0).numpy()
    found = scored(Accuracy(), LABELS, outputs, targets)
    assert found == pytest.approx(reference.accuracy_score(true, told))
    for average in ("macro", "micro", "weighted"):
        found = scored(F1(), LABELS, outputs, targets, average=average)
        expected = reference.f1_score(true, told, average=average, zero_division=np.nan)
        assert found == pytest.approx(expected)
    assert scored(F1(), LABELS, outputs, targets) == pytest.approx(
        scored(F1(), LABELS, outputs, targets, average="macro")
    )
    found = scored(AreaUnderCurve(), LABELS, outputs, targets)
    # The last label is nowhere, and has no area.
    assert found == pytest.approx(reference.roc_auc_score(true[:, :3], outputs[:, :3]))


def test_f1_of_labels_has_no_positive_class() -> None:
    with pytest.raises(ConfigurationError, match=r"'binary', and an example has several labels"):
        F1().build(F1.Config(average="binary"), LABELS)


def test_scores_of_labels_are_nan_where_there_is_nothing() -> None:
    for metric in (Accuracy(), F1(), AreaUnderCurve()):
        assert math.isnan(metric.build(metric.Config(), LABELS).compute())


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (losses.SquaredError(), functional.mse_loss),
        (losses.AbsoluteError(), functional.l1_loss),
        (losses.Huber(), functional.huber_loss),
    ],
)
def test_losses_of_numbers_are_torchs_over_the_targets_that_are_known(
    loss: Loss, expected: Any
) -> None:
    outputs, targets = numbers()
    torch.testing.assert_close(lost(loss, NUMBER, outputs, targets), expected(outputs, targets))
    targets[3] = math.nan
    known = ~targets.isnan()
    torch.testing.assert_close(
        lost(loss, NUMBER, outputs, targets), expected(outputs[known], targets[known])
    )
    assert loss.adapt(loss.Config(), NUMBER) == NUMBER


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (metrics.AbsoluteError(), reference.mean_absolute_error),
        (metrics.SquaredError(), reference.mean_squared_error),
        (metrics.RootSquaredError(), reference.root_mean_squared_error),
        (metrics.Determination(), reference.r2_score),
    ],
)
def test_metrics_of_numbers_are_scikit_learns_over_the_targets_that_are_known(
    metric: Metric, expected: Any
) -> None:
    outputs, targets = numbers()
    targets[7] = math.nan
    known = ~targets.isnan()
    found = scored(metric, NUMBER, outputs, targets)
    assert found == pytest.approx(expected(targets[known], outputs[known]), rel=1e-5)


def test_numbers_and_forecasts_of_one_row_score_alike() -> None:
    outputs, targets = numbers()
    forecast = Shape("next", Tokens(9), Values(1))
    for metric in (metrics.Determination(), metrics.SymmetricPercentage()):
        found = scored(metric, forecast, outputs[:, None], targets[:, None])
        assert scored(metric, NUMBER, outputs, targets) == pytest.approx(found)
