"""Any word KEY=VALUE makes an experiment or is refused by a message that names it."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.errors import SeqkitError
from seqkit.experiments.loading import load_experiment
from seqkit.registry.discovery import load_registry
from seqkit.registry.registry import Registry
from seqkit.runs.summary import flatten
from tests.fuzz.support import NUMBERS, TEXTS, cases, in_time, refusal

pytestmark = pytest.mark.proof

RECIPES = ("sentiment", "weather-rnn", "shakespeare-gru", "reverse-seq2seq")


def known_keys() -> list[str]:
    """Returns every dotted key of some recipes."""
    registry = load_registry()
    found = [flatten(load_experiment(name, registry).as_dict()) for name in RECIPES]
    return sorted({key for settings in found for key in settings})


KEYS = st.sampled_from(known_keys())
MUTATED = st.one_of(
    KEYS.map(lambda key: key.replace("_", "-")),
    st.tuples(KEYS, st.text(max_size=3)).map("".join),
    st.tuples(KEYS, st.text(max_size=3)).map(".".join),
    KEYS.map(lambda key: key[1:]),
    KEYS.map(lambda key: f"{key.partition('.')[0]}.0"),
    TEXTS,
)
GIVEN = st.one_of(
    NUMBERS.map(str),
    TEXTS,
    st.lists(NUMBERS, max_size=3).map(str),
    st.sampled_from(
        ["true", "nan", "inf", "[]", "{}", "[[", '"', "1_000", "2024-01-01", "9" * 5000]
    ),
)
WORDS = st.lists(st.tuples(KEYS | MUTATED, GIVEN).map("=".join), min_size=1, max_size=3)


@cases(0.4)
@given(recipe=st.sampled_from(RECIPES), words=WORDS)
def test_words_make_an_experiment_or_are_named(
    registry: Registry, recipe: str, words: list[str]
) -> None:
    try:
        with in_time():
            experiment = load_experiment(recipe, registry, words)
    except SeqkitError as error:
        message = refusal(error)
        parts = {part.strip() for word in words for part in word.partition("=")[0].split(".")}
        # Of 'metrics' a message says 'there is no metric ...'.
        parts |= {part.removesuffix("s") for part in parts}
        assert any(part in message or repr(part)[1:-1] in message for part in parts), message
        return
    again: Any = load_experiment(tomllib.loads(experiment.as_toml()), registry)
    assert again.as_dict() == experiment.as_dict()
