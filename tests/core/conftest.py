"""Plugins for tests of the core: really discovered ones, and a toy one that knows no torch."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pytest

import seqkit
from seqkit.registry.registry import Plugin, Registry

InstallPlugin = Callable[..., str]

GOOD_PLUGIN = '''
import seqkit

class Steady(seqkit.Model):
    """A model that works."""
    name = "steady"
    tasks = ("classification",)

@seqkit.hookimpl
def register_models():
    return [Steady]
'''


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed packages, on the path of this process and of those it starts."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def install_plugin(site: Path) -> InstallPlugin:
    """Installs a distribution `seqkit-NAME` as pip leaves it: a module and its metadata."""

    def install(name: str, source: str = GOOD_PLUGIN, version: str = "1.2", entry: str = "") -> str:
        module = f"module_{name.replace('-', '_')}"
        (site / f"{module}.py").write_text(source, encoding="utf-8")
        metadata = site / f"seqkit_{name.replace('-', '_')}-{version}.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: seqkit-{name}\nVersion: {version}\n"
        )
        (metadata / "entry_points.txt").write_text(f"[seqkit]\n{entry or name} = {module}\n")
        return module

    return install


class Classification(seqkit.Task):
    """Toy classification."""

    name = "classification"
    loss = "cross-entropy"
    metrics = ("accuracy",)
    fields = {"text": "the text", "label": "its label"}  # noqa: RUF012

    class Config(seqkit.Config):
        minimum_count: int = seqkit.Field(2, ge=1, help="Least count of a word.")


class Forecasting(seqkit.Task):
    """Toy forecasting."""

    name = "forecasting"
    loss = "squared-error"
    metrics = ()


class Reviews(seqkit.Dataset):
    """Toy reviews."""

    name = "reviews"
    tasks = ("classification",)

    class Config(seqkit.Config):
        validation_share: float = seqkit.Field(0.1, gt=0, lt=1, help="Share carved from train.")
        limit: int | None = seqkit.Field(None, ge=1, help="Most records of a split.")


class OwnFile(seqkit.Dataset):
    """Toy file of the user's."""

    name = "own-file"
    tasks = ("classification",)

    class Config(seqkit.Config):
        path: str = seqkit.Field(help="The file.")


class Series(seqkit.Dataset):
    """Toy series."""

    name = "series"
    tasks = ("forecasting",)


class Pooling(seqkit.Config):
    """Nested settings."""

    kind: Literal["last", "mean", "max"] = seqkit.Field("last", help="How steps are pooled.")
    heads: int = seqkit.Field(1, ge=1, help="Heads of attention.")


class LSTM(seqkit.Model):
    """Toy LSTM."""

    name = "lstm"
    tasks = ("classification",)

    class Config(seqkit.Config):
        hidden_size: int = seqkit.Field(128, ge=1, help="Units.")
        layers: int = seqkit.Field(1, ge=1, help="Layers.")
        dropout: float = seqkit.Field(0.0, ge=0, lt=1, help="Dropout.")
        forget_bias: float = seqkit.Field(1.0, help="Bias of the forget gate.")
        pooling: Pooling = seqkit.Field(Pooling(), help="Pooling.")


class GRU(seqkit.Model):
    """Toy GRU."""

    name = "gru"
    tasks = ("classification",)

    class Config(seqkit.Config):
        hidden_size: int = seqkit.Field(96, ge=1, help="Units.")
        layers: int = seqkit.Field(1, ge=1, help="Layers.")


class Forecaster(seqkit.Model):
    """Toy forecaster."""

    name = "forecaster"
    tasks = ("forecasting",)


class CrossEntropy(seqkit.Loss):
    """Toy cross-entropy."""

    name = "cross-entropy"
    tasks = ("classification",)

    class Config(seqkit.Config):
        label_smoothing: float = seqkit.Field(0.0, ge=0, lt=1, help="Smoothing.")


class SquaredError(seqkit.Loss):
    """Toy squared error."""

    name = "squared-error"
    tasks = ("forecasting",)


class Accuracy(seqkit.Metric):
    """Toy accuracy."""

    name = "accuracy"
    tasks = ("classification",)


class F1(seqkit.Metric):
    """Toy F1."""

    name = "f1"
    tasks = ("classification",)

    class Config(seqkit.Config):
        average: Literal["macro", "micro"] = seqkit.Field("macro", help="How classes are averaged.")


class Confusion(seqkit.Metric):
    """Toy confusion matrix."""

    name = "confusion"
    tasks = ("classification",)
    higher_is_better = None


TOY: dict[str, list[Any]] = {
    "models": [LSTM, GRU, Forecaster],
    "datasets": [Reviews, OwnFile, Series],
    "tasks": [Classification, Forecasting],
    "losses": [CrossEntropy, SquaredError],
    "metrics": [Accuracy, F1, Confusion],
}


def plugin_module(name: str, **brought: list[Any]) -> ModuleType:
    """Returns a plugin that brings components: `plugin_module("toy", models=[LSTM])`."""
    module = ModuleType(name)
    for kind, items in brought.items():
        hook = _returning(items)
        hook.__name__ = f"register_{kind}"
        setattr(module, hook.__name__, seqkit.hookimpl(hook))
    return module


def _returning(items: list[Any]) -> Callable[[], list[Any]]:
    def hook() -> list[Any]:
        return items

    return hook


@pytest.fixture
def make_plugin() -> Callable[..., ModuleType]:
    """Makes plugin modules in memory."""
    return plugin_module


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """A registry with a toy plugin of every kind of component, and one recipe."""
    recipe = tmp_path / "recipes" / "sentiment.toml"
    recipe.parent.mkdir()
    recipe.write_text(
        'description = "Toy sentiment."\n'
        'dataset = "reviews"\n'
        'metrics = ["accuracy", "f1"]\n'
        '[model]\nname = "lstm"\nhidden_size = 64\ndropout = 0.5\n'
        "[trainer]\nepochs = 3\n",
        encoding="utf-8",
    )
    made = Registry()
    module = plugin_module("toy", **TOY, recipes=seqkit.recipes_in(recipe.parent))
    made.add(Plugin("toy", "seqkit-toy", "0.3"), lambda: module)
    assert not made.warnings
    return made
