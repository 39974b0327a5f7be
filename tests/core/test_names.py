"""What a bare name means where several plugins bring it, and who may take whose name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from seqkit.errors import ConfigurationError, PluginError
from seqkit.experiments.loading import load_experiment
from seqkit.registry.discovery import DISABLED, load_registry

InstallPlugin = Callable[..., str]

TWINS = '''
import pathlib
import seqkit

class Gru(seqkit.Model):
    """Another one of that name."""
    name = "gru"
    outputs = ("classes",)
    tasks = ("classification", "sorting")

    class Config(seqkit.Config):
        width: int = seqkit.Field(3, help="Its width.")

class Classification(seqkit.Task):
    """Another one of that name."""
    name = "classification"
    outputs = "classes"
    loss = "cross-entropy"
    metrics = ("accuracy",)
    fields = {"text": "a text"}

class Sorting(Classification):
    """A task of its own, whose loss has the name of a built-in one."""
    name = "sorting"

class CrossEntropy(seqkit.Loss):
    """Another one of that name."""
    name = "cross-entropy"
    outputs = ("classes",)
    tasks = ("classification", "sorting")

class Accuracy(seqkit.Metric):
    """Another one of that name."""
    name = "accuracy"
    outputs = ("classes",)
    tasks = ("classification", "sorting")

class Words(seqkit.Dataset):
    """Words to sort."""
    name = "words"
    tasks = ("sorting",)

HERE = pathlib.Path(__file__).parent

@seqkit.hookimpl
def register_models():
    return [Gru]

@seqkit.hookimpl
def register_tasks():
    return [Classification, Sorting]

@seqkit.hookimpl
def register_losses():
    return [CrossEntropy]

@seqkit.hookimpl
def register_metrics():
    return [Accuracy]

@seqkit.hookimpl
def register_datasets():
    return [Words]

@seqkit.hookimpl
def register_recipes():
    return [seqkit.Recipe(name, HERE / f"{name}.toml") for name in ("sentiment", "sorted")]
'''


@pytest.fixture
def twins(install_plugin: InstallPlugin, site: Path) -> None:
    """A plugin whose components and recipe have the names of built-in ones."""
    install_plugin("twins", TWINS)
    (site / "sentiment.toml").write_text('dataset = "words"\nmodel = "gru"\n')
    (site / "sorted.toml").write_text('dataset = "words"\nmodel = "gru"\nmetrics = ["accuracy"]\n')


@pytest.mark.usefixtures("twins")
def test_built_in_recipes_mean_built_in_components() -> None:
    registry = load_registry()

    assert not registry.warnings
    for words in ([], ["model=gru"], ["task=classification", "metrics=accuracy,f1"]):
        loaded = load_experiment("sentiment", registry, words)
        assert {part.entry.plugin for part in loaded.parts} <= {"text", "recurrent"}
    assert load_experiment("stocks-gru", registry).model.entry.qualified == "recurrent:gru"


@pytest.mark.usefixtures("twins")
def test_a_recipe_means_the_components_of_its_own_plugin_first() -> None:
    registry = load_registry()
    for name in ("twins:sentiment", "sorted"):
        loaded = load_experiment(name, registry)
        assert {part.entry.plugin for part in loaded.parts} == {"twins"}


@pytest.mark.usefixtures("twins")
def test_the_plugin_of_the_task_comes_before_the_built_in_ones() -> None:
    document = {"dataset": "words", "model": "gru"}
    loaded = load_experiment(document, load_registry())

    assert [part.entry.qualified for part in loaded.parts] == [
        "twins:sorting",
        "twins:words",
        "twins:gru",
        "twins:cross-entropy",
        "twins:accuracy",
    ]


@pytest.mark.usefixtures("twins")
def test_another_component_of_the_same_name_does_not_take_its_settings() -> None:
    words = ["model.hidden_size=8", "model=twins:gru"]
    with pytest.raises(ConfigurationError, match="hidden_size is not a setting of twins:gru"):
        load_experiment("stocks-gru", load_registry(), words)
    loaded = load_experiment("sentiment", load_registry(), ["model=gru"])
    other = load_experiment(loaded.as_dict(), load_registry(), ["model=twins:gru"])
    assert other.model.settings() == {"width": 3}
    assert "left out" in other.notes[0]


@pytest.mark.usefixtures("twins")
def test_lists_show_the_shortest_name_that_finds_each_component() -> None:
    registry = load_registry()

    assert {"gru", "twins:gru"} <= set(registry.names("models"))
    assert [entry.qualified for entry in registry.search("gru")] == ["recurrent:gru"]


@pytest.mark.usefixtures("twins")
def test_two_metrics_of_one_name_cannot_be_told_apart_in_a_log() -> None:
    with pytest.raises(ConfigurationError, match="two metrics are called 'accuracy'"):
        load_experiment("sentiment", load_registry(), ["metrics=text:accuracy,twins:accuracy"])


def test_no_other_distribution_takes_the_place_of_a_built_in_plugin(
    install_plugin: InstallPlugin,
) -> None:
    install_plugin("a-shadow", entry="text")
    registry = load_registry()

    (warning,) = registry.warnings
    assert warning.startswith("plugin 'text' (seqkit-a-shadow 1.2) was skipped: another plugin has")
    assert "'text' is a plugin of seqkit itself" in warning
    assert load_experiment("sentiment", registry).task.entry.plugin == "text"


def test_a_path_wins_over_the_same_plugin_installed_and_says_so_once(
    install_plugin: InstallPlugin, tmp_path: Path
) -> None:
    from tests.core.conftest import GOOD_PLUGIN

    install_plugin("mine")
    file = tmp_path / "mine.py"
    file.write_text(GOOD_PLUGIN.replace("A model that works.", "The one at work."))
    registry = load_registry([file])

    assert registry.find("models", "steady").component.summary() == "The one at work."
    assert registry.warnings == [
        f"plugin 'mine' ({file}) takes the place of the installed one (seqkit-mine 1.2)"
    ]


def test_a_path_does_not_take_the_place_of_a_built_in_plugin(tmp_path: Path) -> None:
    from tests.core.conftest import GOOD_PLUGIN

    file = tmp_path / "text.py"
    file.write_text(GOOD_PLUGIN)
    with pytest.raises(PluginError, match="'text' is a plugin of seqkit itself"):
        load_registry([file])


def test_a_plugin_can_be_left_out(
    install_plugin: InstallPlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_plugin("slow", "raise RuntimeError('it is loaded')")
    monkeypatch.setenv(DISABLED, " slow, gone ")
    registry = load_registry()

    assert not registry.warnings
    with pytest.raises(ConfigurationError, match=r"The plugin 'slow' is left out, by --no-plugin"):
        registry.find("models", "slow:steady")


def test_a_missing_plugin_is_named_though_another_has_a_name_like_it(
    install_plugin: InstallPlugin,
) -> None:
    install_plugin("scores")

    with pytest.raises(ConfigurationError, match="No plugin 'sources' is installed"):
        load_registry().find("models", "sources:cold")
    with pytest.raises(ConfigurationError, match=r"Did you mean scores:steady\?"):
        load_registry().find("models", "scores:stedy")


def test_a_plugin_that_several_parts_need_is_named_once() -> None:
    document = {"task": "gone:task", "dataset": "gone:data", "model": "gone:model"}
    with pytest.raises(ConfigurationError) as caught:
        load_experiment(document, load_registry())

    assert str(caught.value).count("No plugin 'gone' is installed") == 1
