"""`seqkit backtest`: how far off forecasts are, step by step, from every origin of a span."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqkit import ConfigurationError, DataError
from seqkit.cli.common import (
    open_registry,
    open_run,
    run_argument,
    running_options,
)
from seqkit.data import write_table
from seqkit.terminal import figures, output, safe_text

if TYPE_CHECKING:
    from seqkit.registry import Registry
    from seqkit.runs.folder import RunFolder

Errors = Mapping[str, Any]
_MOST_ROWS = 12


@click.command()
@run_argument()
@click.option("--split", default="test", show_default=True, metavar="NAME", help="Which split.")
@click.option(
    "--stride",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="Rows from one origin to the next.  [default: task.evaluation_stride]",
)
@click.option(
    "--checkpoint", default="best", show_default=True, metavar="NAME", help="best, last or a name."
)
@click.option(
    "--csv",
    "table",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the errors of every single step as a table.",
)
@running_options()
def backtest(
    run: str,
    split: str,
    stride: int | None,
    checkpoint: str,
    table: Path | None,
    runs_dir: Path,
    device: str | None,
    plugins: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Forecast again and again over the test span, and tell the errors by step.

    The origin rolls forward: from each one a forecast of the whole horizon is made, with what was
    known until then and without training anew. The errors are in the units of task.report, beside
    those of naive forecasts from the same origins.
    """
    registry = open_registry(plugins)
    folder = open_run(run, runs_dir)
    result = _backtested(folder, registry, split, stride, checkpoint, device or "auto")
    if as_json:
        output.json_document(result)
    else:
        _show(result)
    if table is not None:
        _write(result, table)
        output.note(f"Wrote {table}.")


def _backtested(
    folder: RunFolder,
    registry: Registry,
    split: str,
    stride: int | None,
    checkpoint: str,
    device: str,
) -> dict[str, Any]:
    from seqkit.engine.encoding import encode_for_run
    from seqkit.engine.predict import load_predictor
    from seqkit.errors import suggestion
    from seqkit.experiments.provenance import load_run_experiment
    from seqkit.terminal.bar import Bar
    from seqkit_timeseries.task import Forecasting

    task = load_run_experiment(folder, registry).task
    if not isinstance(task.component, Forecasting):
        raise ConfigurationError(
            f"run {folder.name} is of task {task.name}, and only forecasts are backtested. "
            f"Score it with seqkit evaluate {folder.name}"
        )
    from seqkit_timeseries._backtest import origins, step_errors
    from seqkit_timeseries._codec import ForecastingCodec

    predictor = load_predictor(folder, registry, device, checkpoint, output.warn)
    data = encode_for_run(predictor.experiment, registry, folder.codec, output.warn)
    if split not in data.splits:
        raise ConfigurationError(
            f"dataset {predictor.experiment.dataset.name} has no split {split!r}. "
            f"{suggestion(split, data.splits)}"
        )
    codec, arrays = data.codec, data.splits[split]
    assert isinstance(codec, ForecastingCodec)
    stride = stride or int(codec.settings["evaluation_stride"])
    chosen = origins(codec, arrays, stride)
    with Bar(f"Backtesting {split}") as bar:
        found = step_errors(predictor, codec, arrays, data.splits["train"], chosen, bar.update)
    return {
        "run": folder.name,
        "checkpoint": predictor.checkpoint.path.name,
        "split": split,
        "stride": stride,
        "origins": len(chosen),
        "series": len(arrays["ids"]),
        "horizon": codec.horizon,
        "report": codec.settings["report"],
        "columns": list(codec.layout.targets),
        "errors": {name: errors.as_dict() for name, errors in found.items()},
    }


# --- what is shown --------------------------------------------------------------------------------


def _show(result: Mapping[str, Any]) -> None:
    about = f"  {result['split']}, {figures.count_of(result['origins'], 'origin')}"
    if result["origins"] > result["series"]:
        about += f", {result['stride']} row{'s' if result['stride'] > 1 else ''} apart"
    if len(result["columns"]) > 1:
        about += f", {len(result['columns'])} columns"
    if result["report"] == "scaled":
        about += ", scaled units"
    output.line((f"Backtest of {result['run']}", "bold"), about)
    for metric, title in (("mae", "Mean absolute error"), ("rmse", "Root mean squared error")):
        output.line()
        output.line((title, "bold"))
        _show_errors(result["errors"], metric, str(result["run"]))


def _show_errors(errors: Errors, metric: str, run: str) -> None:
    names = [safe_text.one_line(run, 20), *list(errors)[1:]]
    overall = [e["overall"][metric] for e in errors.values()]
    form = _form([value for value in overall if value is not None])
    rows: list[list[output.Piece]] = []
    for first, last in grouped(len(errors["model"]["steps"])):
        values = [grouped_error(e["steps"][first - 1 : last], metric) for e in errors.values()]
        label = str(first) if first == last else f"{first}-{last}"
        rows.append([label, *_cells(values, form)])
    rows.append([("all", "bold"), *_cells(overall, form)])
    output.table(["step", *names], rows, numbers=["step", *names], optional=names[:0:-1])


def _form(values: Sequence[float]) -> str:
    """Returns how all numbers of a table are written: with three digits of the smallest."""
    smallest = min((value for value in values if value > 0), default=1.0)
    return f",.{min(6, max(0, 2 - math.floor(math.log10(smallest))))}f"


def _cells(values: Sequence[float | None], form: str) -> list[output.Piece]:
    best = min((value for value in values if value is not None), default=None)
    return [
        ("-" if value is None else format(value, form), "bold green" if value == best else "")
        for value in values
    ]


def grouped(steps: int) -> list[tuple[int, int]]:
    """Returns the first and last step of each row of the table, counted from 1."""
    if steps <= _MOST_ROWS:
        return [(step, step) for step in range(1, steps + 1)]
    # Days of hours, half days and the like read better than what comes out even.
    size = next(
        (n for n in (2, 3, 4, 6, 7, 12, 24, 48, 96, 168) if steps <= n * _MOST_ROWS),
        math.ceil(steps / _MOST_ROWS),
    )
    return [(first, min(first + size - 1, steps)) for first in range(1, steps + 1, size)]


def grouped_error(steps: Sequence[Mapping[str, Any]], metric: str) -> float | None:
    """Returns the error over several steps, each counted by its targets."""
    count = sum(step["targets"] for step in steps)
    if not count:
        return None
    power = 2 if metric == "rmse" else 1
    total = sum(step[metric] ** power * step["targets"] for step in steps if step["targets"])
    return float((total / count) ** (1 / power))


def _write(result: Mapping[str, Any], path: Path) -> None:
    """Writes a row for each forecaster and step."""
    try:
        rows = (
            [name, step, *values.values()]
            for name, errors in result["errors"].items()
            for step, values in enumerate(errors["steps"], start=1)
        )
        write_table(path, ["forecast", "step", "mae", "rmse", "targets"], rows)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}.") from error
