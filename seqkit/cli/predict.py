"""`seqkit predict`: answers for new inputs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqkit.cli.common import (
    open_registry,
    open_run,
    reading_options,
    run_argument,
    running_options,
)
from seqkit.cli.task_options import TaskCommand, given_options
from seqkit.engine.inputs import (
    Input,
    lines_from,
    read_inputs,
    read_table_from_stdin,
)
from seqkit.errors import ConfigurationError
from seqkit.processes import serving
from seqkit.terminal import output, safe_text
from seqkit.terminal.answers.files import check_files, write_answers
from seqkit.terminal.answers.lines import answer_lines
from seqkit.terminal.answers.written import other_samples
from seqkit.views import Answer, view_of

if TYPE_CHECKING:
    from seqkit.engine.predict import Predictor

_AT_ONCE = 1024
MOST_SERIES = 6
"""Series of one command that are drawn; hundreds would be read by nobody."""


@click.command(cls=TaskCommand)
@run_argument()
@click.argument("inputs", metavar="[INPUT]...", nargs=-1)
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Read inputs from a table, such as .csv, .xlsx or .jsonl, or a text, one on each line.",
)
@click.option("--column", default="", metavar="NAME", help="The column of --file to read.")
@reading_options("--file", "; utf-8 for stdin")
@click.option(
    "--checkpoint", default="best", show_default=True, metavar="NAME", help="best, last or a name."
)
@click.option(
    "--save",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the answers as .csv, .tsv, .json, .jsonl or .parquet, or what can be drawn as .png "
    "or .svg; repeatable. The columns of --file are kept.",
)
@click.option(
    "--serve",
    is_flag=True,
    help="Answer requests for another program, a JSON object a line, until stdin ends.",
)
@running_options()
def predict(
    run: str,
    inputs: tuple[str, ...],
    file: Path | None,
    column: str,
    encoding: str,
    delimiter: str,
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

    Inputs are the arguments, the lines or rows of --file, or else the lines of stdin; each line has
    an answer, an empty line an empty one. A task that reads a whole table, as for a forecast, needs
    none: it goes on from the data of the run, or from the table of --file.

    More options come from the task of the run: seqkit predict RUN --help lists them.
    """
    if inputs and file is not None:
        raise click.UsageError("INPUT and --file exclude each other", click.get_current_context())
    registry = open_registry(plugins)
    folder = open_run(run, runs_dir)
    check_files(files, file)
    from seqkit.engine.predict import load_predictor

    told: list[str] = []

    def warn(text: str) -> None:
        told.append(text)
        output.warn(text)

    predictor = load_predictor(folder, registry, device or "auto", checkpoint, warn)
    if serve:
        serving.serve(predictor, getattr(sys.stdin, "buffer", sys.stdin), output.json_line, told)
        return
    together = predictor.experiment.task.component.reads_whole_table
    given, at_once, rows = _given(inputs, file, predictor, (encoding, delimiter), column, as_json)
    answered: list[dict[str, Any]] = []
    keep = as_json or bool(files)
    options = given_options(of_task)
    for chunk in _chunks(given, 0 if together else at_once):
        streams = len(chunk) == 1 and isinstance(chunk[0], str) and not as_json
        shown = _Shown(quiet=as_json, beginning=str(chunk[0]) if streams else None)
        try:
            answers = predictor.predict(chunk, say=shown.say, **options)
        except ConfigurationError as error:
            raise _named_file(error, file) from error
        shown.finish(answers)
        answered += answers if keep else []
    if as_json:
        used = {"run": folder.name, "checkpoint": predictor.checkpoint.path.name}
        output.json_document(used | {"answers": answered})
    for path in files:
        write_answers(answered, path, rows)
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

    def finish(self, answers: Sequence[Answer]) -> None:
        """Ends what was said, and writes the answers that were not said."""
        if self._quiet:
            return
        if self._said:
            output.line()
            answers = [left for answer in answers for left in self._not_said(answer)]
        for place, answer in enumerate(answers):
            if view_of(answer) == "series" and place == MOST_SERIES:
                left = len(answers) - place
                output.line((f"{left} more series not shown; --save and --json have all", "dim"))
                break
            lines = answer_lines(answer, output.results().width, bar=True)
            if self._said or (place and len(lines) > 1):
                output.line()
            for pieces in lines:
                output.line(*pieces)
        output.flush()

    def _not_said(self, answer: Answer) -> Sequence[Answer]:
        """Returns what of an answer was not shown while it was generated; notes are told."""
        if view_of(answer) != "text":
            return [answer]
        if answer.get("note"):
            output.note(safe_text.one_line(answer["note"]))
        return other_samples(answer)


def _chunks(inputs: Iterable[Input], size: int) -> Iterator[list[Input]]:
    """Yields inputs by so many at once; all of them, be it none, where the size is 0."""
    if not size:
        yield list(inputs)
        return
    waiting = iter(inputs)
    while chunk := list(islice(waiting, size)):
        yield chunk


def _given(
    inputs: tuple[str, ...],
    file: Path | None,
    predictor: Predictor,
    reading: tuple[str, str],
    column: str,
    as_json: bool,
) -> tuple[Iterable[Input], int, Sequence[Mapping[str, Any]]]:
    """Returns the inputs, how many are answered at once, and the rows of a table they are of."""
    encoding, delimiter = reading
    together = predictor.experiment.task.component.reads_whole_table
    if file is not None and str(file) != "-":
        read, rows = read_inputs(file, predictor, encoding, column, output.warn, delimiter)
        return read, _AT_ONCE, rows
    if column:
        raise ConfigurationError(
            f"--column {column} names a column, and the inputs have none. Leave it out"
        )
    if inputs:
        return list(inputs), _AT_ONCE, ()
    if together:
        if file is None:
            return [], _AT_ONCE, ()
        return read_table_from_stdin(predictor, encoding, output.warn, delimiter), _AT_ONCE, ()
    interactive = sys.stdin.isatty() and not as_json
    if interactive:
        output.note("Write one input a line; Ctrl-D ends.")
    return lines_from(sys.stdin, encoding, interactive), 1 if interactive else _AT_ONCE, ()


def _named_file(error: ConfigurationError, file: Path | None) -> ConfigurationError:
    """Returns what is wrong with an input, with the file that it comes from."""
    if file is None or error.problems or not str(error).startswith("input "):
        return error
    return ConfigurationError(f"{file}: {error}")
