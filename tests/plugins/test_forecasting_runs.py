"""Forecasting from end to end: trained, scored beside naive forecasts, and used elsewhere."""

import json
import math
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqkit
from seqkit_timeseries.metrics import METRICS

QUANTILES = ["0.1", "0.5", "0.9"]


def table(path: Path) -> Path:
    """Writes two series of hours with a daily season, noise, and a few missing values."""
    generator = np.random.default_rng(0)
    hours = np.datetime64("2024-03-01T00") + np.arange(24 * 12)
    lines = ["time,id,load,outside"]
    for name, level in (("north", 100.0), ("south", 5.0)):
        season = level * (1 + 0.3 * np.sin(np.arange(len(hours)) * np.pi / 12))
        load = season + 0.02 * level * generator.normal(size=len(hours))
        for place, (hour, value) in enumerate(zip(hours, load, strict=True)):
            shown = "" if place % 37 == 5 else f"{value:.4f}"
            lines.append(f"{hour},{name},{shown},{place % 24}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def experiment(path: Path, **task: Any) -> dict[str, Any]:
    return {
        "dataset": {"name": "series-csv", "path": str(path), "targets": ["load"]},
        "task": {
            "name": "forecasting",
            "context": 24,
            "horizon": 6,
            "stride": 4,
            "calendar": ["hour"],
            "normalization": "standard+last",
            **task,
        },
        "loss": {"name": "quantile", "levels": [0.1, 0.5, 0.9]},
        "metrics": [{"name": metric.name} for metric in METRICS],
        "model": {"name": "gru", "hidden_size": 8},
        "trainer": {"epochs": 2, "threads": 1, "device": "cpu", "samples": 2},
    }


@pytest.fixture(scope="module")
def trained(isolated_session: None, tmp_path_factory: pytest.TempPathFactory) -> seqkit.Result:
    folder = tmp_path_factory.mktemp("forecasting")
    path = table(folder / "load.csv")
    result = seqkit.run(experiment(path), runs_dir=folder / "runs", progress=False)
    path.unlink()
    return result


def test_a_run_scores_every_metric_beside_naive_forecasts(trained: seqkit.Result) -> None:
    (test,) = [e for e in trained.events if e.kind == "evaluation" and e["split"] == "test"]
    for name, value in test["metrics"].items():
        assert np.isfinite(value).all(), name
    assert len(test["metrics"]["horizon-mae"]) == 6
    assert {"seasonal-naive", "drift", "linear", "linear-season", "smoothing"} < set(
        test["baselines"]
    )
    assert test["baselines"]["seasonal-naive"]["mae"] < test["baselines"]["repeat-last"]["mae"]
    assert test["examples"] == 2 * (58 - 6 + 1)


def test_the_frequency_is_said_and_missing_rows_are_masked(trained: seqkit.Result) -> None:
    said = [event["message"] for event in trained.events if event.kind == "warning"]
    assert said == ["rows are hourly; a season is 24 rows (task.season sets it)."]
    layout = json.loads((trained.folder / "encoder" / "forecasting.json").read_text())["layout"]
    assert layout["masked"] == ["load"]


def test_samples_are_forecasts_with_history_and_target(trained: seqkit.Result) -> None:
    samples = [
        item for event in trained.events if event.kind == "sample" for item in event["items"]
    ]
    for sample in samples:
        assert sample["columns"] == ["load"]
        assert len(sample["history"]["values"][0]) == 24
        assert len(sample["forecast"]["values"][0]) == len(sample["target"][0]) == 6
        assert set(sample["forecast"]["quantiles"]) == set(QUANTILES)


def test_a_copied_run_folder_forecasts_without_the_data(
    trained: seqkit.Result, tmp_path: Path
) -> None:
    copied = shutil.copytree(trained.folder, tmp_path / "elsewhere")
    answers = seqkit.load(copied).predict()
    assert answers == trained.predict()
    assert [answer["series"] for answer in answers] == ["north", "south"]
    for answer, level in zip(answers, (100, 5), strict=True):
        assert answer["history"]["time"][-1] == "2024-03-12T23:00"
        assert answer["forecast"]["time"][0] == "2024-03-13T00:00"
        assert all(0.5 * level < value < 1.5 * level for value in answer["forecast"]["values"][0])
        low, middle, high = (answer["forecast"]["quantiles"][name] for name in QUANTILES)
        assert (np.array(low) <= middle).all()
        assert (np.array(middle) <= high).all()
        assert answer["forecast"]["values"] == middle


def test_own_rows_give_the_answer_of_the_same_rows_that_were_kept(
    trained: seqkit.Result, tmp_path: Path
) -> None:
    lines = table(tmp_path / "load.csv").read_text().splitlines()
    names = lines[0].split(",")
    rows = [dict(zip(names, line.split(","), strict=True)) for line in lines[1:]]
    kept, given = trained.predict(), trained.predict(rows)
    for one, other in zip(kept, given, strict=True):
        assert one["forecast"]["time"] == other["forecast"]["time"]
        assert one["forecast"]["values"][0] == pytest.approx(other["forecast"]["values"][0])


def test_a_shorter_horizon_is_the_beginning_of_the_whole(trained: seqkit.Result) -> None:
    predictor = seqkit.load(trained)
    whole, part = predictor.predict(), predictor.predict(horizon=2)
    assert part[0]["forecast"]["values"][0] == whole[0]["forecast"]["values"][0][:2]
    with pytest.raises(seqkit.ConfigurationError, match="trained to forecast 6 rows"):
        predictor.predict(horizon=7)


def test_results_do_not_depend_on_the_size_of_evaluation_batches(
    isolated_session: None, tmp_path: Path
) -> None:
    from seqkit.engine.device import choose_device
    from seqkit.engine.encoding import encode_data
    from seqkit.engine.learner import build_learner
    from seqkit.experiments.loading import load_experiment
    from seqkit.registry.discovery import load_registry

    registry = load_registry()
    settings = load_experiment(experiment(table(tmp_path / "load.csv")), registry)
    data = encode_data(settings, registry, lambda _: None)
    learner = build_learner(settings, data.codec, choose_device(settings.trainer))
    whole = learner.score(data.splits["test"], "test")
    learner.evaluation_batch = 7
    parts = learner.score(data.splits["test"], "test")
    assert math.isclose(whole.loss, parts.loss, rel_tol=1e-5)
    for name, value in whole.metrics.items():
        assert parts.metrics[name] == pytest.approx(value, rel=1e-5), name


def test_loading_the_plugin_imports_neither_torch_nor_numpy() -> None:
    code = (
        "import sys, seqkit_timeseries as plugin\n"
        "for components in (plugin.register_tasks(), plugin.register_losses(),\n"
        "                   plugin.register_metrics(), plugin.register_datasets()):\n"
        "    for component in components:\n"
        "        component().Config.model_json_schema(), component.summary()\n"
        "print(sorted({'torch', 'numpy'} & set(sys.modules)))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
