"""`seqkit backtest`: how far off forecasts are, step by step, from every origin of a span."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from seqkit import ConfigurationError, DataError
from seqkit.command import Bar, Piece, Run, json_document, line, note, one_line, run_command, table
from seqkit.data import counted, write_table

Errors = Mapping[str, Any]
_MOST_ROWS = 12


@click.command()
@click.option("--split", default="test", show_default=True, metavar="NAME", help="Which split.")
@click.option(
    "--stride",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="Rows from one origin to the next.  [default: task.evaluation_stride]",
)
@click.option(
    "--csv",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the errors of every single step as a table.",
)
@run_command
def backtest(run: Run, split: str, stride: int | None, file: Path | None) -> None:
    """Forecast again and again over the test span, and tell the errors by step.

    The origin rolls forward: from each one a forecast of the whole horizon is made, with what was
    known until then and without training anew. The errors are in the units of task.report, beside
    those of naive forecasts from the same origins.
    """
    result = _backtested(run, split, stride)
    if run.as_json:
        json_document(result)
    else:
        _show(result)
    if file is not None:
        _write(result, file)
        note(f"Wrote {file}.")


def _backtested(run: Run, split: str, stride: int | None) -> dict[str, Any]:
    from seqkit_timeseries.task import Forecasting

    if not isinstance(run.task, Forecasting):
        raise ConfigurationError(
            f"run {run.name} is of task {run.task.name}, and only forecasts are backtested. "
            f"Score it with seqkit evaluate {run.name}"
        )
    from seqkit_timeseries._backtest import origins, step_errors
    from seqkit_timeseries._codec import ForecastingCodec

    predictor = run.predictor
    codec, arrays = run.codec, run.split(split)
    assert isinstance(codec, ForecastingCodec)
    stride = stride or int(codec.settings["evaluation_stride"])
    chosen = origins(codec, arrays, stride)
    with Bar(f"Backtesting {split}") as bar:
        found = step_errors(predictor, codec, arrays, run.split("train"), chosen, bar.update)
    return {
        "run": run.name,
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
    about = f"  {result['split']}, {counted(result['origins'], 'origin')}"
    if result["origins"] > result["series"]:
        about += f", {result['stride']} row{'s' if result['stride'] > 1 else ''} apart"
    if len(result["columns"]) > 1:
        about += f", {len(result['columns'])} columns"
    if result["report"] == "scaled":
        about += ", scaled units"
    line((f"Backtest of {result['run']}", "bold"), about)
    for metric, title in (("mae", "Mean absolute error"), ("rmse", "Root mean squared error")):
        line()
        line((title, "bold"))
        _show_errors(result["errors"], metric, str(result["run"]))


def _show_errors(errors: Errors, metric: str, run: str) -> None:
    names = [one_line(run, 20), *list(errors)[1:]]
    overall = [e["overall"][metric] for e in errors.values()]
    form = _form([value for value in overall if value is not None])
    rows: list[list[Piece]] = []
    for first, last in grouped(len(errors["model"]["steps"])):
        values = [grouped_error(e["steps"][first - 1 : last], metric) for e in errors.values()]
        label = str(first) if first == last else f"{first}-{last}"
        rows.append([label, *_cells(values, form)])
    rows.append([("all", "bold"), *_cells(overall, form)])
    table(["step", *names], rows, numbers=["step", *names], optional=names[:0:-1])


def _form(values: Sequence[float]) -> str:
    """Returns how all numbers of a table are written: with three digits of the smallest."""
    smallest = min((value for value in values if value > 0), default=1.0)
    return f",.{min(6, max(0, 2 - math.floor(math.log10(smallest))))}f"


def _cells(values: Sequence[float | None], form: str) -> list[Piece]:
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
