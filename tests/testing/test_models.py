"""The conformance kit on models: a sound one passes, and each fault is found by its own check."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import seqkit
from seqkit.nn import RecurrentStack, mean_pool

Failures = Callable[..., dict[str, str]]


class Network(nn.Module):
    """A sound network; the faulty ones change one step of it."""

    def __init__(self, shape: seqkit.Shape) -> None:
        super().__init__()
        self.embed: nn.Module
        if isinstance(shape.inputs, seqkit.Tokens):
            self.embed = nn.Embedding(shape.inputs.size, 8)
        else:
            self.embed = nn.Linear(shape.inputs.size, 8)
        self.stack = RecurrentStack("gru", 8, 8)
        self.head = nn.Linear(8, shape.output_size)

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        return self.decide(self.pool(self.stack(self.embed(inputs), lengths).outputs, lengths))

    def pool(self, steps: Tensor, lengths: Tensor) -> Tensor:
        return mean_pool(steps, lengths)

    def decide(self, pooled: Tensor) -> Tensor:
        logits: Tensor = self.head(pooled)
        return logits


class ReadsTheLastStep(Network):
    def pool(self, steps: Tensor, lengths: Tensor) -> Tensor:
        return steps[:, -1]


class AveragesThePadding(Network):
    def pool(self, steps: Tensor, lengths: Tensor) -> Tensor:
        return steps.mean(dim=1)


class AttendsToJunk(Network):
    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        embedded = self.embed(inputs)
        return self.decide(embedded.mean(dim=1) + self.stack(embedded, lengths).final)


class LooksAtItsNeighbours(Network):
    def decide(self, pooled: Tensor) -> Tensor:
        logits: Tensor = self.head(pooled - pooled.mean(dim=0))
        return logits


class SqueezesEverything(Network):
    def decide(self, pooled: Tensor) -> Tensor:
        logits: Tensor = self.head(pooled.squeeze())
        return logits


class OneClassTooMany(Network):
    def __init__(self, shape: seqkit.Shape) -> None:
        super().__init__(shape)
        self.head = nn.Linear(8, shape.output_size + 1)


class NotFinite(Network):
    def decide(self, pooled: Tensor) -> Tensor:
        return super().decide(pooled) / 0


class ReturnsATuple(Network):
    def forward(self, inputs: Tensor, lengths: Tensor) -> Any:
        return super().forward(inputs, lengths), None


class ForgetsALayer(Network):
    def __init__(self, shape: seqkit.Shape) -> None:
        super().__init__(shape)
        self.spare = nn.Linear(2, 2)


class KeepsAWeightToItself(Network):
    def __init__(self, shape: seqkit.Shape) -> None:
        super().__init__(shape)
        self.scale = torch.rand(())

    def decide(self, pooled: Tensor) -> Tensor:
        return super().decide(pooled) * self.scale


class SharesAWeight(Network):
    def __init__(self, shape: seqkit.Shape) -> None:
        super().__init__(shape)
        self.first, self.second = nn.Linear(8, 8), nn.Linear(8, 8)
        self.second.weight = self.first.weight

    def decide(self, pooled: Tensor) -> Tensor:
        return super().decide(self.second(self.first(pooled)))


class NeverStopsDropping(Network):
    def decide(self, pooled: Tensor) -> Tensor:
        return super().decide(nn.functional.dropout(pooled, 0.5))


class DrawsFromAnotherGenerator(Network):
    def __init__(self, shape: seqkit.Shape) -> None:
        super().__init__(shape)
        drawn = np.random.default_rng().normal(size=self.head.weight.shape)
        self.head.weight.data = torch.tensor(drawn, dtype=torch.float32)


def model_with(network: Any) -> type[seqkit.Model]:
    class Subject(seqkit.Model):
        """A model to check."""

        name = "subject"
        tasks = ("classification",)

        def build(self, config: Any, shape: seqkit.Shape) -> nn.Module:
            built: nn.Module = network(shape)
            return built

    return Subject


def test_a_sound_model_passes_every_check(failures: Failures) -> None:
    assert failures("models", model_with(Network)) == {}


@pytest.mark.parametrize(
    ("network", "check", "message"),
    [
        (ReadsTheLastStep, "padding", "2 logits: outputs changed by"),
        (AveragesThePadding, "padding", "Read steps by their lengths alone"),
        (AttendsToJunk, "padding", "outputs changed by"),
        (LooksAtItsNeighbours, "batch-of-one", "changed by"),
        (SqueezesEverything, "batch-of-one", "did not give one output"),
        (OneClassTooMany, "outputs", "forward() returned the shape (6, 3); it must be (6, 2)"),
        (NotFinite, "outputs", "numbers that are not finite"),
        (ReturnsATuple, "outputs", "returned tuple, not a tensor"),
        (lambda shape: Network, "outputs", "build() returned type, not a torch.nn.Module"),
        (ForgetsALayer, "gradients", "no gradient reached spare.weight, spare.bias"),
        (KeepsAWeightToItself, "weights-on-disk", "Register whatever forward() needs"),
        (SharesAWeight, "weights-on-disk", "first.weight and second.weight share their memory"),
        (NeverStopsDropping, "repeatable", "two passes in evaluation differ"),
        (DrawsFromAnotherGenerator, "repeatable", "the same seed gave other weights"),
    ],
)
def test_each_fault_of_a_network_is_found(
    failures: Failures, network: Any, check: str, message: str
) -> None:
    found = failures("models", model_with(network))

    assert message in found[check]
    assert found[check].startswith("classes of tokens, 2 logits: ")


def test_a_network_that_raises_shows_where(make_plugin: Callable[..., Any]) -> None:
    class Raises(Network):
        def decide(self, pooled: Tensor) -> Tensor:
            raise RuntimeError("sizes do not fit")

    from seqkit.testing import check_plugin

    findings = check_plugin(make_plugin(models=[model_with(Raises)]))
    (finding,) = [finding for finding in findings if finding.check == "padding"]

    assert finding.message == "raised RuntimeError: sizes do not fit"
    assert "in decide" in finding.traceback
    assert "seqkit/testing" not in finding.traceback


def test_a_model_for_features_is_given_features(failures: Failures) -> None:
    class OfFeatures(model_with(Network)):  # type: ignore[misc]
        """A model of features."""

        inputs = ("features",)

        def build(self, config: Any, shape: seqkit.Shape) -> nn.Module:
            assert shape.inputs == seqkit.Features(3)
            return Network(shape)

    assert failures("models", OfFeatures) == {}


def test_a_task_without_sample_data_is_skipped_not_passed(
    make_plugin: Callable[..., Any],
) -> None:
    class Parser(seqkit.Task):
        """Parsing."""

        name = "parsing"
        loss = "cross-entropy"
        metrics = ()

    class Subject(model_with(Network)):  # type: ignore[misc]
        """A model to check."""

        tasks = ("parsing",)

    from seqkit.testing import check_plugin

    findings = check_plugin(make_plugin(models=[Subject], tasks=[Parser]))
    status = {finding.check: finding.status for finding in findings if "models" in finding.subject}

    assert status["padding"] == "skipped"
    assert status["tasks"] == "passed"


def test_the_callers_random_state_is_left_alone(make_plugin: Callable[..., Any]) -> None:
    from seqkit.testing import check_plugin

    before = torch.get_rng_state()
    check_plugin(make_plugin(models=[model_with(Network)]))

    assert torch.equal(torch.get_rng_state(), before)
