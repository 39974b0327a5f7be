"""What a component raises while it is at work is named: component, plugin, version, file, line."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from seqkit.engine.evaluate import evaluate_run
from seqkit.engine.predict import load_predictor
from seqkit.engine.preview import preview
from seqkit.errors import RunError
from seqkit.registry.discovery import load_registry

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.conftest import Lab

PLUGIN = '''
import os
import pathlib

import seqkit

def fall(where):
    if os.environ.get("FALLS_AT") == where:
        {}["x"]

class Falls(seqkit.Dataset):
    """A dataset."""
    name = "data"
    tasks = ("classification",)

    def splits(self, config, notify):
        fall("splits")
        rows = [{"text": f"word{n % 5} good", "label": "ab"[n % 2]} for n in range(40)]
        return {"train": self.rows(rows), "validation": iter(rows[:8])}

    def rows(self, rows):
        fall("records")
        yield from rows

class Model(seqkit.Model):
    """A model."""
    name = "model"
    tasks = ("classification",)
    outputs = ("classes",)

    def build(self, config, shape):
        import torch
        fall("build")

        class Net(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.bag = torch.nn.EmbeddingBag(shape.inputs.size, shape.output_size)

            def forward(self, inputs, lengths):
                fall("forward")
                print("printed by forward")
                return self.bag(inputs)

        return Net()

class Loss(seqkit.Loss):
    """A loss."""
    name = "loss"
    tasks = ("classification",)
    outputs = ("classes",)

    def build(self, config, shape):
        import torch

        def loss(outputs, targets):
            fall("loss")
            entropy = torch.nn.functional.cross_entropy
            return entropy(outputs, targets, reduction="sum"), len(targets)

        return loss

class Metric(seqkit.Metric):
    """A metric."""
    name = "metric"
    tasks = ("classification",)
    outputs = ("classes",)

    def build(self, config, shape):
        class Counted:
            def update(self, predictions, targets):
                fall("update")

            def merge(self, other):
                pass

            def compute(self):
                fall("compute")
                return 1.0

        return Counted()

class Cut(seqkit.Tokenizer):
    """A tokenizer."""
    name = "cut"

    def build(self, variant):
        return self.cut

    def cut(self, text):
        fall("tokenizer")
        return text.split()

@seqkit.hookimpl
def register_datasets():
    return [Falls]

@seqkit.hookimpl
def register_models():
    return [Model]

@seqkit.hookimpl
def register_losses():
    return [Loss]

@seqkit.hookimpl
def register_metrics():
    return [Metric]

@seqkit.hookimpl
def register_tokenizers():
    return [Cut]
'''
TABLES: dict[str, Any] = {
    "dataset": {"name": "falls:data"},
    "model": {"name": "falls:model"},
    "loss": {"name": "falls:loss"},
    "metrics": ["falls:metric"],
    "task": {"name": "text:classification", "tokenizer": "falls:cut"},
}
PLACES = {
    "splits": "dataset falls:data",
    "records": "dataset falls:data",
    "build": "model falls:model",
    "forward": "model falls:model",
    "loss": "loss falls:loss",
    "update": "metric falls:metric",
    "compute": "metric falls:metric",
    "tokenizer": "tokenizer falls:cut",
}


@pytest.fixture
def falls(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    (project / "seqkit_falls").mkdir(parents=True)
    (project / "seqkit_falls" / "__init__.py").write_text(
        "import seqkit_falls.parts\nfrom seqkit_falls.parts import *\n"
    )
    (project / "seqkit_falls" / "parts.py").write_text(textwrap.dedent(PLUGIN))
    (project / "pyproject.toml").write_text(
        '[project]\nname = "seqkit-falls"\nversion = "0.3"\n'
        '[project.entry-points.seqkit]\nfalls = "seqkit_falls"\n'
    )
    return project


@pytest.fixture(autouse=True)
def forget_what_was_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("seqkit_falls", "seqkit_falls.parts"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("place", PLACES)
def test_a_run_that_fails_names_the_component_and_its_line(
    lab: Lab, falls: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setenv("FALLS_AT", place)
    told: list[str] = []
    with pytest.raises(RunError) as caught:
        lab.train(
            plugins=[falls],
            observers=[lambda event: told.append(event.get("message", ""))],
            **TABLES,
        )

    where = f"{PLACES[place]} ({falls} 0.3, parts.py, line 9) raised KeyError: 'x'"
    assert str(caught.value) == f"the run failed: {where}. Run 'seqkit plugin check {falls}'"
    assert where in told[-1]


def test_predicting_scoring_and_looking_ahead_name_it_too(
    lab: Lab, falls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = lab.train("trainer.max_steps=2", plugins=[falls], **TABLES)
    registry = load_registry([falls])
    uses: dict[str, Callable[[], object]] = {
        "build": lambda: load_predictor(run.folder, registry),
        "tokenizer": lambda: load_predictor(run.folder, registry).predict(["good"]),
        "forward": lambda: load_predictor(run.folder, registry).predict(["good"]),
        "update": lambda: evaluate_run(run.folder, registry, "validation"),
        "loss": lambda: preview(lab.experiment(plugins=[falls], **TABLES), registry),
    }
    for place, use in uses.items():
        monkeypatch.setenv("FALLS_AT", place)
        with pytest.raises(RunError, match=f"^{PLACES[place]} .*line 9. raised KeyError: 'x'"):
            use()


def test_what_a_plugin_prints_stays_out_of_the_results(
    lab: Lab, falls: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from seqkit.cli.main import run_command_line

    file = lab.toml("trainer.max_steps=2", plugins=[falls], **TABLES)
    words = ["--plugin", str(falls), "--runs-dir", str(lab.runs)]
    assert run_command_line(["run", str(file), *words, "--name", "loud", "--json"]) == 0
    out, err = capfd.readouterr()
    assert [json.loads(line)["event"] for line in out.splitlines()][-1] == "ended"
    assert "printed by forward" in err

    assert run_command_line(["predict", "loud", "good", *words, "--json"]) == 0
    out, err = capfd.readouterr()
    assert len(json.loads(out)["answers"]) == 1
    assert "printed by forward" in err
