"""Attention: its three scores, its mask, and how it holds little at once."""

import pytest
import torch

from seqkit.nn import Attention, attention

KINDS = ("dot", "general", "additive")


def attended(
    kind: str, steps: int = 5, time: int = 3
) -> tuple[Attention, torch.Tensor, torch.Tensor]:
    return (
        Attention(kind, 8, 8),  # type: ignore[arg-type]
        torch.randn(2, time, 8),
        torch.randn(2, steps, 8),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_of_sum_one_and_zero_at_padding(kind: str) -> None:
    module, queries, memory = attended(kind)
    mask = torch.tensor([[True, True, False, False, False], [True] * 5])
    context, weights = module(queries, module.keys(memory), memory, mask)
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(2, 3))
    assert weights[0, :, 2:].eq(0).all()
    torch.testing.assert_close(context, weights @ memory)


@pytest.mark.parametrize("kind", KINDS)
def test_padding_changes_neither_a_context_nor_a_gradient(kind: str) -> None:
    module, queries, memory = attended(kind)
    mask = torch.ones(2, 5, dtype=torch.bool)
    mask[0, 3:] = False
    other = memory.clone()
    other[0, 3:] = 1e4
    found = []
    for values in (memory, other):
        values = values.clone().requires_grad_()
        context, _ = module(queries, module.keys(values), values, mask)
        context.sum().backward()
        assert values.grad is not None
        assert values.grad[0, 3:].eq(0).all()
        found.append(context.detach())
    torch.testing.assert_close(found[0], found[1])


@pytest.mark.parametrize("kind", KINDS)
def test_a_source_without_a_valid_step_gives_zeros(kind: str) -> None:
    module, queries, memory = attended(kind)
    mask = torch.zeros(2, 5, dtype=torch.bool)
    context, weights = module(queries, module.keys(memory), memory, mask)
    assert context.eq(0).all()
    assert weights.eq(0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_each_query_is_answered_on_its_own(kind: str) -> None:
    module, queries, memory = attended(kind)
    mask = torch.ones(2, 5, dtype=torch.bool)
    together, _ = module(queries, module.keys(memory), memory, mask)
    alone = [module(queries[:, [t]], module.keys(memory), memory, mask)[0] for t in range(3)]
    torch.testing.assert_close(together, torch.cat(alone, dim=1))


def test_the_scores_are_those_of_the_papers() -> None:
    queries, memory = torch.randn(1, 1, 8), torch.randn(1, 4, 8)
    mask = torch.ones(1, 4, dtype=torch.bool)
    query, steps = queries[0, 0], memory[0]

    general = Attention("general", 8, 8)
    additive = Attention("additive", 8, 8, hidden_size=6)
    expected = {
        Attention("dot", 8, 8): steps @ query,
        general: steps @ general.project_memory.weight.T @ query,
        additive: torch.tanh(additive.project_query(query) + additive.project_memory(steps))
        @ additive.score.weight[0],
    }
    for module, scores in expected.items():
        _, weights = module(queries, module.keys(memory), memory, mask)
        torch.testing.assert_close(weights[0, 0], torch.softmax(scores, dim=0))


def test_the_additive_score_in_parts_is_the_same_with_the_same_gradients(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module, queries, memory = attended("additive", time=7)
    mask = torch.ones(2, 5, dtype=torch.bool)
    found = []
    for most in (attention.MOST_NUMBERS, 200):
        monkeypatch.setattr(attention, "MOST_NUMBERS", most)
        module.zero_grad()
        context, weights = module(queries, module.keys(memory), memory, mask)
        (context.square().sum() + weights.square().sum()).backward()
        found.append([weights.detach(), *(parameter.grad for parameter in module.parameters())])
    for whole, in_parts in zip(*found, strict=True):
        torch.testing.assert_close(whole, in_parts)


def test_sizes_that_dot_cannot_join_are_refused() -> None:
    with pytest.raises(ValueError, match="Queries have 8 features and the memory has 16"):
        Attention("dot", 8, 16)
    with pytest.raises(ValueError, match="Unknown attention 'cosine'"):
        Attention("cosine", 8, 8)  # type: ignore[arg-type]
