"""Masks and reversals."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from seqkit.nn import reverse_valid, valid_mask


def test_the_mask_is_true_at_valid_steps_alone() -> None:
    mask = valid_mask(torch.tensor([2, 0, 3]), 3)
    assert mask.tolist() == [[True, True, False], [False] * 3, [True] * 3]


def test_reversal_stays_within_each_length() -> None:
    tokens = torch.tensor([[1, 2, 3, 0], [4, 5, 6, 7], [8, 0, 0, 0]])
    reversed_tokens = reverse_valid(tokens, torch.tensor([3, 4, 1]))
    assert reversed_tokens.tolist() == [[3, 2, 1, 0], [7, 6, 5, 4], [8, 0, 0, 0]]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6))
def test_features_are_reversed_like_flip_and_twice_is_nothing(lengths: list[int]) -> None:
    inputs = torch.randn(len(lengths), 9, 2)
    reversed_inputs = reverse_valid(inputs, torch.tensor(lengths))
    for row, length in enumerate(lengths):
        assert torch.equal(reversed_inputs[row, :length], inputs[row, :length].flip(0))
        assert torch.equal(reversed_inputs[row, length:], inputs[row, length:])
    assert torch.equal(reverse_valid(reversed_inputs, torch.tensor(lengths)), inputs)


def test_the_gradient_of_a_reversal_is_right() -> None:
    inputs = torch.randn(3, 4, 2, dtype=torch.float64, requires_grad=True)
    lengths = torch.tensor([3, 0, 4])
    assert torch.autograd.gradcheck(lambda values: reverse_valid(values, lengths), (inputs,))
