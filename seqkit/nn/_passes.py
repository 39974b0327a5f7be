"""How a recurrent stack runs over a batch: the one place that knows the fast way on each device.

All ways give what ``torch.nn.LSTM``, ``GRU`` and ``RNN`` give on packed input. Tensors here are
time-major, ``(time, batch, features)``, which is what the kernels work on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.backends.cudnn.rnn
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from seqkit.nn.dropout import keep_mask
from seqkit.nn.mask import reversal_index, swap_rows, valid_mask

Hidden = tuple[Tensor, ...]
"""``(h,)``, or for an LSTM ``(h, c)``, each ``(layers * directions, batch, hidden)``."""

CLOSED_GATE = 1e4
"""A pre-activation whose sigmoid is exactly 1, and exactly 0 with the other sign, in any dtype."""


@dataclass(frozen=True)
class StackWeights:
    """A recurrent stack's parameters, and the dropout in force between its layers."""

    mode: str
    layers: Sequence[Sequence[Tensor]]
    bidirectional: bool
    dropout: float
    locked_dropout: bool

    @property
    def directions(self) -> int:
        """1, or 2 for a bidirectional stack."""
        return 2 if self.bidirectional else 1

    def layer_hidden(self, hidden: Hidden, layer: int) -> Hidden:
        """The part of a stack's state that belongs to one layer."""
        first = layer * self.directions
        return tuple(part[first : first + self.directions] for part in hidden)

    def drop(self, inputs: Tensor, batch: int, rows: Tensor | None = None) -> Tensor:
        """Applies the dropout between layers; `rows` names the sequence of each packed row."""
        if not self.dropout:
            return inputs
        if not self.locked_dropout:
            return functional.dropout(inputs, self.dropout)
        mask = keep_mask((batch, inputs.shape[-1]), self.dropout, inputs)
        return inputs * (mask if rows is None else mask[rows])


class PassResult(NamedTuple):
    """What a pass gives: every step, the last valid step of each direction, and the state."""

    outputs: Tensor
    final: Tensor
    state: Hidden | None


def run_stack(
    stack: StackWeights, inputs: Tensor, hidden: Hidden, lengths: Tensor, *, with_state: bool
) -> PassResult:
    """Runs a stack over a padded batch by the fastest exact way for its device.

    Args:
        stack: The parameters.
        inputs: ``(time, batch, features)``, right-padded; both sizes at least one.
        hidden: The initial state.
        lengths: Valid steps of each sequence, ``(batch,)``, on the CPU.
        with_state: Whether the final state is wanted, which costs a little on ragged batches.

    Returns:
        Outputs, ``(time, batch, directions * hidden)``, zero at padded steps; the last valid step,
        ``(directions, batch, hidden)``, zero for empty sequences; and the state, which empty
        sequences leave as it was.
    """
    time = inputs.shape[0]
    shortest = int(lengths.min())
    if shortest == time:
        return full_pass(stack, inputs, hidden)
    run = packed_pass if inputs.is_cuda else padded_pass
    outputs, final, state = run(stack, inputs, hidden, lengths, with_state)
    if shortest == 0:
        filled = (lengths > 0).to(inputs.device, non_blocking=True).unsqueeze(-1)
        outputs, final = outputs * filled, final * filled
        if state is not None:
            pairs = zip(state, hidden, strict=True)
            state = tuple(torch.where(filled, after, before) for after, before in pairs)
    return PassResult(outputs, final, state)


def full_pass(stack: StackWeights, inputs: Tensor, hidden: Hidden) -> PassResult:
    """Runs over a batch without padding: PyTorch's own kernels, both directions at once."""
    states = []
    for layer, weights in enumerate(stack.layers):
        if layer:
            inputs = stack.drop(inputs, inputs.shape[1])
        initial = stack.layer_hidden(hidden, layer)
        inputs, state = _run_layer(stack.mode, inputs, initial, weights, stack.bidirectional)
        states.append(state)
    return PassResult(inputs, states[-1][0], _stacked(states))


def padded_pass(
    stack: StackWeights, inputs: Tensor, hidden: Hidden, lengths: Tensor, with_state: bool
) -> PassResult:
    """Runs over padding, each direction on its own, and keeps clear of what it makes there.

    A causal pass over right-padded input is exact at the valid steps. The backward direction is
    such a pass too, over sequences reversed within their lengths. On the CPU this stays within
    oneDNN, whose place a packed LSTM leaves for a loop that is many times slower to train.

    Padded steps carry the outputs past the last valid one, but not the LSTM's cell. Where it is
    wanted, an input that is one at padding holds the input gate shut and the forget gate open
    there, so that the cell that comes out at the end is the one of the last valid step.
    """
    time, batch = inputs.shape[:2]
    lengths = lengths.to(inputs.device, non_blocking=True)
    mask = valid_mask(lengths, time).t().unsqueeze(-1)
    sequences = torch.arange(batch, device=inputs.device)
    last_steps = lengths.clamp(min=1) - 1
    rows = (reversal_index(lengths, time).t() * batch + sequences).reshape(-1)
    held = with_state and stack.mode == "lstm"
    padding = (~mask).to(inputs.dtype) if held else None
    states: list[Hidden] = []
    finals: list[Tensor] = []
    for layer, weights in enumerate(stack.layers):
        if layer:
            inputs = stack.drop(inputs, batch)
        initial = stack.layer_hidden(hidden, layer)
        sides, finals = [], []
        if padding is not None:
            inputs = torch.cat([inputs, padding.to(inputs.dtype)], dim=-1)
            weights = _with_held_cell(weights)
        for direction in range(stack.directions):
            side_inputs = swap_rows(inputs, rows) if direction else inputs
            side_initial = tuple(part[direction : direction + 1] for part in initial)
            side_weights = weights[4 * direction : 4 * direction + 4]
            side, state = _run_layer(stack.mode, side_inputs, side_initial, side_weights)
            finals.append(side[last_steps, sequences])
            states.append((finals[-1].unsqueeze(0), *state[1:]))
            sides.append(swap_rows(side, rows) if direction else side)
        inputs = torch.cat(sides, dim=-1) if stack.bidirectional else sides[0]
    # A mask of the outputs' own type multiplies at the speed of memory; a boolean one does not.
    outputs = inputs * mask.to(inputs.dtype)
    return PassResult(outputs, torch.stack(finals), _stacked(states) if with_state else None)


