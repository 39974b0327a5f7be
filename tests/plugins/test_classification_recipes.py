"""Recipes of the text plugin, and what loading the plugin costs."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import seqkit_classification
from seqkit.experiments.loading import load_experiment
from seqkit.registry.discovery import load_registry
from seqkit.registry.registry import Registry

RECIPES = {recipe.name: recipe for recipe in seqkit_classification.register_recipes()}


@pytest.fixture(scope="module")
def registry(isolated_session: None) -> Registry:
    return load_registry()


def resolved(name: str, registry: Registry) -> dict[str, Any]:
    return load_experiment(name, registry).as_dict()


def flat(document: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(document, dict):
        return {prefix: document}
    found: dict[str, Any] = {}
    for key, value in document.items():
        found |= flat(value, f"{prefix}.{key}" if prefix else key)
    return found


def differences(first: str, second: str, registry: Registry) -> set[str]:
    one, two = flat(resolved(first, registry)), flat(resolved(second, registry))
    changed = {key for key in one.keys() | two.keys() if one.get(key) != two.get(key)}
    return changed - {"description"}


def test_the_recipes_are_those_the_documentation_names() -> None:
    assert set(RECIPES) == {"sentiment", "imdb-lstm", "imdb-gru", "imdb-bilstm", "imdb-tutorial"}


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_recipe_is_a_valid_experiment_with_a_description(
    name: str, registry: Registry
) -> None:
    experiment = load_experiment(name, registry)
    assert experiment.description.endswith(".")
    assert len(experiment.description) < 120
    assert experiment.monitor == ("accuracy", True)
    assert not experiment.notes


def test_lstm_and_gru_are_compared_by_one_setting(registry: Registry) -> None:
    assert differences("imdb-lstm", "imdb-gru", registry) == {"model.name"}


def test_one_direction_and_two_are_compared_by_one_setting(registry: Registry) -> None:
    assert differences("imdb-lstm", "imdb-bilstm", registry) == {
        "model.name",
        "model.bidirectional",
    }


def test_the_tutorial_has_the_settings_of_the_tutorial(registry: Registry) -> None:
    settings = resolved("imdb-tutorial", registry)
    model, task, trainer = settings["model"], settings["task"], settings["trainer"]
    assert (model["layers"], model["bidirectional"], model["pooling"]) == (2, True, "last")
    assert (model["embedding_size"], model["hidden_size"]) == (100, 256)
    assert [model[f"{place}dropout"] for place in ("", "layer_", "embedding_")] == [0.5] * 3
    assert (task["tokenizer"], task["maximum_size"]) == ("basic-english", 25_000)
    assert task["maximum_length"] == 400
    assert (trainer["optimizer"], trainer["learning_rate"]) == ("adam", 1e-3)
    assert (trainer["batch_size"], trainer["epochs"], trainer["schedule"]) == (64, 5, "constant")


def test_loading_the_plugin_imports_neither_torch_nor_numpy(repository: Path) -> None:
    code = (
        "import sys, seqkit_classification as plugin\n"
        "plugin.register_recipes()\n"
        "for components in (plugin.register_tasks(), plugin.register_losses(),\n"
        "                   plugin.register_metrics(), plugin.register_datasets()):\n"
        "    for component in components:\n"
        "        component().Config.model_json_schema(), component.summary()\n"
        "print(sorted({'torch', 'numpy', 'tokenizers'} & set(sys.modules)))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
