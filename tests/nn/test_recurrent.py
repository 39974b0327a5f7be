"""The recurrent stack against torch.nn on packed input."""

from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seqkit.nn import RecurrentStack, initialize_recurrent_
from seqkit.nn._passes import StackWeights, packed_pass, padded_pass
from seqkit.nn.recurrent import State

CELLS = ("rnn", "lstm", "gru")
KINDS = list(product(CELLS, (1, 2, 3), (False, True)))
LENGTHS = torch.tensor([4, 9, 1, 7, 9])


def reference_of(stack: RecurrentStack) -> nn.RNNBase:
    options: dict[str, Any] = {"nonlinearity": stack.nonlinearity} if stack.cell == "rnn" else {}
    kind = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[stack.cell]
    reference = kind(
        stack.input_size,
        stack.hidden_size,
        stack.layers,
        batch_first=True,
        bidirectional=stack.bidirectional,
        **options,
    )
    reference.load_state_dict(stack.state_dict(), strict=True)
    return reference.to(next(stack.parameters()))


def packed_reference(
    reference: nn.RNNBase, inputs: Tensor, lengths: Tensor, state: State | None = None
) -> tuple[Tensor, State]:
    packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
    outputs, after = reference(packed, state)
    return pad_packed_sequence(outputs, batch_first=True, total_length=inputs.shape[1])[0], after


def parts_of(state: State | None) -> list[Tensor]:
    assert state is not None
    return [state] if isinstance(state, Tensor) else list(state)


def last_valid_steps(outputs: Tensor, lengths: Tensor, hidden: int) -> Tensor:
    rows = torch.arange(len(lengths))
    return torch.cat([outputs[rows, lengths - 1, :hidden], outputs[rows, 0, hidden:]], dim=-1)


def some_state(stack: RecurrentStack, batch: int, dtype: torch.dtype) -> State:
    shape = (stack.layers * stack.directions, batch, stack.hidden_size)
    hidden = torch.randn(shape, dtype=dtype, requires_grad=True)
    if stack.cell != "lstm":
        return hidden
    return hidden, torch.randn(shape, dtype=dtype, requires_grad=True)


def squares_of(*parts: Tensor) -> Tensor:
    return torch.stack([part.square().sum() for part in parts]).sum()


def assert_near(first: Tensor | None, second: Tensor | None, dtype: torch.dtype) -> None:
    first, second = (None if part is None else part.detach() for part in (first, second))
    assert first is not None
    assert second is not None
    tolerance = 1e-6 if dtype == torch.float32 else 1e-12
    # A gradient summed over the batch is compared at its own scale.
    scale = max(1.0, float(second.abs().max()))
    torch.testing.assert_close(first / scale, second / scale, atol=tolerance, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("cell", "layers", "bidirectional"), KINDS)
def test_everything_equals_torch_on_packed_input(
    cell: Any, layers: int, bidirectional: bool, dtype: torch.dtype
) -> None:
    stack = RecurrentStack(cell, 6, 8, layers, bidirectional=bidirectional).to(dtype)
    reference = reference_of(stack)
    state = some_state(stack, 5, dtype)
    values = torch.randn(5, 9, 6, dtype=dtype)
    results = []
    for run in ("ours", "torch"):
        inputs = values.clone().requires_grad_()
        if run == "ours":
            output = stack(inputs, LENGTHS, state, return_state=True)
            outputs, final, after = output.outputs, output.final, parts_of(output.state)
        else:
            outputs, state_after = packed_reference(reference, inputs, LENGTHS, state)
            final, after = last_valid_steps(outputs, LENGTHS, 8), parts_of(state_after)
        module = stack if run == "ours" else reference
        sources = [inputs, *module.parameters(), *parts_of(state)]
        weighted = [(part * torch.cos(part)).sum() for part in (outputs, final, *after)]
        gradients = torch.autograd.grad(sum(weighted, torch.zeros(())), sources)
        results.append([outputs, final, *after, *gradients])
    for ours, theirs in zip(*results, strict=True):
        assert_near(ours, theirs, dtype)


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_both_nonlinearities_of_an_rnn_equal_torch(nonlinearity: Any) -> None:
    stack = RecurrentStack("rnn", 6, 8, 2, bidirectional=True, nonlinearity=nonlinearity)
    inputs = torch.randn(5, 9, 6)
    expected, _ = packed_reference(reference_of(stack), inputs, LENGTHS)
    assert_near(stack(inputs, LENGTHS).outputs, expected, torch.float32)


