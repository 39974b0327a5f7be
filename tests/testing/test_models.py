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


class NormalisesOverPadding(Network):
    """Right in evaluation, where its statistics are fixed."""

    def __init__(self, shape: seqkit.Shape) -> None:
        super().__init__(shape)
        self.norm = nn.BatchNorm1d(8)

    def pool(self, steps: Tensor, lengths: Tensor) -> Tensor:
        return mean_pool(self.norm(steps.transpose(1, 2)).transpose(1, 2), lengths)


class NormalisesExamples(Network):
    def __init__(self, shape: seqkit.Shape) -> None:
        super().__init__(shape)
        self.norm = nn.BatchNorm1d(8)

    def pool(self, steps: Tensor, lengths: Tensor) -> Tensor:
        normalised: Tensor = self.norm(mean_pool(steps, lengths))
        return normalised


class CountsItsSteps(Network):
    seen = 0

    def decide(self, pooled: Tensor) -> Tensor:
        self.seen += self.training
        return super().decide(pooled * (1 + 0.1 * self.seen))


class KnowsSixteenPlaces(Network):
    def __init__(self, shape: seqkit.Shape) -> None:
        super().__init__(shape)
        self.places = nn.Embedding(16, 8)

    def pool(self, steps: Tensor, lengths: Tensor) -> Tensor:
        return mean_pool(steps + self.places(torch.arange(steps.shape[1])), lengths)


class RefusesLongOnes(KnowsSixteenPlaces):
    def pool(self, steps: Tensor, lengths: Tensor) -> Tensor:
        if steps.shape[1] > 16:
            raise seqkit.ConfigurationError("it reads 16 steps at most.")
        return super().pool(steps, lengths)


class ScalesItsInputs(Network):
    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        outputs = super().forward(inputs, lengths)
        lengths += 1
        return outputs


class DoublesPrecision(Network):
    def decide(self, pooled: Tensor) -> Tensor:
        return super().decide(pooled).double()


class BeginsNowhere(Network):
    def __init__(self, shape: seqkit.Shape) -> None:
        super().__init__(shape)
        self.head.weight.data[0, 0] = torch.nan


class SetsTheSeed(Network):
    def decide(self, pooled: Tensor) -> Tensor:
        torch.manual_seed(3)
        return super().decide(pooled)


class StartsClosed(Network):
    """A gate of zero lets nothing through at first (Bachlechner et al., 2021)."""

    def __init__(self, shape: seqkit.Shape) -> None:
        super().__init__(shape)
        self.inner, self.gate = nn.Linear(8, 8), nn.Parameter(torch.zeros(()))
        nn.init.zeros_(self.head.weight)

    def pool(self, steps: Tensor, lengths: Tensor) -> Tensor:
        pooled = mean_pool(steps, lengths)
        return pooled + self.gate * self.inner(pooled)


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


@pytest.mark.parametrize("network", [Network, StartsClosed])
def test_a_sound_model_passes_every_check(failures: Failures, network: Any) -> None:
    assert failures("models", model_with(network)) == {}


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
        (NormalisesOverPadding, "padding-in-training", "Normalise over valid steps alone"),
        (CountsItsSteps, "padding-in-training", "keep nothing from one batch to the next"),
        (NormalisesExamples, "batch-of-one-in-training", "a batch of one example raised ValueErr"),
        (KnowsSixteenPlaces, "long", "a sequence of 300 steps raised IndexError"),
        (ScalesItsInputs, "inputs-unchanged", "changed its argument 'lengths' in place"),
        (DoublesPrecision, "outputs", "forward() returned float64; it must be float32"),
        (BeginsNowhere, "outputs", "head.weight of a new network hold numbers that are not fin"),
        (SetsTheSeed, "repeatable", "forward() sets torch's seed"),
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
    assert check != "outputs" or len(found) == 1


def test_a_network_may_refuse_long_sequences(results: Any) -> None:
    finding = results("models", model_with(RefusesLongOnes))["long"]

    assert (finding.status, finding.message) == (
        "skipped",
        "it refuses 300 steps: it reads 16 steps at most.",
    )


def test_a_shape_that_a_model_refuses_is_left_out_with_the_reason(results: Any) -> None:
    def of_two_classes(shape: seqkit.Shape) -> Network:
        if shape.output_size != 2:
            raise seqkit.ConfigurationError("only two classes.")
        return Network(shape)

    def of_none(shape: seqkit.Shape) -> Network:
        raise seqkit.ConfigurationError("not today.")

    found = results("models", model_with(of_two_classes))
    assert {finding.status for finding in found.values()} == {"passed"}
    assert found["outputs"].message == (
        "not tried: classes of tokens, 3 logits; classes of tokens, 1 logit: only two classes."
    )
    assert found["padding"].message == ""

    found = results("models", model_with(of_none))
    assert found["outputs"].status == found["padding"].status == "skipped"
    assert "it refuses all sample data. classes of tokens" in found["outputs"].message


def test_a_build_that_raises_is_one_failure(results: Any) -> None:
    def broken(shape: seqkit.Shape) -> Network:
        raise KeyError("size")

    found = results("models", model_with(broken))

    assert [name for name, one in found.items() if one.status == "failed"] == ["outputs"]
    assert found["padding"].message == "not tried, as the check 'outputs' failed"


class FlattensItsWindow(nn.Module):
    """A forecaster that has a weight for each step of its window."""

    def __init__(self, shape: seqkit.Shape) -> None:
        super().__init__()
        assert isinstance(shape.inputs, seqkit.Features)
        assert isinstance(shape.outputs, seqkit.Values)
        values = shape.outputs
        known = shape.extras.get("future", 0) * values.horizon
        self.layer = nn.Linear(
            shape.extras["context"] * shape.inputs.size + known, shape.output_size
        )
        quantiles = [len(values.quantiles)] if values.quantiles else []
        self.size = (values.horizon, values.size, *quantiles)

    def forward(self, inputs: Tensor, lengths: Tensor, *known: Tensor) -> Tensor:
        flat = torch.cat([part.flatten(1) for part in (inputs, *known)], dim=1)
        outputs: Tensor = self.layer(flat).view(-1, *self.size)
        return outputs


def test_a_forecaster_may_have_a_weight_for_each_step_of_its_window(failures: Failures) -> None:
    class Flat(model_with(FlattensItsWindow)):  # type: ignore[misc]
        """A forecaster."""

        tasks = ("forecasting",)
        inputs = ("features",)

    assert failures("models", Flat) == {}


def test_a_network_that_raises_shows_where(make_plugin: Callable[..., Any]) -> None:
    class Raises(Network):
        def decide(self, pooled: Tensor) -> Tensor:
            raise RuntimeError("sizes do not fit")

    from seqkit.testing import check_plugin

    findings = check_plugin(make_plugin(models=[model_with(Raises)]))
    (finding,) = [finding for finding in findings if finding.status == "failed"]

    assert finding.check == "outputs"
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
