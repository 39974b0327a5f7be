"""Checks of a model: its outputs, its padding, its gradients, its weights on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from unittest import SkipTest

from seqkit.api import NextTokens, Shape, StepClasses, Tokens
from seqkit.registry import Entry, Registry
from seqkit.testing.checks import Check, require
from seqkit.testing.samples import (
    LENGTHS,
    RaggedBatch,
    describe,
    model_shapes,
    output_shape,
    ragged_batch,
    untried,
)

if TYPE_CHECKING:
    from torch import Tensor, nn

TOLERANCE = 1e-5
Trial = Callable[[Callable[[], "nn.Module"], Shape], None]


def model_checks(entry: Entry, config: Callable[[], Any], registry: Registry) -> Iterator[Check]:
    """Yields the checks of a model, for every sample shape that it is for."""
    subject = f"models:{entry.name}"
    trials: dict[str, Trial] = {
        "outputs": _outputs,
        "padding": _padding,
        "batch-of-one": _batch_of_one,
        "gradients": _gradients,
        "weights-on-disk": _weights_on_disk,
        "repeatable": _repeatable,
    }
    shapes = model_shapes(entry, registry)
    if any(isinstance(shape.outputs, NextTokens) for shape in shapes):
        trials["carried-state"] = _carried_state
    if any(isinstance(shape.outputs, Tokens) for shape in shapes):
        trials["decoding"] = _decoding
    for name, trial in trials.items():
        yield Check(subject, name, _over_shapes(entry, config, trial, shapes))


def _over_shapes(
    entry: Entry, config: Callable[[], Any], trial: Trial, shapes: Sequence[Shape]
) -> Callable[[], None]:
    def run() -> None:
        model = entry.component
        if not shapes:
            raise SkipTest(untried(model))
        settings = config()

        import torch

        for shape in shapes:
            # The caller's random state stays as it was.
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                try:
                    trial(lambda shape=shape: model.build(settings, shape), shape)  # type: ignore[misc]
                except AssertionError as failure:
                    raise AssertionError(f"{describe(shape)}: {failure}") from failure

    return run


def _outputs(build: Callable[[], nn.Module], shape: Shape) -> None:
    import torch

    network = build()
    require(
        isinstance(network, torch.nn.Module),
        f"build() returned {type(network).__name__}, not a torch.nn.Module",
    )
    batch = ragged_batch(shape)
    outputs = _forward(network, batch, shape)
    expected = output_shape(shape, len(batch.lengths))
    require(
        tuple(outputs.shape) == expected,
        f"forward() returned the shape {tuple(outputs.shape)}; it must be {expected}",
    )
    require(torch.isfinite(outputs).all(), "forward() returned numbers that are not finite")


def _padding(build: Callable[[], nn.Module], shape: Shape) -> None:
    network = build().eval()
    batch = ragged_batch(shape)
    difference = _distance(
        _forward(network, batch, shape), _forward(network, batch.with_junk(), shape)
    )
    require(
        difference <= TOLERANCE,
        f"outputs changed by {difference:.2g} with the padding. "
        "Read steps by their lengths alone: seqkit.nn has a stack and poolings that do",
    )


def _batch_of_one(build: Callable[[], nn.Module], shape: Shape) -> None:
    import torch

    network = build().eval()
    batch = ragged_batch(shape)
    together = _forward(network, batch, shape)
    alone = [_forward(network, batch.alone(row), shape) for row in range(len(batch.lengths))]
    require(
        all(part.shape[0] == 1 for part in alone),
        "a batch of one example did not give one output. Name dimensions when squeezing",
    )
    difference = _distance(together, torch.cat(alone))
    require(
        difference <= TOLERANCE,
        f"an example's output changed by {difference:.2g} when it was alone in its batch. "
        "Examples of a batch must not see each other in evaluation",
    )


def _gradients(build: Callable[[], nn.Module], shape: Shape) -> None:
    import torch

    network = build().train()
    batch = ragged_batch(shape)
    outputs = _call(network, batch, shape)
    (outputs * torch.randn_like(outputs)).sum().backward()  # type: ignore[no-untyped-call]
    trained = [(n, p) for n, p in network.named_parameters() if p.requires_grad]
    require(trained, "the network has no parameter to train")
    unreached = [n for n, p in trained if p.grad is None or not p.grad.any()]
    require(
        not unreached,
        f"no gradient reached {', '.join(unreached[:5])}. Use it in forward(), or leave it out",
    )
    broken = [n for n, p in trained if p.grad is not None and not torch.isfinite(p.grad).all()]
    require(not broken, f"the gradient of {', '.join(broken[:5])} is not finite")


def _weights_on_disk(build: Callable[[], nn.Module], shape: Shape) -> None:
    import torch
    from safetensors.torch import load, save

    network = build().eval()
    weights = network.state_dict()
    _require_own_storage(weights)
    torch.manual_seed(1)
    restored = build().eval()
    restored.load_state_dict(load(save({k: v.contiguous() for k, v in weights.items()})))
    batch = ragged_batch(shape)
    difference = _distance(_forward(network, batch, shape), _forward(restored, batch, shape))
    require(
        difference == 0,
        f"outputs changed by {difference:.2g} after the weights were saved and loaded. "
        "Register whatever forward() needs as a parameter or a buffer",
    )


def _require_own_storage(weights: dict[str, Tensor]) -> None:
    owners: dict[int, str] = {}
    for name, tensor in weights.items():
        if not tensor.numel():
            continue
        other = owners.setdefault(tensor.untyped_storage().data_ptr(), name)
        require(
            other == name,
            f"{other} and {name} share their memory, which safetensors does not store. "
            "Keep one of them, and use it twice in forward()",
        )


def _repeatable(build: Callable[[], nn.Module], shape: Shape) -> None:
    import torch

    network = build().eval()
    batch = ragged_batch(shape)
    first, again = _forward(network, batch, shape), _forward(network, batch, shape)
    require(
        torch.equal(first, again),
        "two passes in evaluation differ. Dropout and the like must stop there",
    )
    torch.manual_seed(0)
    twin = build().state_dict()
    require(
        all(torch.equal(tensor, twin[name]) for name, tensor in network.state_dict().items()),
        "the same seed gave other weights. Draw them from torch's own random state",
    )


def _carried_state(build: Callable[[], nn.Module], shape: Shape) -> None:
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
    difference = _distance(at_once, torch.cat([first, second], dim=1))
    require(
        difference <= TOLERANCE,
        f"reading a text in two parts changed the outputs by {difference:.2g}. "
        "Begin with the state of the third argument, and return the state after the last valid "
        "step",
    )


def _decoding(build: Callable[[], nn.Module], shape: Shape) -> None:
    if not isinstance(shape.outputs, Tokens):
        return
    import torch

    from seqkit.nn import Decoding

    network = build().eval()
    require(
        isinstance(network, Decoding),
        "the network lacks begin() or step(), without which nothing can be written. "
        "See seqkit.nn.Decoding",
    )
    batch = ragged_batch(shape)
    assert batch.beside is not None
    assert isinstance(network, Decoding)
    with torch.no_grad():
        at_once = _call(network, batch, shape)
        memory, state = network.begin(batch.inputs, batch.lengths)
        steps = []
        for tokens in batch.beside.unbind(dim=1):
            logits, state, _ = network.step(tokens, memory, state)
            steps.append(logits)
    difference = _distance(at_once, torch.stack(steps, dim=1))
    require(
        difference <= TOLERANCE,
        f"writing step by step gave logits {difference:.2g} away from those of forward(). "
        "Both must read the same tokens in the same way",
    )


def _call(network: nn.Module, batch: RaggedBatch, shape: Shape) -> Tensor:
    """Runs a network as codecs of its kind of output do, and returns its outputs."""
    import torch

    given = (batch.inputs, batch.lengths)
    if isinstance(shape.outputs, NextTokens):
        result = network(*given, None)
        require(
            isinstance(result, tuple) and len(result) == 2,
            f"forward(inputs, lengths, state) returned {type(result).__name__}, not logits and "
            "a state",
        )
        result = result[0]
    else:
        result = network(*given) if batch.beside is None else network(*given, batch.beside)
    require(
        isinstance(result, torch.Tensor),
        f"forward(inputs, lengths) returned {type(result).__name__}, not a tensor",
    )
    return result  # type: ignore[no-any-return]


def _forward(network: nn.Module, batch: RaggedBatch, shape: Shape) -> Tensor:
    import torch

    with torch.no_grad():
        outputs = _call(network, batch, shape)
    if isinstance(shape.outputs, NextTokens | StepClasses) and outputs.dim() == 3:
        return _valid_steps(outputs, batch.lengths)
    return outputs


def _valid_steps(outputs: Tensor, lengths: Tensor) -> Tensor:
    """Returns outputs with zeros at padded steps, and as many steps as any batch may have."""
    import torch
    from torch.nn import functional

    steps = max(LENGTHS)
    outputs = functional.pad(outputs, (0, 0, 0, max(0, steps - outputs.shape[1])))[:, :steps]
    valid = torch.arange(steps) < lengths[:, None]
    return outputs * valid[..., None]


def _distance(one: Tensor, other: Tensor) -> float:
    require(
        one.shape == other.shape,
        f"outputs of the shape {tuple(other.shape)}, and of {tuple(one.shape)} with other padding",
    )
    return float((one - other).abs().max())
