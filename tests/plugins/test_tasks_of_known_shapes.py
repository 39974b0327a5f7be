"""A task that says what goes in and out trains the built-in models with the built-in scores."""

from pathlib import Path

import numpy as np
import pytest

import seqkit
from seqkit.callbacks import ignore
from seqkit.cli.listing import entry_document
from seqkit.engine.learner import EVALUATION_BATCH
from seqkit.registry.discovery import load_registry
from seqkit.runs.example_scores import load_scores
from seqkit.runs.folder import RunFolder
from seqkit.shapes import kind_of
from seqkit.testing import check_plugin
from tests.plugins.test_encoder_damage import SETTINGS as ENCODERS
from tests.plugins.test_encoder_damage import records

PLUGIN = Path(__file__).parent / "digits_plugin.py"
SMALL = (
    "model.hidden_size=32",
    "model.word_dropout=0",
    "model.embedding_dropout=0",
    "trainer.epochs=8",
    "trainer.learning_rate=0.01",
    "trainer.batch_size=32",
    "trainer.seed=1",
    "trainer.device=cpu",
    "trainer.threads=1",
)


def trained(task: str, reads: str, runs: Path, *words: str) -> seqkit.Result:
    return seqkit.run(
        {"task": {"name": task, "reads": reads}, "dataset": "digits", "model": "gru"},
        *SMALL,
        *words,
        runs_dir=runs,
        plugins=[PLUGIN],
        progress=False,
    )


@pytest.mark.parametrize("reads", ["tokens", "features"])
@pytest.mark.parametrize("task", ["steps", "having", "mean"])
def test_gru_learns_it_and_beats_the_answer_that_reads_nothing(
    task: str, reads: str, tmp_path: Path
) -> None:
    result = trained(task, reads, tmp_path)

    found = result.metrics
    (test,) = [e for e in result.events if e.kind == "evaluation" and e["split"] == "test"]
    (baseline,) = test["baselines"].values()
    if task == "mean":
        assert found["rmse"] < 0.2 * baseline["rmse"]
        assert found["r2"] > 0.95
    else:
        assert found["accuracy"] > 0.95 > 0.7 > baseline["accuracy"]
        assert found["f1"] > 0.95


@pytest.mark.parametrize(
    ("task", "names"),
    [
        ("steps", {"loss", "accuracy"}),
        ("having", {"loss", "accuracy"}),
        ("mean", {"loss", "rmse", "mae"}),
    ],
)
def test_every_example_has_scores_that_make_up_those_of_the_split(
    task: str, names: set[str], tmp_path: Path
) -> None:
    result = trained(task, "tokens", tmp_path, "trainer.epochs=1")

    scores = load_scores(RunFolder(result.folder).scores("test"))
    assert scores is not None
    assert names <= set(scores.columns)
    assert len(scores.count) == 100 < EVALUATION_BATCH
    if task == "steps":
        column = scores.columns["accuracy"]
        assert column.weighted
        found = np.average(column.values, weights=scores.count)
        assert found == pytest.approx(result.metrics["accuracy"])


@pytest.mark.parametrize("model", ["rnn", "lstm", "bilstm"])
def test_the_other_recurrent_models_train_one_class_a_step_too(model: str, tmp_path: Path) -> None:
    result = trained("steps", "tokens", tmp_path, f"model={model}", "trainer.epochs=3")

    assert result.metrics["accuracy"] > 0.8


def test_a_trained_run_answers(tmp_path: Path) -> None:
    run = trained("steps", "features", tmp_path)
    predictor = seqkit.load(run.folder, plugins=[PLUGIN])

    (answer,) = predictor.predict(["31594"])
    assert np.argmax(answer["outputs"], axis=1).tolist() == [0, 0, 1, 1, 0]


def test_the_conformance_kit_passes_the_tasks() -> None:
    findings = check_plugin(PLUGIN)

    assert {finding.status for finding in findings if finding.check == "tasks"} == {"passed"}
    assert not [finding for finding in findings if finding.status == "failed"]


@pytest.mark.parametrize(
    ("kind", "name", "tasks"),
    [
        ("models", "gru", {"steps", "having", "mean"}),
        ("models", "segrnn", set()),
        ("losses", "cross-entropy", {"steps"}),
        ("losses", "bce", {"having"}),
        ("losses", "huber", {"mean"}),
        ("losses", "quantile", set()),
        ("metrics", "accuracy", {"steps", "having"}),
        ("metrics", "confusion", {"steps"}),
        ("metrics", "auroc", {"having"}),
        ("metrics", "r2", {"mean"}),
        ("metrics", "mase", set()),
    ],
)
def test_a_listing_names_the_tasks_that_a_part_fits(kind: str, name: str, tasks: set[str]) -> None:
    registry = load_registry([PLUGIN])
    entry = entry_document(registry.find(kind, name), registry)

    assert set(entry["tasks"]) & {"steps", "having", "mean"} == tasks


@pytest.mark.parametrize("fitted", ENCODERS)
def test_a_built_in_task_gives_the_shape_that_it_says(fitted: str) -> None:
    name, settings = ENCODERS[fitted]
    task = load_registry().find("tasks", name).component
    config = task.Config.model_validate(settings)
    codec, _ = task.encode(config, {"train": records(name)}, ignore)

    assert kind_of(codec.shape.inputs) in task.inputs
    assert kind_of(codec.shape.outputs) == task.outputs
    assert set(codec.shape.extras) == set(task.extras)
