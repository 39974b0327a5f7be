"""Losses of the text plugin against torch's own."""

from typing import Any

import pytest
import torch
from torch.nn import functional

from seqkit.api import Classes, Shape, Tokens
from seqkit.config import validate
from seqkit.errors import ConfigurationError
from seqkit_classification.losses import BinaryCrossEntropy, CrossEntropy

WEIGHTS: list[Any] = ["none", "balanced", {"b": 3.0}, {"a": 0.25, "b": 2.0}]


def shape_of(*counts: int) -> Shape:
    names = tuple("abcdefgh"[: len(counts)])
    return Shape("classification", Tokens(9), Classes(names, counts, logits=len(counts)))


def as_list(weights: Any, shape: Shape) -> list[float]:
    assert isinstance(shape.outputs, Classes)
    names, counts = shape.outputs.names, shape.outputs.counts
    if weights == "none":
        return [1.0] * len(names)
    if weights == "balanced":
        return [sum(counts) / (len(counts) * count) for count in counts]
    return [weights.get(name, 1.0) for name in names]


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weights", WEIGHTS)
def test_cross_entropy_is_torchs_weighted_mean(weights: Any, smoothing: float) -> None:
    shape = shape_of(10, 70, 20)
    loss = CrossEntropy()
    built = loss.build(loss.Config(class_weights=weights, label_smoothing=smoothing), shape)
    outputs, targets = torch.randn(50, 3), torch.randint(3, (50,))
    total, count = built(outputs, targets)
    expected = functional.cross_entropy(
        outputs, targets, torch.tensor(as_list(weights, shape)), label_smoothing=smoothing
    )
    torch.testing.assert_close(total / count, expected)


@pytest.mark.parametrize("name", ["cross-entropy", "bce"])
@pytest.mark.parametrize("weights", WEIGHTS)
def test_batches_add_up_to_the_loss_of_all_examples(name: str, weights: Any) -> None:
    shape = shape_of(10, 90)
    loss = CrossEntropy() if name == "cross-entropy" else BinaryCrossEntropy()
    built = loss.build(loss.Config(class_weights=weights), shape)
    outputs = torch.randn(31, loss.adapt(loss.Config(), shape).output_size)
    targets = torch.randint(2, (31,))
    parts = [built(outputs[cut], targets[cut]) for cut in (slice(0, 7), slice(7, 31))]
    whole = built(outputs, targets)
    torch.testing.assert_close(sum(part[0] for part in parts), whole[0])
    torch.testing.assert_close(float(sum(part[1] for part in parts)), float(whole[1]))


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weights", WEIGHTS)
def test_bce_of_one_logit_is_the_cross_entropy_of_that_logit_beside_zero(
    weights: Any, smoothing: float
) -> None:
    shape = shape_of(10, 90)
    one, two = BinaryCrossEntropy(), CrossEntropy()
    settings = {"class_weights": weights, "label_smoothing": smoothing}
    logits = torch.randn(40, 1, requires_grad=True)
    targets = torch.randint(2, (40,))
    first = one.build(one.Config(**settings), shape)(logits, targets)
    both = torch.cat([torch.zeros_like(logits), logits], dim=1)
    second = two.build(two.Config(**settings), shape)(both, targets)
    torch.testing.assert_close(first[0], second[0])
    torch.testing.assert_close(torch.as_tensor(first[1]), torch.as_tensor(second[1]))
    gradients = [torch.autograd.grad(loss[0], logits)[0] for loss in (first, second)]
    torch.testing.assert_close(*gradients)


def test_bce_wants_a_single_logit() -> None:
    loss = BinaryCrossEntropy()
    assert loss.adapt(loss.Config(), shape_of(1, 2)).output_size == 1


def test_bce_refuses_three_classes_and_names_the_other_loss() -> None:
    loss = BinaryCrossEntropy()
    with pytest.raises(ConfigurationError, match=r"3: a, b, c\. Write loss=cross-entropy"):
        loss.adapt(loss.Config(), shape_of(1, 2, 3))


def test_a_weight_of_an_unknown_label_is_refused_with_the_nearest_label() -> None:
    names = ("negative", "positive")
    shape = Shape("classification", Tokens(9), Classes(names, (1, 1), logits=2))
    loss = CrossEntropy()
    with pytest.raises(ConfigurationError, match=r"'positiv', .* Did you mean positive\?"):
        loss.adapt(loss.Config(class_weights={"positiv": 2.0}), shape)


@pytest.mark.parametrize("value", ["balance", {"a": 0.0}, {"a": -1}, {"a": "much"}, 3])
def test_weights_that_are_none_are_refused(value: Any) -> None:
    config, problems = validate(CrossEntropy.Config, {"class_weights": value}, "loss", "text:ce")
    assert config is None
    assert all(problem.key.startswith("loss.class_weights") for problem in problems)


def test_losses_of_half_precision_outputs_are_computed_in_single_precision() -> None:
    for loss, size in ((CrossEntropy(), 2), (BinaryCrossEntropy(), 1)):
        outputs = torch.randn(8, size).bfloat16()
        total, _ = loss.build(loss.Config(), shape_of(4, 4))(outputs, torch.randint(2, (8,)))
        assert total.dtype == torch.float32


def test_weights_belong_to_a_module_and_to_no_checkpoint() -> None:
    for loss in (CrossEntropy(), BinaryCrossEntropy()):
        built = loss.build(loss.Config(class_weights="balanced"), shape_of(1, 3))
        assert isinstance(built, torch.nn.Module)
        assert [name for name, _ in built.named_buffers()][:1] == ["weights"]
        assert not built.state_dict()
