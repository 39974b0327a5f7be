"""A small search goes from the best settings so far to those beside them."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from seqkit.experiments.beginning import recipe_document
from seqkit.experiments.searching import Search, Settings, in_words
from seqkit.experiments.words import parse_override
from seqkit.registry.discovery import load_registry

REGISTRY = load_registry()


def search_of(recipe: str = "sentiment") -> Search:
    return Search(recipe_document(REGISTRY.find("recipes", recipe)), REGISTRY)


def searched(search: Search, score: Callable[[dict[str, Any]], float], most: int = 60) -> int:
    """Searches until nothing is left; returns how many settings were tried."""
    count = 0
    while count < most and (settings := search.propose()) is not None:
        search.add(settings, score(search.document(settings)))
        count += 1
    return count


def test_the_experiment_itself_is_tried_first() -> None:
    assert search_of().propose() == {}


def test_it_finds_a_better_learning_rate_and_size() -> None:
    search = search_of()
    document = search.document({})
    assert (document["trainer"]["learning_rate"], document["model"]["hidden_size"]) == (3e-3, 64)

    def score(document: dict[str, Any]) -> float:
        rate, size = document["trainer"]["learning_rate"], document["model"]["hidden_size"]
        return -abs(math.log(rate / 5e-4)) - abs(math.log(size / 128))

    searched(search, score)
    best = search.best()
    assert best is not None
    assert best.settings["trainer.learning_rate"] == pytest.approx(5e-4, rel=0.2)
    assert best.settings["model.hidden_size"] == 128


def test_no_settings_are_tried_twice_and_the_search_ends() -> None:
    search = search_of()
    assert searched(search, lambda _: 0.5) < 20
    settings = [tuple(sorted(one.settings.items())) for one in search.tried]
    assert len(settings) == len(set(settings))
    best = search.best()
    assert best is not None
    assert best.settings == {}


def test_a_lower_score_is_the_better_one_where_the_metric_says_so() -> None:
    search = search_of("shakespeare-lstm")
    assert (search.metric, search.higher) == ("perplexity", False)
    for score in (5.0, 4.0, 6.0):
        search.add(search.propose() or {}, score)
    best = search.best()
    assert best is not None
    assert best.score == 4.0


def test_what_failed_is_never_the_best() -> None:
    search = search_of()
    assert search.best() is None
    assert not search.add(search.propose() or {}, math.nan)
    assert search.best() is None
    assert search.add(search.propose() or {}, 0.1)


@pytest.mark.parametrize("entry", REGISTRY.entries("recipes"), ids=lambda entry: entry.name)
def test_every_recipe_has_variations_that_are_valid_words(entry: Any) -> None:
    search = search_of(entry.qualified)
    proposed: list[Settings] = [search.propose() or {} for _ in range(5)]
    assert all(proposed[1:])
    for settings in proposed:
        words = [parse_override(word) for word in in_words(settings)]
        assert {".".join(parts): value for parts, value in words} == settings


def test_the_experiment_that_it_began_with_is_left_as_it_is() -> None:
    document = recipe_document(REGISTRY.find("recipes", "sentiment"))
    Search(document, REGISTRY).document({"trainer.learning_rate": 1.0, "model.hidden_size": 7})
    assert document == recipe_document(REGISTRY.find("recipes", "sentiment"))
