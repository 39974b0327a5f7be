"""Scores of single examples: they make up the scores of the split, or are not kept."""

import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import save
from torch import Tensor

import seqkit
from seqkit.api import Classes, Shape, Tokens, Values
from seqkit.engine.per_example import ExampleScorer
from seqkit.errors import DataError
from seqkit.experiments.experiment import Part
from seqkit.registry.registry import Entry
from seqkit.runs.example_scores import Column, ExampleScores, from_sum, load_scores, to_sum

EXAMPLES = 150
SHAPE = Shape("classification", Tokens(9), Classes(("a", "b", "c"), (1, 1, 1), 3))


class Totals:
    """A metric that is a function of a summed score and a count."""

    def __init__(
        self, score: Callable[..., tuple[Tensor, Any]], final: Callable[[float], float]
    ) -> None:
        self._score, self._final = score, final
        self._sum, self._count = 0.0, 0.0

    def update(self, *batch: Any) -> None:
        total, count = self._score(*batch)
        self._sum += float(total)
        self._count += float(count)

    def merge(self, other: Any) -> None:
        self._sum, self._count = self._sum + other._sum, self._count + other._count

    def compute(self) -> float:
        return self._final(self._sum / self._count)


def right(outputs: Tensor, targets: Tensor, *_: Any) -> tuple[Tensor, int]:
    return (outputs.argmax(-1) == targets).sum(), len(targets)


def per_token(outputs: Tensor, targets: Tensor, *_: Any) -> tuple[Tensor, Tensor]:
    losses = torch.nn.functional.cross_entropy(
        outputs.flatten(0, 1), targets.flatten(), ignore_index=0, reduction="sum"
    )
    return losses, (targets != 0).sum()


def squared(outputs: Tensor, targets: Tensor, *_: Any) -> tuple[Tensor, int]:
    return (outputs - targets).double().square().sum(), targets.numel()


def part(
    name: str, score: Callable[..., Any], final: Callable[[float], float], read: Any = "outputs"
) -> Part:
    class Made(seqkit.Metric):
        """A metric."""

        tasks = ("classification",)
        reads = read

        def build(self, config: Any, shape: Shape) -> Totals:
            return Totals(score, final)

    Made.name = name
    return Part(Entry("metrics", "test", name, Made()), Made.Config())


def gather(
    loss: Any, parts: list[Part], outputs: Tensor, targets: Tensor, shape: Shape = SHAPE
) -> ExampleScores | None:
    """Feeds a scorer as a pass over a split does: in batches, in an order of its own."""
    scorer = ExampleScorer(loss, parts, shape, len(outputs))
    order = np.random.default_rng(0).permutation(len(outputs))
    whole = {each.name: each.component.build(each.config, shape) for each in parts}
    with torch.inference_mode():
        for start in range(0, len(order), 64):
            chosen = order[start : start + 64]
            batch = {"inputs": outputs[chosen], "targets": targets[chosen]}
            both = outputs[chosen], targets[chosen]
            answers = outputs[chosen].argmax(-1).tolist(), targets[chosen].tolist()
            taken = {"outputs": both, "batch": (*both, batch), "answers": answers}
            for each in parts:
                whole[each.name].update(*taken[each.component.reads])
            scorer.add(chosen, *both, taken)
        total, count = loss(outputs, targets)
    values = {name: metric.compute() for name, metric in whole.items()}
    return scorer.finish(float(total) / float(count), values, {"targets": targets.numpy()})


def cross_entropy(outputs: Tensor, targets: Tensor) -> tuple[Tensor, int]:
    return torch.nn.functional.cross_entropy(outputs, targets, reduction="sum"), len(targets)


def classified() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    outputs = torch.randn(EXAMPLES, 3, generator=generator)
    return outputs, torch.randint(3, (EXAMPLES,), generator=generator)


def same(value: float) -> float:
    return value


def test_each_example_has_its_own_score_in_the_order_of_the_data() -> None:
    outputs, targets = classified()
    scores = gather(cross_entropy, [part("accuracy", right, same)], outputs, targets)
    assert scores is not None
    losses = torch.nn.functional.cross_entropy(outputs, targets, reduction="none").numpy()
    np.testing.assert_allclose(scores.columns["loss"].values, losses, rtol=1e-5)
    np.testing.assert_array_equal(
        scores.columns["accuracy"].values, (outputs.argmax(-1) == targets).numpy()
    )
    assert scores.columns["accuracy"].mean == "arithmetic"
    assert not scores.columns["accuracy"].weighted


