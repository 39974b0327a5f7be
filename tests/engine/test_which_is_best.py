"""Which evaluation is the best, and what follows from it: told by scores that a test makes up."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest
import torch

from seqkit.engine.learner import Learner, Score

if TYPE_CHECKING:
    from tests.engine.conftest import Lab, Run

WORDS = ["trainer.evaluate_every=2", "trainer.checkpoint_every=1"]


@pytest.fixture
def scored(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """Trains a run whose evaluations have the accuracies and losses of a list."""

    def train(scores: Sequence[tuple[float, float]], *words: str, **more: Any) -> Run:
        left = list(scores)

        def score(learner: Learner, _: Any, split: str, *rest: Any, **__: Any) -> Score:
            accuracy, loss = left.pop(0) if split == "validation" else (0.5, 0.5)
            return Score(split, 9, loss, {"accuracy": accuracy}, 0.0)

        monkeypatch.setattr(Learner, "score", score)
        return lab.train(*WORDS, *words, f"trainer.max_steps={2 * len(scores)}", **more)

    return train


def bests(run: Run) -> list[bool]:
    return [e["best"] for e in run.of("evaluation") if e["split"] == "validation"]


@pytest.mark.parametrize(
    ("scores", "words", "best"),
    [
        ([(0.5, 1.0), (0.6, 2.0), (0.4, 0.1)], [], [True, True, False]),
        # Where a metric ties, the loss tells which is surer; where both do, the first stays.
        ([(0.5, 1.0), (0.5, 1.0), (0.5, 0.9), (0.5, 0.95)], [], [True, False, True, False]),
        ([(0.5, 1.0), (0.4, 0.9), (0.9, 0.95)], ["trainer.monitor=loss"], [True, True, False]),
        ([(0.5, 1.0), (math.nan, 0.1), (0.6, 1.0)], [], [True, False, True]),
        ([(math.nan, 1.0), (0.1, 9.0)], [], [False, True]),
    ],
)
def test_the_best_has_the_best_score_and_then_the_least_loss(
    scored: Callable[..., Run],
    scores: Sequence[tuple[float, float]],
    words: list[str],
    best: list[bool],
) -> None:
    run = scored(scores, *words)
    assert bests(run) == best
    info = run.folder.info()["best"]
    assert info["step"] == 2 * (len(best) - best[::-1].index(True))
    assert info["value"] == scores[info["step"] // 2 - 1]["trainer.monitor=loss" in words]


def test_patience_is_counted_from_the_best(scored: Callable[..., Run]) -> None:
    accuracies = [0.5, 0.4, 0.6, 0.5, 0.5, 0.9]
    run = scored([(one, 1.0) for one in accuracies], "trainer.early_stopping=2")
    assert bests(run) == [True, False, True, False, False]
    assert run.folder.info()["message"].startswith("stopped early")


def test_the_best_weights_are_tested_and_not_the_last(
    lab: Lab, scored: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    tested: list[dict[str, torch.Tensor]] = []
    load = Learner.sample

    def sample(learner: Learner, arrays: Any, chosen: Any, model: Any = None) -> Any:
        tested.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
        return load(learner, arrays, chosen, model)

    monkeypatch.setattr(Learner, "sample", sample)
    run = scored(
        [(0.9, 1.0), (0.5, 1.0), (0.4, 1.0)],
        "trainer.test=true",
        "trainer.samples=1",
        "trainer.keep_checkpoints=1",
    )
    assert [path.name for path in run.checkpoints] == ["step-00000002", "step-00000006"]
    best, last = run.weights(0), run.weights(-1)
    assert all(torch.equal(tested[-1][name], best[name]) for name in best)
    assert not all(torch.equal(tested[-1][name], last[name]) for name in last)


def test_run_json_knows_the_best_as_soon_as_it_is_saved(
    lab: Lab, scored: Callable[..., Run]
) -> None:
    known: list[int] = []

    def look(event: Any) -> None:
        if event.kind == "checkpoint" and event["best"]:
            known.append(lab.newest().folder.info()["best"]["step"])

    scored([(0.5, 1.0), (0.4, 1.0), (0.6, 1.0)], observers=[look])
    assert known == [2, 6]
