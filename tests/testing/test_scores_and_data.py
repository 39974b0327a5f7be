"""The conformance kit on losses, metrics and datasets."""

import random
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
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


RECORDS = [{"text": f"word {number}", "label": "ab"[number % 2]} for number in range(20)]


def dataset_with(splits: Callable[[], Any], mark: Callable[[], Any] = lambda: "1") -> Any:
    class Subject(seqkit.Dataset):
        """A dataset to check."""

        name = "subject"
        tasks = ("classification",)

        def splits(self, config: Any, notify: seqkit.Notify) -> Mapping[str, Any]:
            return splits()

        def fingerprint(self, config: Any) -> str:
            return mark()

    return Subject


def test_a_sound_dataset_passes_every_check(failures: Failures) -> None:
    assert failures("datasets", dataset_with(lambda: {"train": iter(RECORDS)})) == {}


def with_arrays(*last: float) -> dict[str, Any]:
    values = {"y": np.array([1.0, np.nan, *last])}
    return {
        "train": [
            {"text": "a", "label": label, "time": np.arange(3), "values": values}
            for label in "bcbc"
        ]
    }


def test_records_may_hold_arrays_also_with_missing_numbers(failures: Failures) -> None:
    assert failures("datasets", dataset_with(lambda: with_arrays(2.0))) == {}


@pytest.mark.parametrize(
    ("splits", "check", "message"),
    [
        (
            lambda: with_arrays(random.random()),
            "repeatable",
            "splits() gave other records the second time",
        ),
        (lambda: {"training": RECORDS}, "records", "with 'train' among them"),
        (lambda: RECORDS, "records", "splits() must return a mapping"),
        (lambda: {"train": RECORDS, "test": []}, "records", "the split 'test' is empty"),
        (lambda: {"train": ["text"]}, "records", "record 1 of 'train' is str, not a mapping"),
        (
            lambda: {"train": [*RECORDS, {"text": "x"}]},
            "records",
            "record 21 of 'train' lacks label, which classification reads",
        ),
        (
            lambda: {"train": [{"text": str(random.random()), "label": "a"}]},
            "repeatable",
            "splits() gave other records the second time",
        ),
    ],
)
def test_each_fault_of_a_dataset_is_found(
    failures: Failures, splits: Callable[[], Any], check: str, message: str
) -> None:
    assert message in failures("datasets", dataset_with(splits))[check]


def test_a_fingerprint_must_be_stable_text(failures: Failures) -> None:
    found = failures("datasets", dataset_with(lambda: {"train": RECORDS}, lambda: 3))
    assert "fingerprint() returned int, not text" in found["repeatable"]
    found = failures(
        "datasets", dataset_with(lambda: {"train": RECORDS}, lambda: str(random.random()))
    )
    assert "fingerprint() gave two texts for the same data" in found["repeatable"]
