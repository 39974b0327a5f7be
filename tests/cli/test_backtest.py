"""`seqkit backtest`: errors by step of the horizon, from origins that roll over a span."""

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqkit.cli.main import run_command_line
from seqkit_timeseries.backtest import grouped, grouped_error

ROWS, TEST, CONTEXT, HORIZON = 160, 40, 6, 4


def write_series(path: Path) -> np.ndarray:
    """Two columns, the second with a few gaps in the test span."""
    steps = np.arange(ROWS)
    values = np.stack([np.sin(steps / 3), 5 + np.cos(steps / 2)], axis=1)
    values[[-30, -29, -7], 1] = np.nan
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["day", "a", "b"])
        for step, row in enumerate(values):
            day = np.datetime64("2020-01-01") + np.timedelta64(step)
            writer.writerow([day, *("" if np.isnan(v) else v for v in row)])
    return values


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """A folder with a run `one` of forecasts and a run `intervals` of quantiles, and their data."""
    folder = tmp_path_factory.mktemp("backtest")
    values = write_series(folder / "own.csv")
    words = ["task=forecasting", f"task.context={CONTEXT}", f"task.horizon={HORIZON}"]
    words += ["dataset=series-csv", f"dataset.path={folder / 'own.csv'}"]
    words += [f"dataset.test={TEST}", "dataset.validation=20", "model=gru", "model.hidden_size=4"]
    words += ["trainer.max_steps=3", "trainer.threads=1", "--runs-dir", str(folder), "--quiet"]
    file = folder / "empty.toml"
    file.write_text('task = "forecasting"\n')
    for name, loss in (("one", "mse"), ("intervals", "quantile")):
        more = [f"loss={loss}", "--name", name]
        assert run_command_line(["run", str(file), *words, *more]) == 0
    return folder, values


def document(seqkit: Callable[..., Any], *words: object) -> dict[str, Any]:
    done = seqkit("backtest", *words, "--json")
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def test_errors_by_step_are_those_that_numpy_finds(
    seqkit: Callable[..., Any], runs: tuple[Path, np.ndarray]
) -> None:
    folder, values = runs
    found = document(seqkit, "one", "--runs-dir", folder)
    origins = range(ROWS - TEST, ROWS - HORIZON + 1)
    assert found["origins"] == len(origins)
    assert found["columns"] == ["a", "b"]
    known = values.copy()
    for row in range(1, ROWS):
        known[row] = np.where(np.isnan(known[row]), known[row - 1], known[row])
    for step, told in enumerate(found["errors"]["repeat-last"]["steps"]):
        errors = np.concatenate([values[o + step] - known[o - 1] for o in origins])
        errors = errors[~np.isnan(errors)]
        assert told["targets"] == len(errors)
        assert told["mae"] == pytest.approx(np.abs(errors).mean(), rel=1e-5)
        assert told["rmse"] == pytest.approx(math.sqrt((errors**2).mean()), rel=1e-5)


@pytest.mark.parametrize("run", ["one", "intervals"])
def test_the_overall_errors_are_those_of_evaluate(
    seqkit: Callable[..., Any], runs: tuple[Path, np.ndarray], run: str
) -> None:
    folder, _ = runs
    found = document(seqkit, run, "--runs-dir", folder)["errors"]
    done = seqkit("evaluate", run, "--runs-dir", folder, "--json")
    score = json.loads(done.out)
    told = {"model": score["metrics"], **score["baselines"]}
    assert set(found) == set(told)
    for name, errors in found.items():
        for metric in ("mae", "rmse"):
            assert errors["overall"][metric] == pytest.approx(told[name][metric], rel=1e-5)


def test_a_stride_leaves_out_origins(
    seqkit: Callable[..., Any], runs: tuple[Path, np.ndarray]
) -> None:
    found = document(seqkit, "one", "--runs-dir", runs[0], "--stride", 10)
    assert found["origins"] == 4
    assert found["errors"]["model"]["steps"][0]["targets"] == 8 - 1


def test_the_table_has_a_row_a_step_and_a_column_a_forecast(
    seqkit: Callable[..., Any], runs: tuple[Path, np.ndarray]
) -> None:
    done = seqkit("backtest", "one", "--runs-dir", runs[0])
    assert done.code == 0
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= 100
    heads = [line.split() for line in lines if line.startswith("step")]
    assert heads[0][:3] == ["step", "one", "repeat-last"]
    assert len(heads) == 2
    steps = [line.split()[0] for line in lines if line[:4].strip() in {"1", "2", "3", "4", "all"}]
    assert steps == ["1", "2", "3", "4", "all"] * 2


def test_every_step_is_written_as_csv(
    seqkit: Callable[..., Any], runs: tuple[Path, np.ndarray], tmp_path: Path
) -> None:
    path = tmp_path / "errors.csv"
    found = document(seqkit, "one", "--runs-dir", runs[0], "--csv", path)
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == HORIZON * len(found["errors"])
    assert rows[0]["forecast"] == "model"
    assert float(rows[1]["mae"]) == found["errors"]["model"]["steps"][1]["mae"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["one", "--split", "tests"], 2, "Did you mean test?"),
        (["one", "--stride", "0"], 2, "0 is not in the range"),
        (["none"], 4, "there is no run"),
    ],
)
def test_what_cannot_be_backtested_is_told(
    seqkit: Callable[..., Any],
    runs: tuple[Path, np.ndarray],
    words: list[str],
    code: int,
    message: str,
) -> None:
    done = seqkit("backtest", *words, "--runs-dir", runs[0])
    assert (done.code, message in done.err) == (code, True), done.err


def test_a_run_of_another_task_is_sent_to_evaluate(
    seqkit: Callable[..., Any], runs_dir: Path
) -> None:
    done = seqkit("backtest", "first", "--runs-dir", runs_dir)
    assert done.code == 2
    assert "only forecasts are backtested" in done.err


@pytest.mark.parametrize(
    ("steps", "rows", "last"),
    [(1, 1, (1, 1)), (12, 12, (12, 12)), (48, 12, (45, 48)), (96, 8, (85, 96)), (50, 9, (49, 50))],
)
def test_a_long_horizon_is_told_in_few_rows(steps: int, rows: int, last: tuple[int, int]) -> None:
    found = grouped(steps)
    assert (len(found), found[-1]) == (rows, last)
    covered = [step for first, end in found for step in range(first, end + 1)]
    assert covered == list(range(1, steps + 1))


def test_steps_are_grouped_by_their_targets() -> None:
    steps: list[dict[str, Any]] = [
        {"mae": 1.0, "rmse": 3.0, "targets": 3},
        {"mae": 5.0, "rmse": 1.0, "targets": 1},
        {"mae": None, "rmse": None, "targets": 0},
    ]
    assert grouped_error(steps, "mae") == 2.0
    assert grouped_error(steps, "rmse") == pytest.approx(math.sqrt(28 / 4))
    assert grouped_error(steps[2:], "mae") is None
