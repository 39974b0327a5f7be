"""Runs and the plugins they were made with: what predicting needs, and what is told of versions."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seqkit.engine.evaluate import evaluate_run
from seqkit.engine.predict import load_predictor
from seqkit.errors import ConfigurationError, PluginError
from seqkit.experiments.provenance import drift
from seqkit.registry.discovery import load_registry
from seqkit.runs.folder import RunFolder

if TYPE_CHECKING:
    from tests.engine.conftest import Lab, Run

PARTS = '''
    import seqkit

    class Rows(seqkit.Dataset):
        """Rows."""
        name = "rows"
        tasks = ("classification",)

        def splits(self, config, notify):
            rows = [{"text": f"word{n % 5}", "label": "ab"[n % 2]} for n in range(40)]
            return {"train": rows, "validation": rows[:8]}

    class Loss(seqkit.Loss):
        """Its own entropy, of a single number for two classes."""
        name = "entropy"
        tasks = ("classification",)
        outputs = ("classes",)

        def adapt(self, config, shape):
            return shape.with_outputs(logits=1)

        def build(self, config, shape):
            import torch

            def loss(outputs, targets):
                entropy = torch.nn.functional.binary_cross_entropy_with_logits
                found = entropy(outputs[:, 0], targets.float(), reduction="sum")
                return found, len(targets)

            return loss

    @seqkit.hookimpl
    def register_datasets():
        return [Rows]

    @seqkit.hookimpl
    def register_losses():
        return [Loss]
'''


@pytest.fixture
def run(lab: Lab) -> Run:
    plugin = lab.plugin(PARTS)
    name = plugin.stem
    return lab.train(
        f"dataset={name}:rows",
        f"loss={name}:entropy",
        "trainer.max_steps=2",
        plugins=[plugin],
    )


def recorded(run: Run, plugins: dict[str, str]) -> RunFolder:
    """Gives a run other plugins in its `run.json`, as installed ones."""
    run.folder.update(plugins=run.folder.info()["plugins"] | plugins, plugin_paths={})
    return run.folder


def test_predicting_needs_the_plugins_of_task_and_model_alone(lab: Lab, run: Run) -> None:
    with_all = load_predictor(run.folder, load_registry([lab.plugin(PARTS)]))
    without = load_predictor(run.folder, load_registry())

    assert without.shape == with_all.shape
    assert without.predict(["word1", "word2"]) == with_all.predict(["word1", "word2"])


def test_what_else_a_run_needs_is_named_once_with_how_to_install_it(run: Run) -> None:
    (name,) = [name for name in run.folder.info()["plugins"] if name.startswith("local")]
    folder = recorded(run, {name: "seqkit-parts 0.1.0"})

    with pytest.raises(PluginError) as caught:
        evaluate_run(folder, load_registry(), "validation")
    assert str(caught.value) == (
        f"run {folder.name} needs the plugin {name!r}, not installed here. "
        "Run: pip install seqkit-parts==0.1.0"
    )


def test_a_project_that_was_given_by_its_path_is_asked_for_by_its_path(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(lab.folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    project = Path("seqkit-rows")
    (project / "rows_of_a_project").mkdir(parents=True)
    (project / "pyproject.toml").write_text(
        '[project]\nname = "seqkit-rows"\nversion = "0.1.0"\n'
        '[project.entry-points.seqkit]\nrows = "rows_of_a_project"\n'
    )
    (project / "rows_of_a_project" / "__init__.py").write_text(textwrap.dedent(PARTS))
    run = lab.train("dataset=rows:rows", "trainer.max_steps=2", plugins=[project])

    assert run.folder.info()["plugins"]["rows"] == "seqkit-rows 0.1.0"
    with pytest.raises(PluginError) as caught:
        evaluate_run(run.folder, load_registry(), "validation")
    assert str(caught.value).endswith(
        "'rows', not installed here. Add --plugin seqkit-rows, from where the run was made"
    )


def test_other_versions_than_a_run_was_made_with_are_told_in_one_sentence(
    lab: Lab,
) -> None:
    run = lab.train("trainer.max_steps=2")
    registry = load_registry()
    (version,) = {plugin.version for plugin in registry.plugins if plugin.built_in}
    assert drift(run.folder, registry) == ""
    plugins = dict.fromkeys(run.folder.info()["plugins"], "seqkit 0.0.9")
    folder = recorded(run, plugins)
    sentence = f"run {folder.name} was made with seqkit 0.0.9, and {version} is installed"

    told: list[str] = []
    load_predictor(folder, registry, notify=told.append)
    assert told == [sentence]
    again = lab.resume(run, "trainer.max_steps=3")
    assert sentence in again.warnings


def test_a_setting_of_another_version_is_refused_with_the_versions(lab: Lab) -> None:
    run = lab.train("trainer.max_steps=2")
    recorded(run, dict.fromkeys(run.folder.info()["plugins"], "seqkit 0.0.9"))
    from seqkit.storage.checksums import sealed_text

    changed = lab.experiment().as_toml().replace("hidden_size", "widths")
    run.folder.experiment_file.write_text(sealed_text(changed))
    with pytest.raises(ConfigurationError, match=r"(?s)widths is not a setting.*made with seqkit"):
        load_predictor(run.folder, load_registry())
