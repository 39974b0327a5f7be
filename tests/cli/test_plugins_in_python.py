"""`seqkit.run`, `seqkit.load` and `seqkit.from_records` take plugins as Python objects."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import seqkit as toolkit
from seqkit.experiments.loading import load_experiment
from seqkit.registry.discovery import load_registry
from seqkit.registry.in_memory import with_names

Call = Callable[..., Any]

SMALL = ("trainer.max_steps=6", "trainer.samples=0", "trainer.threads=1")

PARTS = '''
import seqkit

class Pooled(seqkit.Model):
    """Mean of embeddings."""

    name = "pooled"
    inputs = ("tokens",)
    outputs = ("classes",)

    def build(self, config, shape):
        from torch import nn
        from seqkit.nn import mean_pool

        class Network(nn.Module):
            def __init__(self):
                super().__init__()
                self.embed = nn.Embedding(shape.inputs.size, 8, padding_idx=0)
                self.head = nn.Linear(8, shape.output_size)

            def forward(self, inputs, lengths):
                return self.head(mean_pool(self.embed(inputs), lengths))

        return Network()
'''
HOOK = """
@seqkit.hookimpl
def register_models():
    return [Pooled]
"""


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[ModuleType]:
    """A module `my_parts` with the class of a model and no hook."""
    yield from imported(tmp_path / "my_parts.py", PARTS)


@pytest.fixture
def hooked(tmp_path: Path) -> Iterator[ModuleType]:
    """The same with a hook."""
    yield from imported(tmp_path / "my_parts.py", PARTS + HOOK)


def imported(path: Path, text: str) -> Iterator[ModuleType]:
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules[path.stem]


def recorded(result: toolkit.Result) -> dict[str, str]:
    plugins: dict[str, str] = json.loads((result.folder / "run.json").read_text())["plugins"]
    return plugins


def test_a_model_class_trains_and_predicts_and_a_command_finds_it_by_its_file(
    parts: ModuleType, tmp_path: Path, seqkit: Call
) -> None:
    result = toolkit.run(
        "sentiment",
        "model=pooled",
        *SMALL,
        plugins=[parts.Pooled],
        runs_dir=tmp_path / "runs",
        progress=False,
    )
    (answer,) = result.predict(["a good film"])
    loaded = toolkit.load(result, plugins=parts.Pooled).predict(["a good film"])
    by_itself = toolkit.load(result).predict(["a good film"])
    without = seqkit("predict", result.folder, "a good film")
    file = tmp_path / "my_parts.py"
    file.write_text(PARTS + HOOK)
    by_command = seqkit("predict", result.folder, "a good film", "--plugin", file, "--json")
    resumed = seqkit("resume", result.folder, "--plugin", file, "trainer.max_steps=9", "--quiet")

    assert loaded == by_itself == [answer]
    assert recorded(result)["my-parts"] == f"given in Python, from {file}"
    assert (without.code, by_command.code, resumed.code) == (3, 0, 0)
    assert f"It was given in Python: name {file} by --plugin, with hooks in it" in without.err
    assert json.loads(by_command.out)["answers"][0]["label"] == answer["label"]


def test_a_module_with_hooks_is_a_plugin(hooked: ModuleType, tmp_path: Path) -> None:
    words = ("sentiment", "model=my-parts:pooled", *SMALL)
    result = toolkit.run(*words, plugins=hooked, runs_dir=tmp_path, progress=False)

    assert result.status == "finished"
    assert "my-parts" in recorded(result)


def test_a_class_stands_in_the_place_of_a_name(parts: ModuleType, tmp_path: Path) -> None:
    tables = {"dataset": {"name": "sentences"}, "model": {"name": parts.Pooled}}
    result = toolkit.run(tables, *SMALL, runs_dir=tmp_path, progress=False)
    short, classes = with_names({"model": parts.Pooled, "metrics": [parts.Pooled, "accuracy"]})

    assert "my-parts:pooled" in (result.folder / "experiment.toml").read_text()
    assert short == {"model": "my-parts:pooled", "metrics": ["my-parts:pooled", "accuracy"]}
    assert classes == [parts.Pooled]


def test_classes_of_a_notebook_are_of_no_file_and_a_run_says_so(
    parts: ModuleType, tmp_path: Path, seqkit: Call
) -> None:
    mine = type("Mine", (parts.Pooled,), {"__module__": "__main__", "__doc__": "Mine."})
    words = ("sentiment", "model=notebook:pooled", *SMALL)
    result = toolkit.run(*words, plugins=[mine], runs_dir=tmp_path, progress=False)
    asked = seqkit("predict", result.folder, "a good film")

    assert recorded(result)["notebook"] == "given in Python"
    assert asked.code == 3
    assert "from no file: write its classes into notebook.py, with hooks, and name" in asked.err


def test_records_begin_with_the_plugins_that_are_given(parts: ModuleType) -> None:
    records = [{"text": f"word {number}", "label": "ab"[number % 2]} for number in range(40)]
    tables = toolkit.from_records(records, plugins=[parts.Pooled])

    assert tables["dataset"]["path"]


def test_what_is_no_plugin_is_refused(parts: ModuleType) -> None:
    with pytest.raises(toolkit.PluginError, match=r"plugins holds 3\. Give a path, a module with"):
        load_registry([3])  # type: ignore[list-item]
    with pytest.raises(toolkit.PluginError, match=r"\(given in Python, from .*it has no hook"):
        load_registry([parts])


def test_encoded_data_of_a_class_without_a_file_are_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from seqkit.engine.encoding import is_encoded

    class Lines(toolkit.Dataset):
        """A few texts."""

        name = "lines"
        tasks = ("classification",)

        def splits(self, config: Any, notify: toolkit.Notify) -> Any:
            rows = [{"text": f"word {n}", "label": "ab"[n % 2]} for n in range(40)]
            return {"train": rows, "validation": rows[:8]}

        def fingerprint(self, config: Any) -> str:
            return "lines 1"

    def kept(module: str) -> bool:
        Lines.__module__ = module
        tables, classes = with_names({"dataset": Lines, "model": "gru"})
        words = ["trainer.max_steps=1", "trainer.threads=1"]
        toolkit.run(tables, *words, plugins=classes, runs_dir=tmp_path, progress=False)
        registry = load_registry(classes)
        return is_encoded(load_experiment(tables, registry, words), registry)

    monkeypatch.setitem(sys.modules, "unsaved", ModuleType("unsaved"))
    assert kept(__name__)
    assert not kept("unsaved")
