"""Recipes of the timeseries plugin."""

from typing import Any

import pytest

import seqkit_timeseries
from seqkit.experiments.loading import load_experiment
from seqkit.registry.discovery import load_registry
from seqkit.registry.registry import Registry

RECIPES = {recipe.name for recipe in seqkit_timeseries.register_recipes()}


@pytest.fixture(scope="module")
def registry(isolated_session: None) -> Registry:
    return load_registry()


def test_the_recipes_are_those_the_documentation_names() -> None:
    assert sorted(RECIPES) == [
        "etth1-segrnn",
        "exchange-rate-segrnn",
        "m4-hourly",
        "stocks-gru",
        "weather-birnn",
        "weather-rnn",
    ]


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_recipe_is_a_valid_experiment_with_a_description(
    name: str, registry: Registry
) -> None:
    experiment = load_experiment(name, registry)
    assert experiment.description.endswith(".")
    assert len(experiment.description) < 120
    assert not experiment.monitor[1], "errors are the better the smaller"
    assert not experiment.notes


def flat(document: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(document, dict):
        return {prefix: document}
    found: dict[str, Any] = {}
    for key, value in document.items():
        found |= flat(value, f"{prefix}.{key}" if prefix else key)
    return found


def test_one_direction_and_two_are_compared_by_one_setting(registry: Registry) -> None:
    one, two = (
        flat(load_experiment(name, registry).as_dict()) for name in ("weather-rnn", "weather-birnn")
    )
    changed = {key for key in one.keys() | two.keys() if one.get(key) != two.get(key)}
    assert changed - {"description"} == {"model.bidirectional"}


def test_benchmarks_have_the_protocol_of_their_literature(registry: Registry) -> None:
    etth1 = load_experiment("etth1-segrnn", registry).as_dict()["task"]
    assert (etth1["context"], etth1["horizon"], etth1["report"]) == (96, 96, "scaled")
    assert etth1["normalization"].startswith("standard")
    assert etth1["evaluation_stride"] == 1
    m4 = load_experiment("m4-hourly", registry)
    assert m4.as_dict()["task"]["horizon"] == 48
    assert m4.monitor == ("owa", False)
