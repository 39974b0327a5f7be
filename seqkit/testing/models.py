"""Checks of a model: its outputs, its padding, its weights on disk; all are put together here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest import SkipTest

from seqkit.errors import ConfigurationError
from seqkit.registry.registry import Entry
from seqkit.shapes import Shape
from seqkit.testing.checks import Check, following, once, require
from seqkit.testing.decoding import carried_state, decoding, rows_of_a_decoder
from seqkit.testing.networks import (
    TOLERANCE,
    Build,
    Refusals,
    Trial,
    call,
    distance,
    forward,
    joined,
    seeded,
)
from seqkit.testing.records import Records
from seqkit.testing.samples import (
    TARGET_TIME,
    is_padded,
    kinds_tried,
    model_shapes,
    output_shape,
    ragged_batch,
)
from seqkit.testing.training import (
    batch_of_one_in_training,
    gradients,
    no_look_ahead,
    padding_in_training,
)

if TYPE_CHECKING:
    from torch import Tensor

LONG = 300
"""Steps of a long sequence; benchmarks and books have such."""


def model_checks(entry: Entry, config: Callable[[], Any], records: Records) -> Iterator[Check]:
    """Yields the checks of a model, for every sample shape that it is for and takes."""
    subject = f"models:{entry.name}"
    kinds = kinds_tried(entry, records)
    trials: dict[str, Trial] = {
        "padding": _padding,
        "padding-in-training": padding_in_training,
        "batch-of-one": _batch_of_one,
        "batch-of-one-in-training": batch_of_one_in_training,
        "long": _long,
        "gradients": gradients,
        "inputs-unchanged": _inputs_unchanged,
        "weights-on-disk": _weights_on_disk,
        "repeatable": _repeatable,
    }
    if {"next-tokens", "tokens"} & set(kinds):
        trials["no-look-ahead"] = no_look_ahead
    if "next-tokens" in kinds:
        trials["carried-state"] = carried_state
    if "tokens" in kinds:
        trials |= {"decoding": decoding, "decoding-rows": rows_of_a_decoder}
    taken = once(partial(_try_outputs, entry, config, records))
    sound = following("outputs", taken)
    yield Check(subject, "outputs", lambda: taken().note())
    for name, trial in trials.items():
        yield Check(subject, name, partial(_over_shapes, entry, config, trial, sound))


def _try_outputs(entry: Entry, config: Callable[[], Any], records: Records) -> Refusals:
    """Builds the model from every sample shape and runs it once."""
    settings = config()
    found = Refusals()
    for shape in model_shapes(entry, records):
        build = partial(entry.component.build, settings, shape)
        found.attempt(partial(_outputs, build, shape), shape)
    return found


def _over_shapes(
    entry: Entry, config: Callable[[], Any], trial: Trial, taken: Callable[[], Refusals]
) -> None:
    found = taken()
    # Skips the check where nothing was taken.
    found.note()
    settings = config()
    for shape in found.taken:
        build = partial(entry.component.build, settings, shape)
        seeded(partial(trial, build, shape), shape)


def _outputs(build: Build, shape: Shape) -> None:
    import torch

    network = build()
    require(
        isinstance(network, torch.nn.Module),
        f"build() returned {type(network).__name__}, not a torch.nn.Module",
    )
    broken = [name for name, tensor in network.named_parameters() if not tensor.isfinite().all()]
    require(
        not broken,
        f"{', '.join(broken[:5])} of a new network hold numbers that are not finite. "
        "Initialise them",
    )
    batch = ragged_batch(shape)
    with torch.no_grad():
        outputs = call(network, batch.copy(), shape)
    expected = output_shape(shape, batch.inputs.shape, TARGET_TIME)
    require(
        tuple(outputs.shape) == expected,
        f"forward() returned the shape {tuple(outputs.shape)}; it must be {expected}",
    )
    require(
        outputs.dtype == torch.float32,
        f"forward() returned {str(outputs.dtype).removeprefix('torch.')}; it must be float32, as "
        "its inputs are",
    )
    require(torch.isfinite(outputs).all(), "forward() returned numbers that are not finite")


def _padding(build: Build, shape: Shape) -> None:
    if not is_padded(shape):
        return
    network = build().eval()
    batch = ragged_batch(shape)
    junk = batch.with_junk(shape, steps=4)
    difference = distance(forward(network, batch, shape), forward(network, junk, shape))
    require(
        difference <= TOLERANCE,
        f"outputs changed by {difference:.2g} with the padding. "
        "Read steps by their lengths alone: seqkit.nn has a stack and poolings that do",
    )


def _batch_of_one(build: Build, shape: Shape) -> None:
    network = build().eval()
    batch = ragged_batch(shape)
    together = forward(network, batch, shape)
    # The longest, one of a single step, and the last.
    rows = [0, int(batch.lengths.argmin()), len(batch.lengths) - 1]
    alone = [forward(network, batch.alone(row), shape) for row in rows]
    require(
        all(part.dim() == together.dim() and part.shape[0] == 1 for part in alone),
        "a batch of one example did not give one output. Name dimensions when squeezing",
    )
    difference = distance(together[rows], joined(alone))
    require(
        difference <= TOLERANCE,
        f"an example's output changed by {difference:.2g} when it was alone in its batch. "
        "Examples of a batch must not see each other in evaluation",
    )


def _long(build: Build, shape: Shape) -> None:
    import torch

    if not is_padded(shape):
        return
    network = build().eval()
    batch = ragged_batch(shape, (LONG, 4), LONG)
    try:
        outputs = forward(network, batch, shape)
    except ConfigurationError as refusal:
        raise SkipTest(f"it refuses {LONG} steps: {refusal}") from refusal
    except Exception as error:
        raise AssertionError(
            f"a sequence of {LONG} steps raised {type(error).__name__}: {error}. Take sequences of "
            "any length, or refuse long ones in forward() by ConfigurationError"
        ) from error
    expected = output_shape(shape, (2, LONG), LONG)
    require(
        tuple(outputs.shape) == expected,
        f"of {LONG} steps it made the shape {tuple(outputs.shape)}; it must be {expected}",
    )
    require(torch.isfinite(outputs).all(), f"of {LONG} steps it made numbers that are not finite")


def _inputs_unchanged(build: Build, shape: Shape) -> None:
    import torch

    network = build()
    batch = ragged_batch(shape)
    for mode in (True, False):
        given = batch.copy()
        forward(network.train(mode), given, shape)
        for name, before in vars(batch).items():
            after = getattr(given, name)
            require(
                before is None or torch.equal(before, after),
                f"forward() changed its argument {name!r} in place, which the loss and the "
                "metrics read after it. Work on a copy",
            )


def _weights_on_disk(build: Build, shape: Shape) -> None:
    import torch
    from safetensors.torch import load, save

    network = build().eval()
    weights = network.state_dict()
    _require_own_storage(weights)
    torch.default_generator.manual_seed(1)
    restored = build().eval()
    restored.load_state_dict(load(save({k: v.contiguous() for k, v in weights.items()})))
    batch = ragged_batch(shape)
    difference = distance(forward(network, batch, shape), forward(restored, batch, shape))
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


def _repeatable(build: Build, shape: Shape) -> None:
    import torch

    network = build().eval()
    batch = ragged_batch(shape)
    torch.default_generator.manual_seed(7)
    first, again = forward(network, batch, shape), forward(network, batch, shape)
    require(
        torch.equal(first, again),
        "two passes in evaluation differ. Dropout and the like must stop there",
    )
    require(
        torch.initial_seed() == 7,
        "forward() sets torch's seed, and with it what every other component draws. Leave it out",
    )
    torch.default_generator.manual_seed(0)
    twin = build().state_dict()
    require(
        all(torch.equal(tensor, twin[name]) for name, tensor in network.state_dict().items()),
        "the same seed gave other weights. Draw them from torch's own random state",
    )
