"""A range test tells a learning rate that learns, the same each time, and leaves no trace."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seqkit.cli.main import run_command_line
from seqkit.engine.rate_finder import _judged, find_rate
from seqkit.registry.discovery import load_registry

if TYPE_CHECKING:
    from tests.engine.conftest import Lab

WORDS = ("trainer.batch_size=16", "task.minimum_count=1")


def test_it_suggests_a_rate_that_learns_and_is_the_same_each_time(
    lab: Lab, reviews: Callable[..., Path]
) -> None:
    dataset = {"name": "text-csv", "path": str(reviews())}
    experiment = lab.experiment(*WORDS, dataset=dataset)
    said: list[tuple[int, int]] = []
    registry = load_registry()

    found = find_rate(
        experiment,
        registry,
        lab.runs,
        steps=100,
        notify=print,
        progress=lambda done, of: said.append((done, of)),
    )
    again = find_rate(experiment, registry, lab.runs, steps=100, notify=print)

    assert found == again
    assert found.suggestion is not None
    assert 1e-4 < found.suggestion < 0.3
    assert said[-1][1] == 100
    assert not lab.runs.exists()


def test_it_ends_where_the_loss_rises_without_bounds(lab: Lab) -> None:
    experiment = lab.experiment("trainer.optimizer=sgd", "trainer.clip_norm=0")

    found = find_rate(
        experiment, load_registry(), lab.runs, low=1e-3, high=1e6, steps=60, notify=print
    )

    assert found.diverged
    assert len(found.rates) < 60
    assert all(map(math.isfinite, found.losses))


def test_it_goes_on_from_a_run_like_training(lab: Lab) -> None:
    lab.train("trainer.max_steps=12", name="old")
    experiment = lab.experiment("from=old")

    new = find_rate(lab.experiment(), load_registry(), lab.runs, steps=20, notify=print)
    further = find_rate(experiment, load_registry(), lab.runs, steps=20, notify=print)

    assert further.losses[0] < new.losses[0]
    assert [path.name for path in lab.runs.iterdir()] == ["old"]


def test_rates_are_read_off_a_curve_as_drawn_by_hand() -> None:
    rates = np.geomspace(1e-6, 1, 200)
    logs = np.log10(rates)
    fall = 1 / (1 + np.exp(-(logs + 3) * 4))
    rise = 1 / (1 + np.exp(-(logs + 0.5) * 12))
    curve = (2 - fall + 3 * rise).tolist()

    found = _judged(rates, [curve])

    assert found.steepest == pytest.approx(10**-2.8, rel=0.5)
    assert found.lowest is not None
    assert 1e-2 < found.lowest < 0.3


@pytest.mark.parametrize("kind", ["noise", "rising", "short"])
def test_a_loss_that_does_not_fall_by_more_than_chance_suggests_nothing(kind: str) -> None:
    rates = np.geomspace(1e-6, 1, 200)
    noise = np.random.default_rng(0).normal(1, 0.2, 200)
    curve = {"noise": noise, "rising": np.linspace(1, 2, 200), "short": noise[:8]}[kind]

    assert _judged(rates, [curve.tolist()]).suggestion is None


def test_the_command_prints_the_word_to_type_and_json(
    lab: Lab, reviews: Callable[..., Path], capfd: pytest.CaptureFixture[str]
) -> None:
    dataset = {"name": "text-csv", "path": str(reviews())}
    file = lab.toml(*WORDS, dataset=dataset)
    words = ["lr-find", str(file), "--steps", "100"]

    assert run_command_line(words) == 0
    shown = capfd.readouterr().out
    assert run_command_line([*words, "--json"]) == 0
    document = json.loads(capfd.readouterr().out)

    assert f"trainer.learning_rate={document['suggestion']:g}" in shown
    assert len(document["rates"]) == len(document["smoothed"])
    assert run_command_line(["lr-find", str(file), "--low", "1", "--high", "0.1"]) == 2