def packed_pass(
    stack: StackWeights, inputs: Tensor, hidden: Hidden, lengths: Tensor, with_state: bool
) -> PassResult:
    """Runs over a packed batch, which cuDNN does without work on padding."""
    time, batch = inputs.shape[:2]
    packed = pack_padded_sequence(inputs, lengths.clamp(min=1), enforce_sorted=False)
    data, sizes, order, back = packed
    assert order is not None
    assert back is not None
    hidden = tuple(part.index_select(1, order) for part in hidden)
    sequence_of_row = _sequence_of_row(sizes).to(data.device) if stack.locked_dropout else None
    states = []
    for layer, weights in enumerate(stack.layers):
        if layer:
            data = stack.drop(data, batch, sequence_of_row)
        initial = stack.layer_hidden(hidden, layer)
        data, state = _run_layer(stack.mode, data, initial, weights, stack.bidirectional, sizes)
        states.append(tuple(part.index_select(1, back) for part in state))
    outputs, _ = pad_packed_sequence(PackedSequence(data, sizes, order, back), total_length=time)
    return PassResult(outputs, states[-1][0], _stacked(states) if with_state else None)


def _run_layer(
    mode: str,
    inputs: Tensor,
    hidden: Hidden,
    weights: Sequence[Tensor],
    bidirectional: bool = False,
    batch_sizes: Tensor | None = None,
) -> tuple[Tensor, Hidden]:
    """Runs one layer by PyTorch's kernel, on a padded batch or on packed rows with their sizes."""
    weights = list(weights)
    if inputs.is_cuda:
        _lay_out_for_cudnn(mode, weights, bidirectional)
    # As dropout is applied outside, the kernel's training flag says only that a backward follows.
    settings = (True, 1, 0.0, torch.is_grad_enabled(), bidirectional)
    kernel: Callable[..., tuple[Tensor, ...]] = getattr(torch, mode)
    state = hidden if mode == "lstm" else hidden[0]
    if batch_sizes is None:
        outputs, *after = kernel(inputs, state, weights, *settings, False)
    else:
        outputs, *after = kernel(inputs, batch_sizes, state, weights, *settings)
    return outputs, tuple(after)


def _with_held_cell(weights: Sequence[Tensor]) -> list[Tensor]:
    """Adds to each direction's input weights the column that holds the cell at padding."""
    held = list(weights)
    for position in range(0, len(held), 4):
        column = held[position].new_zeros(held[position].shape[0], 1)
        input_gate, forget_gate, _, _ = column.chunk(4)
        input_gate.fill_(-CLOSED_GATE)
        forget_gate.fill_(CLOSED_GATE)
        held[position] = torch.cat([held[position], column], dim=1)
    return held


def _lay_out_for_cudnn(mode: str, weights: list[Tensor], bidirectional: bool) -> None:
    """Moves a layer's weights into the one block of memory that cuDNN reads without a copy.

    Done when a layer runs rather than when it moves to the device, so that copies of a module
    (a moving average of its weights, for one) are laid out too.
    """
    acceptable: Callable[[Tensor], bool] = torch.backends.cudnn.is_acceptable
    if not all(weight.is_cuda and acceptable(weight) for weight in weights):
        return
    if len({weight.untyped_storage().data_ptr() for weight in weights}) == 1:
        return
    hidden_size = weights[1].shape[1]
    mode_number: Callable[[str], int] = torch.backends.cudnn.rnn.get_cudnn_mode
    with torch.no_grad(), torch.cuda.device(weights[0].device):
        torch._cudnn_rnn_flatten_weight(
            weights,
            4,
            weights[0].shape[1],
            mode_number(mode.upper()),
            hidden_size,
            0,
            1,
            False,
            bidirectional,
        )


def _sequence_of_row(batch_sizes: Tensor) -> Tensor:
    starts = batch_sizes.cumsum(0) - batch_sizes
    return torch.arange(int(batch_sizes.sum())) - starts.repeat_interleave(batch_sizes)


def _stacked(states: Sequence[Hidden]) -> Hidden:
    return tuple(torch.cat(parts) for parts in zip(*states, strict=True))