def test_a_loss_that_cannot_be_vectorised_is_asked_for_one_example_after_another() -> None:
    def with_a_mask(outputs: Tensor, targets: Tensor) -> tuple[Tensor, int]:
        return cross_entropy(outputs[targets >= 0], targets)

    outputs, targets = classified()
    scores, masked = (gather(loss, [], outputs, targets) for loss in (cross_entropy, with_a_mask))
    assert scores is not None
    assert masked is not None
    np.testing.assert_allclose(
        masked.columns["loss"].values, scores.columns["loss"].values, rtol=1e-6
    )


def test_scores_of_tokens_are_weighted_and_perplexity_is_a_geometric_mean() -> None:
    generator = torch.Generator().manual_seed(0)
    outputs = torch.randn(EXAMPLES, 7, 5, generator=generator)
    targets = torch.randint(1, 5, (EXAMPLES, 7), generator=generator)
    lengths = torch.randint(1, 8, (EXAMPLES, 1), generator=generator)
    targets[torch.arange(7) >= lengths] = 0
    parts = [part("perplexity", per_token, math.exp)]
    scores = gather(per_token, parts, outputs, targets)
    assert scores is not None
    np.testing.assert_array_equal(scores.count, lengths[:, 0].numpy())
    column = scores.columns["perplexity"]
    assert (column.mean, column.weighted) == ("geometric", True)
    loss = scores.columns["loss"]
    np.testing.assert_allclose(np.log(column.values), loss.values, rtol=1e-5)


def test_the_root_of_a_mean_square_is_a_quadratic_mean() -> None:
    generator = torch.Generator().manual_seed(0)
    outputs, targets = torch.randn(2, EXAMPLES, 6, 2, generator=generator)
    shape = Shape("forecasting", Tokens(9), Values(2, horizon=6))
    scores = gather(squared, [part("rmse", squared, math.sqrt)], outputs, targets, shape)
    assert scores is not None
    assert scores.columns["rmse"].mean == "quadratic"
    assert scores.digest == ""


def test_a_score_that_examples_do_not_make_up_is_not_kept() -> None:
    outputs, targets = classified()
    scores = gather(cross_entropy, [part("odd", right, lambda x: x**3 + x)], outputs, targets)
    assert scores is not None
    assert set(scores.columns) == {"loss"}


def test_a_metric_that_needs_several_examples_is_not_kept() -> None:
    def needs_two(outputs: Tensor, targets: Tensor) -> tuple[Tensor, int]:
        if len(outputs) < 2:
            raise ValueError("two examples are needed")
        return right(outputs, targets)

    outputs, targets = classified()
    parts = [part("pairs", needs_two, same), part("accuracy", right, same)]
    scores = gather(cross_entropy, parts, outputs, targets)
    assert scores is not None
    assert set(scores.columns) == {"loss", "accuracy"}


def test_metrics_of_batches_and_of_answers_are_kept_too() -> None:
    def of_batch(outputs: Tensor, targets: Tensor, batch: Any) -> tuple[Tensor, int]:
        return right(batch["inputs"], batch["targets"])

    def of_answers(answers: list[int], records: list[int]) -> tuple[Tensor, int]:
        pairs = zip(answers, records, strict=True)
        return torch.tensor(sum(a == r for a, r in pairs)), len(records)

    outputs, targets = classified()
    parts = [part("one", of_batch, same, "batch"), part("two", of_answers, same, "answers")]
    scores = gather(cross_entropy, parts, outputs, targets)
    assert scores is not None
    expected = (outputs.argmax(-1) == targets).numpy()
    np.testing.assert_array_equal(scores.columns["one"].values, expected)
    np.testing.assert_array_equal(scores.columns["two"].values, expected)


def test_outputs_that_are_no_row_for_each_example_have_no_scores() -> None:
    outputs, targets = classified()
    scorer = ExampleScorer(cross_entropy, [part("accuracy", right, same)], SHAPE, 10)
    both = outputs[:20], targets[:20]
    scorer.add(np.arange(10), *both, {"outputs": both})
    assert scorer.finish(1.0, {"accuracy": 0.5}, {}) is None