@pytest.mark.parametrize(("cell", "layers", "bidirectional"), KINDS)
def test_a_full_batch_equals_torch_on_padded_input(
    cell: Any, layers: int, bidirectional: bool
) -> None:
    stack = RecurrentStack(cell, 6, 8, layers, bidirectional=bidirectional)
    inputs = torch.randn(5, 9, 6)
    output = stack(inputs, torch.full((5,), 9), return_state=True)
    outputs, state = reference_of(stack)(inputs)
    assert_near(output.outputs, outputs, torch.float32)
    for ours, theirs in zip(parts_of(output.state), parts_of(state), strict=True):
        assert_near(ours, theirs, torch.float32)


@pytest.mark.parametrize(("cell", "layers", "bidirectional"), KINDS)
def test_the_packed_and_the_padded_pass_agree(cell: Any, layers: int, bidirectional: bool) -> None:
    stack = RecurrentStack(cell, 6, 8, layers, bidirectional=bidirectional)
    weights: StackWeights = stack._weights()
    inputs, lengths = torch.randn(9, 5, 6), torch.tensor([4, 9, 1, 7, 9])
    hidden = tuple(parts_of(some_state(stack, 5, torch.float32)))
    padded = padded_pass(weights, inputs, hidden, lengths, True)
    packed = packed_pass(weights, inputs, hidden, lengths, True)
    assert padded.state is not None
    assert packed.state is not None
    assert_near(padded.outputs, packed.outputs, torch.float32)
    assert_near(padded.final, packed.final, torch.float32)
    for ours, theirs in zip(padded.state, packed.state, strict=True):
        assert_near(ours, theirs, torch.float32)


@pytest.mark.parametrize(("cell", "layers", "bidirectional"), KINDS)
def test_junk_and_more_padding_never_change_a_result(
    cell: Any, layers: int, bidirectional: bool
) -> None:
    stack = RecurrentStack(cell, 6, 8, layers, bidirectional=bidirectional)
    inputs = torch.randn(5, 9, 6)
    padded = torch.full((5, 23, 6), 50.0)
    for row, length in enumerate(LENGTHS):
        padded[row, :length] = inputs[row, :length]
    results = []
    for batch in (inputs, padded):
        stack.zero_grad()
        output = stack(batch, LENGTHS, return_state=True)
        after = parts_of(output.state)
        squares_of(output.outputs, output.final, *after).backward()
        gradients = [parameter.grad for parameter in stack.parameters()]
        results.append([output.outputs[:, :9], output.final, *after, *gradients])
        assert output.outputs[:, 9:].abs().sum() == 0
        assert all(
            not output.outputs[row, length:].any() for row, length in enumerate(LENGTHS.tolist())
        )
    for plain, longer in zip(*results, strict=True):
        assert_near(longer, plain, torch.float32)


@pytest.mark.parametrize(("cell", "layers", "bidirectional"), KINDS)
def test_parameters_go_to_torch_and_back(cell: Any, layers: int, bidirectional: bool) -> None:
    stack = RecurrentStack(cell, 6, 8, layers, bidirectional=bidirectional)
    reference = reference_of(stack)
    assert list(reference.state_dict()) == list(stack.state_dict())
    other = RecurrentStack(cell, 6, 8, layers, bidirectional=bidirectional)
    other.load_state_dict(reference.state_dict(), strict=True)
    for name, value in stack.state_dict().items():
        assert torch.equal(value, other.state_dict()[name])


