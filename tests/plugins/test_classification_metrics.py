"""Metrics of the text plugin against scikit-learn's."""

import math
import warnings
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference
from torch import Tensor

from seqkit.api import Accumulator, Classes, Metric, Shape, Tokens
from seqkit.errors import ConfigurationError
from seqkit_classification.metrics import F1, Accuracy, AreaUnderCurve, Confusion

METRICS: list[Metric] = [Accuracy(), F1(), AreaUnderCurve(), Confusion()]


def build(metric: Metric, classes: int, **config: Any) -> Accumulator:
    names = tuple(f"class {number}" for number in range(classes))
    shape = Shape("classification", Tokens(9), Classes(names, (1,) * classes, logits=classes))
    return metric.build(metric.Config(**config), shape)


def score(metric: Metric, logits: Tensor, targets: Tensor, **config: Any) -> Any:
    accumulator = build(metric, logits.shape[1], **config)
    accumulator.update(logits, targets)
    return accumulator.compute()


@st.composite
def predictions(draw: st.DrawFn) -> tuple[Tensor, Tensor]:
    """Logits with many ties, and targets that may leave classes out."""
    classes = draw(st.integers(2, 5))
    size = draw(st.integers(1, 40))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    levels = draw(st.sampled_from([2, 5, 1000]))
    logits = generator.integers(-levels, levels, (size, classes)) / levels
    targets = generator.integers(0, draw(st.integers(1, classes)), size)
    return torch.from_numpy(logits).float(), torch.from_numpy(targets)


def same(found: Any, expected: Any) -> bool:
    return bool(np.allclose(found, expected, rtol=0, atol=1e-9, equal_nan=True))


@settings(max_examples=60, deadline=None)
@given(predictions())
def test_accuracy_and_confusion_are_scikit_learns(case: tuple[Tensor, Tensor]) -> None:
    logits, targets = case
    chosen = logits.argmax(1)
    assert same(score(Accuracy(), logits, targets), reference.accuracy_score(targets, chosen))
    labels = range(logits.shape[1])
    expected = reference.confusion_matrix(targets, chosen, labels=labels)
    assert score(Confusion(), logits, targets) == expected.tolist()


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
@settings(max_examples=60, deadline=None)
@given(case=predictions())
def test_f1_is_scikit_learns(average: str, case: tuple[Tensor, Tensor]) -> None:
    logits, targets = case
    expected = reference.f1_score(targets, logits.argmax(1), average=average, zero_division=0.0)
    assert same(score(F1(), logits, targets, average=average), expected)


@settings(max_examples=60, deadline=None)
@given(predictions())
def test_f1_is_of_the_second_of_two_classes_and_else_the_mean(case: tuple[Tensor, Tensor]) -> None:
    logits, targets = case
    binary = logits.shape[1] == 2
    expected = reference.f1_score(
        targets, logits.argmax(1), average="binary" if binary else "macro", zero_division=0.0
    )
    assert same(score(F1(), logits, targets), expected)


@settings(max_examples=60, deadline=None)
@given(predictions())
def test_auroc_is_scikit_learns_exactly_with_ties(case: tuple[Tensor, Tensor]) -> None:
    logits, targets = case
    found = score(AreaUnderCurve(), logits, targets)
    if logits.shape[1] == 2:
        scores = {1: (logits[:, 1] - logits[:, 0]).numpy()}
    else:
        scores = dict(enumerate(logits.double().softmax(1).numpy().T))
    areas = []
    for label, column in scores.items():
        positive = (targets == label).numpy()
        if 0 < positive.sum() < len(positive):
            areas.append(reference.roc_auc_score(positive, column))
    assert same(found, np.mean(areas) if areas else math.nan)


def test_auroc_of_many_classes_is_scikit_learns_one_against_the_rest() -> None:
    logits, targets = torch.randn(300, 4), torch.randint(4, (300,))
    expected = reference.roc_auc_score(targets, logits.double().softmax(1), multi_class="ovr")
    assert same(score(AreaUnderCurve(), logits, targets), expected)


def test_auroc_still_ranks_examples_whose_probability_rounds_to_one() -> None:
    logits = torch.tensor([[0.0, 40.0], [0.0, 50.0], [0.0, 60.0]])
    assert score(AreaUnderCurve(), logits, torch.tensor([0, 1, 1])) == 1.0


@settings(max_examples=40, deadline=None)
@given(predictions(), st.randoms(use_true_random=False))
def test_no_split_into_batches_and_processes_changes_a_result(
    case: tuple[Tensor, Tensor], random: Any
) -> None:
    logits, targets = case
    size = len(targets)
    cuts = sorted({0, size, *(random.randrange(size + 1) for _ in range(3))})
    batches = [slice(*pair) for pair in pairwise(cuts)]
    random.shuffle(batches)
    for metric in METRICS:
        processes = [build(metric, logits.shape[1]) for _ in range(3)]
        for batch in batches:
            random.choice(processes).update(logits[batch], targets[batch])
        total = build(metric, logits.shape[1])
        for process in processes:
            total.merge(process)
        assert same(total.compute(), score(metric, logits, targets))


def test_merging_leaves_the_other_accumulator_as_it_was() -> None:
    logits, targets = torch.randn(6, 3), torch.randint(3, (6,))
    for metric in METRICS:
        one, other = build(metric, 3), build(metric, 3)
        other.update(logits, targets)
        before = other.compute()
        one.merge(other)
        one.update(logits, targets)
        assert same(other.compute(), before)


def test_scores_without_any_example_are_not_numbers() -> None:
    for metric in (Accuracy(), F1(), AreaUnderCurve()):
        assert math.isnan(build(metric, 2).compute())
    assert build(Confusion(), 2).compute() == [[0, 0], [0, 0]]


def test_auroc_of_a_single_class_is_not_a_number_and_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for classes in (2, 3):
            logits = torch.randn(5, classes)
            assert math.isnan(score(AreaUnderCurve(), logits, torch.ones(5, dtype=torch.int64)))


def test_auroc_of_scores_that_are_not_numbers_is_not_a_number() -> None:
    logits = torch.tensor([[0.0, math.nan], [0.0, 1.0]])
    assert math.isnan(score(AreaUnderCurve(), logits, torch.tensor([0, 1])))


def test_binary_f1_of_three_classes_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"3 classes\. Write macro, micro or weighted"):
        build(F1(), 3, average="binary")


def test_confusion_ranks_nothing_and_the_others_do() -> None:
    assert [metric.higher_is_better for metric in METRICS] == [True, True, True, None]


def test_metrics_keep_nothing_of_a_batch_that_is_overwritten_later() -> None:
    for metric in METRICS:
        for classes in (2, 3):
            logits, targets = torch.randn(20, classes), torch.arange(20) % classes
            expected = score(metric, logits, targets)
            accumulator = build(metric, classes)
            accumulator.update(logits, targets)
            logits.zero_()
            targets.zero_()
            assert same(accumulator.compute(), expected)
