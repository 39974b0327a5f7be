"""Length-aware pooling."""

import pytest
import torch
from torch import Tensor

from seqkit.nn import Pooling, RecurrentOutput, RecurrentStack, pooled_size
from seqkit.nn.pooling import AttentionPooling, max_pool, mean_pool

NAMES = ("last", "mean", "max", "attention", "max+mean", "last+attention+max+mean")
LENGTHS = torch.tensor([4, 9, 0, 1])


def with_junk(outputs: Tensor, lengths: Tensor, more: int) -> Tensor:
    junk = torch.full((outputs.shape[0], outputs.shape[1] + more, outputs.shape[2]), 1e4)
    for row, length in enumerate(lengths.tolist()):
        junk[row, :length] = outputs[row, :length]
    return junk


def test_mean_and_max_equal_those_of_each_sequence_alone() -> None:
    outputs = torch.randn(4, 9, 5)
    means, largest = mean_pool(outputs, LENGTHS), max_pool(outputs, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        if length:
            torch.testing.assert_close(means[row], outputs[row, :length].mean(0))
            torch.testing.assert_close(largest[row], outputs[row, :length].amax(0))


def test_attention_weights_are_a_softmax_over_the_valid_steps() -> None:
    pooling, outputs = AttentionPooling(5), torch.randn(4, 9, 5)
    weights = pooling.weights(outputs, LENGTHS)
    torch.testing.assert_close(weights.sum(1), torch.tensor([1.0, 1.0, 0.0, 1.0]))
    scores = torch.tanh(outputs[0, :4] @ pooling.project.weight.T + pooling.project.bias)
    expected = torch.softmax(scores @ pooling.score.weight[0], dim=0)
    torch.testing.assert_close(weights[0, :4], expected)
    torch.testing.assert_close(pooling(outputs, LENGTHS)[0], expected @ outputs[0, :4])


@pytest.mark.parametrize("name", NAMES)
def test_padding_is_never_read(name: str) -> None:
    pooling, outputs, final = Pooling(name, 5), torch.randn(4, 9, 5), torch.randn(4, 5)
    plain = pooling(RecurrentOutput(outputs, final, None), LENGTHS)
    assert plain.shape == (4, pooled_size(name, 5))
    for more in (0, 6):
        junk = RecurrentOutput(with_junk(outputs, LENGTHS, more), final, None)
        torch.testing.assert_close(pooling(junk, LENGTHS), plain, atol=1e-6, rtol=0)


@pytest.mark.parametrize("time", [0, 3])
@pytest.mark.parametrize("name", NAMES)
def test_an_empty_sequence_pools_to_zeros_with_finite_gradients(name: str, time: int) -> None:
    stack = RecurrentStack("gru", 4, 5, bidirectional=True)
    pooling = Pooling(name, 10)
    inputs = torch.randn(2, time, 4)
    lengths = torch.tensor([0, min(2, time)])
    pooled = pooling(stack(inputs, lengths), lengths)
    assert not pooled[0].any()
    if time:
        pooled.sum().backward()
        for parameter in [*stack.parameters(), *pooling.parameters()]:
            assert parameter.grad is not None
            assert parameter.grad.isfinite().all()


def test_last_is_the_last_valid_step_forwards_and_the_first_backwards() -> None:
    stack, lengths = RecurrentStack("lstm", 4, 5, bidirectional=True), torch.tensor([2, 3])
    output = stack(torch.randn(2, 3, 4), lengths)
    pooled = Pooling("last", 10)(output, lengths)
    forward_end, backward_end = output.outputs[0, 1, :5], output.outputs[0, 0, 5:]
    torch.testing.assert_close(pooled[0], torch.cat([forward_end, backward_end]))


def test_unknown_and_repeated_parts_are_named() -> None:
    with pytest.raises(ValueError, match="Unknown pooling 'median' in 'max\\+median'"):
        Pooling("max+median", 5)
    with pytest.raises(ValueError, match="names a part twice"):
        pooled_size("max+max", 5)
