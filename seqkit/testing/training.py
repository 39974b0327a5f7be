"""Checks of a model in training: its padding, its last batch, its gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqkit.shapes import NextTokens, Shape, Tokens
from seqkit.testing.checks import require
from seqkit.testing.networks import TOLERANCE, Build, call, distance, forward
from seqkit.testing.samples import LENGTHS, RaggedBatch, is_padded, ragged_batch

if TYPE_CHECKING:
    from torch import Tensor, nn

STEPS = 4
"""Steps after which a gradient must have reached every parameter: a gate that begins at zero
hides what is behind it for one step, and a gate behind a layer of zeros for two."""


def padding_in_training(build: Build, shape: Shape) -> None:
    """Requires that padding changes nothing where the network is being trained."""
    if not is_padded(shape):
        return
    network = build().train()
    batch = ragged_batch(shape)
    padded = batch.padded(4)
    difference = distance(
        _drawn(network, padded, shape), _drawn(network, batch.with_junk(shape, steps=4), shape)
    )
    if difference <= TOLERANCE:
        _without_dropout(network)
        alone = _drawn(network, batch, shape)
        if alone.equal(_drawn(network, batch, shape, seed=2)):
            # Nothing is drawn any more, and other numbers cannot come of another width.
            difference = distance(alone, _drawn(network, padded, shape))
    require(
        difference <= TOLERANCE,
        f"in training, outputs changed by {difference:.2g} with the padding, or with the pass "
        "before. Normalise over valid steps alone, look at no later step, and keep nothing from "
        "one batch to the next",
    )


def _drawn(network: nn.Module, batch: RaggedBatch, shape: Shape, seed: int = 1) -> Tensor:
    """Runs a network so that dropout and the like draw the same numbers each time."""
    import torch

    torch.default_generator.manual_seed(seed)
    return forward(network, batch, shape)


def _without_dropout(network: nn.Module) -> None:
    for module in network.modules():
        if "drop" in type(module).__name__.lower() and module is not network:
            module.eval()


def no_look_ahead(build: Build, shape: Shape) -> None:
    """Requires that a step does not depend on later ones, in training nor in evaluation."""
    import torch

    kind = shape.outputs
    if not isinstance(kind, NextTokens | Tokens):
        return
    network = build()
    batch = ragged_batch(shape, (max(LENGTHS),) * 3)
    changed = batch.copy()
    # The steps that are written, or else those that are read.
    steps = changed.inputs if changed.beside is None else changed.beside
    kept = steps.shape[1] // 2
    steps[:, kept:] = torch.randint(min(4, kind.size - 1), kind.size, steps[:, kept:].shape)
    for mode in (True, False):
        network.train(mode)
        before, after = (_drawn(network, given, shape)[:, :kept] for given in (batch, changed))
        difference = distance(before, after)
        require(
            difference <= TOLERANCE,
            f"in {'training' if mode else 'evaluation'}, the logits of a step changed by "
            f"{difference:.2g} with the tokens behind it, which it is to predict",
        )


def batch_of_one_in_training(build: Build, shape: Shape) -> None:
    """Requires that the last batch of an epoch may hold one example, of one step too."""
    batch = ragged_batch(shape)
    for row in (0, int(batch.lengths.argmin())):
        network = build().train()
        one = batch.alone(row)
        steps = "" if one.inputs.shape[1] > 1 else " of one step"
        try:
            outputs = call(network, one, shape)
            _backward(outputs)
        except Exception as error:
            raise AssertionError(
                f"in training, a batch of one example{steps} raised {type(error).__name__}: "
                f"{error}. The last batch of an epoch may be such"
            ) from error
        numbers = [outputs, *(p.grad for p in network.parameters() if p.grad is not None)]
        require(
            all(tensor.isfinite().all() for tensor in numbers),
            f"in training, a batch of one example{steps} gave numbers that are not finite. "
            "The last batch of an epoch may be such",
        )
        require(
            outputs.shape[0] == 1,
            f"in training, a batch of one example{steps} did not give one output. "
            "Name dimensions when squeezing",
        )


def gradients(build: Build, shape: Shape) -> None:
    """Requires that a finite gradient reaches every parameter within a few steps."""
    import torch

    network = build().train()
    batch = ragged_batch(shape)
    trained = {name: p for name, p in network.named_parameters() if p.requires_grad}
    require(trained, "the network has no parameter to train")
    unreached = set(trained)
    for _ in range(STEPS):
        network.zero_grad()
        _backward(call(network, batch, shape))
        broken = [n for n, p in trained.items() if p.grad is not None and not _is_finite(p.grad)]
        require(not broken, f"the gradient of {', '.join(broken[:5])} is not finite")
        unreached -= {n for n, p in trained.items() if p.grad is not None and p.grad.any()}
        if not unreached:
            return
        with torch.no_grad():
            _step(list(trained.values()))
    names = [name for name in trained if name in unreached]
    raise AssertionError(
        f"no gradient reached {', '.join(names[:5])}. Use it in forward(), or leave it out"
    )


def _step(parameters: list[nn.Parameter]) -> None:
    """Moves parameters by a hundredth at most, whatever the size of their gradients."""
    for parameter in parameters:
        if parameter.grad is not None:
            largest = parameter.grad.abs().max().clamp(min=1e-12)
            parameter.sub_(0.01 * parameter.grad / largest)


def _is_finite(tensor: Tensor) -> bool:
    return bool(tensor.isfinite().all())


def _backward(outputs: Tensor) -> None:
    import torch

    if outputs.requires_grad:
        (outputs * torch.randn_like(outputs)).sum().backward()  # type: ignore[no-untyped-call]