@pytest.mark.parametrize("cell", CELLS)
def test_a_seed_draws_the_parameters_that_torch_draws(cell: Any) -> None:
    torch.manual_seed(5)
    stack = RecurrentStack(cell, 6, 8, 2, bidirectional=True)
    torch.manual_seed(5)
    reference = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[cell](6, 8, 2, bidirectional=True)
    for ours, theirs in zip(stack.parameters(), reference.parameters(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_any_lengths_equal_torch(cell: Any, bidirectional: bool, data: st.DataObject) -> None:
    lengths = torch.tensor(data.draw(st.lists(st.integers(0, 12), min_size=1, max_size=7)))
    time = int(lengths.max()) + data.draw(st.integers(0, 3))
    stack = RecurrentStack(cell, 3, 4, 2, bidirectional=bidirectional).double()
    inputs = torch.randn(len(lengths), time, 3, dtype=torch.float64)
    output = stack(inputs, lengths, return_state=True)
    assert output.outputs.shape == (len(lengths), time, stack.output_size)
    filled = lengths > 0
    for part in (output.outputs[~filled], output.final[~filled]):
        assert not part.any()
    for part in parts_of(output.state):
        assert not part[:, ~filled].any()
    if not filled.any():
        return
    expected, after = packed_reference(reference_of(stack), inputs[filled], lengths[filled])
    assert_near(output.outputs[filled], expected, torch.float64)
    final = last_valid_steps(expected, lengths[filled], 4)
    assert_near(output.final[filled], final, torch.float64)
    for ours, theirs in zip(parts_of(output.state), parts_of(after), strict=True):
        assert_near(ours[:, filled], theirs, torch.float64)


@pytest.mark.parametrize(("cell", "layers", "bidirectional"), KINDS)
def test_a_sequence_alone_gives_what_it_gives_among_others(
    cell: Any, layers: int, bidirectional: bool
) -> None:
    stack = RecurrentStack(cell, 6, 8, layers, bidirectional=bidirectional)
    inputs = torch.randn(5, 9, 6)
    together = stack(inputs, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        alone = stack(inputs[row : row + 1, :length], LENGTHS[row : row + 1])
        assert_near(alone.outputs[0], together.outputs[row, :length], torch.float32)
        assert_near(alone.final[0], together.final[row], torch.float32)


@pytest.mark.parametrize("cell", CELLS)
def test_an_empty_sequence_has_zero_outputs_and_keeps_its_state(cell: Any) -> None:
    stack = RecurrentStack(cell, 6, 8, 2, bidirectional=True)
    state = some_state(stack, 3, torch.float32)
    for run in (torch.randn(3, 5, 6), torch.randn(3, 0, 6)):
        lengths = torch.tensor([0, 3, 0]).clamp(max=run.shape[1])
        output = stack(run, lengths, state, return_state=True)
        assert not output.outputs[0].any()
        assert not output.final[[0, 2]].any()
        for before, after in zip(parts_of(state), parts_of(output.state), strict=True):
            assert torch.equal(after[:, [0, 2]], before[:, [0, 2]])


def test_a_batch_without_sequences_gives_empty_results() -> None:
    stack = RecurrentStack("lstm", 6, 8, bidirectional=True)
    output = stack(torch.randn(0, 5, 6), torch.zeros(0, dtype=torch.int64))
    assert output.outputs.shape == (0, 5, 16)
    assert output.final.shape == (0, 16)


@pytest.mark.parametrize("kind", ["ordinary", "locked"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_dropout_between_layers_is_off_in_evaluation(kind: Any, bidirectional: bool) -> None:
    stack = RecurrentStack(
        "lstm", 6, 8, 2, bidirectional=bidirectional, dropout=0.5, dropout_kind=kind
    )
    inputs = torch.randn(5, 9, 6)
    expected, _ = packed_reference(reference_of(stack), inputs, LENGTHS)
    assert not torch.allclose(stack(inputs, LENGTHS).outputs, expected, atol=1e-3)
    assert_near(stack.eval()(inputs, LENGTHS).outputs, expected, torch.float32)


@pytest.mark.parametrize("lengths", [LENGTHS, torch.full((5,), 9)])
def test_one_layer_has_nothing_to_drop_between(lengths: Tensor) -> None:
    stack = RecurrentStack("gru", 6, 8, dropout=0.5)
    inputs = torch.randn(5, 9, 6)
    assert torch.equal(stack(inputs, lengths).outputs, stack(inputs, lengths).outputs)


@pytest.mark.parametrize("run", [padded_pass, packed_pass])
def test_locked_dropout_drops_the_same_features_at_every_step(run: Any) -> None:
    # The second layer passes its input on by tanh(x), so that what was dropped is plain to see.
    stack = RecurrentStack("rnn", 6, 6, 2, dropout=0.5, dropout_kind="locked")
    with torch.no_grad():
        for name, parameter in stack.named_parameters():
            parameter.zero_()
            if name.startswith("weight_ih"):
                parameter.copy_(torch.eye(6))
    inputs = torch.rand(9, 5, 6) + 0.5
    hidden = (torch.zeros(2, 5, 6),)
    outputs = run(stack._weights(), inputs, hidden, LENGTHS, False).outputs
    kept = outputs > 0
    for row, length in enumerate(LENGTHS.tolist()):
        assert (kept[:length, row] == kept[0, row]).all()
    assert 0 < kept[0].sum() < kept[0].numel()
    assert not (kept[0] == kept[0, 0]).all()
    torch.testing.assert_close(outputs[0], torch.tanh(torch.tanh(inputs[0]) * 2 * kept[0]))


def test_gradients_flow_in_evaluation_and_none_are_kept_without_need() -> None:
    stack = RecurrentStack("lstm", 6, 8, 2, bidirectional=True).eval()
    inputs = torch.randn(5, 9, 6, requires_grad=True)
    stack(inputs, LENGTHS).final.sum().backward()
    assert inputs.grad is not None
    with torch.no_grad():
        assert not stack(inputs, LENGTHS).outputs.requires_grad


@pytest.mark.parametrize("cell", CELLS)
def test_mixed_precision_stays_near_full_precision(cell: Any) -> None:
    stack = RecurrentStack(cell, 16, 16, 2, bidirectional=True)
    inputs = torch.randn(5, 9, 16)
    expected = stack(inputs, LENGTHS, return_state=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = stack(inputs, LENGTHS, return_state=True)
    output.final.float().sum().backward()
    torch.testing.assert_close(output.outputs.float(), expected.outputs, atol=0.03, rtol=0)
    for low, full in zip(parts_of(output.state), parts_of(expected.state), strict=True):
        torch.testing.assert_close(low.float(), full, atol=0.03, rtol=0)


@pytest.mark.parametrize("cell", CELLS)
def test_the_recipe_makes_orthogonal_gates_and_an_open_forget_gate(cell: Any) -> None:
    stack = RecurrentStack(cell, 6, 8, 2, bidirectional=True)
    initialize_recurrent_(stack)
    for name, parameter in stack.named_parameters():
        if name.startswith("weight_hh"):
            for gate in parameter.split(8):
                torch.testing.assert_close(gate @ gate.T, torch.eye(8), atol=1e-5, rtol=0)
        elif name.startswith("bias") and cell == "lstm":
            assert (parameter.chunk(4)[1] == 0.5).all()
            assert parameter.sum() == 4.0
        elif name.startswith("bias"):
            assert not parameter.any()


def test_wrong_shapes_and_settings_are_named() -> None:
    stack = RecurrentStack("lstm", 6, 8)
    inputs = torch.randn(2, 5, 6)
    with pytest.raises(ValueError, match=r"shape \(2, 5, 7\)"):
        stack(torch.randn(2, 5, 7), torch.tensor([5, 5]))
    with pytest.raises(ValueError, match=r"shape \(3,\), not \(2,\)"):
        stack(inputs, torch.tensor([5, 5, 5]))
    with pytest.raises(ValueError, match="A length is 6, in a batch of 5 steps"):
        stack(inputs, torch.tensor([6, 5]))
    with pytest.raises(ValueError, match="A length is -1"):
        stack(inputs, torch.tensor([-1, 5]))
    with pytest.raises(ValueError, match="The state has the shape"):
        stack(inputs, torch.tensor([5, 5]), torch.zeros(1, 2, 8))
    with pytest.raises(ValueError, match="layers is 0"):
        RecurrentStack("gru", 6, 8, 0)
    with pytest.raises(ValueError, match="outside 0 <="):
        RecurrentStack("gru", 6, 8, dropout=1.0)
    with pytest.raises(ValueError, match="Unknown cell 'tree'"):
        RecurrentStack("tree", 6, 8)  # type: ignore[arg-type]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize(("cell", "layers", "bidirectional"), KINDS)
def test_cuda_equals_the_cpu(cell: Any, layers: int, bidirectional: bool) -> None:
    stack = RecurrentStack(cell, 6, 8, layers, bidirectional=bidirectional)
    inputs = torch.randn(6, 9, 6)
    expected = {}
    for device in ("cpu", "cuda"):
        module = stack.to(device)
        module.zero_grad()
        for lengths in (torch.tensor([4, 9, 0, 1, 7, 9]), torch.full((6,), 9)):
            output = module(inputs.to(device), lengths, return_state=True)
            after = parts_of(output.state)
            squares_of(output.outputs, output.final, *after).backward()
            gradients = [parameter.grad.cpu() for parameter in module.parameters()]  # type: ignore[union-attr]
            found = [output.outputs, output.final, *after, *gradients]
            key = int(lengths.sum())
            if device == "cpu":
                expected[key] = [part.detach().clone() for part in found]
                continue
            for ours, theirs in zip(found, expected[key], strict=True):
                torch.testing.assert_close(ours.cpu(), theirs, atol=1e-4, rtol=1e-3)
