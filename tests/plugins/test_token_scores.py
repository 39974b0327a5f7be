"""Loss and metrics of tokens against torch's own: padding counts nothing, batches add up."""

import math
from typing import Any

import pytest
import torch
from torch.nn import functional

from seqkit.api import NextTokens, Shape, Tokens
from seqkit.errors import ConfigurationError
from seqkit_classification.losses import CrossEntropy
from seqkit_classification.metrics import Perplexity, TokenAccuracy

SHAPE = Shape("language-modeling", Tokens(9), NextTokens(9))


def some_tokens() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    outputs = torch.randn(7, 5, 9, generator=generator)
    targets = torch.randint(1, 9, (7, 5), generator=generator)
    targets[2, 3:] = 0
    targets[6, 1:] = 0
    return outputs, targets


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_is_the_mean_over_tokens_that_are_no_padding(smoothing: float) -> None:
    outputs, targets = some_tokens()
    loss = CrossEntropy().build(CrossEntropy.Config(label_smoothing=smoothing), SHAPE)
    total, count = loss(outputs, targets)
    kept = targets != 0
    expected = functional.cross_entropy(outputs[kept], targets[kept], label_smoothing=smoothing)
    assert int(count) == int(kept.sum())
    torch.testing.assert_close(total / count, expected)


def test_what_a_model_says_at_padding_changes_no_score() -> None:
    outputs, targets = some_tokens()
    other = torch.where((targets == 0)[..., None], 50 * torch.randn(7, 5, 9), outputs)
    for metric in (Perplexity(), TokenAccuracy()):
        one, two = metric.build(None, SHAPE), metric.build(None, SHAPE)
        one.update(outputs, targets)
        two.update(other, targets)
        assert one.compute() == pytest.approx(two.compute())


def test_perplexity_is_the_exponential_of_the_mean_loss_however_it_is_split() -> None:
    outputs, targets = some_tokens()
    kept = targets != 0
    expected = math.exp(functional.cross_entropy(outputs[kept], targets[kept]))
    parts = [Perplexity().build(None, SHAPE) for _ in range(2)]
    parts[0].update(outputs[:3], targets[:3])
    parts[1].update(outputs[3:], targets[3:])
    parts[0].merge(parts[1])
    assert parts[0].compute() == pytest.approx(expected, rel=1e-6)


def test_token_accuracy_counts_right_tokens_among_those_to_be_told() -> None:
    outputs, targets = some_tokens()
    metric = TokenAccuracy().build(None, SHAPE)
    metric.update(outputs, targets)
    kept = targets != 0
    expected = (outputs.argmax(-1)[kept] == targets[kept]).double().mean()
    assert metric.compute() == pytest.approx(float(expected))


@pytest.mark.parametrize("metric", [Perplexity(), TokenAccuracy()])
def test_no_token_gives_no_number(metric: Any) -> None:
    assert math.isnan(metric.build(None, SHAPE).compute())


def test_tokens_have_no_class_weights() -> None:
    with pytest.raises(ConfigurationError, match="no classes but tokens"):
        CrossEntropy().adapt(CrossEntropy.Config(class_weights="balanced"), SHAPE)
