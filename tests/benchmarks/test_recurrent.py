"""The recurrent stack on ragged batches, against the two ways that torch.nn offers.

All take turns in one process. Packed input is the exact way of torch.nn; padded input is its fast
way, and wrong for the backward direction as soon as lengths differ.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seqkit.nn import RecurrentStack

TURNS = 5
BATCH, TIME, FEATURES, HIDDEN = 64, 256, 100, 128


def seconds(run: Callable[[], Tensor]) -> float:
    """Times forward and backward once, in processor time."""
    start = time.process_time()
    run().sum().backward()
    return time.process_time() - start


@pytest.mark.slow
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_the_recurrent_stack_beside_torch_on_ragged_batches(cell: str) -> None:
    torch.set_num_threads(1)
    kind = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[cell]
    bare = kind(FEATURES, HIDDEN, batch_first=True, bidirectional=True)
    stack = RecurrentStack(cell, FEATURES, HIDDEN, bidirectional=True)  # type: ignore[arg-type]
    stack.load_state_dict(bare.state_dict())
    inputs = torch.randn(BATCH, TIME, FEATURES, requires_grad=True)
    lengths = torch.linspace(TIME // 2, TIME, BATCH).long()

    def ours() -> Tensor:
        outputs: Tensor = stack(inputs, lengths).outputs
        return outputs

    def padded() -> Tensor:
        outputs: Tensor = bare(inputs)[0]
        return outputs

    def packed() -> Tensor:
        sequence = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(bare(sequence)[0], batch_first=True)[0]

    torch.testing.assert_close(ours(), packed(), rtol=0, atol=1e-5)
    ways = {"ours": ours, "padded": padded, "packed": packed}
    taken = {name: [seconds(run) for _ in range(TURNS)] for name, run in ways.items()}
    median = {name: float(np.median(values)) for name, values in taken.items()}
    print(
        f"\n{cell:5} {BATCH} x {TIME}, hidden {HIDDEN}, both ways: ours {median['ours']:.2f} s; "
        f"ours / padded (wrong): {median['ours'] / median['padded']:.2f}   "
        f"packed / ours: {median['packed'] / median['ours']:.1f}"
    )
