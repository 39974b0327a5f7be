"""The conformance kit on losses and metrics."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import seqkit

Failures = Callable[..., dict[str, str]]


def loss_with(function: Any) -> type[seqkit.Loss]:
    class Subject(seqkit.Loss):
        """A loss to check."""

        name = "subject"
        tasks = ("classification",)

        def build(self, config: Any, shape: seqkit.Shape) -> seqkit.LossFunction:
            return function

    return Subject


def summed(outputs: Tensor, targets: Tensor) -> tuple[Tensor, int]:
    return functional.cross_entropy(outputs, targets, reduction="sum"), len(targets)


def mean(outputs: Tensor, targets: Tensor) -> tuple[Tensor, int]:
    return functional.cross_entropy(outputs, targets), 1


def detached(outputs: Tensor, targets: Tensor) -> tuple[Tensor, int]:
    return summed(outputs.detach(), targets)[0] + 0 * outputs.sum(), len(targets)


def alone(outputs: Tensor, targets: Tensor) -> Tensor:
    return summed(outputs, targets)[0]


def of_each(outputs: Tensor, targets: Tensor) -> tuple[Tensor, int]:
    return functional.cross_entropy(outputs, targets, reduction="none"), len(targets)


def uncounted(outputs: Tensor, targets: Tensor) -> tuple[Tensor, int]:
    return summed(outputs, targets)[0], 0


def test_a_sound_loss_passes_every_check(failures: Failures) -> None:
    assert failures("losses", loss_with(summed)) == {}


@pytest.mark.parametrize(
    ("function", "check", "message"),
    [
        (mean, "splits", "Return a sum and a count, not a mean"),
        (alone, "splits", "it returned Tensor, not a sum and a count"),
        (of_each, "splits", "its sum has the shape (19,); it must be a scalar"),
        (uncounted, "splits", " of 0.0"),
        (
            lambda outputs, targets: summed(-outputs, targets),
            "direction",
            "for outputs that are right and",
        ),
        (detached, "gradient", "no gradient reached the model's outputs"),
    ],
)
def test_each_fault_of_a_loss_is_found(
    failures: Failures, function: Any, check: str, message: str
) -> None:
    assert message in failures("losses", loss_with(function))[check]


def test_data_that_a_loss_refuses_are_left_out_with_the_reason(results: Any) -> None:
    class Binary(loss_with(summed)):  # type: ignore[misc]
        """A loss for two classes."""

        def adapt(self, config: Any, shape: seqkit.Shape) -> seqkit.Shape:
            if shape.output_size != self.size:
                raise seqkit.ConfigurationError(f"only for {self.size} classes.")
            return shape

    Binary.size = 2
    splits = results("losses", Binary)["splits"]
    assert (splits.status, splits.message) == (
        "passed",
        "not tried: classes of tokens, 3 logits: only for 2 classes.",
    )
    Binary.size = 7
    splits = results("losses", Binary)["splits"]
    assert splits.status == "skipped"
    assert "it refuses all sample data. classes of tokens" in splits.message


class Hits:
    def __init__(self) -> None:
        self.right, self.seen = torch.tensor(0), 0

    def update(self, predictions: Tensor, targets: Tensor) -> None:
        self.right = self.right + (predictions.argmax(dim=1) == targets).sum()
        self.seen += len(targets)

    def merge(self, other: "Hits") -> None:
        self.right, self.seen = self.right + other.right, self.seen + other.seen

    def compute(self) -> Any:
        return float(self.right / self.seen)


class MeanOfBatches(Hits):
    def __init__(self) -> None:
        super().__init__()
        self.means: list[Tensor] = []

    def update(self, predictions: Tensor, targets: Tensor) -> None:
        self.means.append((predictions.argmax(dim=1) == targets).float().mean())

    def merge(self, other: Any) -> None:
        self.means += other.means

    def compute(self) -> Any:
        return float(torch.stack(self.means).mean())


class MergesNothing(Hits):
    def merge(self, other: Hits) -> None:
        self.seen += 1


class ReturnsATensor(Hits):
    def compute(self) -> Any:
        return self.right / self.seen


class ReturnsAList(Hits):
    def compute(self) -> Any:
        return [1.0]


class WearsOff(Hits):
    def compute(self) -> Any:
        self.seen += 1
        return super().compute()


def metric_with(accumulator: type, ranks: bool | None = True) -> type[seqkit.Metric]:
    class Subject(seqkit.Metric):
        """A metric to check."""

        name = "subject"
        tasks = ("classification",)
        higher_is_better = ranks

        def build(self, config: Any, shape: seqkit.Shape) -> seqkit.Accumulator:
            return accumulator()

    return Subject


def test_a_sound_metric_passes_every_check(failures: Failures) -> None:
    assert failures("metrics", metric_with(Hits)) == {}
    assert failures("metrics", metric_with(ReturnsAList, ranks=None)) == {}


@pytest.mark.parametrize(
    ("accumulator", "check", "message"),
    [
        (MeanOfBatches, "splits", "batch by batch it gave"),
        (MergesNothing, "splits", "merged from parts it gave"),
        (ReturnsATensor, "value", "compute() returned Tensor. Return a float"),
        (ReturnsAList, "value", "which cannot rank models"),
        (WearsOff, "value", "a second compute() gave something else"),
    ],
)
def test_each_fault_of_a_metric_is_found(
    failures: Failures, accumulator: type, check: str, message: str
) -> None:
    assert message in failures("metrics", metric_with(accumulator))[check]


# --- targets that are not known ------------------------------------------------------------------


def sees_gaps(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    known = ~targets.isnan()
    return (outputs - targets.where(known, 0.0)).abs()[known].sum(), known.sum()


def blind_to_gaps(outputs: Tensor, targets: Tensor) -> tuple[Tensor, int]:
    return (outputs - targets).abs().sum(), targets.numel()


def counts_gaps(outputs: Tensor, targets: Tensor) -> tuple[Tensor, int]:
    return sees_gaps(outputs, targets)[0], targets.numel()


def hides_gaps_too_late(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    known = ~targets.isnan()
    # The gradient of a root of NaN is NaN, whatever is made of it behind.
    return ((outputs - targets) ** 2).sqrt().where(known, 0.0).sum(), known.sum()


def of_numbers(function: Any) -> type[seqkit.Loss]:
    class Subject(loss_with(function)):  # type: ignore[misc]
        """A loss of numbers."""

        tasks = ()
        outputs = ("number",)

    return Subject


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (sees_gaps, None),
        (blind_to_gaps, "a target that is not known, NaN, makes it nan"),
        (counts_gaps, "an example whose targets are not known, NaN, changed it from"),
        (hides_gaps_too_late, "NaN, makes its gradient not finite"),
    ],
)
def test_a_loss_counts_no_target_that_is_not_known(
    failures: Failures, function: Any, message: str | None
) -> None:
    found = failures("losses", of_numbers(function))

    assert message in found["unknown-targets"] if message else not found


class MeanError(Hits):
    def update(self, predictions: Tensor, targets: Tensor) -> None:
        known = ~targets.isnan()
        error = (predictions - targets.where(known, 0.0)).abs()
        self.right = self.right + error[known].sum()
        self.seen += int(known.sum())


class MeanErrorOfAll(Hits):
    def update(self, predictions: Tensor, targets: Tensor) -> None:
        self.right = self.right + (predictions - targets).abs().sum()
        self.seen += targets.numel()


@pytest.mark.parametrize(
    ("accumulator", "message"),
    [(MeanError, None), (MeanErrorOfAll, "NaN, changed it from ")],
)
def test_a_metric_counts_no_target_that_is_not_known(
    failures: Failures, accumulator: type, message: str | None
) -> None:
    class OfNumbers(metric_with(accumulator)):  # type: ignore[misc]
        """A metric of numbers."""

        tasks = ()
        outputs = ("number",)

    found = failures("metrics", OfNumbers)

    assert message in found["unknown-targets"] if message else not found


# --- parameters of a loss -------------------------------------------------------------------------


class LearnsItsTemperature(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.temperature = nn.Parameter(torch.ones(()))

    def forward(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, int]:
        return summed(outputs / self.temperature, targets)


class ForgetsItsTemperature(LearnsItsTemperature):
    def forward(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, int]:
        return summed(outputs, targets)


class HoldsAWeight:
    def __init__(self) -> None:
        self.weight = torch.ones(())

    def __call__(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, int]:
        return summed(outputs * self.weight, targets)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (LearnsItsTemperature, None),
        (ForgetsItsTemperature, "no gradient reached its parameter temperature"),
        (HoldsAWeight, "its weight would stay on the CPU, and be neither trained nor saved"),
    ],
)
def test_parameters_of_a_loss_are_reached_by_a_gradient(
    failures: Failures, function: Any, message: str | None
) -> None:
    found = failures("losses", loss_with(function()))

    assert message in found["gradient"] if message else not found


# --- metrics that read more than outputs ----------------------------------------------------------


class OfBatches:
    """Typed as an author would: `mypy --strict` takes it for an accumulator."""

    def __init__(self) -> None:
        self.steps = torch.tensor(0)

    def update(self, predictions: Tensor, targets: Tensor, batch: Mapping[str, Tensor]) -> None:
        self.steps = self.steps + batch["lengths"].sum()

    def merge(self, other: "OfBatches") -> None:
        self.steps = self.steps + other.steps

    def compute(self) -> float:
        return float(self.steps)


class OfAnswers:
    def __init__(self) -> None:
        self.right = self.seen = 0

    def update(
        self, answers: Sequence[Mapping[str, Any]], records: Sequence[Mapping[str, Any]]
    ) -> None:
        pairs = zip(answers, records, strict=True)
        self.right += sum(answer["label"] == record["label"] for answer, record in pairs)
        self.seen += len(answers)

    def merge(self, other: "OfAnswers") -> None:
        self.right, self.seen = self.right + other.right, self.seen + other.seen

    def compute(self) -> float:
        return self.right / max(1, self.seen)


class OfTheLastBatch(OfBatches):
    def update(self, predictions: Tensor, targets: Tensor, batch: Mapping[str, Tensor]) -> None:
        self.steps = batch["lengths"].sum()


class OfAKeyThatIsNotThere(OfAnswers):
    def update(
        self, answers: Sequence[Mapping[str, Any]], records: Sequence[Mapping[str, Any]]
    ) -> None:
        self.seen += len([answer["guess"] for answer in answers])


@pytest.mark.parametrize(
    ("words", "accumulator", "message"),
    [
        ("batch", OfBatches, None),
        ("answers", OfAnswers, None),
        ("batch", OfTheLastBatch, "batch by batch it gave"),
        ("answers", OfAKeyThatIsNotThere, "raised KeyError: 'guess'"),
    ],
)
def test_metrics_of_batches_and_of_answers_are_tried_on_encoded_records(
    failures: Failures, words: Any, accumulator: type[seqkit.Accumulator], message: str | None
) -> None:
    class Subject(metric_with(accumulator)):  # type: ignore[misc]
        """A metric."""

        reads = words

    found = failures("metrics", Subject)

    assert message in found["splits"] if message else not found


def made_of_batches() -> seqkit.Accumulator:
    """For mypy, which checks the tests too."""
    return OfBatches()


def made_of_answers() -> seqkit.Accumulator:
    """For mypy, which checks the tests too."""
    return OfAnswers()
