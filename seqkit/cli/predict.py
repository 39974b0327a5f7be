"""`seqkit predict`: answers for new inputs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqkit.cli import output
from seqkit.cli.answers import answer_line
from seqkit.cli.common import (
    device_option,
    json_option,
    open_registry,
    open_run,
    plugin_option,
    run_argument,
    runs_dir_option,
)
from seqkit.errors import ConfigurationError, DataError

if TYPE_CHECKING:
    from seqkit.engine.predict import Predictor

Input = str | Mapping[str, Any]
_AT_ONCE = 1024


@click.command()
@run_argument()
@click.argument("inputs", metavar="[INPUT]...", nargs=-1)
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Read inputs from a .csv, .tsv or .jsonl file, or a text file with one on each line.",
)
@click.option("--column", default="", metavar="NAME", help="The column of --file to read.")
@click.option(
    "--checkpoint", default="best", show_default=True, metavar="NAME", help="best, last or a name."
)
@runs_dir_option()
@device_option()
@plugin_option()
@json_option()
def predict(
    run: str,
    inputs: tuple[str, ...],
    file: Path | None,
    column: str,
    checkpoint: str,
    runs_dir: Path,
    device: str | None,
    plugins: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Answer new inputs with a run's best checkpoint.

    Inputs are the arguments, the lines or rows of --file, or else the lines of stdin.
    """
    if inputs and file is not None:
        raise click.UsageError("INPUT and --file exclude each other", click.get_current_context())
    registry = open_registry(plugins)
    folder = open_run(run, runs_dir)
    given = _given(inputs, file)
    from seqkit.engine.predict import load_predictor

    predictor = load_predictor(folder, registry, device or "auto", checkpoint)
    if given is None:
        interactive = sys.stdin.isatty() and not as_json
        if interactive:
            output.note("Write one input a line; Ctrl-D ends.")
        given, at_once = _lines(sys.stdin), 1 if interactive else _AT_ONCE
    else:
        at_once = _AT_ONCE
        given = _narrowed(given, predictor, column)
    answered: list[dict[str, Any]] = []
    for answers in _answers(predictor, given, at_once):
        if as_json:
            answered += answers
        else:
            width = output.results().width
            for answer in answers:
                output.line(*answer_line(answer, width, bar=True))
            output.flush()
    if as_json:
        used = {"run": folder.name, "checkpoint": predictor.checkpoint.path.name}
        output.json_document(used | {"answers": answered})


def _answers(
    predictor: Predictor, inputs: Iterable[Input], at_once: int
) -> Iterator[list[dict[str, Any]]]:
    waiting = iter(inputs)
    while chunk := list(islice(waiting, at_once)):
        yield predictor.predict(chunk)


def _given(inputs: tuple[str, ...], file: Path | None) -> Iterable[Input] | None:
    """Returns the inputs of arguments or file; None when they come from stdin."""
    if inputs:
        return list(inputs)
    if file is None or str(file) == "-":
        return None
    from seqkit.data import read_csv, read_jsonl, read_text

    suffixes = [suffix.lower() for suffix in file.suffixes if suffix.lower() != ".gz"]
    kind = suffixes[-1] if suffixes else ""
    if kind in (".csv", ".tsv"):
        table = read_csv(file, output.warn)
        return [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    if kind in (".jsonl", ".ndjson"):
        return [values for _, values in read_jsonl(file, output.warn)]
    return [line for line in read_text(file, output.warn).splitlines() if line.strip()]


def _lines(stream: Iterable[str]) -> Iterator[str]:
    return (line.rstrip("\r\n") for line in stream if line.strip())


def _narrowed(inputs: Iterable[Input], predictor: Predictor, column: str) -> list[Input]:
    """Takes one column out of rows: the one named, the only one, or the one the run learnt from."""
    rows = list(inputs)
    if not rows or not isinstance(rows[0], Mapping):
        if column:
            raise ConfigurationError(
                f"--column {column} names a column, and the inputs have none. Leave it out"
            )
        return rows
    chosen = column or _usual_column(rows[0], predictor)
    if not chosen:
        return rows
    if chosen not in rows[0]:
        from seqkit.errors import suggestion

        raise DataError(f"there is no column {chosen!r}, in --file. {suggestion(chosen, rows[0])}")
    return [str(row.get(chosen, "")) if isinstance(row, Mapping) else row for row in rows]


def _usual_column(row: Mapping[str, Any], predictor: Predictor) -> str:
    fields = predictor.experiment.task.component.fields
    if any(field in row for field in fields):
        return ""
    if len(row) == 1:
        return next(iter(row))
    named = [getattr(predictor.experiment.dataset.config, field, "") for field in fields]
    return next((name for name in named if isinstance(name, str) and name in row), "")