def test_scores_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    columns = {
        "loss": Column(np.array([0.5, 0.25]), weighted=True),
        # Of a column of any unit: single precision would make 0 and infinity of these.
        "rmse": Column(np.array([1e-60, 2e120]), mean="quadratic"),
    }
    path = tmp_path / "scores" / "test.safetensors"
    ExampleScores(np.array([3.0, 1.0]), columns, "abc", 24).save(path)
    read = load_scores(path)
    assert read is not None
    assert (read.digest, read.block, set(read.columns)) == ("abc", 24, set(columns))
    np.testing.assert_array_equal(read.count, [3.0, 1.0])
    for name, column in columns.items():
        np.testing.assert_array_equal(read.columns[name].values, column.values)
        assert read.columns[name].weighted == column.weighted
        assert read.columns[name].mean == column.mean
    assert [file.name for file in path.parent.iterdir()] == ["test.safetensors"]


def test_missing_scores_are_none_and_damaged_ones_an_error(tmp_path: Path) -> None:
    path = tmp_path / "test.safetensors"
    assert load_scores(path) is None
    for content in (b"", b"\x00" * 40, b"text"):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"test\.safetensors is damaged"):
            load_scores(path)


def test_no_flipped_bit_of_scores_is_believed(tmp_path: Path) -> None:
    path = tmp_path / "test.safetensors"
    columns = {"loss": Column(np.array([0.5, 0.25]), weighted=True)}
    ExampleScores(np.array([3.0, 1.0]), columns, "abc", 24).save(path)
    content = path.read_bytes()
    for bit in random.Random(0).sample(range(8 * len(content)), 1000):
        data = bytearray(content)
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
        try:
            read = load_scores(path)
        except DataError:
            continue
        assert read is not None
        assert (read.digest, read.block, read.columns["loss"].weighted) == ("abc", 24, True)
        np.testing.assert_array_equal(read.count, [3.0, 1.0])
        np.testing.assert_array_equal(read.columns["loss"].values, [0.5, 0.25])


def test_scores_that_were_written_without_a_checksum_are_read_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "test.safetensors"
    columns = {"loss": Column(np.array([0.5, 0.25]))}
    ExampleScores(np.array([3.0, 1.0]), columns).save(path)
    with safe_open(path, framework="numpy") as file:
        metadata = {name: text for name, text in file.metadata().items() if name != "sha256"}
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    path.write_bytes(save(tensors, metadata))
    read = load_scores(path)
    assert read is not None
    np.testing.assert_array_equal(read.columns["loss"].values, [0.5, 0.25])


@pytest.mark.parametrize("mean", ["arithmetic", "geometric", "quadratic"])
def test_sums_lead_back_to_the_mean_they_are_of(mean: Any) -> None:
    values = np.array([1.0, 2.0, 4.0])
    expected = {"arithmetic": 7 / 3, "geometric": 2.0, "quadratic": math.sqrt(7)}[mean]
    assert from_sum(to_sum(values, mean).mean(), mean) == pytest.approx(expected)


def test_a_run_keeps_the_scores_of_its_test_split(lab: Any) -> None:
    words = ("trainer.test=true", "trainer.max_steps=4", "metrics=accuracy,f1,auroc")
    run = lab.train(*words)
    scores = load_scores(run.folder.scores("test"))
    assert scores is not None
    assert set(scores.columns) == {"loss", "accuracy"}
    (tested,) = [event for event in run.of("evaluation") if event["split"] == "test"]
    accuracy = scores.columns["accuracy"].values
    assert len(accuracy) == tested["examples"]
    assert accuracy.mean() == pytest.approx(tested["metrics"]["accuracy"])
    assert scores.columns["loss"].values.mean() == pytest.approx(tested["loss"], rel=1e-5)


@pytest.mark.parametrize(("every", "overlap"), [(1, 6), (4, 2), (6, 1)])
def test_windows_of_a_series_overlap_as_far_as_they_reach(
    lab: Any, every: int, overlap: int
) -> None:
    task = {"name": "forecasting", "context": 12, "horizon": 6, "evaluation_stride": every}
    tables = {"dataset": {"name": "temperatures"}, "model": {"name": "gru", "hidden_size": 4}}
    run = lab.train("trainer.test=true", "trainer.max_steps=1", task=task, **tables)
    scores = load_scores(run.folder.scores("test"))
    assert scores is not None
    assert scores.block == overlap
