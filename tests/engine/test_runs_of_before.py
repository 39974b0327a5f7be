"""Runs that versions of before have left: stopped in the middle of an epoch, without checksums,

without a fingerprint of the plan, forecasts in single precision. They were made by commit 3c772b5.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

import seqkit
from seqkit.engine.evaluate import evaluate_run
from seqkit.registry.discovery import load_registry
from seqkit.runs.folder import RunFolder
from tests.engine.conftest import Lab, Run

BEFORE = Path(__file__).parent / "runs_of_before"
STEPS = {"forecasting": 36, "language-modeling": 70}


@pytest.fixture(params=list(STEPS))
def stopped(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    """A copy of a run of before, with its data."""
    for data in ("series.csv", "text.txt"):
        shutil.copy(BEFORE / data, tmp_path)
    return _copied(request.param, tmp_path)


def _copied(name: str, tmp_path: Path) -> Run:
    path = shutil.copytree(BEFORE / name, tmp_path / "runs" / name)
    file = path / "experiment.toml"
    text = file.read_text(encoding="utf-8").replace('"/data/', f'"{tmp_path.as_posix()}/')
    file.write_text(text, encoding="utf-8")
    return Run(RunFolder(path))


def test_it_is_listed_and_answers_and_ends_with_the_weights_of_one_that_was_never_stopped(
    lab: Lab, stopped: Run
) -> None:
    assert stopped.folder.status() == "interrupted"
    inputs = [] if stopped.folder.name == "forecasting" else ["alpha"]
    assert seqkit.load(stopped.path).predict(inputs)
    source = Path(shutil.copy(stopped.path / "experiment.toml", lab.folder / "again.toml"))
    words = ["dataset.decimal=."] if stopped.folder.name == "forecasting" else []
    whole = lab.train(*words, source=source, name="whole")
    resumed = lab.resume(stopped)
    assert resumed.status == "finished"
    assert list(resumed.losses) == list(range(1, STEPS[stopped.folder.name] + 1))
    assert not any("not what they were" in text for text in resumed.warnings)
    assert not any("have changed" in text for text in resumed.warnings)
    mine, its = resumed.weights(), whole.weights()
    assert all(torch.allclose(mine[name], its[name], atol=1e-5) for name in its)


def test_another_batch_size_goes_on_with_the_next_epoch(lab: Lab, stopped: Run) -> None:
    resumed = lab.resume(stopped, "trainer.batch_size=2")
    assert resumed.status == "finished"
    assert any("goes on with the next epoch" in text for text in resumed.warnings)


def test_data_that_became_fewer_end_the_epoch_that_was_begun(lab: Lab, stopped: Run) -> None:
    for path in (lab.folder / "series.csv", lab.folder / "text.txt"):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(lines[: len(lines) * 9 // 10]), encoding="utf-8")
    resumed = lab.resume(stopped)
    assert resumed.status == "finished"
    assert any("have changed since the run began" in text for text in resumed.warnings)
    assert any("goes on with the next epoch" in text for text in resumed.warnings)


def test_a_point_is_read_as_it_was_where_it_may_part_thousands_too(tmp_path: Path) -> None:
    run = _copied("forecasting", tmp_path)
    table = Path(shutil.copy(BEFORE / "series.csv", tmp_path))
    told: list[str] = []
    score = evaluate_run(run.folder, load_registry([]), "test", notify=told.append)
    assert score["metrics"]["mae"] < 20
    assert any("read as they were when the run began: dataset" in text for text in told)
    rows = [line.split(",") for line in table.read_text(encoding="utf-8").splitlines()[1:]]
    [answer] = seqkit.load(run.path).predict([{"date": day, "y": y} for day, y in rows[-20:]])
    assert 80 < answer["history"]["values"][0][-1] < 120
    commas: list[Any] = [{"date": day, "y": y.replace(".", ",")} for day, y in rows[-20:]]
    with pytest.raises(seqkit.SeqkitError, match="may be"):
        seqkit.load(run.path).predict(commas)
