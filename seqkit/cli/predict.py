"""`seqkit predict`: answers for new inputs."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqkit.cli import output, serving
from seqkit.cli.answer_files import check_files, write_answers
from seqkit.cli.answers import answer_lines, other_samples
from seqkit.cli.common import (
    device_option,
    json_option,
    open_registry,
    open_run,
    plugin_option,
    run_argument,
    runs_dir_option,
)
from seqkit.cli.forecasts import MOST_SERIES
from seqkit.cli.task_options import TaskCommand, given_options
from seqkit.errors import ConfigurationError, DataError

if TYPE_CHECKING:
    from seqkit.engine.predict import Predictor

Input = str | Mapping[str, Any]
_AT_ONCE = 1024


@click.command(cls=TaskCommand)
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
@click.option(
    "--save",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the answers as .csv or .jsonl, or a forecast as .png or .svg; repeatable.",
)
@click.option(
    "--serve",
    is_flag=True,
    help="Answer requests for another program, a JSON object a line, until stdin ends.",
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
    files: tuple[Path, ...],
    serve: bool,
    runs_dir: Path,
    device: str | None,
    plugins: tuple[Path, ...],
    as_json: bool,
    **of_task: Any,
) -> None:
    """Answer new inputs with a run's best checkpoint.

    Inputs are the arguments, the lines or rows of --file, or else the lines of stdin. A forecast
    needs none: it goes on from the data of the run, or from the table of --file.

    More options come from the task of the run: seqkit predict RUN --help lists them.
    """
    if inputs and file is not None:
        raise click.UsageError("INPUT and --file exclude each other", click.get_current_context())
    registry = open_registry(plugins)
    folder = open_run(run, runs_dir)
    check_files(files)
    from seqkit.engine.predict import load_predictor

    predictor = load_predictor(folder, registry, device or "auto", checkpoint, output.warn)
    if serve:
        serving.serve(predictor, sys.stdin, output.json_line)
        return
    together = predictor.experiment.task.component.together
    given = _given(inputs, file, together)
    if given is None:
        interactive = sys.stdin.isatty() and not as_json
        if interactive:
            output.note("Write one input a line; Ctrl-D ends.")
        given, at_once = _lines(sys.stdin), 1 if interactive else _AT_ONCE
    else:
        at_once = _AT_ONCE
        given = list(given) if together else _narrowed(given, predictor, column)
    answered: list[dict[str, Any]] = []
    keep = as_json or bool(files)
    options = given_options(of_task)
    for chunk in _chunks(given, 0 if together else at_once):
        streams = len(chunk) == 1 and isinstance(chunk[0], str) and not as_json
        shown = _Shown(quiet=as_json, beginning=str(chunk[0]) if streams else None)
        answers = predictor.predict(chunk, say=shown.say, **options)
        shown.finish(answers)
        answered += answers if keep else []
    if as_json:
        used = {"run": folder.name, "checkpoint": predictor.checkpoint.path.name}
        output.json_document(used | {"answers": answered})
    for path in files:
        write_answers(answered, path)
        output.note(f"Wrote {path}.")


class _Shown:
    """Shows answers: as they are generated where there is one input, else when they are done.

    Args:
        quiet: Whether nothing is shown.
        beginning: The one input, which a text that is generated goes on from; None for several.
    """

    def __init__(self, quiet: bool, beginning: str | None) -> None:
        self._quiet = quiet
        self._beginning = beginning
        self._said = False

    def say(self, index: int, piece: str) -> None:
        """Writes the next piece of the one text that is being generated."""
        if self._beginning is not None and index == 0:
            output.fragment(piece if self._said else self._beginning + piece)
            self._said = True

    def finish(self, answers: Sequence[Mapping[str, Any]]) -> None:
        """Ends what was said, and writes the answers that were not said."""
        if self._quiet:
            return
        if self._said:
            output.line()
            for answer in answers:
                if answer.get("note"):
                    output.note(output.one_line(answer["note"]))
            answers = [other for answer in answers for other in other_samples(answer)]
        for place, answer in enumerate(answers):
            if "forecast" in answer and place == MOST_SERIES:
                left = output.count_of(len(answers) - place, "more forecast")
                output.line((f"{left} not shown; --save and --json have them all", "dim"))
                break
            lines = answer_lines(answer, output.results().width, bar=True)
            if self._said or (place and len(lines) > 1):
                output.line()
            for pieces in lines:
                output.line(*pieces)
        output.flush()


def _chunks(inputs: Iterable[Input], size: int) -> Iterator[list[Input]]:
    """Yields inputs by so many at once; all of them, be it none, where the size is 0."""
    if not size:
        yield list(inputs)
        return
    waiting = iter(inputs)
    while chunk := list(islice(waiting, size)):
        yield chunk


def _given(inputs: tuple[str, ...], file: Path | None, together: bool) -> Iterable[Input] | None:
    """Returns the inputs of arguments or file; None when they are the lines of stdin."""
    if inputs:
        return list(inputs)
    if file is None:
        return [] if together else None
    if str(file) == "-":
        return _table_of(sys.stdin.read()) if together else None
    from seqkit.data import read_csv, read_jsonl, read_text

    suffixes = [suffix.lower() for suffix in file.suffixes if suffix.lower() != ".gz"]
    kind = suffixes[-1] if suffixes else ""
    if kind in (".csv", ".tsv"):
        table = read_csv(file, output.warn)
        return [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    if kind in (".jsonl", ".ndjson"):
        return [values for _, values in read_jsonl(file, output.warn)]
    return [line for line in read_text(file, output.warn).splitlines() if line.strip()]


def _table_of(text: str) -> list[Input]:
    """Returns the rows of a table that came by stdin."""
    from seqkit.data import read_csv

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stdin.csv"
        path.write_text(text, encoding="utf-8")
        table = read_csv(path, output.warn)
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


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
