"""Each rule of the diagnosis on the course of a run that it tells of, and on one that it does not.

The courses are the events that a run writes, shortened.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from seqkit.events import Event
from seqkit.outcome import Advice
from seqkit.runs import diagnosis
from seqkit.runs.example_scores import Column, ExampleScores
from seqkit.runs.summary import RunSummary, summarise
from seqkit.runs.verdict import Verdict, judge, verdict_of

FALLING = [1.0, 0.8, 0.6, 0.5, 0.45, 0.42]
FLAT = [0.693, 0.69, 0.694, 0.691, 0.692, 0.69]


def course(
    train: list[float],
    validation: list[float] | None = None,
    scores: list[float] | None = None,
    steps: int = 600,
    message: str = "",
    baseline: float | None = 0.8,
    model: dict[str, Any] | None = None,
    **trainer: Any,
) -> RunSummary:
    """A run of `steps` steps: its losses, evenly spread, and its scores by accuracy."""
    validation = train if validation is None else validation
    scores = scores or [0.6 + 0.01 * place for place in range(len(validation))]
    epochs = len(validation)
    experiment = {
        "model": {"name": "own:reader", **(model or {})},
        "trainer": {"learning_rate": 0.001, "batch_size": 32, "max_steps": 0, **trainer},
    }
    started = {
        "metric": "accuracy",
        "higher_is_better": True,
        "epochs": epochs,
        "steps_per_epoch": max(1, steps // epochs),
        "batch_size": 32,
        "experiment": experiment,
        "baselines": {} if baseline is None else {"usual": {"accuracy": baseline}},
    }
    events = [Event("started", data=started)]
    for place, loss in enumerate(train):
        done = (place + 1) / len(train)
        events.append(Event("step", round(steps * done), epochs * done, {"loss": loss}))
    for place, (loss, score) in enumerate(zip(validation, scores, strict=True)):
        fields = {
            "split": "validation",
            "loss": loss,
            "train_loss": train[min(place, len(train) - 1)],
            "metrics": {"accuracy": score},
            "examples": 100,
            "best": score == max(scores[: place + 1]),
        }
        events.append(Event("evaluation", steps * (place + 1) // epochs, place + 1.0, fields))
    ended = {"status": "finished", "message": message}
    return summarise([*events, Event("ended", steps, float(epochs), ended)])


def said(rule: diagnosis.Rule, run: RunSummary) -> str:
    advice = rule(run)
    return "" if advice is None else f"{advice.cause} | {' '.join(advice.words)}"


@pytest.mark.parametrize(
    ("rule", "run", "words"),
    [
        (diagnosis.learning_unfinished, course(FALLING, steps=16), "only 16 optimiser steps"),
        (diagnosis.learning_unfinished, course(FLAT, steps=30), "hardly begun to fall"),
        (diagnosis.learning_unfinished, course(FALLING), "still falling at the end, after 600"),
        (diagnosis.never_left_chance, course(FLAT), "went from 0.693 to 0.69 | "),
        (diagnosis.rate_too_high, course([0.7, 2.5, 3.0, 2.0]), "trainer.learning_rate=0.0001"),
        (diagnosis.rate_too_high, course([0.7, float("nan"), 0.7]), "no finite number"),
        (
            diagnosis.overfitted,
            course(FALLING, [0.9, 0.7, 0.75, 0.8, 0.9, 1.0], model={"dropout": 0.1}),
            "overfitted since epoch 2",
        ),
        (
            diagnosis.overfitted,
            course([1.0 - place / 1000 for place in range(400)], [0.7] * 279 + [0.5] + [0.9] * 120),
            "overfitted since epoch 280: from",
        ),
        (
            diagnosis.metric_stands_still,
            course(FALLING, scores=[0.0] * 6),
            "0 in each of 6 evaluations, and so it chose no checkpoint | trainer.monitor=loss",
        ),
    ],
)
def test_a_rule_says_what_it_sees(rule: diagnosis.Rule, run: RunSummary, words: str) -> None:
    assert words in said(rule, run)


@pytest.mark.parametrize(
    ("rule", "run"),
    [
        (diagnosis.learning_unfinished, course([1.0, 0.5, 0.41, 0.4, 0.4, 0.399])),
        (diagnosis.learning_unfinished, course(FALLING, message="stopped early: no improvement")),
        (diagnosis.never_left_chance, course(FALLING)),
        (diagnosis.never_left_chance, course(FLAT, steps=30)),
        (diagnosis.rate_too_high, course(FALLING)),
        (diagnosis.rate_too_high, course([1.0, 1.1, 0.9, 0.95, 0.7, 0.72])),
        (diagnosis.overfitted, course(FALLING, [0.9, 0.7, 0.69, 0.68, 0.69, 0.69])),
        (diagnosis.overfitted, course([0.5] * 6, [0.9, 0.7, 0.75, 0.8, 0.9, 1.0])),
        (diagnosis.metric_stands_still, course(FALLING)),
        (diagnosis.metric_stands_still, course([0.5], scores=[0.0])),
    ],
)
def test_a_rule_is_silent_where_it_sees_nothing(rule: diagnosis.Rule, run: RunSummary) -> None:
    assert said(rule, run) == ""


def test_more_steps_come_from_smaller_batches_where_an_epoch_has_few() -> None:
    few = course(FALLING, steps=12)
    assert diagnosis.more_steps(few) == ("trainer.batch_size=4", "trainer.epochs=25")
    many = course(FALLING, steps=600)
    assert diagnosis.more_steps(many) == ("trainer.epochs=12",)
    limited = course(FALLING, steps=60, max_steps=60)
    assert diagnosis.more_steps(limited)[0] == "trainer.max_steps=400"


def test_dropout_is_raised_before_weights_are_decayed() -> None:
    rising = [0.9, 0.7, 0.75, 0.8, 0.9, 1.0]
    some = course(FALLING, rising, model={"dropout": 0.3})
    assert "model.dropout=0.5" in said(diagnosis.overfitted, some)
    most = course(FALLING, rising, model={"dropout": 0.5})
    assert "trainer.weight_decay=0.05" in said(diagnosis.overfitted, most)


# --- the judgement --------------------------------------------------------------------------------


def scores_of(mine: np.ndarray, theirs: np.ndarray) -> ExampleScores:
    columns = {"accuracy": Column(mine.astype(float))}
    baselines = {"accuracy usual": theirs.astype(float)}
    return ExampleScores(np.ones(len(mine)), columns, baselines=baselines)


def test_a_difference_counts_as_more_than_chance_by_the_examples() -> None:
    draw = np.random.default_rng(0).random(2000)
    sure = judge(course(FALLING, scores=[0.9] * 6), scores_of(draw < 0.9, draw < 0.8))
    assert sure is not None
    assert sure.better is True
    assert sure.interval is not None
    assert sure.interval[0] > 0
    assert "Better than usual (0.800) by 0.100" in sure.sentence
    assert "more than chance" in sure.sentence

    few = np.array([True] * 6 + [False] * 4), np.array([False] * 1 + [True] * 5 + [False] * 4)
    open_ = judge(course(FALLING, scores=[0.9] * 6), scores_of(*few))
    assert open_ is not None
    assert open_.better is None
    assert "may be chance" in open_.judgement


def test_a_run_that_loses_is_told_why_with_what_the_task_says_first() -> None:
    advice = [Advice("the task knows", ("task.size=3",))]
    verdict = judge(course(FALLING, steps=100), advice=advice)
    assert verdict is not None
    assert verdict.better is False
    assert verdict.sentence.startswith("No better than usual (0.800) on the validation split: ")
    assert verdict.sentence.endswith("Most likely: the task knows; try task.size=3.")
    assert "100 optimiser steps" in verdict.causes[1].cause


@pytest.mark.parametrize("losses", [FALLING, FLAT])
def test_a_run_of_very_few_steps_is_told_so_before_what_the_task_says(losses: list[float]) -> None:
    advice = [Advice("the task knows", ("task.size=3",))]
    verdict = judge(course(losses, steps=16), advice=advice)
    assert verdict is not None
    assert ["16 optimiser steps" in one.cause for one in verdict.causes] == [True, False]
    assert verdict.causes[1] == advice[0]


def test_a_loss_that_broke_is_not_put_down_to_few_steps() -> None:
    advice = [Advice("the task knows", ("task.size=3",))]
    verdict = judge(course([0.7, float("nan"), 0.7, 0.7], steps=16), advice=advice)
    assert verdict is not None
    assert verdict.causes[0] == advice[0]
    assert "no finite number" in verdict.causes[1].cause


def test_without_a_baseline_or_an_interval_nothing_is_claimed() -> None:
    alone = verdict_of(course(FALLING, baseline=None))
    assert alone is not None
    assert alone.better is None
    assert "no baseline" in alone.sentence
    unknown = verdict_of(course(FALLING, scores=[0.9] * 6))
    assert unknown is not None
    assert "whether by more than chance is not known" in unknown.sentence


def test_a_verdict_is_read_back_from_its_event_and_a_damaged_one_is_judged_anew() -> None:
    verdict = Verdict(True, "test", "accuracy", 0.9, "usual", 0.8, 0.1, (0.05, 0.15), 200)
    assert Verdict.from_dict(verdict.as_dict()) == verdict
    run = course(FALLING)
    assert run.ended is not None
    for kept, better in ((verdict.as_dict(), True), ({"better": "no"}, False), (None, False)):
        run.ended = Event("ended", data={**run.ended.data, "verdict": kept})
        found = verdict_of(run)
        assert found is not None
        assert found.better is better


def test_where_neither_could_be_better_nothing_is_looked_for() -> None:
    perfect = verdict_of(course(FALLING, scores=[1.0] * 6, baseline=1.0, steps=16))
    assert perfect is not None
    assert perfect.better is None
    assert perfect.causes == ()
    assert "both have the best accuracy there is" in perfect.sentence
    floor = verdict_of(course(FALLING, scores=[0.0] * 6, baseline=0.0))
    assert floor is not None
    assert floor.better is False
