"""Any TOML file makes an experiment or is refused with its name; what is written is read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from seqkit.errors import SeqkitError
from seqkit.experiments.loading import load_experiment
from seqkit.registry.discovery import load_registry
from seqkit.registry.registry import Registry
from tests.fuzz.support import TEXTS, VALUES, cases, in_time, refusal

pytestmark = pytest.mark.proof

RECIPES = ("sentiment", "weather-rnn", "shakespeare-gru", "reverse-seq2seq")


def recipe_texts() -> list[str]:
    registry = load_registry()
    return [
        registry.find("recipes", name).component.path.read_text(encoding="utf-8")
        for name in RECIPES
    ]


@st.composite
def edited(draw: st.DrawFn) -> str:
    """A recipe with some characters taken out, put in or doubled."""
    text = draw(st.sampled_from(recipe_texts()))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        text = text[:start] + draw(TEXTS | st.just(text[start:end] * 2)) + text[end:]
    return text


def _plain(value: Any) -> Any:
    """Leaves out what TOML has no way to write."""
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value if item is not None]
    return value.encode("utf-8", "ignore").decode() if isinstance(value, str) else value


TABLES = st.sampled_from(["task", "dataset", "model", "loss", "metrics", "trainer", "description"])
NESTED = st.dictionaries(TABLES | TEXTS, VALUES, max_size=4).map(_plain).map(tomlkit.dumps)


@cases(0.2)
@given(text=edited() | NESTED | TEXTS)
def test_a_file_makes_an_experiment_or_is_refused(
    registry: Registry, tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        with in_time():
            experiment = load_experiment(path, registry)
    except SeqkitError as error:
        refusal(error)
        return
    written = path.with_name("written.toml")
    written.write_text(experiment.as_toml(), encoding="utf-8")
    assert load_experiment(written, registry).as_dict() == experiment.as_dict()


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * 20_000,
        "x = " + "9" * 10_000,
        ".".join("a" * 100_000) + " = 1",
        "\x00",
        "\xff",
    ],
    ids=["nested", "long number", "long key", "a zero", "a letter"],
)
def test_a_file_that_only_an_attacker_writes_is_refused(
    registry: Registry, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "bomb.toml"
    path.write_text(text, encoding="utf-8")
    with in_time(), pytest.raises(SeqkitError) as caught:
        load_experiment(path, registry)
    refusal(caught.value)
