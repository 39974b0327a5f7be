"""Checks of networks that read or write on: a carried state, step by step, rows of a decoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest import SkipTest

from seqkit.shapes import NextTokens, Shape, Tokens
from seqkit.testing.checks import require
from seqkit.testing.networks import TOLERANCE, Build, call, distance
from seqkit.testing.samples import RaggedBatch, ragged_batch

if TYPE_CHECKING:
    from torch import Tensor

    from seqkit.nn import Decoding

ROWS = (3, 3, 0, 5)
"""Examples as a beam takes them: one twice, others left out, in another order."""


def carried_state(build: Build, shape: Shape) -> None:
    """Requires that a text read in two parts gives what it gives at once."""
    if not isinstance(shape.outputs, NextTokens):
        return
    import torch

    network = build().eval()
    batch = ragged_batch(shape)
    whole = batch.inputs[:1]
    length, cut = whole.shape[1], whole.shape[1] // 2
    with torch.no_grad():
        at_once, _ = network(whole, torch.tensor([length]), None)
        first, state = network(whole[:, :cut], torch.tensor([cut]), None)
        second, _ = network(whole[:, cut:], torch.tensor([length - cut]), state)
    difference = distance(at_once, torch.cat([first, second], dim=1))
    require(
        difference <= TOLERANCE,
        f"reading a text in two parts changed the outputs by {difference:.2g}. "
        "Begin with the state of the third argument, and return the state after the last valid "
        "step",
    )


def decoding(build: Build, shape: Shape) -> None:
    """Requires that writing token by token gives the logits of the whole."""
    if not isinstance(shape.outputs, Tokens):
        return
    import torch

    network, batch, targets = _decoder(build, shape)
    with torch.no_grad():
        at_once = call(network, batch, shape)  # type: ignore[arg-type]
        memory, state = network.begin(batch.inputs, batch.lengths)
        steps = []
        for tokens in targets.unbind(dim=1):
            logits, state, _ = network.step(tokens, memory, state)
            steps.append(logits)
    difference = distance(at_once, torch.stack(steps, dim=1))
    require(
        difference <= TOLERANCE,
        f"writing step by step gave logits {difference:.2g} away from those of forward(). "
        "Both must read the same tokens in the same way",
    )


def rows_of_a_decoder(build: Build, shape: Shape) -> None:
    """Requires that examples picked from memory and state go on as they would have."""
    if not isinstance(shape.outputs, Tokens):
        return
    import torch

    from seqkit.nn import select_rows

    try:
        network, batch, targets = _decoder(build, shape)
    except AssertionError as failure:
        raise SkipTest("not tried, as the check 'decoding' failed") from failure
    rows = torch.tensor(ROWS)
    first, second = targets[:, 0], targets[:, 1]
    with torch.no_grad():
        memory, state = network.begin(batch.inputs, batch.lengths)
        state = network.step(first, memory, state).state
        try:
            expected = network.step(second, memory, state).logits[rows]
            # What the step kept on the network itself would be the same again.
            picked = select_rows(memory, rows), select_rows(state, rows)
            found = network.step(second[rows], *picked).logits
        except Exception as error:
            raise AssertionError(
                f"a step of examples {list(ROWS)} raised {type(error).__name__}: {error}. {_ADVICE}"
            ) from error
    difference = distance(expected, found)
    require(
        difference <= TOLERANCE,
        f"examples {list(ROWS)} had logits {difference:.2g} away from theirs among all. {_ADVICE}",
    )


_ADVICE = (
    "Keep all that is needed in memory and state, tensors with the batch first, and nothing on the "
    "network: see seqkit.nn.Decoding"
)


def _decoder(build: Build, shape: Shape) -> tuple[Decoding, RaggedBatch, Tensor]:
    from seqkit.nn import Decoding

    network: Any = build().eval()
    require(
        isinstance(network, Decoding),
        "the network lacks begin() or step(), without which nothing can be written. "
        "See seqkit.nn.Decoding",
    )
    batch = ragged_batch(shape)
    assert batch.beside is not None
    return network, batch, batch.beside
