"""The best threshold of two classes, and the scores of groups of examples."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from seqkit.api import Classes, Shape, Tokens
from seqkit.engine.breakdown import MOST_VALUES, by_value
from seqkit.engine.threshold import Gathered, decided, parsed
from seqkit.errors import ConfigurationError
from seqkit.experiments.experiment import Part
from seqkit.registry.discovery import load_registry

SHAPE = Shape("classification", Tokens(9), Classes(("ham", "spam"), (90, 10), logits=2))


def f1(**settings: Any) -> Part:
    entry = load_registry([]).find("metrics", "f1")
    return Part(entry, entry.component.Config(**settings))


def gathered(logits: torch.Tensor, targets: torch.Tensor) -> Gathered:
    found = Gathered()
    for part in range(0, len(targets), 7):
        rows = slice(part, part + 7)
        found.add(None, {"outputs": (logits[rows], targets[rows])})
    return found


@pytest.mark.parametrize("positive", ["", "ham"])
def test_the_best_threshold_is_the_best_of_all(positive: str) -> None:
    generator = torch.Generator().manual_seed(0)
    targets = (torch.rand(200, generator=generator) < 0.1).long()
    logits = torch.randn(200, 2, generator=generator)
    logits[:, 1] += 1.5 * targets - 2
    part, name = f1(positive=positive), positive or "spam"
    best = gathered(logits, targets).best([part], SHAPE, name)
    assert best is not None
    place = SHAPE.outputs.names.index(name)  # type: ignore[union-attr]
    scores = logits.softmax(dim=1)[:, place].numpy()
    true = targets.numpy() == place

    def value(told: Any) -> float:
        return float(2 * (told & true).sum() / (told.sum() + true.sum()))

    assert best.score == pytest.approx(max(value(scores >= cut) for cut in scores))
    assert best.score == pytest.approx(value(scores >= best.value))
    assert best.usual == pytest.approx(value(scores > 0.5))


def test_a_threshold_moves_the_decision_and_not_the_order() -> None:
    logits = torch.linspace(-3, 3, 50)[:, None] * torch.tensor([[0.0, 1.0]])
    moved = decided(SHAPE, "spam", 0.3)(logits)
    told = logits.softmax(dim=1)[:, 1] >= 0.3
    assert bool((moved.argmax(dim=1).bool() == told).all())
    assert bool((moved[:, 1] - moved[:, 0]).diff().gt(0).all())
    assert bool((logits == torch.linspace(-3, 3, 50)[:, None] * torch.tensor([[0.0, 1.0]])).all())


def test_a_threshold_needs_two_classes() -> None:
    three = Shape("classification", Tokens(9), Classes(("a", "b", "c"), (1, 1, 1), logits=3))
    with pytest.raises(ConfigurationError, match="the run has 3 classes"):
        parsed("0.3", [], three)
    assert parsed("ham=0.2", [f1()], SHAPE) == ("ham", 0.2)
    assert parsed("0.2", [f1(positive="ham")], SHAPE) == ("ham", 0.2)
    assert parsed("best", [f1()], SHAPE) == ("spam", None)


def test_the_most_frequent_values_are_scored_alone_and_the_rest_together() -> None:
    values = [*("x" * 5), *("y" * 9), None, *map(str, range(MOST_VALUES))]
    grouping = by_value(values)
    assert grouping.names[:3] == ["y", "x", "(empty)"]
    assert grouping.names[-1] == "(3 other values)"
    assert len(grouping.names) == MOST_VALUES + 1
    counts = np.bincount(grouping.places)
    assert counts[:3].tolist() == [9, 5, 1]
    assert counts[-1] == 3


def test_no_metric_of_one_class_has_no_best_threshold() -> None:
    part: Any = SimpleNamespace(
        name="mean",
        entry=SimpleNamespace(kind="metrics"),
        config=None,
        component=SimpleNamespace(positive=lambda config, shape: ""),
    )
    found = gathered(torch.zeros(3, 2), torch.tensor([0, 1, 0]))
    assert found.best([part], SHAPE, "spam") is None
